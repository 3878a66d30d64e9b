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
The recorder of the demo: writes the topics of the pose node to a bag.

Landmarks and markers go into the bag byte by byte as they came; annotated images as JPEG, since
raw ones are gigabytes a minute.
"""

from __future__ import annotations

from collections import deque

from rcl_interfaces.msg import ParameterDescriptor
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from rclpy.time import Time
from rosbags.rosbag2 import WriterError
from sensor_msgs.msg import Image
from visualization_msgs.msg import MarkerArray

from pose_tracking_ros.demo.bag_thread import BagThread
from pose_tracking_ros.demo.bag_writer import BagWriter
from pose_tracking_ros.demo.child_process import write_status
from pose_tracking_ros.end_request import EndRequest
from pose_tracking_ros.msg import LandmarkInfo, PoseLandmarks
from pose_tracking_ros.node.main import start
from pose_tracking_ros.ros_help import answer_help

_POLL_SECONDS = 0.1
"""Maximum seconds between checks of the end request."""

_STATUS_PERIOD = 0.2
_RATE_FRAMES = 60
"""Seconds between two updates of the status, and the number of frames for its rate."""


class DemoRecorder(Node):
    """The node; its parameters are described where they are declared."""

    def __init__(self) -> None:
        super().__init__('demo_recorder')
        bag = self._parameter('bag', 'bag', 'folder to make for the bag')
        self._status_file = self._parameter(
            'status_file', '', 'file to write the state of the recording to, as JSON'
        )
        self._writer = BagWriter(bag)
        self._thread: BagThread | None = None
        self._execution_provider = ''
        self._received = self._with_pose = self._detector_runs = 0
        self._latency_ms: float | None = None
        self._arrivals_ns: deque[int] = deque(maxlen=_RATE_FRAMES)
        self._info_message = b''

        reliable, newest = QoSProfile(depth=100), QoSProfile(depth=5)
        newest.reliability = ReliabilityPolicy.BEST_EFFORT
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._info = self.create_subscription(
            LandmarkInfo, 'landmark_info', self._on_info, latched, raw=True
        )
        self._landmarks = self.create_subscription(
            PoseLandmarks, 'pose_landmarks', self._on_landmarks, reliable, raw=True
        )
        self._markers = self.create_subscription(
            MarkerArray, 'markers', self._on_markers, reliable, raw=True
        )
        self._images = self.create_subscription(Image, 'annotated_image', self._on_image, newest)
        self._waiting = self.create_timer(0.1, self._await_pose_node)
        self.create_timer(_STATUS_PERIOD, self._write_status)

    def close(self) -> None:
        """Write the queued messages, finish the bag and leave the graph."""
        if self._thread is not None:
            self._thread.close()
        self._writer.close()
        self._write_status()
        self.destroy_node()

    def _parameter(self, name: str, default: str, description: str) -> str:
        """Declare a parameter that is read once, and return its value."""
        descriptor = ParameterDescriptor(description=description, read_only=True)
        return self.declare_parameter(name, default, descriptor).value

    def _await_pose_node(self) -> None:
        """Start to record once the pose node publishes and its models are loaded."""
        topics = [self._landmarks.topic_name, self._markers.topic_name, self._images.topic_name]
        if self._info_message and all(self.count_publishers(topic) for topic in topics):
            self._waiting.cancel()
            self._begin()

    def _on_info(self, serialized: bytes) -> None:
        """Keep the landmark info, which the pose node publishes once its models are loaded."""
        self._info_message = serialized
        self._execution_provider = deserialize_message(serialized, LandmarkInfo).execution_provider

    def _begin(self) -> None:
        """Add the topics to the bag and start to record."""
        types = {
            self._info.topic_name: 'pose_tracking_ros/msg/LandmarkInfo',
            self._landmarks.topic_name: 'pose_tracking_ros/msg/PoseLandmarks',
            self._markers.topic_name: 'visualization_msgs/msg/MarkerArray',
        }
        for topic, type_name in types.items():
            self._writer.add_topic(topic, type_name, self._offered_qos(topic))
        images = self._images.topic_name
        self._writer.add_topic(
            f'{images}/compressed', 'sensor_msgs/msg/CompressedImage', self._offered_qos(images)
        )
        self._thread = BagThread(self._writer, image_topic=f'{images}/compressed')
        now_ns = self.get_clock().now().nanoseconds
        self._thread.write(self._info.topic_name, now_ns, self._info_message)
        self.get_logger().info(f'recording; the models run on {self._execution_provider}')
        self._write_status()

    def _offered_qos(self, topic: str) -> list[QoSProfile]:
        """Return the quality of service of the publishers of a topic."""
        return [info.qos_profile for info in self.get_publishers_info_by_topic(topic)]

    def _on_landmarks(self, serialized: bytes) -> None:
        """Record landmarks and count them."""
        received_ns = self.get_clock().now().nanoseconds
        if self._thread is None:
            return
        self._thread.write(self._landmarks.topic_name, received_ns, serialized)
        message = deserialize_message(serialized, PoseLandmarks)
        self._arrivals_ns.append(received_ns)
        self._received += 1
        self._with_pose += bool(message.persons)
        self._detector_runs += message.detector_ran
        self._latency_ms = (received_ns - Time.from_msg(message.header.stamp).nanoseconds) / 1e6

    def _on_markers(self, serialized: bytes) -> None:
        """Record markers."""
        if self._thread is not None:
            received_ns = self.get_clock().now().nanoseconds
            self._thread.write(self._markers.topic_name, received_ns, serialized)

    def _on_image(self, image: Image) -> None:
        """Record an annotated image, unless the queue is full."""
        if self._thread is not None:
            self._thread.write_image(self.get_clock().now().nanoseconds, image)

    def _rate(self) -> float:
        """Return the recent rate of landmarks in Hz; 0 before there are two."""
        elapsed_ns = self._arrivals_ns[-1] - self._arrivals_ns[0] if self._arrivals_ns else 0
        return (len(self._arrivals_ns) - 1) / elapsed_ns * 1e9 if elapsed_ns else 0.0

    def _write_status(self) -> None:
        """Write the progress to the status file."""
        write_status(
            self._status_file,
            ready=self._thread is not None,
            execution_provider=self._execution_provider,
            received=self._received,
            with_pose=self._with_pose,
            detector_runs=self._detector_runs,
            latency_ms=self._latency_ms,
            rate=self._rate(),
            images=self._thread.images if self._thread else 0,
        )


def main(args: list[str] | None = None) -> int:
    """
    Record until interrupted.

    :return: 0 then, 1 if it cannot start or the bag cannot be written
    """
    answer_help('demo_recorder', 'Record the output of the node for the demo.', args)
    end = EndRequest()
    try:
        node = start('demo_recorder', DemoRecorder, args)
        if node is None:
            return 1
        _record(node, end)
    except (OSError, WriterError) as error:
        rclpy.logging.get_logger('demo_recorder').fatal(f'the bag cannot be written: {error}')
        return 1
    finally:
        rclpy.try_shutdown()
    return 0


def _record(node: DemoRecorder, end: EndRequest) -> None:
    """Run the node until the end request."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        while not end:
            executor.spin_once(timeout_sec=_POLL_SECONDS)
    finally:
        executor.remove_node(node)
        node.close()
