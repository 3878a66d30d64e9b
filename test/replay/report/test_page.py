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

"""The report in a real browser, at the widths of a desktop and of a phone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
import json
from pathlib import Path
import shutil

import numpy as np
import pytest

from pose_tracking_ros.blazepose import PoseTrackerOptions
from pose_tracking_ros.replay.analysis import analyse
from pose_tracking_ros.replay.compare import compare, comparison_lines
from pose_tracking_ros.replay.inputs.images import Window
from pose_tracking_ros.replay.problems import Problems
from pose_tracking_ros.replay.report.comparison import write_comparison
from pose_tracking_ros.replay.report.page import write_report
from pose_tracking_ros.replay.statistics import RecordingStatistics
from replay.recordings import image_entries, raw_image, stamps, write_bag
from replay.report.test_series import placed
from replay.test_activities import frames_of, RAISES_A_HAND_TWICE

playwright = pytest.importorskip('playwright.sync_api', reason='needs Playwright')

BROWSERS = ('chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome')
WIDTHS = {'desktop': (1280, 900), 'phone': (390, 844)}


@pytest.fixture(scope='module')
def two_people_results(walk, options, tmp_path_factory) -> Path:
    """Return the results of an analysis of two people side by side, of whom one leaves."""
    folder = tmp_path_factory.mktemp('two')
    images = [
        np.hstack([image, image[:, ::-1] if index < 16 else np.full_like(image, 100)])
        for index, image in enumerate(walk)
    ]
    bag = write_bag(folder / 'bag', image_entries(images))
    analyse(bag, folder / 'out', replace(options, tracker=PoseTrackerOptions(num_poses=2)))
    return folder / 'out'


def page_data(report: Path) -> dict:
    """Return what the script of a report works with."""
    text = report.read_text(encoding='utf-8')
    begin = text.index('<script id="data" type="application/json">')
    return json.loads(text[text.index('>', begin) + 1 : text.index('</script>', begin)])


@pytest.fixture(scope='module')
def browser() -> Iterator[playwright.Browser]:
    """Return a Chromium of this machine, or the one that Playwright brought."""
    installed = next(filter(None, map(shutil.which, BROWSERS)), None)
    with playwright.sync_playwright() as tool:
        try:
            browser = tool.chromium.launch(executable_path=installed, chromium_sandbox=False)
        except playwright.Error:
            pytest.skip('no Chromium: apt install chromium, or playwright install chromium')
        yield browser
        browser.close()


@pytest.fixture(params=WIDTHS)
def open_page(request, browser):
    """Return a function that opens a report without a network, and fails on any error in it."""
    width, height = WIDTHS[request.param]
    context = browser.new_context(
        viewport={'width': width, 'height': height}, offline=True, reduced_motion='reduce')
    errors: list[str] = []

    def open_report(report: Path) -> playwright.Page:
        page = context.new_page()
        page.on('pageerror', lambda error: errors.append(str(error)))
        page.on('requestfailed', lambda failed: errors.append(f'wanted {failed.url}'))
        page.on('console', lambda message: errors.append(message.text)
                if message.type in ('error', 'warning') else None)
        page.goto(report.as_uri())
        page.wait_for_selector('body[data-ready]')
        return page

    yield open_report
    context.close()
    assert errors == []


def test_report_shows_the_recording(open_page, walk_results):
    page = open_page(walk_results / 'report.html')
    assert page.title() == 'Pose analysis of walk'
    assert page.locator('.tile').first.inner_text().split() == ['24', 'images']
    assert page.locator('.tile').nth(2).inner_text().split() == ['1', 'track', 'id']
    assert page.locator('#plots .scatterlayer .trace').count() == 14
    assert page.locator('#jitter .bars .point').count() == 25
    assert page.locator('#strip img').count() == 24
    assert 'None' in page.locator('#problems').inner_text()
    overflow = page.evaluate('document.documentElement.scrollWidth - window.innerWidth')
    assert overflow <= 0, 'the page is wider than the screen'


@pytest.fixture(scope='module')
def placed_report(walk_results, tmp_path_factory) -> Path:
    """Return the report on two people in metres, of whom one stands still."""
    frames = [placed(index, {1: (0.1 * index, 0, 4), 2: (-1, 0, 3)}) for index in range(30)]
    statistics = RecordingStatistics(Problems())
    for frame in frames:
        statistics.add(frame)
    summary = json.loads((walk_results / 'summary.json').read_text())
    summary['result'] = statistics.as_dict()
    summary['recording']['camera_info'] = {
        'topic': '/camera/camera_info', 'width': 640, 'k': [540, 0, 320, 0, 540, 240, 0, 0, 1],
    }
    report = tmp_path_factory.mktemp('placed') / 'report.html'
    write_report(report, summary, frames)
    return report


def test_paths_and_speeds_of_people_in_metres_are_drawn(open_page, placed_report):
    page = open_page(placed_report)
    assert page.locator('#places').is_visible()
    assert page.locator('#floor .js-line').count() == 2
    assert [name for name in page.locator('#floor .textpoint').all_text_contents() if name] == [
        '1', '2'
    ]
    scale = page.evaluate(
        """['xaxis', 'yaxis'].map((name) => floor._fullLayout[name])
            .map((axis) => axis._length / (axis.range[1] - axis.range[0]))""")
    assert scale[0] == pytest.approx(scale[1])
    overflow = page.evaluate('document.documentElement.scrollWidth - window.innerWidth')
    assert overflow <= 0, 'the page is wider than the screen'

    def value(name: str) -> str:
        return page.locator(f'#values dt:text-is("{name}") + dd').inner_text()

    assert value('distance') == '4.00 m'
    assert value('speed') == '3.00 m/s'
    page.locator('#person').select_option('person 2')
    page.wait_for_function('values.innerText.includes("3.16 m")')
    assert value('speed') == '0.00 m/s'


def test_report_without_positions_has_no_paths(open_page, walk_results):
    assert not open_page(walk_results / 'report.html').locator('#places').is_visible()


@pytest.fixture(scope='module')
def activities_report(walk_results, tmp_path_factory) -> Path:
    """Return the report on two people of whom one raises a hand twice and the other points."""
    frames = list(frames_of(RAISES_A_HAND_TWICE))
    problems = Problems()
    statistics = RecordingStatistics(problems)
    for frame in frames:
        statistics.add(frame)
    summary = json.loads((walk_results / 'summary.json').read_text())
    summary['result'] = statistics.as_dict()
    report = tmp_path_factory.mktemp('activities') / 'report.html'
    write_report(report, summary, frames, statistics.activities.events)
    return report


def test_lanes_show_the_activities_of_the_chosen_person(open_page, activities_report):
    page = open_page(activities_report)

    def labels() -> list[str]:
        texts = page.locator('#plots .yaxislayer-above text').all_text_contents()
        return [text for text in reversed(texts) if '\u00d7' in text]

    assert labels() == ['standing \u00d71', 'pointing \u00d70', 'right hand up \u00d72']
    page.evaluate('window.scrollTo(0, plots.getBoundingClientRect().top + window.scrollY - 300)')
    box = page.locator('#plots').bounding_box()
    axis = page.evaluate('[plots._fullLayout.xaxis._offset, plots._fullLayout.xaxis._length]')

    def doing(seconds: float) -> str:
        page.mouse.move(box['x'] + axis[0] + seconds / 6 * axis[1], box['y'] + 60)
        page.wait_for_function(f'Math.abs(parseFloat(clock.innerText) - {seconds}) < 0.3')
        return page.locator('#doing').inner_text()

    assert doing(1.8) == 'standing, right hand up'
    assert doing(2.8) == 'standing'
    page.locator('#person').select_option('person 2')
    page.wait_for_function('doing.innerText.includes("pointing")')
    assert labels() == ['standing \u00d71', 'pointing \u00d71', 'right hand up \u00d70']
    assert 'Options of the activities' in page.content()


def test_cursor_shows_the_image_and_the_values_of_its_moment(open_page, walk_results):
    page = open_page(walk_results / 'report.html')
    before = page.locator('#image').get_attribute('src')
    page.evaluate('window.scrollTo(0, plots.getBoundingClientRect().top + window.scrollY - 300)')
    box = page.locator('#plots').bounding_box()
    page.mouse.move(box['x'] + 0.9 * box['width'], box['y'] + 100)
    page.wait_for_function('document.querySelector("#line").style.display === "block"')
    assert page.locator('#image').get_attribute('src') != before
    assert 0.5 < float(page.locator('#clock').inner_text().split()[0]) < 0.8
    assert page.locator('#values dd').all_inner_texts()[0].endswith('°')


def test_report_of_two_people_has_a_lane_and_plots_for_each(two_people_results):
    data = page_data(two_people_results / 'report.html')
    assert [person['track_id'] for person in data['people']] == [1, 2]
    (lanes,) = [trace for trace in data['figure']['data'] if trace['name'] == 'people']
    assert lanes['y'] == ['person 1', 'person 2']
    # The values of a lane begin at twice its number.
    counts = [[value - 2 * number for value in row] for number, row in enumerate(lanes['z'])]
    whole, left = sorted(counts, key=sum, reverse=True)
    assert sum(whole) > 20
    assert sum(left) > 12
    assert not any(left[18:])
    first, second = (person['lines'] for person in data['people'])
    lines = [trace['y'] for trace in data['figure']['data'] if trace['type'] == 'scatter']
    assert len(first) == len(second) == len(lines) == 14
    assert first != second
    for person in data['people']:
        # Only the person's own images have values.
        angles = zip(person['has_person'], person['lines'][0])
        assert all(seen or value is None for seen, value in angles)


def test_plots_of_another_person_can_be_chosen(open_page, two_people_results):
    page = open_page(two_people_results / 'report.html')
    assert page.locator('#choice').is_visible()
    choices = page.locator('#person option').all_inner_texts()
    assert choices[0] == 'the main person'
    assert choices[1:3] == ['person 1', 'person 2']
    data = page_data(two_people_results / 'report.html')
    person = next(i for i, one in enumerate(data['people']) if one['track_id'] == 2)
    page.locator('#person').select_option(str(person))
    page.wait_for_function(
        """lines => JSON.stringify(plots.data.filter((trace) => trace.type === 'scatter')
            .map((trace) => trace.y)) === JSON.stringify(lines)""",
        arg=data['people'][person]['lines'],
    )
    assert page.locator('#values dd').count() == len(data['people'][person]['lines'])


def test_report_of_one_person_has_one_set_of_plots(walk_results):
    data = page_data(walk_results / 'report.html')
    assert data['people'] == []
    assert 'people' not in [trace['name'] for trace in data['figure']['data']]


def test_report_of_one_person_has_no_choice(open_page, walk_results):
    assert not open_page(walk_results / 'report.html').locator('#choice').is_visible()


def test_comparison_is_drawn(open_page, walk_results, tmp_path):
    comparison = compare(walk_results, walk_results)
    page = tmp_path / 'comparison.html'
    lines = comparison_lines(comparison, '<A>', 'B')
    write_comparison(page, comparison, '<A>', 'B', lines)
    opened = open_page(page)
    assert opened.locator('h1').first.inner_text() == 'A: <A>'
    assert opened.locator('pre').inner_text().splitlines() == lines
    assert opened.locator('#over-time .scatterlayer .trace').count() == 2
    assert opened.locator('#by-landmark .bars .point').count() == 33
    overflow = opened.evaluate('document.documentElement.scrollWidth - window.innerWidth')
    assert overflow <= 0, 'the page is wider than the screen'


@pytest.mark.parametrize('width', [1000, 1300])
def test_lines_of_a_comparison_are_not_cut_off(browser, walk_results, tmp_path, width):
    comparison = compare(walk_results, walk_results)
    page = tmp_path / 'comparison.html'
    names = f'/recordings/{"monday/" * 20}walk', 'B' * 200
    write_comparison(page, comparison, *names, comparison_lines(comparison, *names))
    with browser.new_context(viewport={'width': width, 'height': 900}) as context:
        opened = context.new_page()
        opened.goto(page.as_uri())
        opened.wait_for_selector('body[data-ready]')
        hidden = opened.evaluate(
            """Array.from(document.querySelectorAll('h1, pre'))
                .map((element) => element.scrollWidth - element.clientWidth)"""
        )
    assert max(hidden) <= 0


@pytest.mark.parametrize('open_page', ['desktop'], indirect=True)
def test_report_of_a_damaged_recording_lists_its_problems(open_page, walk, options, tmp_path):
    entries = image_entries(walk)
    entries[5] = (*entries[5][:3], raw_image(walk[5], stamps(24)[5], encoding='</script><b>'))
    entries[18] = (*entries[18][:3], raw_image(walk[18], stamps(24)[18] - 9_000_000_000))
    bag = write_bag(tmp_path / 'a <script>&"bad< bag', entries)
    with (bag / f'{bag.name}.mcap').open('r+b') as file:
        file.truncate(int((bag / f'{bag.name}.mcap').stat().st_size * 0.95))
    analyse(bag, tmp_path / 'out', options)
    page = open_page(tmp_path / 'out' / 'report.html')
    assert page.locator('h1').inner_text().startswith('a <script>&"bad< bag')
    problems = page.locator('#problems').inner_text()
    assert 'cannot be decoded' in problems
    assert '</script><b>' in problems
    assert 'damaged' in problems
    assert 'partly' in page.locator('.chip').inner_text()


@pytest.mark.parametrize('open_page', ['desktop'], indirect=True)
def test_names_are_shown_with_control_characters_escaped(open_page, grey, options, tmp_path):
    name, shown = '/a\x1b]0;x\x07\n<b>', r'/a\x1b]0;x\x07\n<b>'
    bag = write_bag(tmp_path / 'grey', image_entries(grey[:2], name))
    summary = analyse(bag, tmp_path / 'out', options)
    page = open_page(tmp_path / 'out' / 'report.html')
    assert page.locator('.subtitle').inner_text().startswith(shown)
    assert page.locator('tr', has_text='Topic').locator('td').inner_text() == shown
    assert summary['recording']['topic'] == name
    results = compare(tmp_path / 'out', tmp_path / 'out')
    write_comparison(tmp_path / 'compared.html', results, name, name, [name])
    page = open_page(tmp_path / 'compared.html')
    assert page.locator('h1').first.inner_text() == f'A: {shown}'
    assert page.locator('pre').inner_text().strip() == shown


@pytest.mark.parametrize('open_page', ['phone'], indirect=True)
def test_report_without_people_and_without_images_opens(open_page, grey, options, tmp_path):
    bag = write_bag(tmp_path / 'grey', image_entries(grey))
    analyse(bag, tmp_path / 'out', options)
    page = open_page(tmp_path / 'out' / 'report.html')
    assert '0.0%' in page.locator('.tiles').inner_text()
    analyse(bag, tmp_path / 'none', replace(options, window=Window(start=1000)))
    page = open_page(tmp_path / 'none' / 'report.html')
    assert 'nothing analysed' in page.locator('.chip').inner_text()
