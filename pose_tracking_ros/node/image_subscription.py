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

"""The topic of images of a camera, raw, compressed or as video."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
from importlib import import_module
from typing import Any

from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription

from pose_tracking_ros.missing_packages import apt_install
from pose_tracking_ros.node.parameters import OVERRIDABLE

try:
    from rclpy.event_handler import SubscriptionEventCallbacks, UnsupportedEventTypeError
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks, UnsupportedEventTypeError

__all__ = ['SubscriptionEventCallbacks', 'image_topic', 'subscribe_to_images']

IMAGE_TYPES = {
    'raw': 'sensor_msgs/msg/Image',
    'compressed': 'sensor_msgs/msg/CompressedImage',
    'foxglove': 'foxglove_msgs/msg/CompressedVideo',
    'ffmpeg': 'ffmpeg_image_transport_msgs/msg/FFMPEGPacket',
}
"""The message types by the name of the transport in image_transport."""

VIDEO_TRANSPORTS = ('foxglove', 'ffmpeg')

_LATEST_DEPTH, _VIDEO_DEPTH = 5, 100
"""Queue depth for video, whose packets are small and must not be lost."""


def image_topic(node: Node, topic: str, transport: str) -> str:
    """
    Return the full name of the image topic of a camera.

    :param topic: name of the raw images
    :param transport: one of :data:`IMAGE_TYPES`: unless it is raw, the topic is the remapped name
        with a slash and that of the transport, as image_transport has it
    """
    name = node.resolve_topic_name(topic)
    return name if transport == 'raw' else node.resolve_topic_name(f'{name}/{transport}')


def image_type(transport: str) -> type:
    """
    Return the type of the messages of a transport.

    :param transport: one of :data:`IMAGE_TYPES`, or ``compressedDepth``
    :raises ValueError: if a required package is not installed; says how to install it
    """
    # A depth transport is not an image transport.
    package, _, name = IMAGE_TYPES.get(transport, IMAGE_TYPES['compressed']).split('/')
    try:
        if transport in VIDEO_TRANSPORTS:
            import_module('av')
        return getattr(import_module(f'{package}.msg'), name)
    except ModuleNotFoundError as error:
        install = 'python3 -m pip install av' if error.name == 'av' else apt_install(package)
        raise ValueError(
            f'image_transport is {transport}, which needs {error.name}: {install}'
        ) from error


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

    :param topic: name of the raw images, see :func:`image_topic`
    :param transport: one of :data:`IMAGE_TYPES`, or ``compressedDepth``
    :param in_order: whether every image counts, which needs a reliable publisher; otherwise the
        quality of service is that of sensor data
    :param on_lost: called with the number of images lost by the middleware, if it reports them
    """
    name = topic if transport == 'raw' else f'{node.resolve_topic_name(topic)}/{transport}'
    depth = _VIDEO_DEPTH if transport in VIDEO_TRANSPORTS else _LATEST_DEPTH

    def create(**events: Callable) -> Subscription:
        return node.create_subscription(
            image_type(transport),
            name,
            on_image,
            _quality(in_order, depth),
            # The diagnostics report incompatible publishers, with the remedy.
            event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=False, **events),
            qos_overriding_options=OVERRIDABLE,
        )

    with contextlib.suppress(UnsupportedEventTypeError):
        return create(message_lost=lambda info: on_lost(info.total_count_change))
    return create()


def _quality(in_order: bool, depth: int) -> QoSProfile:
    """Return the requested QoS; always a new object, because rclpy writes overrides into it."""
    if in_order:
        return QoSProfile(reliability=ReliabilityPolicy.RELIABLE, history=HistoryPolicy.KEEP_ALL)
    return QoSProfile(reliability=ReliabilityPolicy.BEST_EFFORT, depth=depth)
