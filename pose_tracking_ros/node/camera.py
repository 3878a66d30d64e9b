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

"""One camera: receives images, processes them in a thread, and publishes poses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
import functools
import re
from threading import Event
import time
from typing import Any, TYPE_CHECKING

import numpy as np
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode
from rclpy.subscription import Subscription
from rclpy.timer import Timer
from std_msgs.msg import Header

from pose_tracking_ros.blazepose import PoseTracker, PoseTrackerResult
from pose_tracking_ros.camera_topics import frame_problem
from pose_tracking_ros.image_decoding import (
    decode_compressed_image,
    decode_image,
    ImageDecodingError,
)
from pose_tracking_ros.node.calibration import Calibration
from pose_tracking_ros.node.depth_input import DepthInput, MatchedDepth
from pose_tracking_ros.node.image_subscription import (
    image_topic,
    image_type,
    subscribe_to_images,
    VIDEO_TRANSPORTS,
)
from pose_tracking_ros.node.managed_node import age, stamp_ns_of
from pose_tracking_ros.node.outputs import Outputs
from pose_tracking_ros.node.settings import Settings
from pose_tracking_ros.node.statistics import FrameStatistics, Timing
from pose_tracking_ros.node.target_frame import FrameTransform, TargetFrame, TransformMissingError
from pose_tracking_ros.node.worker import Worker

if TYPE_CHECKING:
    from pose_tracking_ros.video.packets import PacketDecoder

_REPEATED_LOG_EVERY = 5.0  # seconds

_LOOK_PERIOD = 0.1
"""Seconds between checks of a lazy camera for subscribers."""

_MAX_TOLD = 100
"""Different problems with positions."""

# Memory limit of the queue of images that are processed in order.
_MAX_WAITING_BYTES = 512 * 2**20
"""Of the images of all cameras together."""

_MESSAGE_BYTES = 4096
"""Maximum memory of a Python message besides its pixels."""


class Camera:
    """
    Tracks the people in the images of one camera.

    The executor's thread only puts received images into a queue; the worker's thread does the
    rest. Each camera has its own worker, so a slow one does not delay the others.

    :param name: prefix of the names of its topics; empty for plain names
    :param tracker: a tracker not shared with other cameras
    :param target_frame: transforms to the target frame, None without one
    """

    def __init__(
        self,
        node: LifecycleNode,
        name: str,
        tracker: PoseTracker,
        settings: Callable[[], Settings],
        target_frame: TargetFrame | None = None,
    ) -> None:
        self.name = name
        self.tracker = tracker
        self.statistics = FrameStatistics()
        self._node = node
        self._settings = settings
        self._prefix = f'{name}/' if name else ''
        self._target_frame = target_frame
        transport = settings().image_transport
        image_type(transport)  # which may not be installed
        self._outputs = Outputs(node, name, tracker.skeleton, settings())
        image = node.resolve_topic_name(f'{self._prefix}image')
        self.calibration = Calibration(node, f'{self._prefix}camera_info', image, self._warn)
        self.depth = (
            None
            if settings().depth_transport == 'none'
            else DepthInput(node, self._prefix, settings, self.calibration, self._warn)
        )
        self.frame_id: str | None = None
        self._decode = decode_compressed_image if transport == 'compressed' else decode_image
        self._video: PacketDecoder[tuple[Header, float]] | None = None
        if transport in VIDEO_TRANSPORTS:
            # Imported here because its dependencies are optional.
            from pose_tracking_ros.video.packets import PacketDecoder

            self._video = PacketDecoder(settings().max_image_pixels)
        self._video_begins = Event()
        self.subscription: Subscription | None = None
        self.active_since = time.monotonic()
        self._timer: Timer | None = None
        self._worker: Worker | None = None
        self._reset_wanted = Event()
        self._told: set[str] = set()

    @property
    def topic(self) -> str:
        """Return the full name of the image topic."""
        return image_topic(
            self._node, f'{self._prefix}image', self._settings().image_transport
        )

    @property
    def is_active(self) -> bool:
        """Return whether the camera is active, subscribed or lazy."""
        return self._worker is not None

    def activate(self) -> None:
        """Subscribe to the images, if not yet subscribed."""
        if self.is_active:
            return
        settings = self._settings()
        # Each packet of a video is needed to decode the next ones.
        newest_only = settings.drop_frames and self._video is None
        limit = 0 if newest_only else _MAX_WAITING_BYTES // len(settings.cameras)
        self._worker = Worker(self._process, self._on_failure, limit)
        self._listen()
        if settings.lazy:
            self._timer = self._node.create_timer(
                _LOOK_PERIOD, self._listen_if_wanted, clock=Clock(clock_type=ClockType.STEADY_TIME)
            )

    def _listen_if_wanted(self) -> None:
        """Subscribe to the images while the outputs have subscribers."""
        if not self._outputs.are_wanted:
            self._listen_no_more()
        elif self.subscription is None:
            self._listen()

    def _listen(self) -> None:
        settings = self._settings()
        self.active_since = time.monotonic()
        self.statistics.resume()
        self._video_begins.set()
        self.calibration.subscribe()
        if self.depth is not None:
            self.depth.activate(lambda count: self.statistics.add(depth_lost=count))
        self.subscription = subscribe_to_images(
            self._node,
            f'{self._prefix}image',
            settings.image_transport,
            not settings.drop_frames,
            self._on_image,
            lambda count: self.statistics.add(lost=count),
        )

    def _listen_no_more(self) -> None:
        subscription, self.subscription = self.subscription, None
        with ExitStack() as steps:  # the last one first
            steps.callback(self.calibration.unsubscribe)
            if self.depth is not None:
                steps.callback(self.depth.deactivate)
            if subscription is not None:
                steps.callback(self._node.destroy_subscription, subscription)

    def deactivate(self) -> None:
        """
        Unsubscribe, finish the current image, and clear the markers.

        Every step is done even if one raises.
        """
        worker, self._worker = self._worker, None
        timer, self._timer = self._timer, None
        with ExitStack() as steps:  # the last one first
            if worker is not None:
                steps.callback(lambda: self._outputs.clear(self._settings()))
                steps.callback(self._end_video)
                steps.callback(lambda: self.statistics.add(dropped=worker.close()))
            steps.callback(self._listen_no_more)
            if timer is not None:
                steps.callback(self._node.destroy_timer, timer)

    def close(self) -> None:
        """Leave the graph."""
        with ExitStack() as steps:
            steps.callback(self._outputs.close)
            steps.callback(self.deactivate)

    def reset(self) -> None:
        """Reset the tracker before the next image."""
        self._reset_wanted.set()

    @property
    def waiting(self) -> int:
        """Return the number of queued images."""
        return self._worker.waiting if self._worker else 0

    def _on_image(self, message: Any) -> None:
        """Queue an image for the worker."""
        stamp_ns = stamp_ns_of(_header(message))
        self.statistics.receive(stamp_ns, age(self._node, stamp_ns))
        if self.depth is not None:
            self.depth.expect(stamp_ns)
        dropped = 1
        if self._worker is not None:
            size = len(message.data) + _MESSAGE_BYTES
            dropped = self._worker.put((message, time.monotonic()), size)
        if dropped:
            self.statistics.add(dropped=dropped)

    def _process(self, item: tuple[Any, float]) -> None:
        """Find the people in an image and publish; runs in the worker's thread."""
        message, arrived = item
        if self._video is not None:
            self._process_packet(self._video, message, arrived)
            return
        max_pixels = self._settings().max_image_pixels
        self._answer(
            message.header, arrived, time.monotonic(), lambda: self._decode(message, max_pixels)
        )

    def _process_packet(
        self, video: PacketDecoder[tuple[Header, float]], message: Any, arrived: float
    ) -> None:
        """Decode a packet of video, and process each resulting image."""
        begun = time.monotonic()
        if self._video_begins.is_set():
            self._video_begins.clear()
            self._end_video()
        settings = self._settings()
        video.max_pixels = settings.max_image_pixels
        for decoded in video.decode(message, (_header(message), arrived)):
            if decoded.frame is not None and settings.drop_frames and self.waiting:
                self.statistics.add(dropped=1)
                continue
            self.statistics.add(damaged=decoded.is_damaged)
            try:
                self._answer(*decoded.item, begun, functools.partial(video.rgb, decoded))
            except Exception as error:
                self._on_failure(error)

    def _end_video(self) -> None:
        """Count the frames in the decoder as dropped, and reset it."""
        if self._video is not None:
            self.statistics.add(dropped=len(self._video.finish()))

    def _answer(
        self, header: Header, arrived: float, begun: float, decode: Callable[[], np.ndarray]
    ) -> None:
        """Find the people in an image, and publish."""
        try:
            image = decode()
        except ImageDecodingError as error:
            self._reject(error)
            return
        self._look_at_frame(header.frame_id)
        decoded = time.monotonic()
        depth = self._depth_of(header, decoded - arrived)
        matched = time.monotonic()
        stamp_ns = stamp_ns_of(header)
        result, settings = self._track(image, stamp_ns, depth)
        tracked = time.monotonic()
        self._outputs.publish_landmarks(header, image.shape[1::-1], result)
        since_stamp = age(self._node, stamp_ns)
        target = self._target(header, result)
        self._outputs.publish_places(header, result, target)
        self._outputs.publish_pictures(header, image, result, settings, target)
        timing = Timing(
            queue_time=begun - arrived + matched - decoded,
            decoding=decoded - begun,
            tracking=tracked - matched,
            publishing=time.monotonic() - tracked,
            since_stamp=since_stamp,
        )
        self.statistics.finish(timing, result)

    def _look_at_frame(self, frame_id: str) -> None:
        """Warn once of an obvious problem with the frame of the images."""
        if frame_id != self.frame_id:
            self.frame_id = frame_id
            if problem := frame_problem(frame_id):
                self._warn(problem)

    def _depth_of(self, header: Header, arrived_for: float) -> MatchedDepth:
        """Return the depth of an image, and count the result."""
        if self.depth is None:
            return MatchedDepth()
        depth = self.depth.of(stamp_ns_of(header), arrived_for)
        self.statistics.match_depth(depth.metres is not None, depth.rejected)
        if depth.rejected:
            self._warn(f'depth not used: {depth.rejected[1]}')
        elif depth.frame_id and depth.frame_id != header.frame_id:
            self._warn(
                f'depth is in the frame {depth.frame_id}, the images are in '
                f'{header.frame_id}: is it registered to them?'
            )
        return depth

    def _target(self, header: Header, result: PoseTrackerResult) -> FrameTransform | None:
        """Return the transform of an image's frame to the target frame, None if unknown."""
        if self._target_frame is None or not result.poses:
            return FrameTransform.none(header)
        try:
            return self._target_frame.transform(header)
        except TransformMissingError as error:
            problem = f'no transform to {self._target_frame.frame_id}: {error}'
            self.statistics.miss_transform(problem)
            self._warn(problem)
            return None

    def _track(
        self, image: np.ndarray, stamp_ns: int, depth: MatchedDepth
    ) -> tuple[PoseTrackerResult, Settings]:
        """Return the result for an image, and the settings used for it."""
        settings = self._settings()
        if self._reset_wanted.is_set():
            self._reset_wanted.clear()
            self.tracker.reset()
        self.tracker.options = settings.options
        camera = self.calibration.model
        result = self.tracker.process(
            image, stamp_ns, camera=camera, depth=None if camera is None else depth.metres
        )
        return result, settings

    def _reject(self, error: ImageDecodingError) -> None:
        """Count and log an image that cannot be decoded."""
        self.statistics.reject(error.reason, str(error))
        self._node.get_logger().error(
            f'Image{self._of()} rejected: {error}', throttle_duration_sec=_REPEATED_LOG_EVERY
        )

    def _on_failure(self, error: Exception) -> None:
        """Count and log an image that failed to be processed."""
        problem = f'{type(error).__name__}: {error}'
        self.statistics.fail(problem)
        self._node.get_logger().error(
            f'Image{self._of()} not processed, {problem}',
            throttle_duration_sec=_REPEATED_LOG_EVERY,
        )

    def _warn(self, problem: str) -> None:
        """Log a problem with positions once; the diagnostics repeat it."""
        # The same problem with other numbers is not logged again.
        kind = re.sub(r'[\d.]+', '', problem)
        if kind not in self._told and len(self._told) < _MAX_TOLD:
            self._told.add(kind)
            self._node.get_logger().warning(f'{self.name}: {problem}' if self.name else problem)

    def _of(self) -> str:
        return f' of {self.name}' if self.name else ''


def _header(message: Any) -> Header:
    """Return the header of a message, made from the fields of a CompressedVideo of Foxglove."""
    if hasattr(message, 'header'):
        return message.header
    return Header(stamp=message.timestamp, frame_id=message.frame_id)
