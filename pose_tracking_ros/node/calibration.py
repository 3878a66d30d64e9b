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

"""The calibration of a camera, as the last camera_info tells it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo

from pose_tracking_ros.blazepose import CameraModel
from pose_tracking_ros.camera_topics import camera_info_topic, is_rectified
from pose_tracking_ros.node.quality_of_service import OVERRIDABLE

# By how much the rays of two cameras may differ that have the same view, in parts of its width.
_SAME_VIEW = 0.03

_INNER_PLACES = np.array([[x, y] for x in (0.25, 0.5, 0.75) for y in (0.25, 0.5, 0.75)])


class Calibration:
    """
    Keeps what the last camera_info says, whatever its stamp: calibrations hardly change.

    :param node: the node that subscribes
    :param topic: name of the topic of the calibration, relative to the node, which users remap
    :param image_topic: full name of the topic of the images, whose sibling it is unless remapped
    :param on_problem: called with what is wrong with a calibration
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
        """Listen to the calibration."""
        self._subscription = self._node.create_subscription(
            CameraInfo,
            self.topic,
            self._on_info,
            # As image_transport does: what a driver sends with each image.
            QoSProfile(
                reliability=ReliabilityPolicy.BEST_EFFORT,
                history=HistoryPolicy.KEEP_LAST,
                depth=1,
            ),
            qos_overriding_options=OVERRIDABLE,
        )

    def unsubscribe(self) -> None:
        """Listen no more; what is known stays."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            self._node.destroy_subscription(subscription)

    @property
    def state(self) -> str:
        """Return why there is no calibration, empty where there is one."""
        if self.problem:
            return self.problem
        if self.model is None:
            return f'no camera_info came on {self.topic}'
        if not self.model.is_calibrated:
            return f'{self.topic} says that the camera is not calibrated: its matrix is zero'
        return ''

    def _on_info(self, info: CameraInfo) -> None:
        """Make a model of a calibration that is new."""
        content = _content(info)
        if content == self._content:
            return
        self._content = content
        try:
            self.model, self.problem = CameraModel.from_camera_info(info, self.is_rectified), ''
        except ValueError as error:
            self.model, self.problem = None, f'{self.topic} makes no sense: {error}'
            self._on_problem(self.problem)


def calibration_topic(node: Node, topic: str, image_topic: str) -> str:
    """
    Return the full name of the topic of a calibration.

    :param node: the node that subscribes
    :param topic: its name, relative to the node: where that is remapped, it is what counts
    :param image_topic: full name of the topic of the images; else it is their sibling
    """
    remapped = node.resolve_topic_name(topic)
    if remapped != node.resolve_topic_name(topic, only_expand=True):
        return remapped
    return node.resolve_topic_name(camera_info_topic(image_topic))


def shows_another_view(camera: CameraModel, other: CameraModel) -> bool:
    """Return whether the images of two calibrated cameras plainly show different views."""
    rays = camera.rays(_INNER_PLACES)
    width = np.ptp(rays[:, 0])
    return bool(np.abs(rays - other.rays(_INNER_PLACES)).max() > _SAME_VIEW * width)


def _content(info: CameraInfo) -> tuple:
    """Return all of a calibration but its header."""
    roi = info.roi
    return (
        *(info.width, info.height, info.distortion_model, info.binning_x, info.binning_y),
        *(np.asarray(values, np.float64).tobytes() for values in (
            info.d, info.k, info.r, info.p)),
        *(roi.x_offset, roi.y_offset, roi.width, roi.height),
    )  # fmt: skip
