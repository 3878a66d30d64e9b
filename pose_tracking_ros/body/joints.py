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
The joint angles of a body as defined by ROS4HRI (REP-155).

The joints are those of its model ``human_description``, in closed form: limbs hang down if all
angles are 0. The trunk is the body's own axis z, so the waist is straight. Angles that landmarks
do not determine are 0: the rotation of a straight arm or leg about itself.
"""

from __future__ import annotations

from math import asin, atan2, hypot

import numpy as np

from pose_tracking_ros.blazepose import PoseLandmark
from pose_tracking_ros.body.placement import body_axes

_STRAIGHT = np.sin(np.radians(20))
"""Minimum sine of the bend of a limb; below it the plane of the limb is mostly noise."""

_SIDES = {'l': ('LEFT', 1), 'r': ('RIGHT', -1)}


def joint_angles(landmarks: np.ndarray) -> dict[str, float]:
    """
    Return the angles of the joints of a body.

    :param landmarks: (N, 3) in metres in any right-handed frame, at the indices of PoseLandmark;
        NaN if unknown
    :return: joint name, such as ``l_y_shoulder`` -> radians, for joints with known landmarks; none
        without hips and shoulders
    """
    points = np.asarray(landmarks, np.float64)
    axes = body_axes(points)
    if not np.isfinite(axes).all():
        return {}
    own = points @ axes  # x out of the body, y to its left, z to its head
    angles = {'waist': 0.0, **_head(own)}
    for side, (name, reflect) in _SIDES.items():
        arm = _limb(own, name, 'SHOULDER', 'ELBOW', 'WRIST')
        leg = _limb(own, name, 'HIP', 'KNEE', 'ANKLE')
        angles |= {f'{side}_{joint}': angle for joint, angle in _arm(*arm, reflect).items()}
        angles |= {f'{side}_{joint}': angle for joint, angle in _leg(*leg, reflect).items()}
    return {name: float(angle) for name, angle in angles.items()}


def _limb(own: np.ndarray, side: str, *joints: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the directions of both parts of a limb, away from the trunk; NaN where unknown."""
    numbers = [PoseLandmark[f'{side}_{joint}'] for joint in joints]
    if max(numbers) >= len(own):  # the upper body has no legs
        return np.full(3, np.nan), np.full(3, np.nan)
    start, middle, end = own[numbers]
    return _direction(middle - start), _direction(end - middle)


def _direction(vector: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vector)
    return vector / length if length > 0 else np.full(3, np.nan)


def _head(own: np.ndarray) -> dict[str, float]:
    """
    Return roll, yaw and pitch of the head.

    The head faces from the middle of the ears to the middle of nose and eyes.
    """
    marks = PoseLandmark
    left, right = own[marks.LEFT_EAR], own[marks.RIGHT_EAR]
    face = (own[marks.NOSE] + (own[marks.LEFT_EYE] + own[marks.RIGHT_EYE]) / 2) / 2
    y = _direction(left - right)
    ahead = face - (left + right) / 2
    x = _direction(ahead - (ahead @ y) * y)
    if not np.isfinite([x, y]).all():
        return {}
    # The product of rotations about x by roll, z by yaw and y by minus pitch.
    return {
        'r_head': atan2(y[2], y[1]),
        'y_head': asin(np.clip(-y[0], -1, 1)),
        'p_head': -atan2(np.cross(x, y)[0], x[0]),
    }


def _arm(upper: np.ndarray, lower: np.ndarray, reflect: int) -> dict[str, float]:
    """Return the angles of an arm: yaw, pitch and roll of the shoulder, and the elbow."""
    if not np.isfinite(upper).all():
        return {}
    raised = hypot(upper[0], upper[1])
    yaw = atan2(upper[0], reflect * upper[1]) if raised > _STRAIGHT else 0.0
    pitch = atan2(raised, -upper[2])
    angles = {'y_shoulder': yaw, 'p_shoulder': pitch}
    if np.isfinite(lower).all():
        x, y, z = _seen_from(-reflect * yaw, reflect * pitch, lower)
        bend = hypot(x, y)
        angles['r_shoulder'] = reflect * atan2(y, x) if bend > _STRAIGHT else 0.0
        angles['elbow'] = atan2(bend, -z)
    return angles


def _leg(upper: np.ndarray, lower: np.ndarray, reflect: int) -> dict[str, float]:
    """Return the angles of a leg; the hip rotates the plane of thigh and shank."""
    if not np.isfinite(upper).all():
        return {}
    yaw, pitch = 0.0, atan2(reflect * upper[1], -upper[2])
    is_known = np.isfinite(lower).all()
    if is_known:
        normal = np.cross(upper, lower)
        bend = np.linalg.norm(normal)
        # A knee does not bend forwards.
        if bend > _STRAIGHT and normal[1] > 0:
            yaw = atan2(normal[0], normal[1])
            pitch = asin(np.clip(reflect * normal[2] / bend, -1, 1))
    x, _, z = _seen_from(-yaw, reflect * pitch, upper)
    roll = atan2(x, -z)
    angles = {'y_hip': yaw, 'p_hip': pitch, 'r_hip': roll}
    if is_known:
        x, _, z = _seen_from(-yaw, reflect * pitch, lower)
        knee = atan2(x, -z) - roll
        angles['knee'] = (knee + np.pi) % (2 * np.pi) - np.pi
    return angles


def _seen_from(about_z: float, about_x: float, direction: np.ndarray) -> np.ndarray:
    """Return a direction in axes rotated about z, then about their x."""
    x, y, z = direction
    cosine, sine = np.cos(about_z), np.sin(about_z)
    x, y = cosine * x + sine * y, cosine * y - sine * x
    cosine, sine = np.cos(about_x), np.sin(about_x)
    return np.array([x, cosine * y + sine * z, cosine * z - sine * y])
