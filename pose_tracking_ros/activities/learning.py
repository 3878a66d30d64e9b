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

"""Samples of custom classes from images and recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import csv
from pathlib import Path
import re
from typing import NamedTuple

import numpy as np

from pose_tracking_ros.activities.pose_classes import PoseClassError, PoseSample, sample_points
from pose_tracking_ros.blazepose import PoseTracker, PoseTrackerResult
from pose_tracking_ros.replay.problems import reason
from pose_tracking_ros.video.image_series import IMAGE_SUFFIXES

CLASS_NAME = r'\w[\w .-]{0,79}'
_COLUMNS = ('recording', 'start', 'end', 'class')

Frames = Iterator[tuple[int, np.ndarray]]
"""Stamps in nanoseconds and RGB images of a recording."""


class Interval(NamedTuple):
    """
    An interval of a recording that shows a class.

    :param path: of the recording, or of an image
    :param name: of the class
    :param start, end: in seconds from its first image
    """

    path: Path
    name: str
    start: float = 0.0
    end: float = np.inf


def intervals_in(folder: Path) -> list[Interval]:
    """
    Return the recordings and images in folders named after classes.

    :raises PoseClassError: when there are none
    """
    found = [
        Interval(path, inner.name)
        for inner in sorted(folder.iterdir())
        if inner.is_dir() and re.fullmatch(CLASS_NAME, inner.name)
        for path in sorted(inner.iterdir())
        if not path.name.startswith('.')
    ]
    if not found:
        raise PoseClassError(
            f'{folder} has no folders named after classes with images or recordings in them'
        )
    return found


def intervals_of(table: Path, folder: Path) -> list[Interval]:
    """
    Return the rows of a CSV with the columns recording, start, end and class.

    :param table: the CSV; recordings are paths within the folder, times seconds from their start
    :param folder: with the recordings
    :raises PoseClassError: when a row cannot be used
    """
    with table.open(newline='', encoding='utf-8') as file:
        rows = csv.DictReader(file)
        if not set(_COLUMNS) <= set(rows.fieldnames or ()):
            raise PoseClassError(f'{table} has not the columns {", ".join(_COLUMNS)}')
        intervals = []
        for row in rows:
            where = f'line {rows.line_num} of {table}'
            try:
                start, end = float(row['start']), float(row['end'])
            except (TypeError, ValueError) as error:
                raise PoseClassError(f'{where}: start and end are seconds: {error}') from error
            if not 0 <= start < end:
                raise PoseClassError(f'{where}: the interval from {start:g} to {end:g} is empty')
            if not re.fullmatch(CLASS_NAME, row['class'] or ''):
                raise PoseClassError(f'{where}: {row["class"]!r:.80} is no name of a class')
            path = folder / row['recording']
            if not path.exists():
                raise PoseClassError(f'{where}: there is no {path}')
            intervals.append(Interval(path, row['class'], start, end))
    if not intervals:
        raise PoseClassError(f'{table} has no rows')
    return intervals


def learn(
    intervals: list[Interval],
    tracker: PoseTracker,
    still_tracker: PoseTracker,
    frames: Callable[[Path], Frames],
    period: float,
    log: Callable[[str, bool], None],
) -> list[PoseSample]:
    """
    Return samples of recordings.

    :param intervals: the intervals with their classes
    :param tracker: for recordings; reset for each
    :param still_tracker: for images
    :param period: minimum seconds between samples of a recording
    :param frames: opens a recording or an image; an ``InterruptedError`` ends the run
    :param log: called with a line for each recording, and whether it was left out
    """
    samples: list[PoseSample] = []
    by_path: dict[Path, list[Interval]] = {}
    for interval in intervals:
        by_path.setdefault(interval.path, []).append(interval)
    for path, parts in by_path.items():
        is_still = path.suffix.lower() in IMAGE_SUFFIXES
        chosen = still_tracker if is_still else tracker
        chosen.reset()
        before = len(samples)
        try:
            first_ns, latest_s = None, -np.inf
            for stamp_ns, image in frames(path):
                first_ns = stamp_ns if first_ns is None else first_ns
                result = chosen.process(image, stamp_ns)
                seconds = (stamp_ns - first_ns) * 1e-9
                if seconds - latest_s < period:
                    continue
                points = _points(result)
                shown = [part.name for part in parts if part.start <= seconds <= part.end]
                if points is not None and shown:
                    samples += [PoseSample(path.name, name, points) for name in shown]
                    latest_s = seconds
        except InterruptedError:
            break
        # A broken recording can raise anything.
        except Exception as error:
            log(f'{path}: left out: {reason(error)}', True)
            continue
        log(f'{path}: samples {len(samples) - before}', False)
    return samples


def _points(result: PoseTrackerResult) -> np.ndarray | None:
    """Return the points of the main person, if all are known."""
    points = sample_points(result.poses[0]) if result.poses else None
    return points if points is not None and np.isfinite(points).all() else None
