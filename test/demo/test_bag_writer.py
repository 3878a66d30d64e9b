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

from pose_tracking_ros.msg import PoseLandmarks
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import serialize_message
from rosbags.interfaces import QosDurability, QosReliability
from rosbags.rosbag2 import Reader, WriterError
from std_msgs.msg import Header
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
