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
Measure jitter and lag of every smoothing, and write docs/smoothing.md and its plot.

``python benchmark/jitter.py`` needs the environment of ``source tools/environment.sh``, the
network once, and some minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
from jitter_measures import drift_lag, jitter, motion_lag, reach_lag, record, Recording, still
from jitter_plot import draw
import numpy as np
from page import markdown_table, measured_with, ROOT, write_section

from pose_tracking_ros.blazepose.smoothing import STRONG
from pose_tracking_ros.sample_data import sample_path

STILL_LENGTH = 300
FULL_BODY_STILLS = (
    'pose2sim_cam01.mp4',
    'pose2sim_cam03.mp4',
    'pose2sim_cam04.mp4',
    'astronaut.png',
)
UPPER_BODY_STILLS = ('pose2sim_cam01.mp4', 'astronaut.png')
# 60 images a second. In the remaining camera the model confuses left and right.
MOTION = ('pose2sim_cam01.mp4', 'pose2sim_cam03.mp4', 'pose2sim_cam04.mp4')
MOTION_RATE = 60

# A tenth of a metre a second, in body sizes.
SLOW = 0.05

BETAS = (320, 160, 80, 40, 20)


def even(rate: float) -> Callable[[int], np.ndarray]:
    """Return number of images -> their times in seconds, at a steady rate."""
    return lambda length: np.arange(length) / rate


def with_drops(length: int) -> np.ndarray:
    """Return the times of images of a camera of 30 a second, with a third lost."""
    images = np.random.default_rng(0).choice(length * 3 // 2, length, replace=False)
    return np.sort(images) / 30


def with_errors(length: int) -> np.ndarray:
    """Return the times of 30 images a second, each wrong by up to 10 ms."""
    return even(30)(length) + np.random.default_rng(0).uniform(-0.01, 0.01, length)


@dataclass(frozen=True)
class Cadence:
    """
    Times and stamps of images.

    :param name: for the table
    :param times: number of images -> seconds
    :param stamps: number of images -> seconds
    """

    name: str
    times: Callable[[int], np.ndarray]
    stamps: Callable[[int], np.ndarray]


EVEN = {rate: Cadence(f'{rate}', even(rate), even(rate)) for rate in (15, 30, 60)}
UNEVEN = (
    Cadence('30, a third of them lost', with_drops, with_drops),
    Cadence('30, stamps wrong by up to 10 ms', even(30), with_errors),
)
# MediaPipe's Python package stamps images as if there were 30 a second, whatever the true rate.
PRETENDED = {rate: Cadence(f'{rate}', even(rate), even(30)) for rate in (15, 60)}


@dataclass(frozen=True)
class Figures:
    """
    Jitter and lag of a smoothing.

    :param jitter: in thousandths of the body size
    :param world_jitter: in millimetres; NaN for the upper body
    :param lag: of a reaching hand, in milliseconds
    :param slow_lag: of a slow drift, in milliseconds
    """

    jitter: float
    world_jitter: float
    lag: float
    slow_lag: float


def measure(stills: list[Recording], smoothing: str, cadence: Cadence) -> Figures:
    """Return the mean figures of a smoothing over recordings of bodies at rest."""
    return Figures(
        *np.mean([_measure(recording, smoothing, cadence) for recording in stills], axis=0)
    )


def _measure(recording: Recording, smoothing: str, cadence: Cadence) -> tuple[float, ...]:
    length = len(recording.predictions)
    times, stamps = cadence.times(length), cadence.stamps(length)
    landmarks, world = recording.smoothed(smoothing, stamps)
    return (
        1e3 * jitter(landmarks, times, recording.visible),
        1e3 * jitter(world, times, recording.visible) if world.size else np.nan,
        1e3 * reach_lag(recording, smoothing, times, stamps),
        1e3 * drift_lag(recording, smoothing, times, stamps, SLOW),
    )


def record_stills(names: tuple[str, ...], upper_body_only: bool) -> list[Recording]:
    """Return recordings of still scenes: an image, or the first of a clip, with camera noise."""
    return [
        record(still(next(images(name)), STILL_LENGTH), 30, upper_body_only) for name in names
    ]


def images(name: str) -> Iterator[np.ndarray]:
    """Yield the images (H, W, 3) RGB of a sample."""
    video = cv2.VideoCapture(str(sample_path(name)))
    while True:
        read, image = video.read()
        if not read:
            return
        yield cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def full_body_table(stills: list[Recording], clips: list[Recording]) -> str:
    """Return the figures of the full body as a table in Markdown."""
    rows = []
    for smoothing in ('off', 'official', 'strong'):
        for cadence in (*EVEN.values(), *UNEVEN):
            rates = [rate for rate in EVEN if EVEN[rate] is cadence]
            rows.append([f'`{smoothing}`', cadence.name, *_cells(stills, smoothing, cadence)])
            rows[-1].append(_milliseconds(_motion(clips, smoothing, rates[0])) if rates else '')
    for cadence in PRETENDED.values():
        cells = _cells(stills, 'official', cadence)
        rows.append(["MediaPipe's Python package", cadence.name, *cells, ''])
    figures = ('jitter', 'world jitter, mm', 'lag, ms', 'slow lag, ms', 'lag in clips, ms')
    return markdown_table(('smoothing', 'images a second', *figures), rows)


def upper_body_table(stills: list[Recording]) -> str:
    """Return the figures of the upper body as a table in Markdown."""
    rows = []
    for smoothing in ('off', 'official', 'strong'):
        for cadence in (*EVEN.values(), *UNEVEN):
            cells = _cells(stills, smoothing, cadence)
            rows.append([f'`{smoothing}`', cadence.name, cells[0], *cells[2:]])
    header = ('smoothing', 'images a second', 'jitter', 'lag, ms', 'slow lag, ms')
    return markdown_table(header, rows)


def _cells(stills: list[Recording], smoothing: str, cadence: Cadence) -> list[str]:
    figures = measure(stills, smoothing, cadence)
    return [
        f'{figures.jitter:.2f}',
        f'{figures.world_jitter:.2f}',
        _milliseconds(figures.lag),
        _milliseconds(figures.slow_lag),
    ]


def _milliseconds(value: float) -> str:
    # Without a filter, only the noise of the measurement remains.
    return f'{abs(value):.0f}' if abs(value) < 0.5 or abs(value) >= 20 else f'{value:.1f}'


def _motion(clips: list[Recording], smoothing: str, rate: int) -> float:
    step = MOTION_RATE // rate
    return 1e3 * motion_lag([clip.every(step) for clip in clips], smoothing, rate)


def plot(stills: list[Recording]) -> None:
    """Draw jitter against lag."""

    def point(smoothing: str, cadence: Cadence) -> tuple[float, float]:
        figures = measure(stills, smoothing, cadence)
        return figures.lag, figures.jitter

    rest_speed = STRONG.rest_speed
    draw(
        ROOT / 'docs' / 'images' / 'jitter.png',
        {
            smoothing: {rate: point(smoothing, EVEN[rate]) for rate in EVEN}
            for smoothing in ('off', 'official', 'strong')
        },
        {beta: point(f'0.05,{beta},1', EVEN[30]) for beta in BETAS},
        {beta: point(f'0.05,{beta},1,{rest_speed}', EVEN[30]) for beta in BETAS},
    )


def main() -> None:
    """Measure, write and draw everything."""
    stills = record_stills(FULL_BODY_STILLS, upper_body_only=False)
    clips = [record(images(name), MOTION_RATE, upper_body_only=False) for name in MOTION]
    write_section('smoothing.md', 'full body', full_body_table(stills, clips))
    plot(stills)
    upper_stills = record_stills(UPPER_BODY_STILLS, upper_body_only=True)
    write_section('smoothing.md', 'upper body', upper_body_table(upper_stills))
    write_section('smoothing.md', 'machine', measured_with())


if __name__ == '__main__':
    main()
