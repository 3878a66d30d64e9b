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

"""Markers of people for RViz, at their positions if known, else at the camera."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from pose_tracking_ros.blazepose import Pose
from pose_tracking_ros.drawing import seen_landmarks, SIDE_COLORS, VISIBLE_FROM
from pose_tracking_ros.messages.types import MessageTypes

# Identifiers within the namespace of a side of a person: person_1/left and so on.
JOINTS_ID = 0
BONES_ID = 1

# Longer than the interval of images, against flicker, and short enough to vanish after the node.
LIFETIME = 0.5  # seconds

_JOINT_DIAMETER = 0.035  # metres
_BONE_WIDTH = 0.018  # metres
_HIDDEN_ALPHA = 0.25

# The constants of visualization_msgs/Marker.
_ADD, _DELETE = 0, 2
_LINE_LIST, _SPHERE_LIST = 5, 7


class PoseMarkers:
    """
    Makes the markers of people, and deletes those of people who left.

    A namespace for each person and side holds a marker for joints and one for bones. What is
    hidden, or outside what the model looked at, is translucent; what is dropped is not shown. A
    person whose position is known stands there; another one has the middle of the hips at the
    origin of the camera's frame.

    :param types: the message types
    :param lifetime: seconds until markers expire; 0 keeps them
    :param visible_from: minimum visibility of a landmark that is shown as seen
    :param scale: size of joints and bones in multiples of the usual one
    """

    def __init__(
        self,
        types: MessageTypes,
        lifetime: float = LIFETIME,
        visible_from: float = VISIBLE_FROM,
        scale: float = 1.0,
    ) -> None:
        self._types = types
        self._visible_from = visible_from
        self._joint_diameter = scale * _JOINT_DIAMETER
        self._bone_width = scale * _BONE_WIDTH
        self._lifetime = duration(types, lifetime)
        self._seen = {name: self._color(name, 1.0) for name in SIDE_COLORS}
        self._hidden = {name: self._color(name, _HIDDEN_ALPHA) for name in SIDE_COLORS}

    def __call__(
        self, header: Any, poses: Sequence[Pose], shown: Collection[int] = (), frame: Any = None
    ) -> Any:
        """
        Return a visualization_msgs/MarkerArray.

        :param header: header of the markers; without ``frame`` that of the image, in whose frame,
            that of a camera's optics, the landmarks are
        :param poses: the people; those without landmarks in metres are not shown
        :param shown: the tracks shown before, see :func:`shown_tracks`; markers of people who left
            are deleted
        :param frame: a geometry_msgs/Pose: the camera's frame in the frame of the header
        """
        gone = sorted(set(shown) - shown_tracks(poses))
        markers = [marker for track_id in gone for marker in self._deletion(header, track_id)]
        for pose in poses:
            if len(metres_of(pose)):
                markers += self._person(header, pose, frame)
        return self._types.MarkerArray(markers=markers)

    def _person(self, header: Any, pose: Pose, frame: Any) -> list[Any]:
        """Return the markers of a person."""
        types, skeleton = self._types, pose.skeleton
        metres = metres_of(pose)
        points = [types.Point(x=x, y=y, z=z) for x, y, z in metres.tolist()]
        seen = seen_landmarks(pose, self._visible_from).tolist()
        known = np.isfinite(metres).all(axis=1).tolist()
        joints: dict[str, tuple[list, list]] = {name: ([], []) for name in SIDE_COLORS}
        bones: dict[str, tuple[list, list]] = {name: ([], []) for name in SIDE_COLORS}
        for landmark, name in zip(skeleton.landmarks, skeleton.sides):
            if not known[landmark]:
                continue
            joints[name][0].append(points[landmark])
            joints[name][1].append((self._seen if seen[landmark] else self._hidden)[name])
        for (start, end), name in zip(skeleton.connections, skeleton.connection_sides):
            if not (known[start] and known[end]):
                continue
            color = (self._seen if seen[start] and seen[end] else self._hidden)[name]
            bones[name][0].extend((points[start], points[end]))
            bones[name][1].extend((color, color))
        diameter = self._joint_diameter
        joint_size = types.Vector3(x=diameter, y=diameter, z=diameter)
        # RViz takes the line width from x.
        bone_size = types.Vector3(x=self._bone_width, y=0.0, z=0.0)
        at = frame or types.Pose(orientation=types.Quaternion(x=0.0, y=0.0, z=0.0, w=1.0))
        return [
            types.Marker(
                header=header,
                ns=namespace(pose.track_id, name),
                id=marker_id,
                type=marker_type,
                action=_ADD,
                pose=at,
                scale=size,
                color=self._seen[name],
                lifetime=self._lifetime,
                points=marker_points,
                colors=colors,
            )
            for marker_id, marker_type, size, parts in (
                (JOINTS_ID, _SPHERE_LIST, joint_size, joints),
                (BONES_ID, _LINE_LIST, bone_size, bones),
            )
            for name, (marker_points, colors) in parts.items()
        ]

    def _deletion(self, header: Any, track_id: int) -> list[Any]:
        """Return markers that delete those of a person."""
        return [
            self._types.Marker(
                header=header, ns=namespace(track_id, name), id=marker_id, action=_DELETE
            )
            for marker_id in (JOINTS_ID, BONES_ID)
            for name in SIDE_COLORS
        ]

    def _color(self, name: str, alpha: float) -> Any:
        red, green, blue = (channel / 255 for channel in SIDE_COLORS[name])
        return self._types.ColorRGBA(r=red, g=green, b=blue, a=alpha)


def duration(types: MessageTypes, seconds: float) -> Any:
    """Return a builtin_interfaces/Duration."""
    whole = int(seconds)
    return types.Duration(sec=whole, nanosec=min(round((seconds - whole) * 1e9), 999_999_999))


def namespace(track_id: int, side: str) -> str:
    """Return the namespace of the markers of a side of a person."""
    return f'person_{track_id}/{side}'


def shown_tracks(poses: Sequence[Pose]) -> frozenset[int]:
    """Return the tracks that have markers."""
    return frozenset(pose.track_id for pose in poses if len(metres_of(pose)))


def metres_of(pose: Pose) -> np.ndarray:
    """
    Return the landmarks to show, (N, 3) in metres along the axes of the camera's frame.

    If the position is known, they are in the camera's frame, else the world landmarks.
    """
    return pose.camera_landmarks if np.isfinite(pose.position).all() else pose.world_landmarks
