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

"""The depth images of a camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeGuard

import numpy as np
from rclpy.lifecycle import LifecycleNode
from rclpy.subscription import Subscription

from pose_tracking_ros.blazepose import CameraModel
from pose_tracking_ros.image_decoding import (
    decode_compressed_depth_image,
    decode_depth_image,
    ImageDecodingError,
)
from pose_tracking_ros.node.calibration import Calibration, shows_another_view
from pose_tracking_ros.node.depth_matcher import DepthMatcher
from pose_tracking_ros.node.image_subscription import image_topic, subscribe_to_images
from pose_tracking_ros.node.managed_node import stamp_ns_of
from pose_tracking_ros.node.settings import Settings

_KEPT_BYTES = 512 * 2**20
"""Maximum bytes of all cameras if images are processed in order, when they may wait long."""

_LATEST_BYTES = 64 * 2**20
"""Maximum bytes of a camera if only the newest image is processed."""

_LAG_NS = 1_000_000_000
"""Maximum delay of depth in a recording if every image is processed."""


@dataclass(frozen=True)
class MatchedDepth:
    """
    The depth of an image.

    :param metres: float32 (H, W), None if there is none
    :param rejected: the reason for an unusable depth image: a word for counting, and a message
    :param frame_id: frame of the depth image
    """

    metres: np.ndarray | None = None
    rejected: tuple[str, str] | None = None
    frame_id: str = ''


class DepthInput:
    """
    Receives the depth images of a camera, and matches them to its images.

    :param prefix: prefix of the topic names of the camera
    :param colour: the calibration of the images
    :param on_problem: called with the problem of an invalid calibration
    """

    def __init__(
        self,
        node: LifecycleNode,
        prefix: str,
        settings: Callable[[], Settings],
        colour: Calibration,
        on_problem: Callable[[str], None],
    ) -> None:
        self._node = node
        self._name = f'{prefix}depth/image'
        self._settings = settings
        self._colour = colour
        self._transport = settings().depth_transport
        self._decode = (
            decode_depth_image if self._transport == 'raw' else decode_compressed_depth_image
        )
        self._calibration = Calibration(
            node, f'{prefix}depth/camera_info', node.resolve_topic_name(self._name), on_problem
        )
        self._in_order = not settings().drop_frames
        self._matcher: DepthMatcher | None = None
        self._subscription: Subscription | None = None

    @property
    def topic(self) -> str:
        """Return the full name of the topic of the depth images."""
        return image_topic(self._node, self._name, self._transport)

    def activate(self, on_lost: Callable[[int], None]) -> None:
        """Subscribe; ``on_lost`` is called with the number of messages lost in the middleware."""
        limit = (
            _KEPT_BYTES // len(self._settings().cameras) if self._in_order else _LATEST_BYTES
        )
        self._matcher = DepthMatcher(limit)
        self._subscription = subscribe_to_images(
            self._node, self._name, self._transport, self._in_order,
            partial(self._on_depth, self._matcher), on_lost,
        )  # fmt: skip
        if self._calibration.topic != self._colour.topic:
            self._calibration.subscribe()

    def deactivate(self) -> None:
        """Unsubscribe, and end all waiting."""
        self._calibration.unsubscribe()
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            self._node.destroy_subscription(subscription)
        if self._matcher is not None:
            self._matcher.close()

    def expect(self, stamp_ns: int) -> None:
        """Announce an image."""
        if self._matcher is not None:
            self._matcher.expect(stamp_ns)

    def of(self, stamp_ns: int, arrived_for: float) -> MatchedDepth:
        """
        Return the depth of an image; wait for it, up to a limit.

        :param stamp_ns: stamp of the image
        :param arrived_for: seconds since the image arrived
        """
        settings, matcher = self._settings(), self._matcher
        if matcher is None:
            return MatchedDepth()
        slop, silence = settings.depth_slop, settings.limits.image_timeout
        message = matcher.take(
            stamp_ns,
            round(slop * 1e9),
            # Do not delay the newest image for long.
            np.inf if self._in_order else slop - arrived_for,
            _LAG_NS if self._in_order else 0,
            silence,
        )
        if message is None:
            return MatchedDepth()
        frame = message.header.frame_id
        try:
            metres = self._decode(message, settings.max_image_pixels)
            self._check_view()
        except ImageDecodingError as error:
            return MatchedDepth(rejected=(error.reason, str(error)), frame_id=frame)
        return MatchedDepth(metres, frame_id=frame)

    def _on_depth(self, matcher: DepthMatcher, message: Any) -> None:
        matcher.put(stamp_ns_of(message.header), message, len(message.data))

    def _check_view(self) -> None:
        """Raise an ImageDecodingError if depth and images have different views by calibration."""
        colour, depth = self._colour.model, self._calibration.model
        if not (_is_known(colour) and _is_known(depth)) or colour is depth:
            return
        if shows_another_view(colour, depth):
            raise ImageDecodingError(
                'another view',
                f'depth on {self.topic} has another view than the images, by its camera_info: '
                'use depth registered to the images, such as aligned_depth_to_color or '
                'depth_registered',
            )


def _is_known(model: CameraModel | None) -> TypeGuard[CameraModel]:
    return model is not None and model.is_calibrated
