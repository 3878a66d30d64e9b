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

"""Draw docs/images/demo.png: the skeletons of some frames of a real clip, side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from pose_tracking_ros.blazepose import Pose, PoseTracker
from pose_tracking_ros.drawing import PoseAnnotator
from pose_tracking_ros.sample_data import sample_path
from pose_tracking_ros.video.source import VideoSource

TARGET = Path(__file__).parents[1] / 'docs' / 'images' / 'demo.png'
FRAMES = (0, 16, 36, 52, 70, 88)
WIDTH, HEIGHT = 280, 460
BODY_LENGTH = 520
BACKGROUND = (30, 24, 22)


def main() -> None:
    """Track the clip and draw."""
    tracker = PoseTracker()
    tiles = []
    with VideoSource(sample_path('pose2sim_cam03.mp4')) as video:
        for frame in video:
            result = tracker.process(frame.image[:, :, ::-1], frame.stamp_ns)
            if frame.index in FRAMES:
                tiles.append(_tile(result.poses[0], frame.image.shape[1::-1]))
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(TARGET), np.hstack(tiles))
    print(TARGET)


def _tile(pose: Pose, size: tuple[int, int]) -> np.ndarray:
    """Return a dark tile with the skeleton of a pose that was found in an image of a size."""
    pixels = pose.landmarks[:, :2] * size
    middle = (pixels.min(axis=0) + pixels.max(axis=0)) / 2
    scale = BODY_LENGTH / (pose.roi[2] * size[0])
    placed = (pixels - middle) * scale + np.array([WIDTH, HEIGHT]) / 2
    landmarks = pose.landmarks.copy()
    landmarks[:, :2] = placed / (WIDTH, HEIGHT)
    tile = np.full((HEIGHT, WIDTH, 3), BACKGROUND, np.uint8)
    return PoseAnnotator(color_order='bgr').annotate(tile, [replace(pose, landmarks=landmarks)])


if __name__ == '__main__':
    main()
