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

"""The calibration of a camera from the last camera_info."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo

from pose_tracking_ros.blazepose import CameraModel
from pose_tracking_ros.camera_topics import camera_info_topic, is_rectified
from pose_tracking_ros.node.parameters import OVERRIDABLE

_SAME_VIEW = 0.03
"""Maximum difference of the rays of two cameras with the same view, as a fraction of its width."""

_INNER_PLACES = np.array([[x, y] for x in (0.25, 0.5, 0.75) for y in (0.25, 0.5, 0.75)])


class Calibration:
    """
    The last calibration of a camera, of any stamp: calibrations rarely change.

    :param topic: relative name of the calibration topic, which users remap
    :param image_topic: full name of the image topic; unless remapped, the calibration is its
        sibling
    :param on_problem: called with the problem of an invalid calibration
    """

    def __init__(
        self, node: Node, topic: str, image_topic: str, on_problem: Callable[[str], None]
    ) -> None:
        self.topic = calibration_topic(node, topic, image_topic)
        self.is_rectified = is_rectified(image_topic)
        self.model: CameraModel | None = None
        self.problem = ''
        self._node = node
        self._on_problem = on_problem
        self._content: tuple | None = None
        self._subscription: Subscription | None = None

    def subscribe(self) -> None:
        """Subscribe to the calibration."""
        self._subscription = self._node.create_subscription(
            CameraInfo,
            self.topic,
            self._on_info,
            # As image_transport: drivers publish it with each image.
            QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT),
            qos_overriding_options=OVERRIDABLE,
        )

    def unsubscribe(self) -> None:
        """Unsubscribe; keep the last calibration."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            self._node.destroy_subscription(subscription)

    @property
    def state(self) -> str:
        """Return the reason for a missing calibration, empty if there is one."""
        if self.problem:
            return self.problem
        if self.model is None:
            return f'no camera_info on {self.topic}'
        if not self.model.is_calibrated:
            return f'the camera is not calibrated: the matrix on {self.topic} is zero'
        return ''

    def _on_info(self, info: CameraInfo) -> None:
        """Update the camera model if the calibration changed."""
        content = _content(info)
        if content == self._content:
            return
        self._content = content
        try:
            self.model, self.problem = CameraModel.from_camera_info(info, self.is_rectified), ''
        except ValueError as error:
            self.model, self.problem = None, f'{self.topic} is not valid: {error}'
            self._on_problem(self.problem)


def calibration_topic(node: Node, topic: str, image_topic: str) -> str:
    """
    Return the full name of the topic of a calibration.

    :param topic: its relative name, used if remapped
    :param image_topic: full name of the image topic; otherwise its sibling is used
    """
    remapped = node.resolve_topic_name(topic)
    if remapped != node.resolve_topic_name(topic, only_expand=True):
        return remapped
    return node.resolve_topic_name(camera_info_topic(image_topic))


def shows_another_view(camera: CameraModel, other: CameraModel) -> bool:
    """Return whether two calibrated cameras clearly have different views."""
    rays = camera.rays(_INNER_PLACES)
    width = np.ptp(rays[:, 0])
    return bool(np.abs(rays - other.rays(_INNER_PLACES)).max() > _SAME_VIEW * width)


def _content(info: CameraInfo) -> tuple:
    """Return a calibration without its header."""
    roi = info.roi
    return (
        *(info.width, info.height, info.distortion_model, info.binning_x, info.binning_y),
        *(np.asarray(values, np.float64).tobytes() for values in (
            info.d, info.k, info.r, info.p)),
        *(roi.x_offset, roi.y_offset, roi.width, roi.height),
    )  # fmt: skip
