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

"""The message types of rclpy, for the functions in ``messages/``."""

from __future__ import annotations

from array import array
from functools import partial
from typing import Any

import builtin_interfaces.msg
import geometry_msgs.msg
from rclpy.serialization import deserialize_message, serialize_message
import sensor_msgs.msg
import std_msgs.msg
import visualization_msgs.msg

from pose_tracking_ros import msg
from pose_tracking_ros.messages import ImageLandmarks, read_pose_landmarks
from pose_tracking_ros.messages.landmarks import ENCODING
from pose_tracking_ros.messages.types import Maker, MessageTypes

_MODULES = {
    'builtin_interfaces': builtin_interfaces.msg,
    'geometry_msgs': geometry_msgs.msg,
    'pose_tracking_ros': msg,
    'sensor_msgs': sensor_msgs.msg,
    'std_msgs': std_msgs.msg,
    'visualization_msgs': visualization_msgs.msg,
}


def with_data(message: Any, content: memoryview | bytes) -> Any:
    """
    Put a copy of bytes into the data of a message, and return the message.

    Its constructor would copy them twice more, and its setter would look at each byte of anything
    but an array.
    """
    data = array('B')
    data.frombytes(content)
    message.data = data
    return message


def _find(package: str, name: str) -> Maker:
    """Return a message type; images copy their data once."""
    message_type = getattr(_MODULES[package], name)
    return partial(_image, message_type) if package == 'sensor_msgs' else message_type


def _image(message_type: type, *, data: memoryview | bytes = b'', **fields: Any) -> Any:
    return with_data(message_type(**fields), data)


MESSAGE_TYPES = MessageTypes(_find, byte_array=lambda content: content)


def landmarks_and_header(data: bytes) -> tuple[ImageLandmarks, std_msgs.msg.Header]:
    """
    Return the content and the header of a serialized pose_tracking_ros/PoseLandmarks.

    :param data: in any encoding of the middleware
    :raises ValueError: if it is inconsistent
    """
    if data[: len(ENCODING)] != ENCODING:
        data = serialize_message(deserialize_message(data, msg.PoseLandmarks))
    landmarks = read_pose_landmarks(data)
    sec, nanosec = landmarks.stamp
    stamp = builtin_interfaces.msg.Time(sec=sec, nanosec=nanosec)
    return landmarks, std_msgs.msg.Header(stamp=stamp, frame_id=landmarks.frame_id)
