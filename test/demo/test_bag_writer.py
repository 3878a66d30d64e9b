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

"""Bags that other readers open."""

from contextlib import closing

from pose_tracking_ros.msg import NormalizedRect, Person, PoseLandmark, PoseLandmarks
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import serialize_message
from rosbags.interfaces import QosDurability, QosReliability
from rosbags.rosbag2 import Reader, WriterError
from rosbags.typesys import get_types_from_msg, get_typestore, Stores
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header
from visualization_msgs.msg import Marker, MarkerArray
import yaml

from pose_tracking_ros.demo.bag_writer import BagWriter, message_definition

TYPE = 'pose_tracking_ros/msg/PoseLandmarks'
# Serialized once: the padding in it is not the same every time.
SERIALIZED = {
    second: serialize_message(PoseLandmarks(header=Header(frame_id=f'camera_{second}')))
    for second in (5, 6)
}


@pytest.fixture
def bag(tmp_path):
    """Return a bag with two messages on one topic and none on another."""
    path = tmp_path / 'bag'
    latched = QoSProfile(depth=7, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    lossy = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    with closing(BagWriter(path)) as writer:
        writer.add_topic('/pose_landmarks', TYPE, [latched])
        writer.add_topic('/header', 'std_msgs/msg/Header', [lossy])
        for second, serialized in SERIALIZED.items():
            writer.write('/pose_landmarks', second * 10**9, serialized)
    return path


def test_messages_are_read_back_byte_by_byte_with_their_times(bag):
    with Reader(bag) as reader:
        messages = list(reader.messages())
    assert [received_ns for _, received_ns, _ in messages] == [5 * 10**9, 6 * 10**9]
    assert [bytes(data) for _, _, data in messages] == list(SERIALIZED.values())


def test_topics_keep_type_definition_and_quality_of_service(bag):
    with Reader(bag) as reader:
        topics = {connection.topic: connection for connection in reader.connections}
    assert topics['/pose_landmarks'].msgtype == TYPE
    assert topics['/pose_landmarks'].msgdef.data == message_definition(TYPE)[0]
    (latched,) = topics['/pose_landmarks'].ext.offered_qos_profiles
    assert (latched.depth, latched.durability) == (7, QosDurability.TRANSIENT_LOCAL)
    assert latched.reliability == QosReliability.RELIABLE
    (lossy,) = topics['/header'].ext.offered_qos_profiles
    assert lossy.reliability == QosReliability.BEST_EFFORT


def test_the_metadata_say_what_rosbag2_looks_for(bag):
    information = yaml.safe_load((bag / 'metadata.yaml').read_text())[
        'rosbag2_bagfile_information'
    ]
    assert information['storage_identifier'] == 'mcap'
    assert information['message_count'] == 2
    assert information['duration']['nanoseconds'] == 10**9
    (file,) = information['relative_file_paths']
    assert (bag / file).read_bytes().startswith(b'\x89MCAP')
    topics = {
        topic['topic_metadata']['name']: topic
        for topic in information['topics_with_message_count']
    }
    landmarks = topics['/pose_landmarks']
    assert landmarks['message_count'] == 2
    metadata = landmarks['topic_metadata']
    assert metadata['type_description_hash'] == message_definition(TYPE)[1]
    assert metadata['serialization_format'] == 'cdr'
    assert metadata['offered_qos_profiles'][0]['durability'] == 'transient_local'


def test_a_bag_that_exists_is_not_overwritten(bag):
    with pytest.raises(WriterError, match='exists already'):
        BagWriter(bag)


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
