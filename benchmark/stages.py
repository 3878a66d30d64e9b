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
Measure the stages of an image on one core, from its message to the messages of its pose.

``python benchmark/stages.py`` needs the environment of ``source tools/environment.sh``, and the
network once. ``--write`` puts the tables into docs/performance.md. The package contains no clocks
for that: its functions are wrapped from outside.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
import os
from pathlib import Path
import tempfile
from typing import Any

from figures import milliseconds
from frames import prepare
import numpy as np
import onnxruntime
from page import markdown_table, write_section
from processes.camera import camera_message
from sensor_msgs.msg import Image
from stopwatch import Stopwatch

from pose_tracking_ros.blazepose import (
    CameraModel,
    detector,
    landmarker,
    MODEL_COMPLEXITIES,
    pose_smoothing,
    PoseTracker,
    PoseTrackerOptions,
    position,
    sides,
    track,
    verification,
)
from pose_tracking_ros.drawing import PoseAnnotator
from pose_tracking_ros.heap import keep_freed_memory
from pose_tracking_ros.image_decoding import decode_image
from pose_tracking_ros.messages import bgr_copy, image_message, pose_landmarks_message
from pose_tracking_ros.node.message_types import MESSAGE_TYPES
from pose_tracking_ros.sample_data import sample_path

CLIP = 'sports2d_demo.mp4'
SIZES = ((640, 480), (1920, 1080))
PERIOD_NS = 33_333_333

LANDMARK_MODEL, DETECTOR_MODEL = 'landmark model', 'detector model'
REST = 'rest of the tracker'


def model_stage(session: onnxruntime.InferenceSession, *_: Any) -> str:
    """Return the stage of the model of a session, by the size of its input."""
    return LANDMARK_MODEL if 256 in session.get_inputs()[0].shape else DETECTOR_MODEL


RUNS = {(onnxruntime.InferenceSession, 'run'): model_stage}

# In the order of the table.
STAGES = {
    (landmarker, 'crop'): 'crop',
    **RUNS,
    (landmarker, 'decode_landmarks'): 'decoding of outputs',
    (landmarker, 'points_to_image'): 'decoding of outputs',
    (landmarker, 'rotate_world_points'): 'decoding of outputs',
    (landmarker, 'refine_with_heatmap'): 'heatmap refinement',
    (verification.BodyVerifier, '__call__'): 'verification',
    (sides.SideKeeper, '__call__'): 'verification',
    (pose_smoothing.PoseSmoother, '__call__'): 'smoothing',
    (detector, 'crop'): 'detector besides its model',
    (detector.PersonDetector, '__call__'): 'detector besides its model',
    (PoseTracker, 'process'): REST,
}
ORDER = [
    'decoding of the message', 'crop', LANDMARK_MODEL, 'decoding of outputs',
    'heatmap refinement', 'verification', 'smoothing', REST, 'landmarks message',
    'copy to draw on', 'drawing', 'image message',
]  # fmt: skip


def main() -> None:
    """Measure everything, print it, and write the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--frames', type=int, default=100, help='of the clip (100)')
    parser.add_argument('--write', action='store_true', help='write docs/performance.md as well')
    arguments = parser.parse_args()
    keep_freed_memory()  # As the node does.
    # Before the models are loaded: they start as many threads as there are cores.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1:])
    with tempfile.TemporaryDirectory() as folder:
        clip = sample_path(CLIP)
        clips = [prepare(clip, arguments.frames, size, Path(folder)).load() for size in SIZES]
    sections = {
        'stages': markdown_table(STAGES_HEADER, stage_rows(clips)),
        'outside': markdown_table(OUTSIDE_HEADER, outside_rows(clips)),
        'detector': markdown_table(DETECTOR_HEADER, detector_rows(clips)),
        'positions': markdown_table(POSITION_HEADER, position_rows(clips)),
    }
    for name, content in sections.items():
        print(f'{content}\n')
        if arguments.write:
            write_section('performance.md', name, content)


STAGES_HEADER = ['stage', *(f'{unit}, {w}x{h}' for w, h in SIZES for unit in ('ms', 'CPU ms'))]


def stage_rows(clips: list[np.ndarray]) -> Iterator[list[str]]:
    """Yield the median time of each stage of a tracked image, with the full model."""
    watches = []
    for clip in clips:
        watch = Stopwatch()
        with watch.attached(STAGES):
            run(clip, PoseTrackerOptions(), watch, message_work(watch))
        watches.append(watch)
    for stage in ORDER:
        yield [
            stage,
            *(
                milliseconds(median(frames, stage))
                for watch in watches
                for frames in (watch.wall_ms, watch.cpu_ms)
            ),
        ]


def message_work(watch: Stopwatch) -> tuple[Callable, Callable]:
    """Return the measured work of the node before and after tracking."""
    annotator = PoseAnnotator(color_order='bgr')
    decode = watch.wrap(decode_image, 'decoding of the message')
    to_message = watch.wrap(pose_landmarks_message, 'landmarks message')
    copy = watch.wrap(bgr_copy, 'copy to draw on')
    annotate = watch.wrap(annotator.annotate, 'drawing')
    to_image = watch.wrap(image_message, 'image message')

    def publish(message: Image, image: np.ndarray, tracker: PoseTracker, result: Any) -> None:
        size = image.shape[1::-1]
        to_message(MESSAGE_TYPES, message.header, size, tracker.skeleton, result)
        to_image(MESSAGE_TYPES, message.header, 'bgr8', annotate(copy(image), result.poses))

    return decode, publish


def no_work_after(*_: Any) -> None:
    """Ignore the result."""


OUTSIDE_HEADER = [
    'image', 'model', 'in all, ms', 'model, ms', 'the rest, ms', '%', 'the rest, CPU ms',
]  # fmt: skip


def outside_rows(clips: list[np.ndarray]) -> Iterator[list[str]]:
    """Yield the time of a tracked image besides the run of its landmark model."""
    for size, clip in zip(SIZES, clips):
        for complexity, model in MODEL_COMPLEXITIES.items():
            watch = Stopwatch()
            options = PoseTrackerOptions(model_complexity=complexity)
            with watch.attached({**RUNS, (PoseTracker, 'process'): REST}):
                run(clip, options, watch, (decode_image, no_work_after))
            model_ms = median(watch.wall_ms, LANDMARK_MODEL)
            rest_ms = median(watch.wall_ms, REST)
            yield [
                '{}x{}'.format(*size),
                model,
                *map(milliseconds, (model_ms + rest_ms, model_ms, rest_ms)),
                f'{100 * rest_ms / (model_ms + rest_ms):.0f}',
                milliseconds(median(watch.cpu_ms, REST)),
            ]


DETECTOR_HEADER = ['image', 'first, ms', 'second, ms', 'median, ms', 'of it the model, ms']


def detector_rows(clips: list[np.ndarray]) -> Iterator[list[str]]:
    """Yield the time of the detector if it runs on every image."""
    for size, clip in zip(SIZES, clips):
        watch = Stopwatch()
        with watch.attached({**RUNS, (detector.PersonDetector, '__call__'): 'the rest'}):
            options = PoseTrackerOptions(static_image_mode=True)
            run(clip, options, watch, (decode_image, no_work_after))
        model = [frame[DETECTOR_MODEL] for frame in watch.wall_ms]
        total = [frame['the rest'] + run_ms for frame, run_ms in zip(watch.wall_ms, model)]
        yield [
            '{}x{}'.format(*size),
            *map(milliseconds, (*total[:2], np.median(total), np.median(model))),
        ]


POSITION_HEADER = ['image', 'depth image', 'ms', 'CPU ms']
POSITION_STAGES = {
    (position.Locator, '__init__'): 'position',
    (position.Locator, '__call__'): 'position',
    (position.Locator, 'to_frame'): 'position',
    (track.Track, 'smooth_position'): 'position',
}


def position_rows(clips: list[np.ndarray]) -> Iterator[list[str]]:
    """Yield the time for the position of a person, without and with a depth image."""
    for size, clip in zip(SIZES, clips):
        depths = [None] * len(clip)
        for has_depth in (False, True):
            watch = Stopwatch()
            with watch.attached({**RUNS, **POSITION_STAGES}):
                distances = positions(clip, depths, watch)
            yield [
                '{}x{}'.format(*size),
                'yes' if has_depth else 'no',
                milliseconds(median(watch.wall_ms, 'position')),
                milliseconds(median(watch.cpu_ms, 'position')),
            ]
            # A wall at the distance of the person: most joints are measured.
            depths = [np.full(clip.shape[1:3], far, np.float32) for far in distances]


def positions(
    clip: np.ndarray, depths: Sequence[np.ndarray | None], watch: Stopwatch
) -> list[float]:
    """Track the person in a clip with a calibrated camera and return z in each image."""
    height, width = clip.shape[1:3]
    camera = CameraModel(
        width, height, k=[width, 0, width / 2, 0, width, height / 2, 0, 0, 1], d=[-0.1, 0, 0, 0, 0]
    )
    tracker = PoseTracker()
    distances = []
    for k, (image, depth) in enumerate(zip(clip, depths)):
        with watch.frame():
            result = tracker.process(image, k * PERIOD_NS, camera=camera, depth=depth)
        distances.append(float(result.poses[0].position[2]) if result.poses else np.nan)
    return distances


def run(
    clip: np.ndarray,
    options: PoseTrackerOptions,
    watch: Stopwatch,
    work: tuple[Callable, Callable],
) -> None:
    """
    Track the person in a clip, as the node does.

    :param clip: uint8 (count, H, W, 3) RGB
    :param work: functions: message -> image, and the work on the image and its poses
    """
    decode, publish = work
    tracker = PoseTracker(options)
    for k, image in enumerate(clip):
        message = camera_message(image)
        with watch.frame():
            decoded = decode(message)
            result = tracker.process(decoded, k * PERIOD_NS)
            publish(message, decoded, tracker, result)


def median(frames: list[dict[str, float]], stage: str) -> float:
    """Return the median of a stage over the images without a run of the detector."""
    return float(
        np.median(
            [
                frame[stage]
                for frame in frames
                if LANDMARK_MODEL in frame and DETECTOR_MODEL not in frame
            ]
        )
    )


if __name__ == '__main__':
    main()
