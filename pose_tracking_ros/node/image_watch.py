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

"""Why no images come, as far as the graph tells."""

from __future__ import annotations

from dataclasses import dataclass

from rclpy.node import Node
from rclpy.qos import qos_check_compatible, QoSCompatibility
from rclpy.subscription import Subscription
from rclpy.utilities import get_rmw_implementation_identifier

IMAGE_TYPES = {
    'raw': 'sensor_msgs/msg/Image',
    'compressed': 'sensor_msgs/msg/CompressedImage',
}


@dataclass(frozen=True)
class PublisherFacts:
    """
    A publisher of the topic of the images.

    :param node: full name of its node
    :param type_name: type of its messages
    :param incompatibility: why its quality of service does not match, empty when it does
    """

    node: str
    type_name: str
    incompatibility: str = ''


@dataclass(frozen=True)
class TopicFacts:
    """
    What the graph tells about the topic of the images.

    :param topic: its full name
    :param type_name: type of the messages that are subscribed to
    :param publishers: who publishes on it
    :param other_transport: what image_transport would have to be for somebody to publish, if so
    :param middleware: name of the ROS middleware
    """

    topic: str
    type_name: str
    publishers: tuple[PublisherFacts, ...]
    other_transport: str = ''
    middleware: str = ''


def topic_facts(node: Node, subscription: Subscription, transport: str) -> TopicFacts:
    """
    Ask the graph about the topic of a subscription to images.

    :param node: the node that subscribes
    :param subscription: its subscription
    :param transport: ``raw`` or ``compressed``
    """
    topic = subscription.topic_name
    publishers = tuple(
        PublisherFacts(
            f'{info.node_namespace.rstrip("/")}/{info.node_name}',
            info.topic_type,
            _incompatibility(info.qos_profile, subscription.qos_profile),
        )
        for info in node.get_publishers_info_by_topic(topic)
    )
    raw, compressed = topic.removesuffix('/compressed'), f'{topic}/compressed'
    other, other_topic = (
        ('compressed', compressed) if transport == 'raw' else ('raw', raw)
    )
    return TopicFacts(
        topic=topic,
        type_name=IMAGE_TYPES[transport],
        publishers=publishers,
        other_transport=other if node.count_publishers(other_topic) else '',
        middleware=get_rmw_implementation_identifier(),
    )


def _incompatibility(offered: object, requested: object) -> str:
    verdict, reason = qos_check_compatible(offered, requested)
    if verdict != QoSCompatibility.ERROR:
        return ''
    return reason.removeprefix('ERROR: ').rstrip('; ')


def why_no_images(facts: TopicFacts, seconds: float, some_came: bool) -> str:
    """
    Return what may be wrong when images do not come, and what to do about it.

    :param facts: what the graph tells
    :param seconds: for how long none has come
    :param some_came: whether some came before
    """
    topic, publishers = facts.topic, facts.publishers
    if not publishers:
        hint = (
            f'there are images for image_transport {facts.other_transport}'
            if facts.other_transport
            else 'is the camera running, and is the name right? Compare ros2 topic list, and '
            'remap image'
        )
        return f'Nobody publishes {topic}: {hint}'
    fitting = [item for item in publishers if item.type_name == facts.type_name]
    if not fitting:
        return (
            f'{topic} has messages of type {publishers[0].type_name} from {publishers[0].node}, '
            f'accepted are {facts.type_name}: remap image, or set image_transport'
        )
    refused = [item for item in fitting if item.incompatibility]
    if len(refused) == len(fitting):
        return (
            f'{refused[0].node} publishes {topic} with a quality of service that does not match: '
            f'{refused[0].incompatibility}. Give this node another '
            f'qos_overrides.{topic}.subscription.reliability'
        )
    if some_came:
        return f'No image on {topic} for {seconds:.0f} s: has {fitting[0].node} stopped?'
    return (
        f'{topic} has a publisher, {fitting[0].node}, but no image came in {seconds:.0f} s: if it '
        f'does publish, its images are too large for the transport{_remedy(facts.middleware)}'
    )


def why_images_are_lost(facts: TopicFacts, lost: int, received: int) -> str:
    """
    Return what to do when most of the images are lost between publisher and node.

    :param facts: what the graph tells
    :param lost: how many were lost of late
    :param received: how many arrived meanwhile
    """
    return (
        f'{lost} of {lost + received} images on {facts.topic} lost on the way: they come in '
        f'bursts, or are too large for the transport{_remedy(facts.middleware)}'
    )


def _remedy(middleware: str) -> str:
    """Return what helps against a transport that cannot carry images."""
    if 'fastrtps' not in middleware:
        return ''
    return (
        '. Let both sides use config/fastdds.xml of this package: see "If no images arrive" in '
        'its README'
    )
