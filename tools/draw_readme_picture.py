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
Draw the pictures of README.md: the skeletons of some frames of real clips, side by side.

docs/images/demo.png shows one person, docs/images/people.png two with their identities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from pose_tracking_ros.blazepose import Pose, PoseTracker, PoseTrackerOptions
from pose_tracking_ros.drawing import PoseAnnotator
from pose_tracking_ros.sample_data import sample_path
from pose_tracking_ros.video.source import VideoSource

FOLDER = Path(__file__).parents[1] / 'docs' / 'images'
ONE, ONE_FRAMES = 'pose2sim_cam03.mp4', (0, 16, 36, 52, 70, 88)
PEOPLE, PEOPLE_FRAMES = 'pose2sim_people_cam02.mp4', (0, 30, 60, 90)
HEIGHT = 460
BODY_LENGTH = 520
LABEL_HEIGHT = 44
BACKGROUND = (30, 24, 22)


def main() -> None:
    """Track the clips and draw."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, clip, frames, width in (
        ('demo.png', ONE, ONE_FRAMES, 280),
        ('people.png', PEOPLE, PEOPLE_FRAMES, 420),
    ):
        tracker = PoseTracker(PoseTrackerOptions(num_poses=1 if clip == ONE else 4))
        tiles = []
        with VideoSource(sample_path(clip)) as video:
            for frame in video:
                poses = tracker.process(frame.image[:, :, ::-1], frame.stamp_ns).poses
                if frame.index in frames:
                    tiles.append(_tile(poses, frame.image.shape[1::-1], width))
        cv2.imwrite(str(FOLDER / name), np.hstack(tiles), [cv2.IMWRITE_PNG_COMPRESSION, 9])
        print(FOLDER / name)


def _tile(poses: Sequence[Pose], size: tuple[int, int], width: int) -> np.ndarray:
    """Return a dark tile with the skeletons of poses from an image of a size."""
    pixels = np.concatenate([pose.landmarks[:, :2] * size for pose in poses])
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    scale = BODY_LENGTH / max(pose.roi[2] * size[0] for pose in poses)
    middle = (low + high) / 2
    if len(poses) > 1:
        room = np.array([width, HEIGHT]) - 2 * LABEL_HEIGHT
        scale = min(room / (high - low))
        middle[1] -= LABEL_HEIGHT / 4 / scale
    placed = []
    for pose in poses:
        landmarks = pose.landmarks.copy()
        moved = (landmarks[:, :2] * size - middle) * scale
        landmarks[:, :2] = (moved + np.array([width, HEIGHT]) / 2) / (width, HEIGHT)
        placed.append(replace(pose, landmarks=landmarks))
    tile = np.full((HEIGHT, width, 3), BACKGROUND, np.uint8)
    return PoseAnnotator(color_order='bgr').annotate(tile, placed)


if __name__ == '__main__':
    main()
