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

"""Transforms from the frame of an image to a target frame, by tf2."""

from __future__ import annotations

from dataclasses import dataclass
import time
from typing import Any

from geometry_msgs.msg import Point, Pose, Quaternion
import numpy as np
from rclpy.node import Node
from rclpy.time import Time
from std_msgs.msg import Header

from pose_tracking_ros.body.placement import quaternion, rotation_matrix

_PATIENCE = 0.1
"""Maximum delay in seconds of transforms after images."""

_POLL = 0.005  # seconds


@dataclass(frozen=True, eq=False)
class FrameTransform:
    """
    The pose of an image frame in the target frame.

    :param header: stamp of the image, and name of the target frame
    :param rotation: float64 (3, 3): from the image frame to the target frame
    :param translation: float64 (3,): origin of the image frame in the target frame
    """

    header: Header
    rotation: np.ndarray
    translation: np.ndarray

    @classmethod
    def none(cls, header: Header) -> FrameTransform:
        """Return the identity, for an image already in the target frame."""
        return cls(header, np.eye(3), np.zeros(3))

    @property
    def pose(self) -> Pose:
        """Return the transform as a message."""
        x, y, z, w = quaternion(self.rotation).tolist()
        position = Point(**dict(zip('xyz', self.translation.tolist())))
        return Pose(position=position, orientation=Quaternion(x=x, y=y, z=z, w=w))


class TransformMissingError(LookupError):
    """There is no transform at the stamp of an image; the message has tf2's reason."""


class TargetFrame:
    """
    Looks up transforms into the target frame at the stamps of images.

    :param node: the node, whose executor receives the transforms
    :param frame_id: the target frame
    """

    def __init__(self, node: Node, frame_id: str) -> None:
        """Subscribe to the transforms; needs tf2_ros."""
        import tf2_ros

        self.frame_id = frame_id
        self._error = tf2_ros.TransformException
        self._buffer = tf2_ros.Buffer()
        self._listener = tf2_ros.TransformListener(self._buffer, node)

    def transform(self, header: Header) -> FrameTransform:
        """
        Return the transform at the stamp of an image; wait briefly for it.

        :raises TransformMissingError: if there is none
        """
        stamp = Time.from_msg(header.stamp)
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                found = self._buffer.lookup_transform(self.frame_id, header.frame_id, stamp)
            except (self._error, ValueError) as error:
                if time.monotonic() > end:
                    raise TransformMissingError(str(error)) from error
            else:
                return _frame_transform(header, found)
            # tf2's own timeout uses the ROS clock, which may stand still.
            time.sleep(_POLL)

    def close(self) -> None:
        """Unsubscribe."""
        self._listener.unregister()


def _frame_transform(header: Header, found: Any) -> FrameTransform:
    """Return a geometry_msgs/TransformStamped as a FrameTransform."""
    rotation, translation = found.transform.rotation, found.transform.translation
    return FrameTransform(
        Header(stamp=header.stamp, frame_id=found.header.frame_id),
        rotation_matrix(rotation.x, rotation.y, rotation.z, rotation.w),
        np.array([translation.x, translation.y, translation.z]),
    )
