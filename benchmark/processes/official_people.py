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
The PoseLandmarker of MediaPipe Tasks as a measured process; runs in the environment of MediaPipe.

Its options are ``num_poses`` and ``model``: lite, full or heavy.
"""

from __future__ import annotations

from collections.abc import Callable
import io
from pathlib import Path
from typing import Any
import zipfile

from measuring_loop import serve, Track
import mediapipe
from mediapipe.tasks.python import BaseOptions, vision
from mediapipe.tasks.python.metadata.metadata_writers.metadata_writer import MetadataWriter
import numpy as np

_MODULES = Path(mediapipe.__file__).parent / 'modules'
_PERIOD_MS = 1000 / 30

# Name of each part of a task file, model of the package, mean and scale of its pixels: the package
# itself has no task files.
_PARTS = (
    ('pose_detector.tflite', 'pose_detection/pose_detection.tflite', 127.5, 127.5),
    ('pose_landmarks_detector.tflite', 'pose_landmark/pose_landmark_{model}.tflite', 0.0, 255.0),
)


def task(model: str) -> bytes:
    """Return a task file made of the models in the package."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, 'w') as archive:
        for name, path, mean, scale in _PARTS:
            network = bytearray((_MODULES / path.format(model=model)).read_bytes())
            writer = MetadataWriter.create(network).add_image_input([mean], [scale])
            archive.writestr(name, bytes(writer.populate()[0]))
    return content.getvalue()


def load(options: dict[str, Any]) -> tuple[Track, Callable[[], None]]:
    """Load the PoseLandmarker in video mode, with the defaults of all other options."""
    settings = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_buffer=task(options['model'])),
        running_mode=vision.RunningMode.VIDEO,
        num_poses=options['num_poses'],
    )
    landmarker = vision.PoseLandmarker.create_from_options(settings)

    def track(image: np.ndarray, frame: int) -> tuple[list, bool]:
        shown = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=image)
        result = landmarker.detect_for_video(shown, round(frame * _PERIOD_MS))
        people = [[(point.x, point.y) for point in pose] for pose in result.pose_landmarks]
        # It runs its detector unless the previous image had num_poses people.
        return people, len(people) < options['num_poses']

    def start_over() -> None:
        nonlocal landmarker
        landmarker.close()
        landmarker = vision.PoseLandmarker.create_from_options(settings)

    return track, start_over


if __name__ == '__main__':
    serve(load)
