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

"""The topics on which the node publishes what it finds in the images of a camera."""

from __future__ import annotations

from typing import Any

import numpy as np
from rclpy.lifecycle import LifecycleNode
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from pose_tracking_ros.blazepose import PoseTrackerResult, Skeleton
from pose_tracking_ros.messages import (
    bgr_copy,
    compressed_image_message,
    mask_pixels,
    pose_landmarks_message,
    shown_tracks,
)
from pose_tracking_ros.msg import PoseLandmarks
from pose_tracking_ros.node import message_types
from pose_tracking_ros.node.image_messages import image_message
from pose_tracking_ros.node.quality_of_service import OVERRIDABLE
from pose_tracking_ros.node.settings import Settings


class Outputs:
    """
    Publishes the landmarks, and of the rest what somebody subscribes to.

    :param node: the lifecycle node, which publishes while it is active
    :param prefix: what the names of the topics begin with
    :param skeleton: the landmarks that the tracker predicts
    :param with_mask: whether there are masks
    """

    def __init__(
        self, node: LifecycleNode, prefix: str, skeleton: Skeleton, with_mask: bool
    ) -> None:
        self._node = node
        self._skeleton = skeleton
        self._publishers: list[Publisher] = []
        self._landmarks = self._advertise(PoseLandmarks, f'{prefix}pose_landmarks', 10)
        self._markers = self._advertise(MarkerArray, f'{prefix}markers', 10)
        self._annotated = self._advertise(Image, f'{prefix}annotated_image', 1)
        # After remapping, as image_transport has it.
        compressed = f'{self._annotated.topic_name}/compressed'
        self._compressed = self._advertise(CompressedImage, compressed, 1)
        self._mask = self._advertise(Image, f'{prefix}segmentation_mask', 1) if with_mask else None
        self._shown: frozenset[int] = frozenset()
        self._shown_in: Header | None = None

    @property
    def are_wanted(self) -> bool:
        """Return whether somebody subscribes to any of them."""
        return any(publisher.get_subscription_count() for publisher in self._publishers)

    def publish_landmarks(
        self, header: Header, size: tuple[int, int], result: PoseTrackerResult
    ) -> None:
        """
        Publish the landmarks.

        :param header: header of the image
        :param size: width and height of the image in pixels
        :param result: what the tracker found in the image
        """
        self._landmarks.publish(
            pose_landmarks_message(message_types, header, size, self._skeleton, result)
        )

    def publish_pictures(
        self, header: Header, image: np.ndarray, result: PoseTrackerResult, settings: Settings
    ) -> None:
        """
        Publish what shows the landmarks, to those who look.

        :param header: header of the image
        :param image: uint8 (H, W, 3) RGB
        :param result: what the tracker found in the image
        :param settings: how it is shown
        """
        if self._markers.get_subscription_count():
            self._markers.publish(settings.markers(header, result.poses, self._shown))
            self._shown, self._shown_in = shown_tracks(result.poses), header
        raw = self._annotated.get_subscription_count()
        compressed = self._compressed.get_subscription_count()
        if raw or compressed:
            annotated = settings.annotator.annotate(bgr_copy(image), result.poses)
            if raw:
                self._annotated.publish(image_message(header, 'bgr8', annotated))
            if compressed:
                self._compressed.publish(
                    compressed_image_message(
                        message_types, header, annotated, settings.jpeg_quality
                    )
                )
        if self._mask is not None and self._mask.get_subscription_count():
            mask = mask_pixels(result.poses, image.shape[1::-1])
            self._mask.publish(image_message(header, 'mono8', mask))

    def take_back(self, settings: Settings) -> None:
        """Delete the markers that were shown last."""
        if self._shown_in is not None:
            self._markers.publish(settings.markers(self._shown_in, (), self._shown))
            self._shown, self._shown_in = frozenset(), None

    def close(self) -> None:
        """Leave the graph."""
        while self._publishers:
            self._node.destroy_lifecycle_publisher(self._publishers.pop())

    def _advertise(self, message_type: Any, topic: str, depth: int) -> Publisher:
        self._publishers.append(
            self._node.create_lifecycle_publisher(
                message_type,
                topic,
                QoSProfile(depth=depth),
                qos_overriding_options=OVERRIDABLE,
            )
        )
        return self._publishers[-1]
