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

"""The reason for missing images is reported with advice that fits the real graph."""

from __future__ import annotations

from dataclasses import replace
import re

import cv2
from diagnostic_msgs.msg import DiagnosticArray
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.utilities import get_rmw_implementation_identifier
from sensor_msgs.msg import CompressedImage, Image

from pose_tracking_ros.node.image_watch import (
    PublisherFacts,
    TopicFacts,
    transport_hint,
    why_no_images,
)
from ros_graph import image_message, LATCHED, NodeProcess

IMAGE, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'
FOXGLOVE = 'foxglove_msgs/msg/CompressedVideo'
FFMPEG = 'ffmpeg_image_transport_msgs/msg/FFMPEGPacket'
CAMERA = PublisherFacts('/head/camera', IMAGE)


@pytest.mark.parametrize(
    ('facts', 'some_came', 'words'),
    [
        (TopicFacts('/a', IMAGE, ()), False, 'No publisher on /a: is the camera running'),
        (TopicFacts('/a', IMAGE, ()), False, 'sensor_msgs/msg/Image is published nowhere'),
        (TopicFacts('/a', IMAGE, (), others=('/b', '/c')), False, 'is published on /b, /c; remap'),
        (TopicFacts('/a', IMAGE, (), 'do that'), True, 'The publisher of /a is gone: restart'),
        (TopicFacts('/a', IMAGE, (), 'do that'), False, 'No publisher on /a: do that'),
        (
            TopicFacts('/a', IMAGE, (PublisherFacts('/n', 'std_msgs/msg/String'),)),
            False,
            '/a has messages of type std_msgs/msg/String from /n, accepted are sensor_msgs',
        ),
        (
            TopicFacts('/a', IMAGE, (PublisherFacts('/n', COMPRESSED),), 'do that'),
            False,
            f'accepted are {IMAGE}: do that',
        ),
        (
            TopicFacts('/a', IMAGE, (PublisherFacts('/n', IMAGE, 'reliability'),)),
            False,
            '/n publishes /a with an incompatible quality of service: reliability',
        ),
        (TopicFacts('/a', IMAGE, (CAMERA,)), True, 'stopped? If not, its images are too large'),
        (TopicFacts('/a', IMAGE, (CAMERA,), transport_chosen=True), True, 'camera stopped?'),
        (TopicFacts('/a', IMAGE, (CAMERA,)), False, 'too large for the transport'),
        (
            TopicFacts('/a', IMAGE, (CAMERA,), transport_chosen=True),
            False,
            'no image came in 4 s: does it publish?',
        ),
        (
            TopicFacts('/a', IMAGE, (replace(CAMERA, keeps_for_later=True),)),
            False,
            '/head/camera is transient local; to receive what it published before',
        ),
    ],
)
def test_says_what_may_be_wrong(facts, some_came, words):
    assert words in why_no_images(facts, 4.0, some_came)


@pytest.mark.parametrize(
    ('middleware', 'reported'), [('rmw_fastrtps_cpp', True), ('rmw_cyclonedds_cpp', False)]
)
def test_the_profile_is_for_fast_dds_only(middleware, reported):
    facts = TopicFacts('/a', IMAGE, (CAMERA,), middleware=middleware)
    assert ('fastdds.xml' in why_no_images(facts, 4.0, False)) == reported


@pytest.mark.parametrize(
    ('published', 'topic', 'transport', 'remedy'),
    [
        ({}, '/a', 'raw', ''),
        ({'/a': 'std_msgs/msg/String'}, '/a', 'raw', ''),
        ({'/a/compressed': COMPRESSED}, '/a', 'raw', 'set image_transport to compressed'),
        ({'/a/compressed': IMAGE}, '/a', 'raw', ''),
        (
            {'/a/compressed': COMPRESSED},
            '/a/compressed',
            'raw',
            'set image_transport to compressed, and remap image to /a, without /compressed',
        ),
        (
            {'/a/compressed': COMPRESSED},
            '/a/compressed/compressed',
            'compressed',
            'remap image to /a, without /compressed: image_transport appends it',
        ),
        ({'/a': IMAGE}, '/a/compressed', 'raw', 'remap image to /a'),
        ({'/a': IMAGE}, '/a/compressed', 'compressed', 'set image_transport to raw'),
        (
            {'/a': IMAGE},
            '/a/compressed/compressed',
            'compressed',
            'set image_transport to raw, and remap image to /a',
        ),
        (
            {'/a/compressed': IMAGE},
            '/a/compressed',
            'compressed',
            'set image_transport to raw, and remap image to /a/compressed',
        ),
        (
            {'/a': COMPRESSED},
            '/a',
            'raw',
            'set image_transport to compressed, and remap image/compressed, in place of image, to '
            '/a',
        ),
        (
            {'/a': COMPRESSED},
            '/a/compressed',
            'compressed',
            'remap image/compressed, in place of image, to /a',
        ),
        ({'/a/ffmpeg': FFMPEG}, '/a', 'raw', 'set image_transport to ffmpeg'),
        ({'/a/ffmpeg': FFMPEG}, '/a/compressed', 'compressed', 'set image_transport to ffmpeg'),
        (
            {'/a/foxglove': FOXGLOVE},
            '/a/foxglove',
            'raw',
            'set image_transport to foxglove, and remap image to /a, without /foxglove',
        ),
        (
            {'/video': FOXGLOVE},
            '/video',
            'raw',
            'set image_transport to foxglove, and remap image/foxglove, in place of image, to '
            '/video',
        ),
        ({'/a': IMAGE}, '/a/ffmpeg', 'ffmpeg', 'set image_transport to raw'),
        (
            {'/a/compressed': COMPRESSED},
            '/a/ffmpeg',
            'ffmpeg',
            'set image_transport to compressed',
        ),
    ],
)
def test_what_to_set_gets_the_images_that_there_are(published, topic, transport, remedy):
    def types(name: str) -> set[str]:
        return {published[name]} if name in published else set()

    other = ''.join(f'{name} has {kind}: ' for name, kind in published.items() if name != topic)
    assert transport_hint(topic, transport, types) == (remedy and other + remedy)


@pytest.mark.parametrize('published', ['/head/image_raw/compressed', '/head/jpegs'])
@pytest.mark.parametrize('transport', ['raw', 'compressed'])
def test_what_the_node_says_about_compressed_images_gets_them(
    graph, start_node, coffee, published, transport
):
    """Remapped to the very name that a camera publishes on."""
    graph.node.destroy_publisher(graph.camera)
    graph.camera = graph.node.create_publisher(CompressedImage, published, 10)
    reported = re.compile(
        r'(set image_transport to compressed, and )?remap (?P<name>image(/compressed)?)'
        r'(, in place of image,)? to (?P<topic>[^ ,]+)'
    )
    first = start_node(
        '-r', f'image:={published}', image_transport=transport, image_timeout=0.3
    )
    statuses = graph.diagnostics_until(lambda s: reported.search(s['images'].message))
    advice = reported.search(statuses['images'].message)
    assert first.stop() == 0
    start_node('-r', f'{advice["name"]}:={advice["topic"]}', image_transport='compressed')
    data = cv2.imencode('.jpg', coffee)[1].tobytes()
    header = image_message(coffee, second=3).header
    assert graph.answer_to(CompressedImage(header=header, format='jpeg', data=data))


def no_images(words: str):
    return lambda statuses: 'images' in statuses and words in statuses['images'].message


def test_a_topic_without_a_publisher_is_noticed_and_its_end_too(graph, make_node, coffee, capfd):
    graph.node.destroy_publisher(graph.camera)
    make_node(image_timeout=1.5)
    status = graph.diagnostics_until(no_images('No publisher on /image'))['images']
    assert status.level == b'\x02'
    assert 'No publisher on /image' in capfd.readouterr().err
    graph.node.create_publisher(Image, 'elsewhere', 10)
    graph.diagnostics_until(no_images('sensor_msgs/msg/Image is published on /elsewhere; remap'))
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
    text = graph.diagnostics_until(no_images('incompatible quality of service'))['images'].message
    assert '/test publishes /image' in text
    assert text.endswith(
        'Set qos_overrides./image.subscription.reliability to best_effort, or make the publisher '
        'reliable'
    )


def test_messages_of_another_type_are_noticed(graph, start_node):
    graph.node.destroy_publisher(graph.camera)
    graph.node.create_publisher(CompressedImage, 'image', 10)
    start_node(image_timeout=0.3)
    graph.diagnostics_until(no_images('has messages of type sensor_msgs/msg/CompressedImage'))


def test_an_image_that_is_kept_for_those_who_come_later_is_asked_for(graph, make_node, coffee):
    """As the message tells: a still image, published once before the node starts."""
    graph.node.destroy_publisher(graph.camera)
    graph.node.create_publisher(Image, 'image', LATCHED).publish(image_message(coffee))
    first = make_node(image_timeout=0.3)
    text = graph.diagnostics_until(no_images('/test is transient local'))['images'].message
    overrides = re.findall(r'(qos_overrides\S+) (\w+)', text)
    assert dict(overrides) == {
        'qos_overrides./image.subscription.durability': 'transient_local',
        'qos_overrides./image.subscription.reliability': 'reliable',
    }
    first.trigger_shutdown()
    assert not graph.landmarks
    make_node(**dict(overrides))
    graph.spin_until(lambda: graph.landmarks)


def test_a_publisher_that_has_just_come_is_given_its_time(graph, make_node, monkeypatch):
    """However long nobody published before."""
    for name in ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE'):
        monkeypatch.delenv(name, raising=False)
    graph.node.destroy_publisher(graph.camera)
    make_node(image_timeout=3.0)
    graph.diagnostics_until(no_images('No publisher on /image'))
    reported = graph.listen(DiagnosticArray, '/diagnostics')
    graph.node.create_publisher(Image, 'image', 10)

    def messages() -> list[str]:
        return [s.message for a in reported for s in a.status if s.name.endswith(': images')]

    graph.spin_until(lambda: any('/image has a publisher' in text for text in messages()))
    patient = [text for text in messages() if text == '0.0 images a second']
    assert len(patient) >= 2


@pytest.mark.parametrize('chosen', [True, False])
def test_the_transport_is_not_blamed_where_it_was_chosen(graph, make_node, monkeypatch, chosen):
    if 'fastrtps' not in get_rmw_implementation_identifier():
        pytest.skip('another middleware than Fast DDS')
    for name in ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE'):
        if not chosen:
            monkeypatch.delenv(name, raising=False)
    make_node(image_timeout=0.3)
    text = graph.diagnostics_until(no_images('has a publisher'))['images'].message
    assert ('too large for the transport' in text) != chosen
    assert ('does it publish?' in text) == chosen


def test_images_of_the_other_transport_are_noticed(graph, make_node):
    graph.node.destroy_publisher(graph.camera)
    graph.node.create_publisher(CompressedImage, 'image/compressed', 10)
    make_node(image_timeout=0.3)
    graph.diagnostics_until(no_images(f'/image/compressed has {COMPRESSED}: set '))


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
    start_node(image_timeout=1.0)
    arguments = ['--ros-args', '-p', f'video:={walking_man}', '-p', 'repeat:=100']
    camera = NodeProcess(tmp_path / 'camera.log', arguments, 'video_publisher')
    try:
        status = graph.diagnostics_until(no_images('fastdds.xml'))['images']
        assert 'too large for the transport' in status.message
    finally:
        camera.close()
