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

from math import hypot, isfinite
from typing import Any

import numpy as np

from pose_tracking_ros.activities.vectors import between, minus, NOWHERE, Vector
from pose_tracking_ros.blazepose import PoseLandmark

UP, DOWN = (0.0, -1.0, 0.0), (0.0, 1.0, 0.0)
SIDES = ('left', 'right')
_NAMES = tuple(landmark.name.lower() for landmark in PoseLandmark)


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
        points = np.asarray(pose.world_landmarks, np.float64)
        self.has_depth = len(points) > 0
        """Whether the points have a depth; those of the upper body lie in the image."""
        if not self.has_depth:
            points = landmarks[:, :3] * (aspect_ratio(pose), 1.0, 0.0)
            points[:, 2] = 0.0
        # x right, y down, z forward, in metres if there is depth.
        level = (points @ rotation.T).tolist()
        self._points = dict(zip(_NAMES, level))
        self._visibility = {
            name: visibility
            for name, (x, y, z), visibility in zip(_NAMES, level, landmarks[:, 3].tolist())
            if isfinite(x + y + z)
        }
        self._landmarks = landmarks
        self._min_visibility = min_visibility
        position = getattr(pose, 'position', None)
        is_placed = position is not None and isfinite(sum(position)) and any(position)
        to_camera = np.negative(position) if is_placed else (0.0, 0.0, -1.0)
        self.to_camera: Vector = (rotation @ to_camera).tolist()
        self.shoulders = between(self.at('left_shoulder'), self.at('right_shoulder'))
        self.hips = between(self.at('left_hip'), self.at('right_hip'))
        self.trunk = minus(self.shoulders, self.hips)
        """From between the hips to between the shoulders."""
        self.trunk_length = hypot(*self.trunk)

    def at(self, name: str) -> Vector:
        """Return the position of a landmark, NaN if unknown."""
        return self._points.get(name, NOWHERE)

    def is_above(self, name: str) -> bool:
        """Return whether a landmark lies beyond the top edge of the image."""
        return bool(self._landmarks[_NAMES.index(name), 1] < 0)

    def sees(self, *names: str, ratio: float = 1.0) -> bool:
        """Return whether landmarks are seen, with a ratio of the minimum visibility."""
        lowest = self._min_visibility * ratio
        return all(self._visibility.get(name, -1.0) >= lowest for name in names)


def aspect_ratio(pose: Any) -> float:
    """Return width / height of the image of a pose, from its ROI, which is square in pixels."""
    width, height = float(pose.roi[2]), float(pose.roi[3])
    return height / width if width > 0 and height > 0 else 1.0
