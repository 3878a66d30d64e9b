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
Measure speed and memory of the analysis of recordings.

``speed`` compares an analysis with the bare landmark model, fed with one image repeatedly, in
turns and on the same cores. ``memory`` analyses generated recordings of several lengths and prints
wall time, CPU time and peak memory of the process for each.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
import multiprocessing
from pathlib import Path
import resource
from statistics import median
import tempfile
import time
from typing import NamedTuple

import cv2
import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer

from pose_tracking_ros.blazepose import InferenceOptions, PoseTracker, PoseTrackerOptions
from pose_tracking_ros.replay.analysis import analyse
from pose_tracking_ros.replay.message_types import RosbagsMessageTypes, typestore
from pose_tracking_ros.replay.options import AnalysisOptions, Outputs
from pose_tracking_ros.sample_data import sample_path
from pose_tracking_ros.video.source import VideoSource

_CLIP = 'pose2sim_cam04.mp4'
_PERIOD_NS = 33_333_333
_TOPICS = {False: ('/camera/image_raw', 'sensor_msgs/msg/Image'),
           True: ('/camera/image_raw/compressed', 'sensor_msgs/msg/CompressedImage')}


def main() -> None:
    """Run the measurement of the command line."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('what', choices=('speed', 'memory'))
    parser.add_argument('--complexity', type=int, nargs='+', default=[1])
    parser.add_argument('--frames', type=int, nargs='+', default=[300])
    parser.add_argument('--height', type=int, default=480, help='of the images, in pixels')
    parser.add_argument('--threads', type=int, default=0, help='of the models; 0 = automatic')
    parser.add_argument('--compressed', action='store_true', help='JPEG instead of raw images')
    parser.add_argument('--rounds', type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for complexity in arguments.complexity:
            place = Path(folder) / str(complexity)
            place.mkdir()
            measure = _measure_speed if arguments.what == 'speed' else _measure_memory
            measure(arguments, complexity, place)


def _options(arguments: Namespace, complexity: int) -> AnalysisOptions:
    return AnalysisOptions(
        tracker=PoseTrackerOptions(model_complexity=complexity),
        inference=InferenceOptions(execution_provider='cpu', num_threads=arguments.threads),
    )


def _measure_speed(arguments: Namespace, complexity: int, folder: Path) -> None:
    """Print the speeds of the bare model and of analyses, and their ratios."""
    options = _options(arguments, complexity)
    variants = {
        'all but a video (default)': options,
        'tables only': replace(options, outputs=Outputs(bag=False, report=False)),
        'annotated video as well': replace(options, outputs=Outputs(video=True)),
    }
    frames = arguments.frames[0]
    bag = _write_bag(folder / 'bag', frames, arguments.height, arguments.compressed)
    models = PoseTracker(options.tracker, options.inference).models
    crop = np.random.default_rng(0).integers(
        0, 256, (models.landmark_model.side, models.landmark_model.side, 3), np.uint8)
    bare: list[_Speed] = []
    found: dict[str, list[_Speed]] = {name: [] for name in variants}
    ratios: dict[str, list[float]] = {name: [] for name in variants}
    for round_ in range(arguments.rounds):
        bare.append(_measure(lambda: [models.landmark_model(crop) for _ in range(frames)], frames))
        for name, variant in variants.items():
            output = folder / f'{round_} {name}'
            found[name].append(_measure(partial(analyse, bag, output, variant), frames))
        bare.append(_measure(lambda: [models.landmark_model(crop) for _ in range(frames)], frames))
        around = sum(speed.images_per_second for speed in bare[-2:]) / 2
        for name in variants:
            ratios[name].append(found[name][-1].images_per_second / around)
    print(f'{frames} images, {arguments.height} pixels high, complexity {complexity}, '
          f'{arguments.threads or "default"} threads, {arguments.rounds} rounds')
    print(f'{"the bare landmark model":>28}  {_medians(bare)}')
    for name in variants:
        share = median(ratios[name])
        print(f'{name:>28}  {_medians(found[name])}, {share:4.2f} of the bare model', flush=True)


class _Speed(NamedTuple):
    """Images a second, and CPU time of each in milliseconds."""

    images_per_second: float
    core_ms: float


def _measure(work: Callable[[], object], images: int) -> _Speed:
    """Return the speed of some work on images."""
    started, processor = time.perf_counter(), time.process_time()
    work()
    seconds, processor = time.perf_counter() - started, time.process_time() - processor
    return _Speed(images / seconds, 1000 * processor / images)


def _medians(speeds: list[_Speed]) -> str:
    """Format the medians of speeds."""
    images, core = (median(values) for values in zip(*speeds))
    return f'{images:6.1f} images/s, {core:5.1f} ms of a core an image'


def _measure_memory(arguments: Namespace, complexity: int, folder: Path) -> None:
    """Print time and peak memory of an analysis of each length, each in a process of its own."""
    context = multiprocessing.get_context('spawn')
    for frames in arguments.frames:
        bag = _write_bag(folder / str(frames), frames, arguments.height, arguments.compressed)
        size = sum(path.stat().st_size for path in bag.iterdir()) / 1e6
        with context.Pool(1) as pool:
            seconds, processor, megabytes = pool.apply(
                partial(_analyse_and_measure, bag, folder / f'out {frames}',
                        _options(arguments, complexity)))
        print(f'{frames:>8} images, {size:6.0f} MB: {seconds:7.1f} s, '
              f'{processor:7.1f} s of a core, {1000 * processor / frames:6.2f} ms an image, '
              f'{megabytes:5.0f} MB at most', flush=True)


def _analyse_and_measure(
    bag: Path, output: Path, options: AnalysisOptions
) -> tuple[float, float, float]:
    """Return wall time, CPU time and peak memory in MB of an analysis."""
    started = time.perf_counter()
    analyse(bag, output, options)
    seconds = time.perf_counter() - started
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e3


def _write_bag(path: Path, frames: int, height: int, compressed: bool) -> Path:
    """Write a bag of a clip that is repeated forwards and backwards."""
    types = RosbagsMessageTypes()
    topic, type_name = _TOPICS[compressed]
    with Writer(path, version=Writer.VERSION_LATEST, storage_plugin=StoragePlugin.MCAP) as writer:
        connection = writer.add_connection(topic, type_name, typestore=typestore())
        for index, image in zip(range(frames), _images(height)):
            header = types.header(1_700_000_000_000_000_000 + index * _PERIOD_NS, 'camera')
            if compressed:
                data = cv2.imencode('.jpg', image)[1].ravel()
                message = types.CompressedImage(header=header, format='jpeg', data=data)
            else:
                message = types.Image(
                    header=header, height=image.shape[0], width=image.shape[1],
                    encoding='bgr8', step=3 * image.shape[1], data=image.ravel())
            stamp = header.stamp.sec * 1_000_000_000 + header.stamp.nanosec
            writer.write(connection, stamp, typestore().serialize_cdr(message, type_name))
    return path


def _images(height: int) -> Iterator[np.ndarray]:
    """Yield the images of the clip without end, uint8 (height, W, 3) BGR."""
    with VideoSource(sample_path(_CLIP)) as video:
        images = [
            cv2.resize(
                frame.image, (round(height * video.width / video.height / 2) * 2, height),
                interpolation=cv2.INTER_AREA)
            for frame in video
        ]
    while True:
        yield from images
        yield from reversed(images)


if __name__ == '__main__':
    main()
