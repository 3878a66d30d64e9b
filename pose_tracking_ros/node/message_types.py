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
The message types of rclpy, for the functions in ``messages/``.

This module is a :class:`~pose_tracking_ros.messages.MessageTypes`.
"""

from __future__ import annotations

from array import array
from typing import Any

from builtin_interfaces.msg import Duration, Time
from geometry_msgs.msg import (
    Point,
    Pose,
    PoseWithCovariance,
    PoseWithCovarianceStamped,
    Quaternion,
    Transform,
    TransformStamped,
    Vector3,
)
import sensor_msgs.msg
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from pose_tracking_ros.msg import (
    Activities,
    ActivityEvent,
    Gesture,
    LandmarkConnection,
    LandmarkInfo,
    NormalizedRect,
    Person,
    PersonActivity,
    PointingRay,
    PoseLandmark,
    PoseLandmarks,
)

__all__ = [
    'Activities',
    'ActivityEvent',
    'ColorRGBA',
    'CompressedImage',
    'Duration',
    'Gesture',
    'Header',
    'Image',
    'LandmarkConnection',
    'LandmarkInfo',
    'Marker',
    'MarkerArray',
    'NormalizedRect',
    'Person',
    'PersonActivity',
    'Point',
    'PointingRay',
    'Pose',
    'PoseLandmark',
    'PoseLandmarks',
    'PoseWithCovariance',
    'PoseWithCovarianceStamped',
    'Quaternion',
    'Time',
    'Transform',
    'TransformStamped',
    'Vector3',
    'byte_array',
]


_NOTHING = memoryview(b'')


def byte_array(content: memoryview) -> memoryview:
    """Return the bytes unchanged; the messages below copy them."""
    return content


def Image(  # noqa: N802 (a type)
    *, data: memoryview = _NOTHING, **fields: Any
) -> sensor_msgs.msg.Image:
    """Return a sensor_msgs/Image with a copy of the data."""
    return with_data(sensor_msgs.msg.Image(**fields), data)


def CompressedImage(  # noqa: N802 (a type)
    *, data: memoryview = _NOTHING, **fields: Any
) -> sensor_msgs.msg.CompressedImage:
    """Return a sensor_msgs/CompressedImage with a copy of the data."""
    return with_data(sensor_msgs.msg.CompressedImage(**fields), data)


def with_data(message: Any, content: memoryview) -> Any:
    """
    Put a copy of bytes into the data of a message, and return the message.

    Its constructor would copy them twice more, and its setter would look at each byte of anything
    but an array.
    """
    data = array('B')
    data.frombytes(content)
    message.data = data
    return message
