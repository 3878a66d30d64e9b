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

"""The output topics of a camera."""

from __future__ import annotations

from typing import Any

from geometry_msgs.msg import PoseWithCovarianceStamped
import numpy as np
from rclpy.lifecycle import LifecycleNode, LifecyclePublisher
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from pose_tracking_ros.blazepose import PoseTrackerResult, Skeleton
from pose_tracking_ros.body import body_placement
from pose_tracking_ros.messages import (
    bgr_copy,
    compressed_image_message,
    image_annotations_message,
    mask_pixels,
    person_pose_message,
    pose_landmarks_message,
    shown_tracks,
    transform_message,
)
from pose_tracking_ros.msg import PoseLandmarks
from pose_tracking_ros.node.image_messages import image_message
from pose_tracking_ros.node.message_types import MESSAGE_TYPES
from pose_tracking_ros.node.parameters import OVERRIDABLE
from pose_tracking_ros.node.settings import Settings
from pose_tracking_ros.node.target_frame import FrameTransform

try:
    from foxglove_msgs import msg as foxglove_types
except ImportError:  # Optional.
    foxglove_types = None


class Outputs:
    """
    Publishes the landmarks always, and the other outputs to subscribers.

    :param node: the lifecycle node, which publishes while it is active
    :param camera: name of the camera, part of the names of its topics and frames; or empty
    :param skeleton: the landmarks that the tracker predicts
    :param settings: the settings at configuration
    """

    def __init__(
        self, node: LifecycleNode, camera: str, skeleton: Skeleton, settings: Settings
    ) -> None:
        self._node = node
        prefix = f'{camera}/' if camera else ''
        self._body_frame = f'body_{camera}_' if camera else 'body_'
        self._skeleton = skeleton
        self._publishers: list[LifecyclePublisher] = []
        self._landmarks = self._advertise(PoseLandmarks, f'{prefix}pose_landmarks', 10)
        self._person_pose = self._advertise(
            PoseWithCovarianceStamped, f'{prefix}person_pose', 10
        )
        self._transforms: LifecyclePublisher | None = None
        if settings.publish_tf:
            # As tf2_ros.TransformBroadcaster, without a dependency on tf2_ros.
            from tf2_msgs.msg import TFMessage

            self._transforms = self._advertise(TFMessage, '/tf', 100)
        self._markers = self._advertise(MarkerArray, f'{prefix}markers', 10)
        self._annotated = self._advertise(Image, f'{prefix}annotated_image', 1)
        # After remapping, as image_transport has it.
        compressed = f'{self._annotated.topic_name}/compressed'
        self._compressed = self._advertise(CompressedImage, compressed, 1)
        self._annotations = foxglove_types and self._advertise(
            foxglove_types.ImageAnnotations, f'{prefix}image_annotations', 10
        )
        self._mask = (
            self._advertise(Image, f'{prefix}segmentation_mask', 1)
            if settings.options.enable_segmentation
            else None
        )
        self._shown: frozenset[int] = frozenset()
        self._shown_in: Header | None = None

    @property
    def are_wanted(self) -> bool:
        """Return whether any output has subscribers."""
        return any(publisher.get_subscription_count() for publisher in self._publishers)

    def publish_landmarks(
        self, header: Header, size: tuple[int, int], result: PoseTrackerResult
    ) -> None:
        """Publish the landmarks; ``size`` is the width and height of the image in pixels."""
        self._landmarks.publish(
            pose_landmarks_message(MESSAGE_TYPES, header, size, self._skeleton, result)
        )

    def publish_places(
        self, header: Header, result: PoseTrackerResult, target: FrameTransform | None
    ) -> None:
        """
        Publish the known positions of people.

        :param target: transform of its frame to the target frame; None if unknown
        """
        placements = [body_placement(pose) for pose in result.poses]
        if placements and placements[0] and target is not None:
            placement = placements[0].transformed(target.rotation, target.translation)
            self._person_pose.publish(
                person_pose_message(MESSAGE_TYPES, target.header, placement)
            )
        # tf2 refuses frames without a parent.
        if self._transforms is not None and header.frame_id:
            transforms = [
                transform_message(
                    MESSAGE_TYPES, header, f'{self._body_frame}{pose.track_id}', placement
                )
                for pose, placement in zip(result.poses, placements)
                if placement
            ]
            if transforms:
                message_type = self._transforms.msg_type
                self._transforms.publish(message_type(transforms=transforms))

    def publish_pictures(
        self,
        header: Header,
        image: np.ndarray,
        result: PoseTrackerResult,
        settings: Settings,
        target: FrameTransform | None,
    ) -> None:
        """
        Publish markers, annotations, annotated images and masks to subscribers.

        :param image: uint8 (H, W, 3) RGB
        :param target: transform of its frame to that of the markers; None sends no markers
        """
        if target is not None and self._markers.get_subscription_count():
            self._markers.publish(
                settings.markers(target.header, result.poses, self._shown, target.pose)
            )
            self._shown, self._shown_in = shown_tracks(result.poses), target.header
        if self._annotations is not None and self._annotations.get_subscription_count():
            annotator = settings.annotator
            self._annotations.publish(
                image_annotations_message(
                    foxglove_types,
                    header.stamp,
                    image.shape[1::-1],
                    result.poses,
                    annotator.visible_from,
                    annotator.scale,
                )
            )
        raw = self._annotated.get_subscription_count()
        compressed = self._compressed.get_subscription_count()
        if raw or compressed:
            annotated = settings.annotator.annotate(bgr_copy(image), result.poses)
            if raw:
                self._annotated.publish(image_message(header, 'bgr8', annotated))
            if compressed:
                self._compressed.publish(
                    compressed_image_message(
                        MESSAGE_TYPES, header, annotated, settings.jpeg_quality
                    )
                )
        if self._mask is not None and self._mask.get_subscription_count():
            mask = mask_pixels(result.poses, image.shape[1::-1])
            self._mask.publish(image_message(header, 'mono8', mask))

    def clear(self, settings: Settings) -> None:
        """Delete the last published markers."""
        if self._shown_in is not None:
            self._markers.publish(settings.markers(self._shown_in, (), self._shown))
            self._shown, self._shown_in = frozenset(), None

    def close(self) -> None:
        """Leave the graph."""
        while self._publishers:
            self._node.destroy_lifecycle_publisher(self._publishers.pop())

    def _advertise(self, message_type: Any, topic: str, depth: int) -> LifecyclePublisher:
        publisher = self._node.create_lifecycle_publisher(
            message_type, topic, depth, qos_overriding_options=OVERRIDABLE
        )
        self._publishers.append(publisher)
        return publisher
