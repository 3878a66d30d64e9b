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

"""Diagnosis of missing images and landmarks from the ROS graph."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
import os

from rclpy.node import Node
from rclpy.qos import (
    DurabilityPolicy,
    qos_check_compatible,
    QoSCompatibility,
    QoSProfile,
    ReliabilityPolicy,
)
from rclpy.subscription import Subscription
from rclpy.utilities import get_rmw_implementation_identifier

from pose_tracking_ros.node.image_subscription import IMAGE_TYPES
from pose_tracking_ros.transport import segments_left_behind, transport_variables

_COMPRESSED = '/compressed'
_LANDMARKS = 'pose_tracking_ros/msg/PoseLandmarks'


@dataclass(frozen=True)
class PublisherFacts:
    """
    A publisher on the image topic.

    :param node: full name of its node
    :param type_name: type of its messages
    :param incompatibility: why its QoS is incompatible, and the remedy; empty if it is compatible
    :param keeps_for_later: whether it is transient local and the node is not: its earlier messages
        are not received
    """

    node: str
    type_name: str
    incompatibility: str = ''
    keeps_for_later: bool = False


@dataclass(frozen=True)
class TopicFacts:
    """
    Information of the graph about the image topic.

    :param topic: its full name
    :param type_name: type of the subscription
    :param publishers: its publishers
    :param remedy: settings to receive images of a similar topic, empty without any
    :param middleware: name of the ROS middleware
    :param transport_chosen: whether the node runs with config/fastdds.xml, or with another
        transport chosen by the user
    :param left_behind: number of shared memory segments of killed processes
    :param others: other topics with images of that type
    """

    topic: str
    type_name: str
    publishers: tuple[PublisherFacts, ...]
    remedy: str = ''
    middleware: str = ''
    transport_chosen: bool = False
    left_behind: int = 0
    others: tuple[str, ...] = ()

    @property
    def fitting(self) -> list[PublisherFacts]:
        """Return the publishers of images."""
        return [item for item in self.publishers if item.type_name == self.type_name]


def topic_facts(node: Node, subscription: Subscription, transport: str) -> TopicFacts:
    """Query the graph about the topic of an image subscription."""
    topic = subscription.topic_name
    middleware = get_rmw_implementation_identifier()
    return TopicFacts(
        topic=topic,
        type_name=IMAGE_TYPES[transport],
        publishers=_publishers(node, subscription),
        remedy=transport_hint(
            topic,
            transport,
            lambda name: {info.topic_type for info in node.get_publishers_info_by_topic(name)},
        ),
        middleware=middleware,
        transport_chosen='fastrtps' in middleware and not transport_variables(os.environ),
        left_behind=segments_left_behind() if 'fastrtps' in middleware else 0,
        others=_topics_of_others(node, IMAGE_TYPES[transport]),
    )


def _topics_of_others(node: Node, type_name: str) -> tuple[str, ...]:
    """Return the topics of a type that others publish."""
    own = dict(node.get_publisher_names_and_types_by_node(node.get_name(), node.get_namespace()))
    return tuple(
        name
        for name, types in node.get_topic_names_and_types()
        if type_name in types and name not in own and node.count_publishers(name)
    )


def _wrong_name(sender: str, topic: str, others: Sequence[str], type_name: str) -> str:
    """Return a question for a wrong name of a topic, and the topics to choose from."""
    known = f'is published on {", ".join(others[:5])}' if others else 'is published nowhere'
    return f'is {sender}, and is the name right? {type_name} {known}; remap {topic}'


def _publishers(node: Node, subscription: Subscription) -> tuple[PublisherFacts, ...]:
    """Return the publishers on the topic of a subscription."""
    topic = subscription.topic_name
    return tuple(
        PublisherFacts(
            f'{info.node_namespace.rstrip("/")}/{info.node_name}',
            info.topic_type,
            _incompatibility(topic, info.qos_profile, subscription.qos_profile),
            _keeps_for_later(info.qos_profile, subscription.qos_profile),
        )
        for info in node.get_publishers_info_by_topic(topic)
    )


def transport_hint(topic: str, transport: str, types: Callable[[str], Collection[str]]) -> str:
    """
    Return the settings to receive images published on a topic or a similar one.

    :param topic: full name of the subscribed topic
    :param transport: the current one of ``IMAGE_TYPES``
    :param types: returns the message types published on a topic
    :return: empty if there are no images
    """
    for name, kind, remedy in _alternatives(topic, transport):
        if kind in types(name):
            return remedy if name == topic else f'{name} has {kind}: {remedy}'
    return ''


def _alternatives(topic: str, transport: str) -> Iterator[tuple[str, str, str]]:
    """Yield topics that may have images, the type of these, and the settings to receive them."""
    base = topic if transport == 'raw' else topic.removesuffix(f'/{transport}')
    for name, kind in IMAGE_TYPES.items():
        if name == transport:
            continue
        suffix, setting = '' if name == 'raw' else f'/{name}', f'set image_transport to {name}'
        yield f'{base}{suffix}', kind, setting
        if topic.endswith(suffix):
            without = f', without {suffix}' if suffix else ''
            remapping = f'image to {topic.removesuffix(suffix)}{without}'
        else:
            remapping = f'image{suffix}, in place of image, to {topic}'
        yield topic, kind, f'{setting}, and remap {remapping}'
    raw, compressed = IMAGE_TYPES['raw'], IMAGE_TYPES['compressed']
    shorter = base.removesuffix(_COMPRESSED)
    if transport == 'raw' and shorter != base:
        yield shorter, raw, f'remap image to {shorter}'
    if transport == 'compressed':
        yield base, compressed, (
            f'remap image/compressed, in place of image, to {base}' if shorter == base
            else f'remap image to {shorter}, without {_COMPRESSED}: image_transport appends it'
        )
        yield shorter, raw, f'set image_transport to raw, and remap image to {shorter}'


def _keeps_for_later(offered: QoSProfile, requested: QoSProfile) -> bool:
    """Return whether a publisher keeps messages for late subscribers (transient local)."""
    asked = (
        requested.durability == DurabilityPolicy.TRANSIENT_LOCAL
        and requested.reliability == ReliabilityPolicy.RELIABLE
    )
    return offered.durability == DurabilityPolicy.TRANSIENT_LOCAL and not asked


def _incompatibility(topic: str, offered: QoSProfile, requested: QoSProfile) -> str:
    """Return why a publisher is incompatible, and the remedy; empty if it is compatible."""
    verdict, reason = qos_check_compatible(offered, requested)
    if verdict != QoSCompatibility.ERROR:
        return ''
    remedies = [
        f'Set qos_overrides.{topic}.subscription.{policy} to {value}, or make the publisher '
        f'{other}'
        for policy, value, other in (
            ('reliability', 'best_effort', 'reliable'),
            ('durability', 'volatile', 'transient_local'),
        )
        if getattr(offered, policy).short_key == value
        and getattr(requested, policy).short_key == other
    ]
    return '. '.join([reason.removeprefix('ERROR: ').rstrip('; '), *remedies])


def why_no_images(facts: TopicFacts, seconds: float, some_came: bool) -> str:
    """
    Return the possible cause of missing images, and the remedy.

    :param seconds: time without an image
    :param some_came: whether there were images before
    """
    topic, publishers = facts.topic, facts.publishers
    if not publishers:
        if some_came:
            return f'The publisher of {topic} is gone: restart the camera'
        hint = facts.remedy or _wrong_name(
            'the camera running', 'image', facts.others, facts.type_name
        )
        return f'No publisher on {topic}: {hint}'
    fitting = facts.fitting
    accepted = f'accepted are {facts.type_name}: {facts.remedy or "remap image"}'
    if refusal := _refusal(topic, publishers[0], fitting, accepted):
        return refusal
    if some_came:
        stopped = f'No image on {topic} for {seconds:.0f} s: has {fitting[0].node} stopped?'
        if facts.transport_chosen:
            return stopped
        return f'{stopped} If not, its images are {_too_large(facts)}'
    silent = f'{topic} has a publisher, {fitting[0].node}, but no image came in {seconds:.0f} s'
    keeping = [item for item in fitting if item.keeps_for_later]
    if keeping:
        override = f'qos_overrides.{topic}.subscription'
        return (
            f'{silent}: {keeping[0].node} is transient local; to receive what it published '
            f'before this node started, start this node with {override}.durability '
            f'transient_local and {override}.reliability reliable'
        )
    if facts.transport_chosen:
        return f'{silent}: does it publish? {_OTHER_SIDE}{_left_behind(facts)}'
    return f'{silent}: if it does publish, its images are {_too_large(facts)}'


def _refusal(
    topic: str, first: PublisherFacts, fitting: Sequence[PublisherFacts], accepted: str
) -> str:
    """Return why no publisher can be used, and the remedy; empty if one can."""
    if not fitting:
        return f'{topic} has messages of type {first.type_name} from {first.node}, {accepted}'
    if not all(item.incompatibility for item in fitting):
        return ''
    publisher = fitting[0]
    return (
        f'{publisher.node} publishes {topic} with an incompatible quality of service: '
        f'{publisher.incompatibility}'
    )


def why_no_landmarks(node: Node, subscription: Subscription, seconds: float) -> str:
    """
    Return the possible cause of missing landmarks, and the remedy.

    :param seconds: time without landmarks
    """
    topic, publishers = subscription.topic_name, _publishers(node, subscription)
    if not publishers:
        others = _topics_of_others(node, _LANDMARKS)
        sender = 'pose_tracking_node running and configured'
        hint = _wrong_name(sender, 'pose_landmarks', others, _LANDMARKS)
        return f'No publisher on {topic}: {hint}'
    fitting = [item for item in publishers if item.type_name == _LANDMARKS]
    accepted = f'accepted is {_LANDMARKS}: remap pose_landmarks'
    return _refusal(topic, publishers[0], fitting, accepted) or (
        f'No landmarks on {topic} for {seconds:.0f} s: is {fitting[0].node} active, and does it '
        'get images? See its diagnostics'
    )


def two_publishers(facts: TopicFacts) -> str:
    """Return a warning about several publishers on the topic, empty otherwise."""
    names = [item.node for item in facts.fitting]
    if len(names) < 2:
        return ''
    # A killed publisher cannot be distinguished from one started twice.
    killed = '; a killed one disappears within 20 s' if len(set(names)) < len(names) else ''
    return (
        f'{len(names)} publishers send images on {facts.topic}, which are processed as one '
        f'camera: {", ".join(sorted(names))}{killed}'
    )


def why_images_are_lost(facts: TopicFacts, lost: int, received: int) -> str:
    """
    Return the remedy for images lost between publisher and node.

    :param lost: recently lost images
    :param received: images received in the same time
    """
    what = f'{lost} of {lost + received} images on {facts.topic} lost on the way'
    if facts.transport_chosen:
        return f'{what}: they come in bursts. {_OTHER_SIDE}{_left_behind(facts)}'
    return f'{what}: they come in bursts, or are {_too_large(facts)}'


def _left_behind(facts: TopicFacts) -> str:
    """Return the remedy for leftover shared memory, empty without any."""
    if not facts.left_behind:
        return ''
    return (
        f'. Killed processes left {facts.left_behind} segments of shared memory, which can block '
        'others: restart camera and node, and remove them with fastdds shm clean'
    )


_OTHER_SIDE = (
    'This node runs with a transport that was chosen for images: its publisher needs the same, '
    'such as config/fastdds.xml of this package'
)


def _too_large(facts: TopicFacts) -> str:
    """Return that the transport cannot carry the images, and the remedy."""
    if 'fastrtps' not in facts.middleware:
        return 'too large for the transport'
    return (
        'too large for the transport. Let both sides use config/fastdds.xml of this package: see '
        '"If no images arrive" in its README'
    )
