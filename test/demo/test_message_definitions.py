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

"""Descriptions of messages that a reader needs nothing else for."""

from pose_tracking_ros.msg import NormalizedRect, Person, PoseLandmark, PoseLandmarks
import pytest
from rclpy.serialization import serialize_message
from rosbags.typesys import get_types_from_msg, get_typestore, Stores
from sensor_msgs.msg import CompressedImage
from visualization_msgs.msg import Marker, MarkerArray

from pose_tracking_ros.demo.bag_writer import message_definition

TYPES = {
    'pose_tracking_ros/msg/PoseLandmarks': PoseLandmarks(
        image_width=640,
        persons=[Person(landmarks=[PoseLandmark(x=0.5)], roi=NormalizedRect(rotation=1.0))],
    ),
    'visualization_msgs/msg/MarkerArray': MarkerArray(markers=[Marker(ns='pose', id=3)]),
    'sensor_msgs/msg/CompressedImage': CompressedImage(format='jpeg', data=[1, 2]),
}


@pytest.mark.parametrize('name', TYPES)
def test_the_text_alone_decodes_what_ros_sends(name):
    typestore = get_typestore(Stores.EMPTY)
    typestore.register(get_types_from_msg(message_definition(name)[0], name))
    sent = TYPES[name]
    received = typestore.deserialize_cdr(serialize_message(sent), name)
    if name.endswith('PoseLandmarks'):
        assert received.image_width == 640
        (person,) = received.persons
        assert [landmark.x for landmark in person.landmarks] == [0.5]
        assert person.roi.rotation == 1.0
    elif name.endswith('MarkerArray'):
        assert [(marker.ns, marker.id) for marker in received.markers] == [('pose', 3)]
    else:
        assert received.format == 'jpeg'
        assert received.data.tolist() == [1, 2]


@pytest.mark.parametrize('name', TYPES)
def test_the_hash_is_the_one_that_ros_announces(name, node, spin_until):
    publisher = node.create_publisher(type(TYPES[name]), 'topic', 1)
    spin_until(lambda: node.count_publishers('topic'))
    (info,) = node.get_publishers_info_by_topic('topic')
    if not hasattr(info, 'topic_type_hash'):
        pytest.skip('this ROS 2 announces no hashes of types, those after Humble do')
    version, value = info.topic_type_hash.version, info.topic_type_hash.value
    assert message_definition(name)[1] == f'RIHS{version:02}_{value.hex()}'
    node.destroy_publisher(publisher)


def test_the_text_keeps_the_comments():
    assert 'middle of the hips' in message_definition('pose_tracking_ros/msg/PoseLandmarks')[0]


def test_a_package_that_is_not_installed_is_named():
    with pytest.raises(LookupError, match='no_such_msgs'):
        message_definition('no_such_msgs/msg/Nothing')
