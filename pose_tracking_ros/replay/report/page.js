'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const plots = document.getElementById('plots');
  const narrow = window.matchMedia('(max-width: 720px)');
  const options = { displayModeBar: false, responsive: true, doubleClick: 'reset+autosize' };

  // On a narrow screen the margin for the names is smaller.
  const fit = (figure, left) => {
    figure.layout.margin.l = narrow.matches ? left[1] : left[0];
    figure.layout.dragmode = narrow.matches ? false : figure.layout.dragmode;
    return figure;
  };

  const strip = document.getElementById('strip');
  const image = document.getElementById('image');
  const clock = document.getElementById('clock');
  const doing = document.getElementById('doing');
  const values = document.getElementById('values');
  const buttons = data.thumbnails.map(([seconds, source]) => {
    const button = document.createElement('button');
    const picture = document.createElement('img');
    picture.src = source;
    picture.alt = `image at ${seconds.toFixed(2)} s`;
    button.append(picture);
    button.addEventListener('click', () => show(seconds, false));
    strip.append(button);
    return button;
  });
  if (!buttons.length) image.parentElement.hidden = true;

  // Index of the nearest number in a sorted list.
  const nearest = (numbers, wanted) => {
    let low = 0;
    let high = numbers.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numbers[middle] < wanted) low = middle + 1; else high = middle;
    }
    return low && wanted - numbers[low - 1] < numbers[low] - wanted ? low - 1 : low;
  };

  const line = document.createElement('div');
  line.id = 'line';
  let moment = 0;
  const lines = data.figure.data.filter((trace) => trace.type === 'scatter');
  const maps = data.figure.data.filter(
    (trace) => ['activities', 'visibility'].includes(trace.name));
  const main = {
    has_person: data.has_person,
    lines: lines.map((trace) => trace.y),
    maps: maps.map(({ y, z }) => ({ y, z })),
  };
  let shown = main;

  const placeLine = () => {
    const axis = plots._fullLayout && plots._fullLayout.xaxis;
    if (!axis) return;
    const left = axis._offset + axis.d2p(moment);
    const inside = left >= axis._offset && left <= axis._offset + axis._length;
    line.style.display = inside ? 'block' : 'none';
    line.style.left = `${left}px`;
  };

  // Activities of the person in the bin at a time; values of row n begin at 2 n.
  const activitiesAt = (seconds) => {
    const place = maps.findIndex((trace) => trace.name === 'activities');
    if (place < 0) return [];
    const { y, z } = shown.maps[place];
    const edges = maps[place].x;
    let bin = nearest(edges, seconds);
    if (edges[bin] > seconds) bin -= 1;
    return y.filter((_, row) => z[row][bin] > 2 * row)
      .map((title) => title.replace(/ ×[\d,]+$/, ''));
  };

  const show = (seconds, scroll = true) => {
    moment = seconds;
    placeLine();
    if (buttons.length) {
      const index = nearest(data.thumbnails.map((item) => item[0]), seconds);
      image.src = data.thumbnails[index][1];
      buttons.forEach((button, number) => button.classList.toggle('now', number === index));
      if (scroll) {
        const button = buttons[index];
        strip.scrollLeft = button.offsetLeft - strip.offsetLeft
          - (strip.clientWidth - button.clientWidth) / 2;
      }
    }
    const index = nearest(data.times, seconds);
    const person = shown.has_person[index] ? '' : shown === main ? ', no person' : ', not seen';
    clock.textContent = data.times.length ? `${data.times[index].toFixed(3)} s${person}` : '';
    doing.textContent = activitiesAt(seconds).join(', ');
    values.replaceChildren();
    lines.forEach((trace, number) => {
      const name = document.createElement('dt');
      name.textContent = trace.name;
      name.style.setProperty('--color', trace.line.color);
      const value = document.createElement('dd');
      const amount = shown.lines[number][index];
      const digits = trace.meta.unit === '°' ? 0 : 2;
      value.textContent = amount == null ? '–' : amount.toFixed(digits) + trace.meta.unit;
      values.append(name, value);
    });
  };

  // Without a chosen person the plots show the main person.
  const choose = (person) => {
    shown = person || main;
    const places = lines.map((trace) => data.figure.data.indexOf(trace));
    return Plotly.restyle(plots, { y: shown.lines }, places)
      .then(() => Plotly.restyle(plots, { y: shown.maps.map((map) => map.y),
        z: shown.maps.map((map) => map.z) }, maps.map((trace) => data.figure.data.indexOf(trace))))
      .then(() => show(moment));
  };
  const select = document.getElementById('person');
  data.people.forEach((person, number) => {
    select.add(new Option(`person ${person.track_id}`, number));
  });
  document.getElementById('choice').hidden = !data.people.length;
  select.addEventListener('change', () => choose(data.people[select.value]));

  const timeFigure = fit(data.figure, [104, 98]);
  Plotly.newPlot(plots, timeFigure.data, timeFigure.layout, options).then(() => {
    plots.append(line);
    const follow = (event) => {
      const axis = plots._fullLayout.xaxis;
      const x = event.clientX - plots.getBoundingClientRect().left - axis._offset;
      if (x >= 0 && x <= axis._length) show(axis.p2d(x));
    };
    plots.addEventListener('pointermove', follow);
    plots.addEventListener('pointerdown', follow);
    plots.on('plotly_relayout', placeLine);
    new ResizeObserver(placeLine).observe(plots);
    show(data.times.length ? data.times[0] : 0);
    document.body.dataset.ready = 'true';
  });
  if (data.floor) {
    document.getElementById('places').hidden = false;
    const floor = fit(data.floor, [52, 46]);
    Plotly.newPlot('floor', floor.data, floor.layout, options);
  }
  const jitter = fit(data.jitter, [112, 100]);
  Plotly.newPlot('jitter', jitter.data, jitter.layout, options);
})();
