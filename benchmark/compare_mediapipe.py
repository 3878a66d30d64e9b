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
Measure the tracker beside official MediaPipe, on the same frames and cores, in turns.

``python benchmark/compare_mediapipe.py`` needs the environment of ``source tools/environment.sh``,
the network once, and minutes. ``--write`` puts the tables into docs/performance.md.

Each runs in a process of its own, in video mode with the defaults of its package. They alternate
frame by frame, and each times itself. A frame counts if both did the same work: both found the
person, both by detection or both by tracking.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import os
from pathlib import Path
import tempfile
from typing import Any

from figures import Figures, ratio
from frames import Frames, prepare, sample_clips
from measured_process import (
    Answer,
    MeasuredProcess,
    official_process,
    our_process,
    same_work,
)
import numpy as np
import official_environment
from page import markdown_table, measured_with, write_section

from pose_tracking_ros.blazepose import EXECUTION_PROVIDERS, MODEL_COMPLEXITIES

SIZE = (640, 480)

UPPER_BODY = 'upper body'
MODELS: dict[str, dict[str, Any]] = {
    **{name: {'model_complexity': number} for number, name in MODEL_COMPLEXITIES.items()},
    UPPER_BODY: {'upper_body_only': True},
}

# Starts of each process for the median. One more comes first, to cache the files of the packages.
STARTS = 3


@dataclass(frozen=True)
class Configuration:
    """
    A comparison.

    :param cores: numbers of the cores for both
    :param model: a key of :data:`MODELS`
    :param provider: execution provider of ours
    :param spinning: whether the threads of our models spin between runs
    """

    cores: tuple[int, ...]
    model: str
    provider: str
    spinning: bool = False

    @property
    def cores_cell(self) -> str:
        """Return the number of cores, and whether our threads spin."""
        return f'{len(self.cores)}{", spinning" if self.spinning else ""}'

    def start(self) -> list[MeasuredProcess]:
        """Start our process, and the official one if it has such a model."""
        options = MODELS[self.model]
        inference = {'execution_provider': self.provider, 'allow_spinning': self.spinning}
        ours = our_process({**options, 'inference': inference}, self.cores)
        if self.model == UPPER_BODY:
            return [ours]
        return [ours, official_process(options, self.cores)]


Answers = dict[Frames, list[Answer]]


def main() -> None:
    """Measure everything, print it, and write the page if asked to."""
    arguments = parse_arguments()
    official_environment.make_environment()
    with tempfile.TemporaryDirectory() as folder:
        clips = [
            prepare(clip, arguments.frames, size, Path(folder))
            for size in (SIZE, None)
            for clip in arguments.clips or sample_clips()
        ]
        rows, by_clip, starts = [], [], []
        for configuration in configurations(arguments.execution_provider):
            answers = measure(configuration, clips)
            rows += table_rows(configuration, answers)
            print(*rows[-2:], sep='\n', flush=True)
            if not configuration.spinning:
                by_clip += clip_rows(configuration, answers)
                starts.append(start_row(configuration, clips[0]))
                print(starts[-1], flush=True)
    sections = {
        'frames': markdown_table(HEADER, rows),
        'clips': markdown_table(CLIP_HEADER, by_clip),
        'start': markdown_table(START_HEADER, starts),
        'versions': f'{measured_with()} {official_environment.versions()}',
    }
    for name, content in sections.items():
        print(f'\n{content}')
        if arguments.write:
            write_section('performance.md', name, content)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('clips', nargs='*', type=Path, help='videos; else those of the samples')
    parser.add_argument('--frames', type=int, default=60, help='of each clip (60)')
    parser.add_argument(
        '--execution-provider', default='cpu', choices=EXECUTION_PROVIDERS,
        help='what runs our models (cpu); official MediaPipe always runs on the CPU',
    )  # fmt: skip
    parser.add_argument('--write', action='store_true', help='write docs/performance.md as well')
    return parser.parse_args()


def configurations(provider: str) -> Iterator[Configuration]:
    """Yield every model on one core, on two if available, and with spinning threads."""
    usable = sorted(os.sched_getaffinity(0))
    one, two = tuple(usable[-1:]), tuple(usable[-2:])
    for cores, spinning in dict.fromkeys(((one, False), (two, False), (two, len(two) > 1))):
        for model in MODELS:
            yield Configuration(cores, model, provider, spinning)


def measure(configuration: Configuration, clips: list[Frames]) -> list[Answers]:
    """Return the answers of each process on each clip, except for the first frame of a clip."""
    processes = configuration.start()
    answers: list[Answers] = [{clip: [] for clip in clips} for _ in processes]
    turns = list(zip(processes, answers))
    for clip in clips:
        for frame in range(clip.count):
            # Alternate which process is first.
            turns.reverse()
            for process, given in turns:
                answer = process.ask(clip, frame, fresh=frame == 0)
                if frame > 0:
                    given[clip].append(answer)
    for process in processes:
        process.close()
    return answers


def figures(answers: Sequence[Answer]) -> Figures:
    """Return the figures of some frames."""
    return Figures.of([a.wall_ms for a in answers], [a.cpu_ms for a in answers])


HEADER = [
    'cores', 'model', 'images', 'counted', 'ms', '95 %', 'CPU ms', 'MB',
    'official ms', '95 %', 'CPU ms', 'MB', 'ratio',
]  # fmt: skip


def table_rows(configuration: Configuration, answers: list[Answers]) -> Iterator[list[str]]:
    """Yield the figures of both on all clips together: at the small size, then at their own."""
    model = configuration.model
    for small, images in ((True, '640x480'), (False, 'own size')):
        together = [
            [a for clip in given if (clip.size == SIZE) == small for a in given[clip]]
            for given in answers
        ]
        compared = len(answers) == 2
        counted = list(zip(*same_work(*together))) if compared else together
        row = [configuration.cores_cell, model, images, _share(counted, together)]
        if not counted:
            yield row + [''] * (len(HEADER) - len(row))
            continue
        for given, all_given in zip(counted, together):
            row += [*figures(given).cells, f'{all_given[-1].peak_mb:.0f}']
        medians = [figures(given).median for given in counted]
        row += [ratio(*medians)] if compared else [''] * 5
        yield row


def _share(counted: Sequence[Sequence[Answer]], answers: Sequence[Sequence[Answer]]) -> str:
    """Return the number of counted frames, for a cell."""
    return f'{len(counted[0]) if counted else 0} of {len(answers[0])}'


CLIP_HEADER = [
    'clip', 'pixels', 'cores', 'model', 'counted', 'ms', 'official ms', 'ratio', 'CPU ratio',
]  # fmt: skip


def clip_rows(configuration: Configuration, answers: list[Answers]) -> Iterator[list[str]]:
    """Yield the figures of both on each clip at its own size."""
    if len(answers) < 2:
        return
    ours, official = answers
    for clip in ours:
        if clip.size != SIZE:
            counted = list(zip(*same_work(ours[clip], official[clip])))
            row = [
                clip.name,
                '{}x{}'.format(*clip.size),
                str(len(configuration.cores)),
                configuration.model,
                _share(counted, (ours[clip],)),
            ]
            if not counted:
                yield row + [''] * (len(CLIP_HEADER) - len(row))
                continue
            one, other = map(figures, counted)
            yield [
                *row,
                one.cells[0],
                other.cells[0],
                ratio(one.median, other.median),
                ratio(one.cpu, other.cpu),
            ]


START_HEADER = ['cores', 'model', 's', 'official s', 'ratio']


def start_row(configuration: Configuration, clip: Frames) -> list[str]:
    """Return the times from process start to first pose."""
    seconds = [
        [first_pose_s(process, clip) for process in configuration.start()]
        for _ in range(STARTS + 1)
    ]
    medians = np.median(seconds[1:], axis=0)
    compared = len(medians) == 2
    return [
        str(len(configuration.cores)),
        configuration.model,
        *(f'{median:.2f}' for median in medians),
        *([ratio(*medians)] if compared else [''] * 2),
    ]


def first_pose_s(process: MeasuredProcess, clip: Frames) -> float:
    """
    Return the seconds from the start of a process to the first pose in a clip.

    :raises RuntimeError: when the clip has none
    """
    try:
        for frame in range(clip.count):
            answer = process.ask(clip, frame, fresh=False)
            if answer.found:
                return (answer.done_ns - process.started_ns) * 1e-9
    finally:
        process.close()
    raise RuntimeError(f'no pose in {clip.name}: take a clip of a person')


if __name__ == '__main__':
    main()
