# Copyright 2026 The pose_tracking_ros authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""
The plots of a report, over a common time axis.

A figure is the input of Plotly's script: its traces as ``data``, and its ``layout``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from math import floor, log10
import re
from typing import Any, NamedTuple

import numpy as np

from pose_tracking_ros.activities import EventKind
from pose_tracking_ros.blazepose import FULL_BODY, PoseLandmark
from pose_tracking_ros.replay.joint_angles import JOINT_ANGLES
from pose_tracking_ros.replay.report.series import Lane, PersonSeries, Series, SPEEDS

COLORS = {'left': '#d9730d', 'right': '#1d74c4', 'center': '#5b6b73'}
"""The colours of the drawings, dark enough for a white background."""

_INK, _MUTED, _GRID, _PANEL, _NONE = '#1c2529', '#66757d', '#e7ecee', '#f6f8f9', '#e3e9ec'

_EVENTS = {
    'jump': ('Stamps jump', '#8e44ad'),
    'undecodable': ('Not decodable', '#c0392b'),
    'detector': ('Detector ran', '#1d74c4'),
    'person': ('Person found', '#2a9d6f'),
}
"""From bottom to top."""

_ACTIVITY_COLORS = {
    EventKind.POSTURE: '#5b6b73',
    EventKind.FALL: '#c0392b',
    EventKind.GESTURE: '#d9730d',
    EventKind.EXERCISE: '#1d74c4',
    EventKind.REPETITION: '#8e44ad',
}
"""In the order of the lanes."""

_PERSON_COLORS = (
    '#2a9d6f', '#8e44ad', '#d9730d', '#1d74c4', '#c2185b', '#8d6e1f', '#00838f', '#5b6b73',
)
"""Colours of people in lanes and paths, repeated."""

_VISIBILITY_COLORS = [
    [0.0, '#fbe3d0'], [0.25, '#f5c9a2'], [0.5, '#cfe3da'], [0.75, '#6cbf9d'], [1.0, '#0f6e54'],
]

_SHOWN_LANDMARKS = tuple(
    landmark
    for landmark in PoseLandmark
    if not any(word in landmark.name for word in ('INNER', 'OUTER', 'PINKY', 'THUMB'))
)

Figure = dict[str, Any]
Trace = dict[str, Any]

_PAIRS = ('elbow', 'shoulder', 'hip', 'knee')


class _Row(NamedTuple):
    """A plot: its identifier, the text above it, and its height in pixels."""

    name: str
    title: str
    height: int


_ROWS = (
    _Row('events', 'Timeline', 92),
    _Row('distance', 'Distance from the camera, m', 118),
    _Row('speed', 'Speed of the person, m/s', 118),
    _Row('visibility', 'Visibility of the landmarks', 330),
    *(_Row(name, f'{name.capitalize()} angle, degrees', 118) for name in _PAIRS),
    _Row('trunk', 'Trunk lean and neck, degrees', 118),
    _Row('wrists', 'Wrist speed relative to the hips, m/s', 118),
    _Row('ankles', 'Ankle speed relative to the hips, m/s', 118),
)
_TITLE_HEIGHT = 46
_BOTTOM = 44


def time_figure(series: Series) -> Figure:
    """Return the plots over time, one below the other."""
    rows = _rows(series)
    inner = sum(row.height + _TITLE_HEIGHT for row in rows)
    traces: list[Trace] = []
    layout: dict[str, Any] = {'annotations': []}
    top = 0
    for number, row in enumerate(rows, start=1):
        top += _TITLE_HEIGHT
        axis = f'y{number if number > 1 else ""}'
        domain = [max(0.0, 1 - (top + row.height) / inner), 1 - top / inner]
        top += row.height
        layout[f'yaxis{number if number > 1 else ""}'] = {
            'domain': domain, 'anchor': 'x', 'fixedrange': True,
            **_axis(), 'nticks': 4, **_AXES.get(row.name, {}),
        }
        layout['annotations'].append({
            'text': f'<b>{row.title}</b>', 'x': 0, 'xref': 'x domain', 'xanchor': 'left',
            'y': domain[1], 'yref': 'paper', 'yanchor': 'bottom', 'yshift': 8,
            'showarrow': False, 'font': {'size': 13, 'color': _INK},
        })
        traces += [
            {**trace, 'xaxis': 'x', 'yaxis': axis}
            for trace in _traces(row.name, series, series.main)
        ]
    time = 'Seconds of the recording' if series.by_recording else 'Seconds since the first image'
    layout |= {
        **_page_layout(inner + _BOTTOM, left=104, top=0),
        'showlegend': False,
        'hovermode': 'x',
        'hoversubplots': 'axis',
        'dragmode': 'zoom',
        'xaxis': {
            **_axis(time),
            'anchor': f'y{len(rows)}',
            'range': [float(edge) for edge in series.edges[[0, -1]]],
        },
    }
    return {'data': traces, 'layout': layout}


def person_figure(series: Series, person: PersonSeries) -> dict[str, Any]:
    """
    Return the data of the plots over time for a person.

    :return: ``lines``, the values of each line in order; ``maps``, the names and rows of each
        heatmap of a person
    """
    names = [row.name for row in _rows(series) if row.name not in ('events', 'people')]
    traces = [trace for name in names for trace in _traces(name, series, person)]
    return {
        'lines': [trace['y'] for trace in traces if trace['type'] == 'scatter'],
        'maps': [
            {'y': trace['y'], 'z': trace['z']} for trace in traces if trace['type'] == 'heatmap'
        ],
    }


def _rows(series: Series) -> tuple[_Row, ...]:
    """Return the plots; a single person needs no lanes of people."""
    timeline, *others = (
        row for row in _ROWS if series.has_positions or row.name not in ('distance', 'speed')
    )
    lanes = _lanes(series)
    if lanes:
        title = 'Activities, and how often each began'
        others.insert(0, _Row('activities', title, 23 * len(lanes)))
    if len(series.people) < 2:
        return timeline, *others
    title = 'People, by their track_id'
    if series.people_left_out:
        title += f'; {series.people_left_out:,} more, seen in fewer images'
    return timeline, _Row('people', title, 23 * len(series.people)), *others


def _lanes(series: Series) -> list[Lane]:
    """Return the activities in the recording, in the order of the lanes."""
    kinds = list(_ACTIVITY_COLORS)
    lanes = {lane for person in (series.main, *series.people) for lane in person.lanes}
    return sorted(lanes, key=lambda lane: (kinds.index(lane[0]), lane[1]))


_STRIPS = {'showgrid': False, 'autorange': 'reversed', 'nticks': 0, 'dtick': 1}
_SMALL = {'tickfont': {'size': 10, 'color': _MUTED}}
_FROM_ZERO = {'rangemode': 'tozero'}
_AXES: dict[str, dict[str, Any]] = {
    'events': {'showgrid': False, 'nticks': 0},
    'people': _STRIPS,
    'activities': _STRIPS | _SMALL,
    'visibility': _STRIPS | _SMALL,
    **dict.fromkeys(('distance', 'speed', 'wrists', 'ankles'), _FROM_ZERO),
}


def _traces(name: str, series: Series, person: PersonSeries) -> list[Trace]:
    """Return the traces of a plot for a person."""
    if name == 'events':
        return [_events_trace(series)]
    if name == 'people':
        return [_people_trace(series)]
    if name == 'activities':
        return [_activities_trace(series, person)]
    if name == 'visibility':
        return [_visibility_trace(series, person)]
    if name == 'distance':
        distance = np.linalg.norm(person.positions, axis=1)
        return [_line(series, distance, 'distance', _EVENTS['person'][1], ' m')]
    if name == 'speed':
        return [_line(series, person.speed, 'speed', '#b5547a', ' m/s')]
    if name in _PAIRS:
        return [
            _line(series, _angle(person, f'{which}_{name}'), f'{which} {name}', COLORS[which], '°')
            for which in ('left', 'right')
        ]
    if name == 'trunk':
        return [
            _line(series, _angle(person, 'trunk_lean'), 'trunk lean', COLORS['center'], '°'),
            _line(series, _angle(person, 'neck'), 'neck', '#b5547a', '°'),
        ]
    return [
        _line(
            series, person.speeds[:, index], landmark.replace('_', ' '),
            COLORS[landmark.split('_')[0]], ' m/s',
        )
        for index, landmark in enumerate(SPEEDS)
        if landmark.endswith(name.removesuffix('s'))
    ]


def _angle(person: PersonSeries, name: str) -> np.ndarray:
    return person.angles[:, JOINT_ANGLES.index(name)]


def _line(
    series: Series, values: np.ndarray, name: str, color: str, unit: str
) -> Trace:
    """Return a line over time, with gaps where unknown."""
    return {
        'type': 'scatter',
        'x': rounded(series.times, 4),
        'y': rounded(values, 2),
        'name': name,
        'mode': 'lines',
        'line': {'color': color, 'width': 1.6},
        'connectgaps': False,
        'hoverinfo': 'none',
        'meta': {'unit': unit},
    }


def _events_trace(series: Series) -> Trace:
    """Return a strip for each kind of event, coloured by its ratio in each bin."""
    titles, strips = [], []
    for name, (title, color) in _EVENTS.items():
        counts = series.events[name]
        ratio = counts / np.maximum(series.images, 1)
        titles.append(title)
        strips.append((ratio if name == 'person' else _at_least_seen(ratio), color))
    return _strips(series, 'events', titles, strips)


def _activities_trace(series: Series, person: PersonSeries) -> Trace:
    """Return a lane for each activity, coloured by the ratio of images with it in each bin."""
    titles, strips = [], []
    for lane in _lanes(series):
        kind, name = lane
        ratio = person.lanes.get(lane, np.zeros(1)) / np.maximum(series.images, 1)
        strips.append((_at_least_seen(ratio), _ACTIVITY_COLORS[kind]))
        titles.append(_lane_title(kind, name, person.times[lane]))
    return _strips(series, 'activities', titles, strips)


def _lane_title(kind: EventKind, name: str, times: int) -> str:
    """Return the unique label of a lane."""
    title = name.replace('_', ' ')
    title = re.sub('(hands?) raised', r'\1 up', title)
    if kind is EventKind.REPETITION:
        return f'{title} counted: {times:,}'
    return f'{title} \u00d7{times:,}'


def _at_least_seen(ratio: np.ndarray) -> np.ndarray:
    """Return ratios raised so that a single image in a long bin is visible."""
    return np.where(ratio > 0, np.maximum(ratio, 0.65), 0.0)


def _strips(
    series: Series, name: str, titles: list[str], strips: list[tuple[np.ndarray, str]]
) -> Trace:
    """
    Return strips coloured by a ratio in each bin.

    They form one heatmap; each strip has its own range of values and colours.

    :param strips: ratio in each bin, and colour of each strip
    """
    rows, scale = [], []
    highest = 2 * len(strips) - 1
    for number, (ratio, color) in enumerate(strips):
        rows.append(rounded(np.where(series.images > 0, 2 * number + ratio, np.nan), 3))
        scale += [[2 * number / highest, _NONE], [(2 * number + 1) / highest, color]]
    return {
        **_heatmap(series, name, titles, rows),
        'zmax': highest, 'colorscale': scale, 'ygap': 4,
    }


def _people_trace(series: Series) -> Trace:
    """Return a lane for each person, coloured by the ratio of images with the person."""
    strips = [
        (person.seen / np.maximum(series.images, 1), color)
        for person, color in zip(series.people, cycle(_PERSON_COLORS))
    ]
    names = [f'person {person.track_id}' for person in series.people]
    return _strips(series, 'people', names, strips)


def _visibility_trace(series: Series, person: PersonSeries) -> Trace:
    """Return the visibility of the landmarks over time."""
    values = person.visibility[list(_SHOWN_LANDMARKS)]
    names = [landmark.name.lower().replace('_', ' ') for landmark in _SHOWN_LANDMARKS]
    return {
        **_heatmap(series, 'visibility', names, [rounded(row, 3) for row in values]),
        'zmax': 1, 'colorscale': _VISIBILITY_COLORS, 'ygap': 1,
    }


def _heatmap(
    series: Series, name: str, titles: list[str], rows: list[list[float | None]]
) -> Trace:
    """Return a heatmap over time, for values of at least 0."""
    return {
        'type': 'heatmap', 'name': name, 'x': rounded(series.edges, 4), 'y': titles, 'z': rows,
        'zmin': 0, 'showscale': False, 'hoverinfo': 'none',
    }


def floor_figure(series: Series, camera: dict[str, Any] | None) -> Figure | None:
    """
    Return the paths of the people in a top view, with the camera at the origin.

    :param camera: matrix and size of its images, None if unknown
    :return: None if no position is known
    """
    if not series.has_positions:
        return None
    paths = [person.positions[:, [0, 2]] for person in series.people]
    known = np.concatenate(paths)
    known = known[np.isfinite(known).all(axis=1)]
    # Room for the labels and the camera.
    lowest, highest = np.minimum(known.min(axis=0), 0), np.maximum(known.max(axis=0), 0)
    room = 0.12 * float(max(highest - lowest)) + 0.1
    (left, near), (right, far) = lowest - room, highest + room
    traces = []
    for person, path, color in zip(series.people, paths, cycle(_PERSON_COLORS)):
        moments = np.flatnonzero(np.isfinite(path).all(axis=1))
        if not len(moments):
            continue
        ends, name = moments[[0, -1]], f'person {person.track_id}'
        traces += [
            {
                'type': 'scatter', 'mode': 'lines', 'name': name, 'connectgaps': False,
                'x': rounded(path[:, 0], 3), 'y': rounded(path[:, 1], 3),
                'customdata': rounded(series.times, 2), 'line': {'color': color, 'width': 2.4},
                'hovertemplate': f'{name} at %{{customdata}} s<br>'
                '%{x:.2f} m right, %{y:.2f} m ahead<extra></extra>',
            },
            {
                'type': 'scatter', 'mode': 'markers+text', 'hoverinfo': 'skip',
                'x': rounded(path[ends, 0], 3), 'y': rounded(path[ends, 1], 3),
                'text': ['', str(person.track_id)], 'textposition': 'middle right',
                'textfont': {'size': 14, 'color': color},
                'marker': {
                    'size': 11, 'color': ['white', color], 'line': {'color': color, 'width': 2.4},
                },
            },
        ]
    layout = plot_layout(
        height=430, left=52, x_title='Metres to the right of the camera', y_title='Metres ahead'
    )
    layout['xaxis'] |= {'range': [left, right]}
    layout['yaxis'] |= {'range': [near, far], 'scaleanchor': 'x'}
    # The largest of 1, 2 and 5 times a power of ten within a fifth of the height.
    power = 10.0 ** floor(log10((far - near) / 5))
    bar = power * max(step for step in (1, 2, 5) if step * power <= (far - near) / 5)
    height = near + room / 4
    layout |= {
        'showlegend': False,
        'hovermode': 'closest',
        'shapes': [
            *_camera_shapes(camera, size=room / 4, far=far),
            {'type': 'line', 'x0': left, 'x1': left + bar, 'y0': height, 'y1': height,
             'line': {'color': _INK, 'width': 3}},
        ],
        'annotations': [{
            'text': f'{bar:g} m', 'x': left + bar / 2, 'y': height, 'yanchor': 'bottom',
            'showarrow': False, 'font': {'size': 12, 'color': _INK},
        }],
    }  # fmt: skip
    return {'data': traces, 'layout': layout}


def _camera_shapes(
    camera: dict[str, Any] | None, size: float, far: float
) -> list[dict[str, Any]]:
    """Return the camera at the origin, and its field of view if its matrix is known."""
    shapes = [{
        'type': 'path', 'path': f'M 0 {size} L {-size} {-size} L {size} {-size} Z',
        'fillcolor': _INK, 'line': {'width': 0},
    }]  # fmt: skip
    if camera and len(camera['k']) == 9 and camera['k'][0] > 0:
        focal, _, center = camera['k'][:3]
        left, right = (far * (edge - center) / focal for edge in (0, camera['width']))
        shapes.insert(0, {
            'type': 'path', 'path': f'M 0 0 L {left:.3f} {far:.3f} L {right:.3f} {far:.3f} Z',
            'fillcolor': '#0f6e54', 'opacity': 0.07, 'layer': 'below', 'line': {'width': 0},
        })
    return shapes


def jitter_figure(landmarks: dict[str, dict[str, float | None]]) -> Figure:
    """Return the jitter of each landmark, with its visibility, from the statistics by name."""
    names = [landmark.name.lower() for landmark in _SHOWN_LANDMARKS]
    names = [name for name in names if name in landmarks]
    return landmark_bars(
        names,
        [landmarks[name]['jitter_pixels'] for name in names],
        x_title='Pixels',
        customdata=[landmarks[name]['visibility'] for name in names],
        hovertemplate='%{y}: %{x:.2f} pixels, visibility %{customdata:.2f}<extra></extra>',
    )


def landmark_bars(
    names: Sequence[str], values: Sequence[float | None], x_title: str, **bars: Any
) -> Figure:
    """
    Return a bar for each landmark.

    :param values: lengths of the bars, None for none
    :param bars: more attributes of the trace
    """
    sides = dict(zip(FULL_BODY.names, FULL_BODY.sides))
    trace = {
        'type': 'bar',
        'x': list(values),
        'y': [name.replace('_', ' ') for name in names],
        'orientation': 'h',
        'marker': {'color': [COLORS[sides[name]] for name in names]},
        **bars,
    }
    layout = plot_layout(height=24 * len(names) + 60, left=112, x_title=x_title)
    layout['yaxis'] |= {'autorange': 'reversed', 'dtick': 1}
    return {'data': [trace], 'layout': {**layout, 'bargap': 0.35}}


def plot_layout(height: int, left: int, x_title: str, y_title: str = '') -> dict[str, Any]:
    """Return the layout of a single plot in the style of the report; sizes are in pixels."""
    fixed = {'rangemode': 'tozero', 'fixedrange': True}
    return {
        **_page_layout(height, left, top=4),
        'xaxis': {**_axis(x_title), **fixed},
        'yaxis': {**_axis(y_title), **fixed},
    }


def _page_layout(height: int, left: int, top: int) -> dict[str, Any]:
    """Return the layout common to all plots."""
    return {
        'height': height,
        'margin': {'l': left, 'r': 16, 't': top, 'b': _BOTTOM},
        'paper_bgcolor': 'white',
        'plot_bgcolor': _PANEL,
        'font': {'family': 'Inter, system-ui, sans-serif', 'size': 12, 'color': _INK},
    }


def _axis(title: str = '') -> dict[str, Any]:
    """Return an axis in the style of the report."""
    return {
        'title': {'text': title, 'font': {'size': 12, 'color': _MUTED}, 'standoff': 15},
        'gridcolor': _GRID, 'zeroline': False, 'ticks': '',
        'tickfont': {'size': 11, 'color': _MUTED},
    }


def rounded(values: np.ndarray, digits: int) -> list[float | None]:
    """Return numbers with so many digits after the decimal point, None for NaN."""
    numbers = np.round(np.asarray(values, np.float64), digits)
    return np.where(np.isfinite(numbers), numbers, None).tolist()
