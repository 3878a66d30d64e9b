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

"""The messages that are made without ROS are those that ROS makes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pose_tracking_ros.blazepose import FULL_BODY, PoseTracker, PoseTrackerOptions
from pose_tracking_ros.messages import (
    compressed_image_message,
    landmark_info_message,
    pose_landmarks_message,
    PoseMarkers,
)
from pose_tracking_ros.messages.types import MESSAGE_NAMES
from pose_tracking_ros.replay.message_types import RosbagsMessageTypes, typestore

rclpy_serialization = pytest.importorskip('rclpy.serialization', reason='needs ROS 2')

from builtin_interfaces.msg import Time  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from pose_tracking_ros.demo.bag_writer import message_definition  # noqa: E402
from pose_tracking_ros.node.message_types import MESSAGE_TYPES as RCLPY_TYPES  # noqa: E402

STAMP_NS = 1_700_000_000_123_456_789
TYPES = RosbagsMessageTypes()
NAMES = sorted(name for names in MESSAGE_NAMES.values() for name in names)


def by_rosbags(message: object) -> bytes:
    return bytes(typestore().serialize_cdr(message, message.__msgtype__))


def by_ros(message: object, name: str) -> bytes:
    """Return the message as ROS serializes it, with zeros where ROS leaves gaps as they are."""
    data = rclpy_serialization.serialize_message(message)
    return bytes(typestore().serialize_cdr(typestore().deserialize_cdr(data, name), name))


@pytest.mark.parametrize('name', NAMES)
def test_fields_that_are_not_given_have_the_values_of_ros(name):
    message = getattr(TYPES, name)()
    expected = by_ros(getattr(RCLPY_TYPES, name)(), message.__msgtype__)
    assert by_rosbags(message) == expected


@pytest.mark.parametrize(
    'name', [name for name in NAMES if 'Landmark' in name or name == 'Person'])
def test_types_of_this_package_are_those_that_are_installed(name):
    full_name = f'pose_tracking_ros/msg/{name}'
    assert typestore().hash_rihs01(full_name) == message_definition(full_name)[1]


@pytest.fixture(scope='module')
def found(walk):
    tracker = PoseTracker(PoseTrackerOptions(model_complexity=0))
    for index, image in enumerate(walk[:6]):
        result = tracker.process(np.ascontiguousarray(image[:, :, ::-1]), index * 33_000_000)
    assert result.poses
    return result


@pytest.mark.parametrize('has_pose', [True, False])
def test_messages_of_a_pose_are_the_same_bytes(has_pose, found):
    headers = (
        TYPES.header(STAMP_NS, 'camera'),
        Header(stamp=Time(sec=1_700_000_000, nanosec=123_456_789), frame_id='camera'))
    result = found if has_pose else replace(found, poses=())
    for make in (
        lambda types, header: pose_landmarks_message(
            types, header, (180, 320), FULL_BODY, result),
        lambda types, header: PoseMarkers(types)(header, result.poses, shown={1, 7}),
        lambda types, header: compressed_image_message(
            types, header, np.zeros((8, 8, 3), np.uint8), 90),
        lambda types, header: landmark_info_message(types, FULL_BODY, 'a', 'b', 'c'),
    ):
        with_rosbags = make(TYPES, headers[0])
        with_ros = make(RCLPY_TYPES, headers[1])
        assert by_rosbags(with_rosbags) == by_ros(with_ros, with_rosbags.__msgtype__)
