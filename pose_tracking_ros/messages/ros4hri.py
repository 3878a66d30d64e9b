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
People as messages of ROS4HRI (REP-155).

The caller passes the types of hri_msgs, see :class:`HriTypes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from pose_tracking_ros.blazepose import Pose, PoseLandmark
from pose_tracking_ros.body import joint_angles
from pose_tracking_ros.messages.types import Maker

_POINTS = (
    'NOSE', 'NECK', 'RIGHT_SHOULDER', 'RIGHT_ELBOW', 'RIGHT_WRIST', 'LEFT_SHOULDER', 'LEFT_ELBOW',
    'LEFT_WRIST', 'RIGHT_HIP', 'RIGHT_KNEE', 'RIGHT_ANKLE', 'LEFT_HIP', 'LEFT_KNEE', 'LEFT_ANKLE',
    'LEFT_EYE', 'RIGHT_EYE', 'LEFT_EAR', 'RIGHT_EAR',
)  # fmt: skip
"""The points of hri_msgs/Skeleton2D in order; the neck is the middle of the shoulders."""

_SHOULDERS = [PoseLandmark.LEFT_SHOULDER, PoseLandmark.RIGHT_SHOULDER]

_MARGIN = 0.1
"""Margin of the region of a body around its landmarks, as a fraction of its longer side."""

_POSTURES = {'standing': 1, 'sitting': 2, 'crouching': 3, 'lying': 4}
"""Constants of hri_msgs/BodyPosture by our posture; 0 for others."""

_GESTURES = {
    'hands_on_face': 1,
    'arms_crossed': 2,
    'left_hand_raised': 3,
    'right_hand_raised': 4,
    'both_hands_raised': 5,
    'waving': 6,
}
"""Constants of hri_msgs/Gesture by our gesture; 0 for others."""


class HriTypes(Protocol):
    """The message types."""

    BodyPosture: Maker
    Gesture: Maker
    IdsList: Maker
    NormalizedPointOfInterest2D: Maker
    NormalizedRegionOfInterest2D: Maker
    Skeleton2D: Maker


def body_id(person: Any) -> str:
    """
    Return the name of a body: short, and beginning with a letter, as REP-155 requires.

    :param person: anything with a ``track_id``
    """
    return f'b{person.track_id}'


def ids_message(types: HriTypes, header: Any, poses: Sequence[Pose]) -> Any:
    """
    Return a hri_msgs/IdsList of the people in an image.

    :param types: the message types
    :param header: header of the image
    :param poses: the people
    """
    return types.IdsList(header=header, ids=[body_id(pose) for pose in poses])


def roi_corners(pose: Pose, size: tuple[int, int]) -> np.ndarray:
    """
    Return the region of a body in the image.

    :param pose: the person
    :param size: width and height of the image in pixels
    :return: float64 (2, 2): the corners at the top left and at the bottom right, in units of the
        image width and height, within the image; NaN if no landmark is known
    """
    pixels = _image_points(pose)[:, :2] * size
    pixels = pixels[np.isfinite(pixels).all(axis=1)]
    if not len(pixels):
        return np.full((2, 2), np.nan)
    corners = np.array([pixels.min(axis=0), pixels.max(axis=0)])
    margin = _MARGIN * np.ptp(corners, axis=0).max()
    return np.clip((corners + np.array([[-margin], [margin]])) / size, 0, 1)


def roi_message(types: HriTypes, header: Any, pose: Pose, size: tuple[int, int]) -> Any:
    """Return a hri_msgs/NormalizedRegionOfInterest2D, empty if no landmark is known."""
    (xmin, ymin), (xmax, ymax) = np.nan_to_num(roi_corners(pose, size)).tolist()
    return types.NormalizedRegionOfInterest2D(
        header=header, xmin=xmin, ymin=ymin, xmax=xmax, ymax=ymax, c=pose.score
    )


def cropped_pixels(pose: Pose, image: np.ndarray) -> np.ndarray:
    """
    Return the region of a body in an image, a view of it.

    :param pose: the person
    :param image: (H, W, 3)
    """
    size = image.shape[1::-1]
    corners = np.nan_to_num(roi_corners(pose, size)) * size
    (left, top), (right, bottom) = np.floor(corners[0]), np.ceil(corners[1])
    return image[int(top) : int(bottom), int(left) : int(right)]


def skeleton_message(types: HriTypes, header: Any, pose: Pose) -> Any:
    """
    Return a hri_msgs/Skeleton2D.

    Its points lie within the image; those outside, or unknown, have a confidence of 0.
    """
    points = _image_points(pose)
    named = {mark.name: points[mark] for mark in PoseLandmark if mark < len(points)}
    neck = points[_SHOULDERS].mean(axis=0)
    neck[2] = points[_SHOULDERS, 2].min()
    named['NECK'] = neck
    unknown = np.full(3, np.nan)
    return types.Skeleton2D(
        header=header, skeleton=[_point(types, named.get(name, unknown)) for name in _POINTS]
    )


def _point(types: HriTypes, point: np.ndarray) -> Any:
    x, y, visibility = point.tolist()
    if not (0 <= x <= 1 and 0 <= y <= 1):
        visibility = 0.0
    x, y = (float(np.clip(np.nan_to_num(value), 0, 1)) for value in (x, y))
    return types.NormalizedPointOfInterest2D(x=x, y=y, c=visibility)


def joint_state_message(joint_state: Maker, header: Any, pose: Pose) -> Any:
    """Return a sensor_msgs/JointState of the joints with known landmarks."""
    angles = joint_angles(pose.world_landmarks)
    suffix = body_id(pose)
    return joint_state(
        header=header,
        name=[f'{joint}_{suffix}' for joint in angles],
        position=list(angles.values()),
    )


def posture_message(types: HriTypes, header: Any, activity: Any) -> Any:
    """Return a hri_msgs/BodyPosture of a pose_tracking_ros/PersonActivity."""
    return types.BodyPosture(header=header, posture=_POSTURES.get(activity.posture, 0))


def gesture_messages(types: HriTypes, header: Any, activity: Any) -> list[Any]:
    """Return a hri_msgs/Gesture for each gesture in a pose_tracking_ros/PersonActivity."""
    return [
        types.Gesture(header=header, gesture=_GESTURES.get(gesture.name, 0))
        for gesture in activity.gestures
    ]


def _image_points(pose: Pose) -> np.ndarray:
    """Return x, y and visibility of the landmarks, float64 (N, 3)."""
    return pose.landmarks[:, [0, 1, 3]].astype(np.float64)
