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

"""The depth images that come with those of a camera."""

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
from pose_tracking_ros.node.settings import Settings

# While images are processed in order they may wait for long, and their depth with them.
_KEPT_BYTES = 512 * 2**20
"""Of all cameras together."""

_LATEST_BYTES = 64 * 2**20
"""Of a camera of which the newest image is taken."""

_LAG_NS = 1_000_000_000
"""By how much a recording may be late with its depth, where every image counts."""


@dataclass(frozen=True)
class MatchedDepth:
    """
    The depth of an image.

    :param metres: float32 (H, W), None where there is none
    :param rejected: why the depth image that came cannot be used: a word to count by, and what
        came; empty where it can, or none came
    :param frame_id: frame of the depth image
    """

    metres: np.ndarray | None = None
    rejected: tuple[str, str] | None = None
    frame_id: str = ''


class DepthInput:
    """
    Receives the depth images of a camera, and hands out that of an image.

    :param node: the lifecycle node
    :param prefix: what the names of the topics of the camera begin with
    :param settings: returns what the parameters set now
    :param colour: the calibration of the images
    :param on_problem: called with what is wrong with the calibration
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
        """Subscribe; ``on_lost`` is called with how many the middleware has lost."""
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
        """Unsubscribe, and let nobody wait."""
        self._calibration.unsubscribe()
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            self._node.destroy_subscription(subscription)
        if self._matcher is not None:
            self._matcher.close()

    def expect(self, stamp_ns: int) -> None:
        """Note that an image has come."""
        if self._matcher is not None:
            self._matcher.expect(stamp_ns)

    def of(self, stamp_ns: int, arrived_for: float) -> MatchedDepth:
        """
        Return the depth of an image; waits for it, but never for long.

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
            # The newest image is worth little when it has become old.
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
        stamp = message.header.stamp
        matcher.put(stamp.sec * 1_000_000_000 + stamp.nanosec, message, len(message.data))

    def _check_view(self) -> None:
        """
        Check that depth and images show the same view, as far as their calibrations tell.

        :raises ImageDecodingError: when they do not
        """
        colour, depth = self._colour.model, self._calibration.model
        if not (_is_known(colour) and _is_known(depth)) or colour is depth:
            return
        if shows_another_view(colour, depth):
            raise ImageDecodingError(
                'another view',
                f'depth on {self.topic} shows another view than the images, by its camera_info: '
                'subscribe to depth that is registered to them, such as '
                'aligned_depth_to_color or depth_registered',
            )


def _is_known(model: CameraModel | None) -> TypeGuard[CameraModel]:
    return model is not None and model.is_calibrated
