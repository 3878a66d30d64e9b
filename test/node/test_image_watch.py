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

"""Why no images come is told in words that help, by what the graph really shows."""

from __future__ import annotations

import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.utilities import get_rmw_implementation_identifier
from sensor_msgs.msg import CompressedImage, Image

from pose_tracking_ros.node.image_watch import PublisherFacts, TopicFacts, why_no_images
from ros_graph import image_message, NodeProcess

IMAGE = 'sensor_msgs/msg/Image'
CAMERA = PublisherFacts('/head/camera', IMAGE)


@pytest.mark.parametrize(
    ('facts', 'some_came', 'words'),
    [
        (TopicFacts('/a', IMAGE, ()), False, 'Nobody publishes /a: is the camera running'),
        (TopicFacts('/a', IMAGE, (), 'compressed'), False, 'image_transport compressed'),
        (
            TopicFacts('/a', IMAGE, (PublisherFacts('/n', 'std_msgs/msg/String'),)),
            False,
            '/a has messages of type std_msgs/msg/String from /n, accepted are sensor_msgs',
        ),
        (
            TopicFacts('/a', IMAGE, (PublisherFacts('/n', IMAGE, 'reliability'),)),
            False,
            '/n publishes /a with a quality of service that does not match: reliability',
        ),
        (TopicFacts('/a', IMAGE, (CAMERA,)), True, 'has /head/camera stopped?'),
        (TopicFacts('/a', IMAGE, (CAMERA,)), False, 'too large for the transport'),
    ],
)
def test_says_what_may_be_wrong(facts, some_came, words):
    assert words in why_no_images(facts, 4.0, some_came)


@pytest.mark.parametrize(
    ('middleware', 'told'), [('rmw_fastrtps_cpp', True), ('rmw_cyclonedds_cpp', False)]
)
def test_the_profile_is_for_fast_dds_only(middleware, told):
    facts = TopicFacts('/a', IMAGE, (CAMERA,), middleware=middleware)
    assert ('fastdds.xml' in why_no_images(facts, 4.0, False)) == told


def no_images(words: str):
    return lambda statuses: 'images' in statuses and words in statuses['images'].message


def test_a_topic_without_a_publisher_is_noticed_and_its_end_too(graph, make_node, coffee, capfd):
    graph.node.destroy_publisher(graph.camera)
    make_node(image_timeout=1.5)
    status = graph.diagnostics_until(no_images('Nobody publishes /image'))['images']
    assert status.level == b'\x02'
    assert 'Nobody publishes /image' in capfd.readouterr().err
    camera = graph.node.create_publisher(Image, 'image', 10)
    image = image_message(coffee)
    graph.diagnostics_until(no_images('images a second'), lambda: camera.publish(image))


@pytest.mark.parametrize(
    'parameters',
    [{'qos_overrides./image.subscription.reliability': 'reliable'}, {'drop_frames': False}],
    ids=lambda parameters: ''.join(parameters),
)
def test_a_publisher_whose_quality_does_not_match_is_noticed(graph, make_node, parameters):
    make_node(image_timeout=0.3, **parameters)
    text = graph.diagnostics_until(no_images('does not match'))['images'].message
    assert '/test publishes /image' in text
    assert 'qos_overrides./image.subscription.reliability' in text


def test_messages_of_another_type_are_noticed(graph, start_node):
    graph.node.destroy_publisher(graph.camera)
    graph.node.create_publisher(CompressedImage, 'image', 10)
    start_node(image_timeout=0.3)
    graph.diagnostics_until(no_images('has messages of type sensor_msgs/msg/CompressedImage'))


def test_images_of_the_other_transport_are_noticed(graph, make_node):
    graph.node.destroy_publisher(graph.camera)
    graph.node.create_publisher(CompressedImage, 'image/compressed', 10)
    make_node(image_timeout=0.3)
    graph.diagnostics_until(no_images('there are images for image_transport compressed'))


def test_a_camera_that_stops_is_noticed_and_its_return_too(graph, make_node, coffee):
    make_node(image_timeout=1.5)
    graph.answer_to(image_message(coffee, second=1))
    graph.diagnostics_until(no_images('has /test stopped?'))
    image = image_message(coffee, second=2)
    graph.diagnostics_until(no_images('images a second'), lambda: graph.camera.publish(image))


def test_any_publisher_of_sensor_data_is_heard(graph, make_node, coffee):
    """Reliable or not, latched or not."""
    make_node()
    graph.node.destroy_publisher(graph.camera)
    for reliability in (ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT):
        for durability in (DurabilityPolicy.VOLATILE, DurabilityPolicy.TRANSIENT_LOCAL):
            quality = QoSProfile(depth=1, reliability=reliability, durability=durability)
            graph.camera = graph.node.create_publisher(Image, 'image', quality)
            graph.answer_to(image_message(coffee, second=int(reliability) * 10 + int(durability)))
            graph.node.destroy_publisher(graph.camera)


def test_images_lost_in_the_transport_are_noticed(
    graph, start_node, walking_man, monkeypatch, tmp_path
):
    """Full HD on the transport that Fast DDS has without the profile of the package."""
    if 'fastrtps' not in get_rmw_implementation_identifier():
        pytest.skip('another middleware than Fast DDS')
    for name in ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE'):
        monkeypatch.delenv(name, raising=False)
    graph.node.destroy_publisher(graph.camera)
    start_node()
    arguments = ['--ros-args', '-p', f'video:={walking_man}', '-p', 'repeat:=100']
    camera = NodeProcess(tmp_path / 'camera.log', arguments, 'video_publisher')
    try:
        status = graph.diagnostics_until(no_images('fastdds.xml'))['images']
        assert 'too large for the transport' in status.message
    finally:
        camera.close()
