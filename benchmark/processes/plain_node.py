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
A simple pose node of rclpy, cv_bridge and official MediaPipe.

Subscribes to ``image``, publishes ``pose_landmarks`` and, with subscribers, ``annotated_image``.
Runs in the environment of MediaPipe.
"""

from __future__ import annotations

import contextlib

from cv_bridge import CvBridge
from geometry_msgs.msg import Pose, PoseArray
from mediapipe.python.solutions import drawing_utils, pose
import numpy as np
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image


class PlainPoseNode(Node):
    """Publishes the landmarks of MediaPipe as an array of poses."""

    def __init__(self) -> None:
        super().__init__('plain_pose')
        self._bridge = CvBridge()
        self._pose = pose.Pose()
        self._landmarks = self.create_publisher(PoseArray, 'pose_landmarks', 10)
        self._annotated = self.create_publisher(Image, 'annotated_image', 1)
        self.create_subscription(Image, 'image', self._on_image, qos_profile_sensor_data)

    def _on_image(self, message: Image) -> None:
        image = self._bridge.imgmsg_to_cv2(message, 'rgb8')
        image.flags.writeable = False
        landmarks = self._pose.process(image).pose_landmarks
        answer = PoseArray(header=message.header)
        for landmark in landmarks.landmark if landmarks else []:
            point = Pose()
            point.position.x = landmark.x
            point.position.y = landmark.y
            point.position.z = landmark.z
            answer.poses.append(point)
        self._landmarks.publish(answer)
        if self._annotated.get_subscription_count():
            image.flags.writeable = True
            drawing_utils.draw_landmarks(image, landmarks, pose.POSE_CONNECTIONS)
            self._annotated.publish(_image_message(message, image))


def _image_message(source: Image, image: np.ndarray) -> Image:
    """Return an image as the cv_bridge of ROS 2 does; the one of PyPI copies it more slowly."""
    message = Image(
        header=source.header,
        height=source.height,
        width=source.width,
        encoding='rgb8',
        step=3 * source.width,
    )
    message.data.frombytes(image.tobytes())
    return message


def main() -> None:
    """Run the node until interrupted."""
    rclpy.init()
    with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(PlainPoseNode())


if __name__ == '__main__':
    main()
