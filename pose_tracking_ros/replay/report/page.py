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
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
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
from pose_tracking_ros.safe_text import printable

_FOLDER = Path(__file__).parent


def _plain(value: Any) -> str:
    """Return an option as in a parameter file."""
    if isinstance(value, list | tuple):
        return ', '.join(value) or 'none'
    return str(value).lower() if isinstance(value, bool) else str(value) or 'none'


def _printable(value: Any) -> Any:
    """Return a text with control characters escaped; markup and other values unchanged."""
    # Markup is a subclass.
    return printable(value) if type(value) is str else value


_PAGES = Environment(
    loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True, finalize=_printable,
)
_PAGES.filters['plain'] = _plain

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
    page = render(
        'page.html',
        summary=summary,
        subtitle=_subtitle(summary),
        losses={kind.value for kind in LOSSES},
        data=_data(summary, series),
        script=_source('page.js'),
    )
    with create(path) as file:
        file.write(page)


def render(template: str, **values: Any) -> bytes:
    """Return a page with its style and Plotly; texts in the values are escaped."""
    page = _PAGES.get_template(template).render(
        style=_source('page.css'), plotly=plotly.offline.get_plotlyjs(), **values
    )
    return page.encode(errors='backslashreplace')


def _source(name: str) -> str:
    """Return a part of a page."""
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
