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

"""Diagnostics of a camera, without ROS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from pose_tracking_ros.blazepose import StampProblem
from pose_tracking_ros.node.settings import Limits
from pose_tracking_ros.node.statistics import Counts, Snapshot, STAGES


class Level(IntEnum):
    """The levels of diagnostic_msgs/DiagnosticStatus."""

    OK = 0
    WARN = 1
    ERROR = 2


@dataclass(frozen=True)
class Report:
    """
    A status of the diagnostics.

    :param task: its subject
    :param level: its level
    :param message: the problem, or the state, in a sentence
    :param values: the numbers by name
    """

    task: str
    level: Level
    message: str
    values: dict[str, str] = field(default_factory=dict)


IMAGES, TRACKING, POSITION = 'images', 'tracking', 'position'
"""The tasks of a camera."""

_AHEAD = 0.01
"""Maximum difference in seconds between the clocks of a robot."""


def images_report(
    snapshot: Snapshot, problem: str, limits: Limits, warnings: Sequence[str] = ()
) -> Report:
    """
    Return the report on received images.

    :param problem: the reason for missing images, empty if they come
    """
    counts, recent = snapshot.counts, snapshot.recent
    rejected = sum(recent.rejected.values())
    level, message = Level.OK, f'{snapshot.rate:.1f} images a second'
    if snapshot.settled and snapshot.rate < limits.expected_rate:
        level, message = Level.WARN, f'{message}, expected {limits.expected_rate:g}'
    warnings = [*_stamp_warnings(snapshot, limits), *warnings]
    if recent.lost:
        warnings.append(f'{recent.lost} lost on the way')
    if recent.damaged:
        warnings.append(f'{recent.damaged} may be smeared: damaged or lost packets of the video')
    if rejected:
        warnings.insert(
            0, f'{rejected} of {recent.received} images rejected: {snapshot.last_problem}'
        )
    if warnings:
        level, message = Level.WARN, '; '.join([message, *warnings])
    if problem:
        level, message = Level.ERROR, problem
    elif rejected and rejected == recent.received:
        level = Level.ERROR
    return Report(
        IMAGES,
        level,
        message,
        {
            'rate (images/s)': f'{snapshot.rate:.1f}',
            'received': str(counts.received),
            'lost on the way': str(counts.lost),
            'damaged': str(counts.damaged),
            'rejected': str(counts.rejected.total()),
            **_each('rejected: ', counts.rejected),
            'stamps of zero': str(counts.without_stamp),
            'stamps back in time': str(counts.back_in_time),
            **_each('stamps taken as ', counts.stamp_problems),
            'age at arrival (s)': f'{snapshot.age:.3f}',
            'since the last image (s)': since(snapshot.time - snapshot.last_image),
        },
    )


def _each(prefix: str, counts: Counter[str]) -> dict[str, str]:
    """Return counts by reason as values of a report."""
    return {
        f'{prefix}{name.replace("_", " ")}': str(count) for name, count in sorted(counts.items())
    }


def _stamp_warnings(snapshot: Snapshot, limits: Limits) -> list[str]:
    """Return warnings about the stamps of the images."""
    warnings, recent, age = [], snapshot.recent, snapshot.age
    if recent.without_stamp:
        warnings.append('stamps are zero: smoothing and latency need them')
    if recent.stamp_problems[StampProblem.WRONG_UNIT.value]:
        warnings.append(
            'stamps are less than 0.5 ms apart: they are not in seconds and nanoseconds, and '
            'smoothing suppresses motion'
        )
    # The stamps of a looped bag jump back once.
    if recent.back_in_time > 1:
        warnings.append(
            f'{recent.back_in_time} of {recent.received} stamps are earlier than the one before: '
            'images arrive out of order, or from two cameras'
        )
    if age < -_AHEAD:
        warnings.append(
            f'stamps are {_span(-age)} ahead of the clock of this node: the clocks differ, and '
            'latencies are wrong'
        )
    elif age > limits.max_latency:
        warnings.append(
            f'stamps are {_span(age)} behind the clock of this node when images arrive: the '
            'clocks differ, a recording is played without use_sim_time, or transport is slow'
        )
    return warnings


def _span(seconds: float) -> str:
    """Return a time in seconds, a long one also in a larger unit."""
    for unit, length in (('days', 86400.0), ('hours', 3600.0), ('minutes', 60.0)):
        if seconds >= 2 * length:
            return f'{seconds:.0f} s ({seconds / length:.1f} {unit})'
    return f'{seconds:.3g} s'


def tracking_report(snapshot: Snapshot, waiting: int, limits: Limits) -> Report:
    """Return the report on processed and waiting images."""
    counts, recent = snapshot.counts, snapshot.recent
    latency = percentile(snapshot.latencies[:, STAGES.index('since_stamp')], 95)
    dropped = recent.dropped / max(recent.received, 1)
    if recent.failed:
        level = Level.ERROR
        message = f'{recent.failed} images not processed, the last: {snapshot.last_problem}'
    elif latency > limits.max_latency:
        level = Level.WARN
        message = f'latency is {latency:.3f} s, the limit is {limits.max_latency:g}'
    elif dropped > limits.max_dropped:
        level, message = Level.WARN, f'{dropped:.0%} of the images dropped for newer ones'
    elif recent.with_pose:
        several = f'{snapshot.people} people' if snapshot.people > 1 else ''
        level, message = Level.OK, f'follows {several or "a person"}'
    else:
        level, message = Level.OK, 'no people in the images' if recent.processed else 'no images'
    return Report(
        TRACKING,
        level,
        message,
        {
            'rate (images/s)': f'{snapshot.processed_rate:.1f}',
            'processed': str(counts.processed),
            'with a person': str(counts.with_pose),
            'people in the last image': str(snapshot.people),
            'people so far': str(counts.people),
            'people lost': str(counts.people_lost),
            'people found again': str(counts.people_found_again),
            'detector runs': str(counts.detector_runs),
            'dropped': str(counts.dropped),
            'waiting': str(waiting),
            'failed': str(counts.failed),
            'since the last pose (s)': since(snapshot.time - snapshot.last_pose),
            **latency_percentiles(snapshot.latencies, STAGES),
        },
    )


@dataclass(frozen=True)
class PositionFacts:
    """
    The inputs of positions in metres.

    :param wanted: whether a parameter needs positions
    :param calibration: the reason for a missing calibration, empty if there is one
    :param calibration_wrong: whether a calibration is not valid
    :param depth_topic: topic of the depth images, empty if not wanted
    :param depth_publishers: number of its publishers
    :param frame_id: frame of the images, None before the first
    :param rectified: whether images are treated as rectified
    """

    wanted: bool = False
    calibration: str = ''
    calibration_wrong: bool = False
    depth_topic: str = ''
    depth_publishers: int = 0
    frame_id: str | None = None
    rectified: bool = False


def position_report(snapshot: Snapshot, facts: PositionFacts) -> Report:
    """Return the report on the positions of people."""
    counts, recent = snapshot.counts, snapshot.recent
    warnings = []
    if facts.calibration and (facts.wanted or facts.calibration_wrong):
        warnings.append(facts.calibration)
    if recent.without_depth:
        wanted = recent.with_depth + recent.without_depth
        warnings.append(
            f'{recent.without_depth} of {wanted} images processed without depth: '
            + _why_no_depth(snapshot, facts)
        )
    if recent.transforms_missing:
        warnings.append(
            f'{recent.transforms_missing} of {recent.processed} images have '
            f'{snapshot.transform_problem}'
        )
    if warnings:
        level, message = Level.WARN, '; '.join(warnings)
    else:
        level, message = Level.OK, _where_people_are(recent, facts)
    return Report(
        POSITION,
        level,
        message,
        {
            'images with a position': str(counts.placed),
            **_each('people without: ', counts.position_problems),
            'calibration': facts.calibration or 'known',
            'images rectified': 'yes' if facts.rectified else 'no',
            'frame': 'no image yet' if facts.frame_id is None else facts.frame_id,
            'images with depth': str(counts.with_depth),
            'images without depth': str(counts.without_depth),
            **_each('depth rejected: ', counts.depth_rejected),
            'depth lost on the way': str(counts.depth_lost),
            'transforms missing': str(counts.transforms_missing),
        },
    )


def _why_no_depth(snapshot: Snapshot, facts: PositionFacts) -> str:
    """Return the reason for missing depth."""
    if snapshot.recent.depth_rejected:
        return snapshot.depth_problem
    if not facts.depth_publishers:
        return f'no publisher on {facts.depth_topic}: remap depth/image, or set depth_transport'
    return f'no depth image on {facts.depth_topic} in time within depth_slop of the image stamp'


def _where_people_are(recent: Counts, facts: PositionFacts) -> str:
    """Return whether positions are known, without a warning."""
    if not recent.processed:
        return 'no images'
    if facts.calibration:
        return f'positions are not known: {facts.calibration}'
    if recent.placed:
        return 'positions are known'
    problems = recent.position_problems.most_common(1)
    if problems:
        return f'positions are not known: {problems[0][0].replace("_", " ")}'
    return 'no people in the images'


def latency_percentiles(latencies: np.ndarray, stages: Sequence[str]) -> dict[str, str]:
    """
    Return percentiles of the latency of each stage, for the diagnostics.

    :param latencies: (messages, stages) in seconds, NaN where unknown
    :param stages: names of the stages
    """
    return {
        f'{stage.replace("_", " ")} (ms) p50 p95 max': ' '.join(
            f'{1000 * percentile(latencies[:, column], percent):.1f}'
            for percent in (50, 95, 100)
        )
        for column, stage in enumerate(stages)
    }


def percentile(values: np.ndarray, percent: float) -> float:
    """Return a percentile of the known values, NaN if there are none."""
    known = values[np.isfinite(values)]
    return float(np.percentile(known, percent)) if len(known) else float('nan')


def since(seconds: float) -> str:
    """Return an age for the diagnostics; NaN means never."""
    return 'never' if np.isnan(seconds) else f'{seconds:.1f}'
