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
Publish a video file, or a webcam, as images in real time.

Publishes ``image`` (sensor_msgs/Image, bgr8, sensor data QoS). A frame is sent when it is due;
its stamp is that time on the node's clock.
"""

from __future__ import annotations

import numpy as np
from rcl_interfaces.msg import ParameterDescriptor
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from rclpy.time import Time
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from pose_tracking_ros.demo.child_process import write_status
from pose_tracking_ros.end_request import EndRequest
from pose_tracking_ros.image_decoding import ImageDecodingError
from pose_tracking_ros.messages import image_message
from pose_tracking_ros.node.main import start
from pose_tracking_ros.node.message_types import MESSAGE_TYPES
from pose_tracking_ros.parameter_table import similar_name
from pose_tracking_ros.ros_help import answer_help
from pose_tracking_ros.video.frames import VideoError, VideoFrame
from pose_tracking_ros.video.source import VideoSource

_DISCOVERY_SECONDS = 0.5
"""Wait before the first and after the last image, for discovery and delivery."""

_MAX_LAG_NS = 100_000_000
"""Maximum delay of a frame. Beyond it the video pauses for the delay, so that stamps stay the
times of sending and frames do not pile up."""

_POLL_SECONDS = 0.1
"""Maximum seconds between checks of the end request."""


class NoSubscriberError(RuntimeError):
    """The image topic has no subscriber."""


class VideoPublisher(Node):
    """
    The node; its parameters are described where they are declared.

    :param end: a request to end early
    :raises VideoError: if the video cannot be opened
    :raises ValueError: if a parameter is unknown or out of range
    """

    def __init__(self, end: EndRequest) -> None:
        super().__init__('video_publisher')
        self._end = end
        video = self._parameter(
            'video', '', 'a video file, a folder of numbered images, or the index of a camera'
        )
        repeat = self._parameter('repeat', 1, 'how many times a file is played')
        self._rate = self._parameter(
            'rate', 0.0, 'frames per second to play the video at; 0 plays it at its own'
        )
        max_rate = self._parameter(
            'max_rate',
            0.0,
            'maximum frames per second; frames of a faster video are skipped; 0 publishes all; '
            'not together with rate',
        )
        self._max_seconds = self._parameter(
            'max_seconds', 0.0, 'when to stop, in seconds of the video; 0 at its end'
        )
        self._frame_id = self._parameter('frame_id', 'camera_optical_frame', 'frame of the images')
        self._patience = self._parameter(
            'subscriber_timeout', 30.0, 'seconds to wait for a subscriber; 0: not at all'
        )
        self._status_file = self._parameter(
            'status_file', '', 'file to write the counts of frames to, as JSON'
        )
        known = self.get_parameters_by_prefix('')
        for name in self._parameter_overrides.keys() - known.keys():
            raise ValueError(f'there is no parameter {name}{similar_name(name, known)}')
        if not video:
            raise ValueError('video is not set: set it to a file, or the index of a camera')
        if self._rate < 0 or (self._rate and max_rate):
            raise ValueError('rate is 0 or more, and 0 together with max_rate')
        self._sent = self._rejected = 0
        # Because the video was not decoded and sent in time.
        self._pauses = self._paused_ns = 0
        self._source = VideoSource(video, repeat, max_rate)
        played_rate = self._rate or self._source.rate
        self._period_ns = round(1e9 / played_rate)
        self._publisher = self.create_publisher(Image, 'image', qos_profile_sensor_data)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self)
        self.get_logger().info(
            f'{video}: {self._source.width} x {self._source.height} pixels, '
            f'{played_rate:.3g} frames per second'
        )

    def run(self) -> None:
        """
        Publish the video to its end, or until the end request.

        :raises NoSubscriberError: if there is no subscriber in time
        """
        self._await_subscriber()
        first_ns, elapsed_ns = None, 0
        for frame in self._source:
            elapsed_ns = frame.index * self._period_ns if self._rate else frame.stamp_ns
            if self._max_seconds and elapsed_ns >= self._max_seconds * 1e9:
                break
            # Before it is due, because this takes time.
            image = self._image(frame)
            if image is None:
                continue
            if first_ns is None:
                first_ns = self._now_ns()
            due_ns = first_ns + elapsed_ns
            self._spin_until(due_ns)
            if self._end:
                break
            lag_ns = self._now_ns() - due_ns
            if lag_ns > _MAX_LAG_NS:
                self._pauses += 1
                self._paused_ns += lag_ns
                first_ns, due_ns = first_ns + lag_ns, due_ns + lag_ns
            self._publish(image, due_ns)
            self._write_status(elapsed_ns)
        self._write_status(elapsed_ns)
        self._spin_until(self._now_ns() + round(_DISCOVERY_SECONDS * 1e9))
        self.get_logger().info(
            f'{"interrupted" if self._end else "end of the video"}: {self._sent} frames '
            f'sent, {self._source.left_out} skipped to keep max_rate'
        )
        if self._pauses:
            self.get_logger().warning(
                f'the video paused {self._pauses} times, {self._paused_ns / 1e9:.2f} '
                's in total: it could not be decoded and sent in time'
            )
        if self._source.damage or self._rejected:
            damage = self._source.damage or 'is complete'
            self.get_logger().warning(
                f'{self._source.name} {damage}; {self._rejected} frames rejected'
            )

    def close(self) -> None:
        """Release the video and leave the graph."""
        self._source.close()
        self._executor.remove_node(self)
        self.destroy_node()

    def _parameter(self, name: str, default: object, description: str) -> object:
        """Declare a parameter that is read once, and return its value."""
        descriptor = ParameterDescriptor(
            description=description,
            read_only=True,
            # The index of a camera is an integer, the name of a file a string.
            dynamic_typing=name == 'video',
        )
        value = self.declare_parameter(name, default, descriptor).value
        return str(value) if name == 'video' else value

    def _await_subscriber(self) -> None:
        """Wait for a subscriber, so that the beginning of the video is not lost."""
        if not self._patience:
            return
        topic = self._publisher.topic_name
        deadline_ns = self._now_ns() + round(self._patience * 1e9)
        self.get_logger().info(f'waiting for a subscriber of {topic}')
        while not self._publisher.get_subscription_count() and not self._end:
            if self._now_ns() > deadline_ns:
                raise NoSubscriberError(f'no subscriber to {topic} in {self._patience:g} s')
            self._executor.spin_once(timeout_sec=0.05)
        self._spin_until(self._now_ns() + round(_DISCOVERY_SECONDS * 1e9))

    def _image(self, frame: VideoFrame) -> np.ndarray | None:
        """Return the image of a frame, None if it is rejected."""
        try:
            return frame.image
        except ImageDecodingError as error:
            if not self._rejected:
                self.get_logger().warning(f'frame {frame.index} is rejected: {error}')
            self._rejected += 1
            return None

    def _publish(self, image: np.ndarray, stamp_ns: int) -> None:
        """Publish an image, uint8 (H, W, 3) BGR."""
        header = Header(stamp=Time(nanoseconds=stamp_ns).to_msg(), frame_id=self._frame_id)
        message = image_message(MESSAGE_TYPES, header, 'bgr8', image)
        self._publisher.publish(message)
        self._sent += 1

    def _write_status(self, elapsed_ns: int) -> None:
        """Write the progress to the status file."""
        frames = self._source.expected_frames
        length_ns = frames * self._period_ns if frames else float('inf')
        if self._max_seconds:
            length_ns = min(length_ns, self._max_seconds * 1e9)
        write_status(
            self._status_file,
            sent=self._sent,
            rejected=self._rejected,
            left_out=self._source.left_out,
            pauses=self._pauses,
            paused_seconds=self._paused_ns / 1e9,
            played=min(1.0, (elapsed_ns + self._period_ns) / length_ns),
        )

    def _spin_until(self, time_ns: int) -> None:
        """Spin until a time on the node's clock, or until the end request."""
        while (left_ns := time_ns - self._now_ns()) > 0 and not self._end:
            self._executor.spin_once(timeout_sec=min(left_ns / 1e9, _POLL_SECONDS))

    def _now_ns(self) -> int:
        """Return the time on the node's clock in nanoseconds."""
        return self.get_clock().now().nanoseconds


def main(args: list[str] | None = None) -> int:
    """
    Publish the video set by the parameters.

    :return: 0 at its end or if interrupted, 1 after an error
    """
    answer_help(
        'video_publisher',
        'Publish a video file, or a webcam, as images in real time: set the parameter video, as '
        'with -p video:=walk.mp4. Waits for a subscriber of the images, at most '
        'subscriber_timeout seconds (30 by default; 0: not at all), and fails if none comes. '
        'Other parameters: repeat, rate, max_rate, max_seconds, frame_id.',
        args,
    )
    end = EndRequest()
    node = start('video_publisher', lambda: VideoPublisher(end), args)
    if node is None:
        return 1
    try:
        node.run()
    except (VideoError, NoSubscriberError, ValueError) as error:
        node.get_logger().fatal(str(error))
        return 1
    finally:
        node.close()
        rclpy.try_shutdown()
    return 0
