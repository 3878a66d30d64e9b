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

"""The joints of a pose, upright, for the rules of postures and gestures."""

from __future__ import annotations

from typing import Any

import numpy as np

from pose_tracking_ros.activities.membership import norm
from pose_tracking_ros.blazepose import PoseLandmark

UP = np.array([0.0, -1.0, 0.0])
DOWN = -UP
SIDES = ('left', 'right')
_INDICES = {landmark.name.lower(): int(landmark) for landmark in PoseLandmark}


def level_rotation(pitch: float, roll: float) -> np.ndarray:
    """
    Return the rotation from the optical frame of a camera to the frame of a level camera.

    :param pitch: downward tilt of the camera in degrees
    :param roll: clockwise roll in degrees
    :return: float64 (3, 3)
    """
    sin_pitch, cos_pitch = np.sin(np.radians(pitch)), np.cos(np.radians(pitch))
    sin_roll, cos_roll = np.sin(np.radians(roll)), np.cos(np.radians(roll))
    about_z = np.array([[cos_roll, -sin_roll, 0], [sin_roll, cos_roll, 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, cos_pitch, sin_pitch], [0, -sin_pitch, cos_pitch]])
    return about_x @ about_z


class Body:
    """
    The landmarks of a pose, upright.

    :param pose: the pose
    :param min_visibility: minimum visibility of a landmark that counts as seen
    :param rotation: float64 (3, 3), as :func:`level_rotation` returns it
    """

    def __init__(self, pose: Any, min_visibility: float, rotation: np.ndarray) -> None:
        landmarks = np.asarray(pose.landmarks, np.float64)
        world = np.asarray(pose.world_landmarks, np.float64)
        count = len(PoseLandmark)
        self.has_depth = len(world) > 0
        """Whether the points have a depth; those of the upper body lie in the image."""
        self.points = np.full((count, 3), np.nan)
        """float64 (33, 3): x right, y down, z forward, in metres if there is depth."""
        if self.has_depth:
            self.points[: len(world)] = world
        else:
            self.points[: len(landmarks), 0] = landmarks[:, 0] * aspect_ratio(pose)
            self.points[: len(landmarks), 1] = landmarks[:, 1]
            self.points[: len(landmarks), 2] = 0.0
        self.points = self.points @ rotation.T
        visibility = np.full(count, -1.0)
        visibility[: len(landmarks)] = landmarks[:, 3]
        visibility[~np.isfinite(self.points.sum(axis=1))] = -1.0
        self._visibility = visibility.tolist()
        self.is_above_image = np.zeros(count, bool)
        """bool (33,): whether each landmark lies beyond the top edge of the image."""
        self.is_above_image[: len(landmarks)] = landmarks[:, 1] < 0
        self.min_visibility = min_visibility
        self.to_camera = rotation @ np.array([0.0, 0.0, -1.0])
        position = getattr(pose, 'position', None)
        if position is not None and np.isfinite(position).all() and np.any(position):
            self.to_camera = rotation @ -(np.asarray(position, np.float64))
        self.shoulders = (self.at('left_shoulder') + self.at('right_shoulder')) / 2
        self.hips = (self.at('left_hip') + self.at('right_hip')) / 2
        self.trunk = self.shoulders - self.hips
        """float64 (3,): from between the hips to between the shoulders."""
        self.trunk_length = norm(self.trunk)

    def at(self, name: str) -> np.ndarray:
        """Return the position of a landmark, float64 (3,)."""
        return self.points[_INDICES[name]]

    def is_above(self, name: str) -> bool:
        """Return whether a landmark lies beyond the top edge of the image."""
        return bool(self.is_above_image[_INDICES[name]])

    def sees(self, *names: str, ratio: float = 1.0) -> bool:
        """Return whether landmarks are seen, with a ratio of the minimum visibility."""
        lowest = self.min_visibility * ratio
        return all(self._visibility[_INDICES[name]] >= lowest for name in names)


def aspect_ratio(pose: Any) -> float:
    """Return width / height of the image of a pose, from its ROI, which is square in pixels."""
    roi = np.asarray(pose.roi, np.float64)
    return float(roi[3] / roi[2]) if roi[2] > 0 and roi[3] > 0 else 1.0
