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
Measure the cost of an image by its size, and by the number of cameras.

``python benchmark/scaling.py`` needs the environment of ``source tools/environment.sh`` and the
network once. ``--write`` puts the tables into docs/performance.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
import os
from pathlib import Path
import tempfile
from threading import Thread
import time

from figures import Figures, milliseconds, ratio
from frames import Frames, prepare
from measured_process import official_process, our_process, same_work
import numpy as np
import official_environment
from page import markdown_table, write_section

from pose_tracking_ros.blazepose import InferenceOptions, PoseTracker, PoseTrackerOptions
from pose_tracking_ros.sample_data import sample_path

CLIP = 'sports2d_demo.mp4'
SIZES = ((320, 240), (640, 480), (1280, 720), (1920, 1080), (3840, 2160))
MODES = {'video': {'static_image_mode': False}, 'static': {'static_image_mode': True}}
CAMERAS = (1, 2, 4, 8)
CAMERA_SIZE = (640, 480)
PERIOD_NS = 33_333_333


def main() -> None:
    """Measure everything, print it, and write the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--frames', type=int, default=30, help='of the clip (30)')
    parser.add_argument('--write', action='store_true', help='write docs/performance.md as well')
    arguments = parser.parse_args()
    official_environment.make_environment()
    clip, count = sample_path(CLIP), arguments.frames
    with tempfile.TemporaryDirectory() as folder:
        sizes = [prepare(clip, count, size, Path(folder)) for size in SIZES]
        images = sizes[SIZES.index(CAMERA_SIZE)].load()
        sections = {
            'sizes': markdown_table(SIZES_HEADER, size_rows(sizes)),
            'cameras': markdown_table(CAMERAS_HEADER, camera_rows(images)),
        }
    for name, content in sections.items():
        print(f'{content}\n')
        if arguments.write:
            write_section('performance.md', name, content)


SIZES_HEADER = [
    'image', 'mode', 'counted', 'ms', '95 %', 'CPU ms', 'official ms', '95 %', 'CPU ms', 'ratio',
]  # fmt: skip


def size_rows(sizes: list[Frames]) -> Iterator[list[str]]:
    """
    Yield the time of an image by its size, in a tracked clip and in unrelated images.

    Images count if both sides did the same work.
    """
    core = sorted(os.sched_getaffinity(0))[-1:]
    for mode, options in MODES.items():
        processes = [our_process(options, core), official_process(options, core)]
        for frames in sizes:
            # The first image warms the models up.
            answers = [
                [process.ask(frames, frame, fresh=frame == 0) for process in processes]
                for frame in range(frames.count)
            ][1:]
            counted = same_work(*zip(*answers))
            row = ['{}x{}'.format(*frames.size), mode, f'{len(counted)} of {len(answers)}']
            if not counted:
                yield row + [''] * (len(SIZES_HEADER) - len(row))
                continue
            ours, official = (
                Figures.of([a.wall_ms for a in given], [a.cpu_ms for a in given])
                for given in zip(*counted)
            )
            yield [
                *row,
                *ours.cells,
                *official.cells,
                ratio(ours.median, official.median),
            ]
        for process in processes:
            process.close()


CAMERAS_HEADER = ['cameras', 'threads of a model', 'images a second', 'ms', '95 %', 'CPU ms']


def camera_rows(images: np.ndarray) -> Iterator[list[str]]:
    """
    Yield the time of an image with several trackers that share their models.

    :param images: uint8 (count, H, W, 3) RGB, of every camera
    """
    for threads in (1, len(os.sched_getaffinity(0))):
        for cameras in CAMERAS:
            trackers = share_models(cameras, InferenceOptions(num_threads=threads))
            times: list[list[float]] = [[] for _ in trackers]
            at_work = [
                Thread(target=track, args=(tracker, images, taken))
                for tracker, taken in zip(trackers, times)
            ]
            cpu_s, wall_s = time.process_time(), time.perf_counter()
            for thread in at_work:
                thread.start()
            for thread in at_work:
                thread.join()
            cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
            count = cameras * len(images)
            yield [
                str(cameras),
                str(threads),
                f'{count / wall_s:.0f}',
                *Figures.of(np.concatenate(times)).cells,
                milliseconds(1e3 * cpu_s / count),
            ]


def share_models(cameras: int, inference: InferenceOptions) -> list[PoseTracker]:
    """Return a tracker for each camera, all with the same models."""
    options = PoseTrackerOptions()
    first = PoseTracker(options, inference)
    return [first] + [PoseTracker(options, inference, first.models) for _ in range(1, cameras)]


def track(tracker: PoseTracker, images: np.ndarray, taken_ms: list[float]) -> None:
    """Track the person in images without pause, and record the time of each."""
    for k, image in enumerate(images):
        begun = time.perf_counter()
        tracker.process(image, k * PERIOD_NS)
        taken_ms.append(1e3 * (time.perf_counter() - begun))


if __name__ == '__main__':
    main()
