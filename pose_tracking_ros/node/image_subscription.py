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

"""The topic of images of a camera, raw or compressed."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
from typing import Any

from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image

from pose_tracking_ros.node.quality_of_service import OVERRIDABLE

try:
    from rclpy.event_handler import SubscriptionEventCallbacks, UnsupportedEventTypeError
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks, UnsupportedEventTypeError

__all__ = ['SubscriptionEventCallbacks', 'image_topic', 'subscribe_to_images']

_LATEST_DEPTH = 5


def image_topic(node: Node, topic: str, transport: str) -> str:
    """
    Return the full name of the topic that the images of a camera come on.

    :param node: the node that subscribes
    :param topic: name of the raw images
    :param transport: ``raw``, or another one: then it is the remapped name with that of the
        transport, such as ``/compressed``, as image_transport has it
    """
    name = node.resolve_topic_name(topic)
    return name if transport == 'raw' else node.resolve_topic_name(f'{name}/{transport}')


def subscribe_to_images(
    node: Node,
    topic: str,
    transport: str,
    in_order: bool,
    on_image: Callable[[Any], None],
    on_lost: Callable[[int], None],
) -> Subscription:
    """
    Subscribe to the images of a camera.

    :param node: the node that subscribes
    :param topic: name of the raw images, see :func:`image_topic`
    :param transport: ``raw``, ``compressed``, or ``compressedDepth``
    :param in_order: whether every image counts, which needs a reliable publisher; otherwise the
        quality of service is that of sensor data
    :param on_image: called with each message
    :param on_lost: called with how many images the middleware has lost, where it tells
    """
    is_raw = transport == 'raw'

    def create(**events: Callable) -> Subscription:
        return node.create_subscription(
            Image if is_raw else CompressedImage,
            topic if is_raw else f'{node.resolve_topic_name(topic)}/{transport}',
            on_image,
            _quality(in_order),
            # Incompatible publishers are told of by the diagnostics, with the remedy.
            event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=False, **events),
            qos_overriding_options=OVERRIDABLE,
        )

    with contextlib.suppress(UnsupportedEventTypeError):
        return create(message_lost=lambda info: on_lost(info.total_count_change))
    return create()


def _quality(in_order: bool) -> QoSProfile:
    """Return what the subscription asks for; a new one, since rclpy writes overrides into it."""
    if in_order:
        return QoSProfile(reliability=ReliabilityPolicy.RELIABLE, history=HistoryPolicy.KEEP_ALL)
    return QoSProfile(
        reliability=ReliabilityPolicy.BEST_EFFORT,
        history=HistoryPolicy.KEEP_LAST,
        depth=_LATEST_DEPTH,
    )
