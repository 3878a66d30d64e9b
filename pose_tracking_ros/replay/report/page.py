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

"""The report of an analysis: an HTML page that needs no network."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from html import escape
import json
from pathlib import Path
from string import Template
from typing import Any

import plotly.offline

from pose_tracking_ros.activities import ActivityEvent
from pose_tracking_ros.replay.frames import AnalysedFrame
from pose_tracking_ros.replay.problems import LOSSES, ProblemKind
from pose_tracking_ros.replay.report.figures import (
    floor_figure,
    jitter_figure,
    person_figure,
    time_figure,
)
from pose_tracking_ros.replay.report.series import collect, Series
from pose_tracking_ros.replay.safe_files import create

_FOLDER = Path(__file__).parent

_YEAR_2000_NS = 946_684_800_000_000_000
"""Earlier stamps are not dates."""


def write_report(
    path: Path,
    summary: dict[str, Any],
    frames: Iterable[AnalysedFrame],
    events: Sequence[tuple[int, ActivityEvent]] = (),
) -> None:
    """
    Write a report.

    :param path: the new .html file
    :param summary: summary of the analysis
    :param frames: all frames in order
    :param events: activity events with their frame numbers
    """
    kinds = {problem['kind'] for problem in summary['problems']}
    series = collect(
        frames,
        summary['result'],
        by_recording=ProblemKind.BACKWARD_STAMP.value in kinds,
        timeout=summary['options']['tracker']['tracking_timeout'],
        events=events,
    )
    page = _page(summary, series).encode(errors='backslashreplace')
    with create(path) as file:
        file.write(page)


def _page(summary: dict[str, Any], series: Series) -> str:
    """Return the text of the page."""
    name = summary['recording']['name']
    status, status_class = _status(summary)
    return Template(_part('page.html')).substitute(
        title=escape(f'Pose analysis of {name}'),
        style=_part('page.css'),
        name=escape(name),
        status=status,
        status_class=status_class,
        subtitle=escape(_subtitle(summary)),
        tiles=_tiles(summary['result'], len(summary['problems'])),
        problems=_problems(summary['problems']),
        settings=_settings(summary),
        version=escape(summary['version']),
        plotly=plotly.offline.get_plotlyjs(),
        # An end tag in a string would end the script.
        data=json.dumps(_data(summary, series)).replace('</', '<\\/'),
        script=_part('page.js'),
    )


def _part(name: str) -> str:
    """Return a part of the page."""
    return (_FOLDER / name).read_text(encoding='utf-8')


def _data(summary: dict[str, Any], series: Series) -> dict[str, Any]:
    """Return the data for the script of the page."""
    return {
        'figure': time_figure(series),
        'floor': floor_figure(series, summary['recording']['camera_info']),
        'jitter': jitter_figure(summary['result']['landmarks']),
        'times': [round(float(seconds), 4) for seconds in series.times],
        'has_person': series.main.has_person.tolist(),
        'people': [] if len(series.people) < 2 else [
            {
                'track_id': person.track_id,
                'has_person': person.has_person.tolist(),
                **person_figure(series, person),
            }
            for person in series.people
        ],
        'thumbnails': [
            [round(seconds, 3), 'data:image/jpeg;base64,' + base64.b64encode(data).decode()]
            for seconds, data in series.thumbnails
        ],
    }


def _status(summary: dict[str, Any]) -> tuple[str, str]:
    """Return the status in a word, and its CSS class."""
    if summary['exit_code'] == 0:
        return 'complete', 'good'
    if summary['exit_code'] == 1:
        return ('partly' if summary['complete'] else 'interrupted'), 'partly'
    return 'nothing analysed', 'bad'


def _subtitle(summary: dict[str, Any]) -> str:
    """Return topic, time and length of the recording."""
    result, recording = summary['result'], summary['recording']
    parts = [recording['topic'] or Path(recording['path']).name]
    first = result['first_stamp_ns']
    if first is not None and first > _YEAR_2000_NS:
        date = datetime.fromtimestamp(first // 1_000_000_000, timezone.utc)
        parts.append(date.strftime('%d %B %Y, %H:%M:%S UTC').lstrip('0'))
    parts.append(_length(result['seconds']))
    if result['images_per_second']:
        parts.append(f'{result["images_per_second"]:.3g} images/s')
    return ' · '.join(parts)


def _length(seconds: float) -> str:
    """Return a duration as text."""
    if seconds < 60:
        return f'{seconds:.1f} s'
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f'{hours} h {minutes} min' if hours else f'{minutes} min {seconds} s'


def _tiles(result: dict[str, Any], problems: int) -> str:
    """Return the numbers on top."""
    images = result['images'] - result['undecodable_images']
    ratio = f'{result["images_with_pose"] / images:.1%}' if images else '&ndash;'
    numbers = [
        (result['images'], 'image', 'images'),
        (ratio, '', 'with a person'),
        (result['people'], 'person', 'people'),
        (result['detector_runs'], 'detector run', 'detector runs'),
        (result['missing_images'], 'image missing', 'images missing'),
        (problems, 'kind of problem', 'kinds of problems'),
    ]
    return '\n'.join(
        f'    <div class="tile"><b>{number if isinstance(number, str) else f"{number:,}"}</b>'
        f'<span>{one if number == 1 else many}</span></div>'
        for number, one, many in numbers
    )


def _problems(problems: list[dict[str, Any]]) -> str:
    """Return the list of problems."""
    if not problems:
        return '    <p>None: every image was read, decoded and analysed.</p>'
    losses = {kind.value for kind in LOSSES}
    items = [
        f'      <li{" class=loss" if problem["kind"] in losses else ""}>'
        f'{problem["count"]:,} &times; {escape(problem["meaning"])}'
        f'<small>First: {escape(problem["first"])}</small></li>'
        for problem in problems
    ]
    return '\n'.join(['    <ul>', *items, '    </ul>'])


def _settings(summary: dict[str, Any]) -> str:
    """Return recording, models and options as tables."""
    recording, options, models = summary['recording'], summary['options'], summary['models']
    window = options['window']
    part = 'all images' if window['every'] == 1 else f'one of {window["every"]} images'
    if window['start'] or window['end'] is not None:
        end = 'the end' if window['end'] is None else f'{window["end"]:g} s'
        part += f', from {window["start"]:g} s to {end}'
    main = {
        'Recording': recording['path'],
        'Topic': recording['topic'] or 'none, it is a video',
        'Part': part,
        'Detector': models['detector']['file'],
        'Landmark model': models['landmarks']['file'],
        'Ran on': summary['execution_provider'],
        'Speed': f'{summary["run"]["images_per_second"]:.1f} images/s',
    }
    if recording['camera_info']:
        info = recording['camera_info']
        main['Calibration'] = f'{info["topic"]}, focal length {info["k"][0]:.0f} pixels'
    lines = [_table(main)]
    for name in ('tracker', 'activities'):
        values = {option: _plain(value) for option, value in options[name].items()}
        lines += [
            f'      <details><summary>Options of the {name}</summary>',
            _table(values),
            '      </details>',
        ]
    return '\n'.join(lines)


def _plain(value: Any) -> str:
    """Return an option as in a parameter file."""
    if isinstance(value, list | tuple):
        return ', '.join(value) or 'none'
    return str(value).lower() if isinstance(value, bool) else str(value) or 'none'


def _table(rows: dict[str, str]) -> str:
    """Return a table of names and values."""
    lines = [
        f'        <tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>'
        for name, value in rows.items()
    ]
    return '\n'.join(['      <table>', *lines, '      </table>'])
