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
Position and orientation of a body, after REP-103 and REP-155.

The axes of the body: x forward out of the body, y to its left, z to its head.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pose_tracking_ros.blazepose import Pose, PoseLandmark

_HIPS = PoseLandmark.LEFT_HIP, PoseLandmark.RIGHT_HIP
_SHOULDERS = PoseLandmark.LEFT_SHOULDER, PoseLandmark.RIGHT_SHOULDER

# Minimum length of a usable direction, in metres.
_SHORTEST = 1e-3

_TURN_DEVIATIONS = np.radians([6.0, 10.0, 10.0])
"""
Standard deviations of the rotation about the axes of the body.

The errors (root mean square) of the full model in four calibrated views of a walking man, against
hips and shoulders triangulated from all four, without the tenth of the images in which left and
right are exchanged.
"""

_UNKNOWN_TURN = np.pi**2  # variance of an unknown rotation in square radians: up to half a turn


@dataclass(frozen=True, eq=False)
class Placement:
    """
    Position and orientation of a body in a frame.

    :param position: float64 (3,): middle of the hips in metres
    :param rotation: float64 (3, 3): its columns are the axes of the body; the identity if unknown
    :param covariance: float64 (6, 6): of the position and of rotations about the axes of the
        frame, in square metres and radians, as in geometry_msgs/PoseWithCovariance
    """

    position: np.ndarray
    rotation: np.ndarray
    covariance: np.ndarray

    def transformed(self, rotation: np.ndarray, translation: np.ndarray) -> Placement:
        """
        Return it in another frame.

        :param rotation: (3, 3): from this frame to the other one
        :param translation: (3,): origin of this frame in the other one
        """
        both = np.zeros((6, 6))
        both[:3, :3] = both[3:, 3:] = rotation
        return Placement(
            rotation @ self.position + translation,
            rotation @ self.rotation,
            both @ self.covariance @ both.T,
        )


def body_axes(landmarks: np.ndarray) -> np.ndarray:
    """
    Return the axes of a body.

    :param landmarks: (N, 3) in metres in any right-handed frame, at the indices of PoseLandmark
    :return: float64 (3, 3): the columns are x out of the body, y to its left, z to its head; NaN
        if hips or shoulders are unknown or coincide
    """
    points = np.asarray(landmarks, np.float64)
    unknown = np.full((3, 3), np.nan)
    if len(points) <= max(_HIPS + _SHOULDERS):
        return unknown
    (left_hip, right_hip), (left_shoulder, right_shoulder) = (
        points[[*pair]] for pair in (_HIPS, _SHOULDERS)
    )
    up = left_shoulder + right_shoulder - left_hip - right_hip
    left = left_shoulder - right_shoulder + left_hip - right_hip
    if not np.linalg.norm(up) > _SHORTEST:
        return unknown
    up = up / np.linalg.norm(up)
    left = left - (left @ up) * up
    if not np.linalg.norm(left) > _SHORTEST:
        return unknown
    left = left / np.linalg.norm(left)
    return np.column_stack([np.cross(left, up), left, up])


def body_placement(pose: Pose) -> Placement | None:
    """Return the placement of a person in the optical frame of the camera, None if unknown."""
    if not np.isfinite(pose.position).all():
        return None
    axes = body_axes(pose.camera_landmarks)
    if not np.isfinite(axes).all():
        axes = body_axes(pose.world_landmarks)
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = pose.position_covariance
    if np.isfinite(axes).all():
        variances = _TURN_DEVIATIONS**2
        if _sides_contradict(pose.world_landmarks):
            variances = np.array([*variances[:2], _UNKNOWN_TURN])
        covariance[3:, 3:] = (axes * variances) @ axes.T
    else:
        axes = np.eye(3)
        covariance[3:, 3:] = _UNKNOWN_TURN * np.eye(3)
    return Placement(np.asarray(pose.position, np.float64), axes, covariance)


def _sides_contradict(world: np.ndarray) -> bool:
    """
    Return whether face and feet point out of the back.

    If so, left and right are exchanged in this image or in those before, and the body may face
    either way.
    """
    forward = body_axes(world)[:, 0]
    if not np.isfinite(forward).all():
        return False
    marks = PoseLandmark
    face = world[marks.NOSE] - (world[marks.LEFT_EAR] + world[marks.RIGHT_EAR]) / 2
    toes = world[[marks.LEFT_FOOT_INDEX, marks.RIGHT_FOOT_INDEX]]
    feet = (toes - world[[marks.LEFT_HEEL, marks.RIGHT_HEEL]]).mean(axis=0)
    return bool(np.nan_to_num([face @ forward, feet @ forward]).sum() < 0)


def quaternion(rotation: np.ndarray) -> np.ndarray:
    """
    Return a rotation (3, 3) as a quaternion (4,): x, y, z, w.

    Source: Bar-Itzhack, New method for extracting the quaternion from a rotation matrix, 2000: the
    largest eigenvector, valid in every case.
    """
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = rotation
    symmetric = np.array([
        [xx - yy - zz, 0, 0, 0],
        [xy + yx, yy - xx - zz, 0, 0],
        [xz + zx, yz + zy, zz - xx - yy, 0],
        [zy - yz, xz - zx, yx - xy, xx + yy + zz],
    ])
    found = np.linalg.eigh(symmetric)[1][:, -1]
    return found if found[3] >= 0 else -found


def rotation_matrix(x: float, y: float, z: float, w: float) -> np.ndarray:
    """Return a quaternion of any length but 0 as a rotation (3, 3)."""
    scale = 2 / (x * x + y * y + z * z + w * w)
    return np.array([
        [1 - scale * (y * y + z * z), scale * (x * y - z * w), scale * (x * z + y * w)],
        [scale * (x * y + z * w), 1 - scale * (x * x + z * z), scale * (y * z - x * w)],
        [scale * (x * z - y * w), scale * (y * z + x * w), 1 - scale * (x * x + y * y)],
    ])
