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

"""Joint angles in degrees."""

from __future__ import annotations

import numpy as np

from pose_tracking_ros.blazepose import FULL_BODY, Pose, PoseLandmark, Skeleton

_UP = np.array([0.0, -1.0, 0.0])
"""In the optical frame of a level camera."""

JOINT_ANGLES = (*FULL_BODY.joints, 'trunk_lean', 'neck')
"""
Names of the angles.

An elbow, shoulder, hip or knee has 180 degrees if the limb is straight; a shoulder has 0 if the
arm hangs along the trunk. ``trunk_lean`` is the angle between the trunk and the vertical of the
image, ``neck`` the angle between the neck (from mid-shoulders to mid-ears) and the trunk.
"""


def joint_angles(points: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """
    Return the angles of bodies.

    :param points: float64 (..., 33, 3), as :func:`body_points` returns them
    :param skeleton: their skeleton
    :return: float32 (..., 10) in degrees from 0 to 180, in the order of :data:`JOINT_ANGLES`, NaN
        if a landmark is missing or the skeleton has no such joint
    """
    ends_and_middles = points[..., np.array(list(skeleton.joints.values())), :]
    limbs = ends_and_middles[..., (0, 2), :] - ends_and_middles[..., 1:2, :]
    pairs = np.array([skeleton.middles[name] for name in ('shoulders', 'hips', 'ears')])
    shoulders, hips, ears = np.moveaxis(points[..., pairs, :].sum(axis=-2) / 2, -2, 0)
    trunk, neck = shoulders - hips, ears - shoulders
    first = np.concatenate([limbs[..., 0, :], np.stack([trunk, neck], axis=-2)], axis=-2)
    up = np.broadcast_to(_UP, trunk.shape)
    second = np.concatenate([limbs[..., 1, :], np.stack([up, trunk], axis=-2)], axis=-2)
    # Unlike the arc cosine, the arc tangent is precise for straight limbs.
    sine = np.linalg.norm(np.cross(first, second), axis=-1)
    cosine = (first * second).sum(axis=-1)
    angles = np.degrees(np.arctan2(sine, cosine))
    angles[(sine == 0) & (cosine == 0)] = np.nan
    columns = [JOINT_ANGLES.index(name) for name in (*skeleton.joints, 'trunk_lean', 'neck')]
    result = np.full((*angles.shape[:-1], len(JOINT_ANGLES)), np.nan, np.float32)
    result[..., columns] = angles
    return result


def body_points(pose: Pose, size: tuple[int, int]) -> np.ndarray:
    """
    Return the landmarks of a body, in the same unit along all axes.

    :param pose: the pose; without world landmarks, as of the upper body, the points are pixels
    :param size: width and height of the image in pixels
    :return: float64 (33, 3), NaN where a landmark is missing
    """
    points = np.full((len(PoseLandmark), 3), np.nan)
    if len(pose.world_landmarks):
        points[: len(pose.world_landmarks)] = pose.world_landmarks
    else:
        points[: len(pose.landmarks), :2] = pose.landmarks[:, :2] * np.float64(size)
        points[: len(pose.landmarks), 2] = 0.0
    return points
