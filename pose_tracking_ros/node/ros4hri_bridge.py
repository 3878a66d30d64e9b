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

"""
A node that republishes people as ROS4HRI messages (REP-155).

It subscribes to ``pose_landmarks``, to ``activities`` for postures and gestures, and to ``image``
for the images of bodies, and publishes below ``/humans/bodies``. It needs hri_msgs.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import hri_msgs.msg as hri
import rclpy
from rclpy.node import Node
from rclpy.publisher import Publisher
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import Header

from pose_tracking_ros.blazepose import Pose
from pose_tracking_ros.body import body_placement
from pose_tracking_ros.end_request import EndRequest
from pose_tracking_ros.image_decoding import (
    decode_compressed_image,
    decode_image,
    ImageDecodingError,
)
from pose_tracking_ros.messages import transform_message
from pose_tracking_ros.messages.ros4hri import (
    body_id,
    cropped_pixels,
    gesture_messages,
    ids_message,
    joint_state_message,
    posture_message,
    roi_message,
    skeleton_message,
)
from pose_tracking_ros.msg import Activities, PoseLandmarks
from pose_tracking_ros.node.image_messages import image_message
from pose_tracking_ros.node.image_subscription import subscribe_to_images
from pose_tracking_ros.node.main import spinning, start
from pose_tracking_ros.node.message_types import landmarks_and_header, MESSAGE_TYPES

try:
    from tf2_msgs.msg import TFMessage
except ImportError:
    TFMessage = None

_BODIES = '/humans/bodies'

_KEPT_IMAGES = 10
"""Maximum images that wait for their landmarks."""


class Ros4HriBridge(Node):
    """Publishes each person as a body of ROS4HRI; the arguments are those of rclpy's Node."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__('ros4hri_bridge', **kwargs)
        self._transport: str = self.declare_parameter('image_transport', 'raw').value
        if self._transport not in ('raw', 'compressed'):
            raise ValueError(
                f'image_transport is {self._transport!r}, accepted is one of raw, compressed'
            )
        # libhri requests reliable.
        self._tracked = self.create_publisher(hri.IdsList, f'{_BODIES}/tracked', 10)
        self._transforms = None if TFMessage is None else self.create_publisher(
            TFMessage, '/tf', 100)  # fmt: skip
        self._bodies: dict[str, dict[str, Publisher]] = {}
        self._images: OrderedDict[tuple[int, int], Any] = OrderedDict()
        self.create_subscription(PoseLandmarks, 'pose_landmarks', self._on_landmarks, 10, raw=True)
        self.create_subscription(Activities, 'activities', self._on_activities, 10)
        subscribe_to_images(self, 'image', self._transport, False, self._on_image, lambda _: None)

    def _on_image(self, image: Any) -> None:
        """Keep an image until its landmarks come."""
        self._images[_key(image.header)] = image
        while len(self._images) > _KEPT_IMAGES:
            self._images.popitem(last=False)

    def _on_landmarks(self, data: bytes) -> None:
        """Publish the people in an image; remove the topics of people who left."""
        try:
            landmarks, header = landmarks_and_header(data)
        except ValueError as error:
            self.get_logger().error(f'Landmarks rejected: {error}', throttle_duration_sec=5.0)
            return
        poses, size = landmarks.poses, landmarks.image_size
        bodies = {body_id(pose): pose for pose in poses}
        for name in self._bodies.keys() - bodies.keys():
            for publisher in self._bodies.pop(name).values():
                self.destroy_publisher(publisher)
        for name in bodies.keys() - self._bodies.keys():
            self._bodies[name] = self._advertise(f'{_BODIES}/{name}')
        self._tracked.publish(ids_message(hri, header, poses))
        for name, pose in bodies.items():
            topics = self._bodies[name]
            topics['roi'].publish(roi_message(hri, header, pose, size))
            topics['skeleton2d'].publish(skeleton_message(hri, header, pose))
            topics['joint_states'].publish(joint_state_message(JointState, header, pose))
        self._publish_transforms(header, poses)
        self._publish_cropped(header, bodies)

    def _on_activities(self, activities: Activities) -> None:
        """Publish the postures and gestures in an image."""
        for activity in activities.persons:
            topics = self._bodies.get(body_id(activity))
            if topics is None:  # not the image of the last landmarks
                continue
            topics['posture'].publish(posture_message(hri, activities.header, activity))
            for message in gesture_messages(hri, activities.header, activity):
                topics['gesture'].publish(message)

    def _advertise(self, topic: str) -> dict[str, Publisher]:
        """Return the publishers of a body."""
        types = {
            'roi': hri.NormalizedRegionOfInterest2D,
            'cropped': Image,
            'skeleton2d': hri.Skeleton2D,
            'joint_states': JointState,
            'posture': hri.BodyPosture,
            'gesture': hri.Gesture,
        }
        return {
            name: self.create_publisher(kind, f'{topic}/{name}', 10)
            for name, kind in types.items()
        }

    def _publish_transforms(self, header: Header, poses: Sequence[Pose]) -> None:
        """Publish a frame for each body whose position is known."""
        if self._transforms is None or not header.frame_id:
            return
        transforms = [
            transform_message(MESSAGE_TYPES, header, f'body_{body_id(pose)}', placement)
            for pose in poses
            if (placement := body_placement(pose))
        ]
        if transforms:
            self._transforms.publish(TFMessage(transforms=transforms))

    def _publish_cropped(self, header: Header, bodies: dict[str, Pose]) -> None:
        """Publish the images of bodies with subscribers."""
        message = self._images.pop(_key(header), None)
        wanted = {
            name: pose
            for name, pose in bodies.items()
            if self._bodies[name]['cropped'].get_subscription_count()
        }
        if message is None or not wanted:
            return
        decode = decode_image if self._transport == 'raw' else decode_compressed_image
        try:
            image = decode(message)
        except ImageDecodingError as error:
            self.get_logger().error(f'Image rejected: {error}', throttle_duration_sec=5.0)
            return
        for name, pose in wanted.items():
            pixels = cropped_pixels(pose, image)
            if pixels.size:
                self._bodies[name]['cropped'].publish(image_message(header, 'rgb8', pixels))


def _key(header: Header) -> tuple[int, int]:
    return header.stamp.sec, header.stamp.nanosec


def main(args: list[str] | None = None) -> int:
    """Run the bridge until it is interrupted; return the exit code."""
    end = EndRequest()
    node = start('ros4hri_bridge', Ros4HriBridge, args)
    if node is None:
        return 1
    with spinning(node, end):
        end.wait()
    node.destroy_node()
    rclpy.try_shutdown()
    return 0
