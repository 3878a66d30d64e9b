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
Play a bag for a running pose tracking node, with the time of the bag, and record the output.

Playing begins when the node is active and subscribed. Images are published reliably, however they
were recorded; at the end all waiting images are processed and recorded. Only images, their
``camera_info`` and transforms are played, so that recorded output of an earlier node does not mix
with the new output.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
import os
from pathlib import Path
import posixpath
import sys
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
import rclpy
from rclpy.client import Client
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile
from rclpy.time import Time
from rclpy.utilities import remove_ros_args
from rosbags.rosbag2 import WriterError
from rosgraph_msgs.msg import Clock

from pose_tracking_ros.camera_topics import camera_info_topic
from pose_tracking_ros.demo.bag_writer import BagWriter
from pose_tracking_ros.end_request import EndRequest
from pose_tracking_ros.node.image_subscription import IMAGE_TYPES
from pose_tracking_ros.node.main import spinning, start
from pose_tracking_ros.replay.inputs.bag import Bag
from pose_tracking_ros.replay.problems import Problems

POSE_NODE = 'pose_tracking'

_CAMERA_OUTPUTS = (
    'pose_tracking_ros/msg/PoseLandmarks',
    'geometry_msgs/msg/PoseWithCovarianceStamped',
    'visualization_msgs/msg/MarkerArray',
    'sensor_msgs/msg/CompressedImage',
)
"""Recorded outputs of each camera; the CompressedImage is the annotated image."""

_INFO = 'pose_tracking_ros/msg/LandmarkInfo'
_CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'
_TRANSFORMS = {'/tf': 'tf2_msgs/msg/TFMessage', '/tf_static': 'tf2_msgs/msg/TFMessage'}

_POLL_SECONDS = 0.02
_ANSWER_SECONDS = 2.0
_MATCH_SECONDS = 5.0
"""
Interval of checks while waiting, timeout of service calls, and time for other subscribers to
connect.
"""


class ReplayError(RuntimeError):
    """The replay is incomplete or impossible; the message has the reason."""


class _EndError(Exception):
    """SIGINT or SIGTERM was received."""


@dataclass(frozen=True)
class Account:
    """
    The image counts of a camera, from the diagnostics.

    :param topic: topic of the images
    :param received: images received by the node
    :param dropped: images dropped without processing
    :param done: images neither waiting nor in process
    """

    topic: str
    received: int
    dropped: int
    done: int


class LiveReplay(Node):
    """The node that plays, records, and monitors the pose tracking node in its own namespace."""

    def __init__(self, arguments: Namespace, end: EndRequest) -> None:
        super().__init__('live_replay')
        self._arguments = arguments
        self._end = end
        self._sent = 0
        self._failure: Exception | None = None
        self._accounts: deque[dict[str, Account]] = deque(maxlen=2)
        self._pose_node = posixpath.join(self.get_namespace(), POSE_NODE)
        self._get_state: Client = self.create_client(GetState, f'{self._pose_node}/get_state')
        self._change_state: Client = self.create_client(
            ChangeState, f'{self._pose_node}/change_state'
        )
        self.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)
        self._clock_publisher = self.create_publisher(Clock, '/clock', 10)

    def run(self) -> None:
        """
        Replay the bag.

        :raises OSError: if the bag cannot be read
        :raises ReplayError: if not every image of the bag was processed and recorded
        """
        path, record = Path(self._arguments.bag), self._arguments.record
        if not path.exists():
            raise ReplayError(f'the bag {path} does not exist')
        if record and os.path.lexists(record):
            raise ReplayError(f'{record} exists: name a new folder to record into')
        problems = Problems()
        bag = Bag(path, problems)
        try:
            self.get_logger().info(f'Waiting until {self._pose_node} is active')
            self._await(self._is_active)
            self._await(self._is_known)
            images, depths = self._subscribed()
            played = self._chosen(bag, images, depths)
            with self._recording(record):
                self._play(bag, played, images)
                self._accounts = deque(maxlen=2)
                self._await(self._is_done)
                # Deactivation deletes the markers, which is recorded as well.
                request = ChangeState.Request()
                request.transition.id = Transition.TRANSITION_DEACTIVATE
                self._call(self._change_state, request)
            self._judge(problems)
        except _EndError:
            self.get_logger().info(f'Interrupted after {self._sent} images')

    def _subscribed(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return topics and types of the subscribed images, and of the depth images."""
        found = self._topics(self.get_subscriber_names_and_types_by_node, IMAGE_TYPES.values())
        cameras = {account.topic for account in self._accounts[-1].values()}
        images = {topic: kind for topic, kind in found.items() if topic in cameras}
        return images, {topic: kind for topic, kind in found.items() if topic not in cameras}

    def _chosen(
        self, bag: Bag, images: Mapping[str, str], depths: Mapping[str, str]
    ) -> dict[str, str]:
        """
        Return the topics and types to play.

        :param images: topics and types of the images that the pose tracking node subscribes to
        :param depths: likewise of the depth images
        :raises ReplayError: if the bag has no such images
        """
        if any(channel.is_ros1 for channel in bag.channels):
            raise ReplayError(f'{bag.path} is a ROS 1 bag: analyse it with pose-bag')
        recorded = {channel.topic: channel.type_name for channel in bag.channels}
        missing = [f'{topic} ({kind})' for topic, kind in images.items()
                   if recorded.get(topic) != kind]  # fmt: skip
        if missing:
            available = [
                f'{topic} ({kind})' for topic, kind in recorded.items()
                if kind in IMAGE_TYPES.values()
            ]  # fmt: skip
            text = (
                f'{bag.path} has no images on {", ".join(missing)}, but on '
                f'{", ".join(available) or "no topic"}: name others by image:=TOPIC, or set '
                f'image_transport{bag.damage}'
            )
            if len(missing) == len(images):
                raise ReplayError(text)
            self.get_logger().warning(text)
        without = [topic for topic, kind in depths.items() if recorded.get(topic) != kind]
        if without:
            self.get_logger().warning(f'{bag.path} has no depth on {", ".join(without)}')
        calibrations = {camera_info_topic(topic): _CAMERA_INFO for topic in (*images, *depths)}
        # At equal times, calibrations, transforms and depths come before images.
        wanted = {**calibrations, **_TRANSFORMS, **depths, **images}
        chosen = {topic: kind for topic, kind in wanted.items() if recorded.get(topic) == kind}
        unknown = [topic for topic, kind in chosen.items() if _message_class(kind) is None]
        if unknown:
            self.get_logger().warning(
                f'{", ".join(unknown)} not played: install {chosen[unknown[0]].partition("/")[0]}'
            )
        return {topic: kind for topic, kind in chosen.items() if topic not in unknown}

    def _play(self, bag: Bag, played: Mapping[str, str], images: Mapping[str, str]) -> None:
        """Play some topics of a bag, once or in a loop."""
        publishers = {topic: self._advertise(topic, kind) for topic, kind in played.items()}
        required = [publisher for topic, publisher in publishers.items() if topic in images]
        self._await(lambda: all(publisher.get_subscription_count() for publisher in required))
        # Other subscribers get a limited time: their quality of service may be incompatible.
        deadline = time.monotonic() + _MATCH_SECONDS
        self._await(
            lambda: all(map(self._is_matched, publishers.values())) or time.monotonic() > deadline
        )
        self.get_logger().info(f'Playing {", ".join(publishers)}')
        while True:
            self._play_once(bag, publishers, images)
            if self._arguments.loop == 'false':
                break
        poll = Duration(seconds=_POLL_SECONDS)
        for publisher in required:
            self._await(partial(publisher.wait_for_all_acked, poll))

    def _play_once(
        self, bag: Bag, publishers: Mapping[str, Publisher], images: Mapping[str, str]
    ) -> None:
        """Play a bag at its rate."""
        begun, first_ns = time.monotonic() + self._arguments.delay, None
        for message in bag.messages(list(publishers)):
            if first_ns is None:
                first_ns = message.received_ns
            self._await_time(begun, first_ns, message.received_ns)
            self._publish(publishers[message.channel.topic], bytes(message.data))
            self._sent += message.channel.topic in images

    def _publish(self, publisher: Publisher, data: bytes) -> None:
        """Publish a message when the middleware has room for it."""
        while True:
            try:
                publisher.publish(data)
                return
            except RuntimeError:  # from rclpy: the queue for slow subscribers is full
                self._check()
                time.sleep(_POLL_SECONDS)

    def _await_time(self, begun: float, first_ns: int, received_ns: int) -> None:
        """Wait until a message is due, and publish the time of the bag meanwhile."""
        rate = self._arguments.rate
        due = begun + (received_ns - first_ns) * 1e-9 / rate
        while (left := due - time.monotonic()) > 0:
            self._check()
            self._publish_time(max(first_ns, received_ns - round(left * 1e9 * rate)))
            time.sleep(min(left, _POLL_SECONDS))
        self._check()
        self._publish_time(received_ns)

    def _publish_time(self, time_ns: int) -> None:
        self._clock_publisher.publish(Clock(clock=Time(nanoseconds=time_ns).to_msg()))

    def _advertise(self, topic: str, kind: str) -> Publisher:
        """Return a publisher for a topic of the bag."""
        quality = QoSProfile(history=HistoryPolicy.KEEP_ALL)
        if topic == '/tf_static':
            quality.durability = DurabilityPolicy.TRANSIENT_LOCAL
        return self.create_publisher(_message_class(kind), topic, quality)

    def _is_matched(self, publisher: Publisher) -> bool:
        """Return whether all subscribers are connected; before, messages are lost."""
        wanted = self.count_subscribers(publisher.topic_name)
        return publisher.get_subscription_count() >= wanted

    @contextmanager
    def _recording(self, record: str) -> Iterator[None]:
        """Record the output of the node to a new folder, if any, until the context ends."""
        if not record:
            yield
            return
        topics = self._topics(
            self.get_publisher_names_and_types_by_node, [*_CAMERA_OUTPUTS, _INFO]
        )
        subscriptions: list[Any] = []
        came: set[str] = set()
        with closing(BagWriter(record)) as bag:
            # The latched topic last: when it arrives, all subscriptions are matched.
            for topic, kind in sorted(topics.items(), key=lambda item: item[1] == _INFO):
                offered = [info.qos_profile for info in self.get_publishers_info_by_topic(topic)]
                bag.add_topic(topic, kind, offered)
                subscriptions.append(self._record(bag, topic, kind, came))
            try:
                self._await(lambda: came.intersection(t for t in topics if topics[t] == _INFO))
                yield
            finally:
                for subscription in subscriptions:
                    self.destroy_subscription(subscription)

    def _record(self, bag: BagWriter, topic: str, kind: str, came: set[str]) -> Any:
        """Record every message of a topic."""
        quality = QoSProfile(history=HistoryPolicy.KEEP_ALL)
        if kind == _INFO:
            quality.durability = DurabilityPolicy.TRANSIENT_LOCAL

        def write(data: bytes) -> None:
            try:
                bag.write(topic, self.get_clock().now().nanoseconds, data)
            except (OSError, WriterError) as error:
                self._failure = error
            came.add(topic)

        return self.create_subscription(_message_class(kind), topic, write, quality, raw=True)

    def _judge(self, problems: Problems) -> None:
        """Log the number of processed images; raise a ReplayError if images are missing."""
        accounts = self._accounts[-1].values()
        received = sum(account.received for account in accounts)
        dropped = sum(account.dropped for account in accounts)
        for problem in problems:
            self.get_logger().warning(problem.text)
        if dropped or received < self._sent:
            raise ReplayError(
                f'of {self._sent} images {received} reached the node, which dropped {dropped}: '
                'play the bag at a lower rate, or analyse it with pose-bag'
            )
        if problems.lost_something:
            raise ReplayError(f'the bag is damaged: {self._sent} images were processed')
        self.get_logger().info(f'All {self._sent} images processed')

    def _is_active(self) -> bool:
        """Return whether the pose tracking node is active."""
        response = self._call(self._get_state, GetState.Request())
        return (
            response is not None and response.current_state.id == State.PRIMARY_STATE_ACTIVE
        )

    def _is_known(self) -> bool:
        """Return whether all topics of all cameras of the pose tracking node are in the graph."""
        if not self._accounts:
            return False
        cameras = len(self._accounts[-1])
        published = self.get_publisher_names_and_types_by_node
        return (
            len(self._subscribed()[0]) == cameras
            and all(len(self._topics(published, [kind])) == cameras for kind in _CAMERA_OUTPUTS)
            and len(self._topics(published, [_INFO])) == 1
        )

    def _topics(self, names_and_types: Callable, types: Iterable[str]) -> dict[str, str]:
        """Return the topics of the pose tracking node with some types, and their type."""
        try:
            topics = names_and_types(POSE_NODE, self.get_namespace())
        except RuntimeError:  # from rclpy: the node is not in the graph yet
            return {}
        wanted = frozenset(types)
        return {topic: kinds[0] for topic, kinds in topics if wanted.intersection(kinds)}

    def _is_done(self) -> bool:
        """Return whether no image waits, in the node or in the middleware."""
        accounts = list(self._accounts)
        return (
            len(accounts) == 2
            and accounts[0] == accounts[1]
            and all(account.done == account.received for account in accounts[1].values())
        )

    def _on_diagnostics(self, array: DiagnosticArray) -> None:
        """Update the image counts."""
        accounts = _accounts(array, self._pose_node.lstrip('/'))
        if accounts:
            self._accounts.append(accounts)

    def _call(self, client: Any, request: Any) -> Any:
        """Call a service of the pose tracking node; return None on timeout."""
        self._await(client.service_is_ready)
        future, deadline = client.call_async(request), time.monotonic() + _ANSWER_SECONDS
        self._await(lambda: future.done() or time.monotonic() > deadline)
        return future.result() if future.done() else None

    def _await(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds."""
        while not condition():
            self._check()
            time.sleep(_POLL_SECONDS)

    def _check(self) -> None:
        """Raise an _EndError on a stop request, a ReplayError if the recording failed."""
        if self._failure is not None:
            raise ReplayError(f'{self._arguments.record} cannot be written: {self._failure}')
        if self._end:
            raise _EndError


def _message_class(kind: str) -> Any:
    """Return the class of a message type, None if its package is not installed."""
    package, _, name = kind.split('/')
    try:
        return getattr(import_module(f'{package}.msg'), name)
    except ImportError:
        return None


def _accounts(array: DiagnosticArray, node: str) -> dict[str, Account]:
    """Return the image counts of each camera of a node, none while it is not active."""
    counts: dict[str, dict[str, int]] = {}
    topics: dict[str, str] = {}
    for status in array.status:
        name, _, task = status.name.partition(': ')
        camera, _, kind = task.rpartition(' ')
        if name == node and kind in ('images', 'tracking'):
            topics[camera] = status.hardware_id
            counts.setdefault(camera, {}).update(
                (value.key, int(value.value)) for value in status.values if value.value.isdecimal()
            )
    done = 'dropped', 'rejected', 'failed', 'processed'
    if not all(count.keys() >= {'received', *done} for count in counts.values()):
        return {}
    return {
        camera: Account(
            topics[camera],
            count['received'],
            count['dropped'],
            sum(count[kind] for kind in done),
        )
        for camera, count in counts.items()
    }


def _parsed(argv: list[str]) -> Namespace:
    """Return the arguments of the command line; exit if they are wrong."""
    parser = ArgumentParser(prog='live_replay', description=__doc__.strip().splitlines()[0])
    parser.add_argument('bag', help='the bag, a file or a folder')
    parser.add_argument(
        '--rate', type=float, default=1.0, help='speed relative to the recording'
    )
    parser.add_argument(
        '--loop', choices=['true', 'false'], default='false', help='whether to play in a loop'
    )
    parser.add_argument(
        '--delay', type=float, default=0.0, metavar='SECONDS', help='wait before each play'
    )
    parser.add_argument('--record', default='', metavar='FOLDER', help='new folder for a bag')
    arguments = parser.parse_args(remove_ros_args(argv)[1:])
    if not 0 < arguments.rate < float('inf') or not 0 <= arguments.delay < float('inf'):
        parser.error('rate has to be above 0, and delay 0 or more')
    return arguments


def main(args: Sequence[str] | None = None) -> int:
    """
    Run the command line.

    :return: 0 if all images were processed, or on interruption; 1 otherwise
    """
    end = EndRequest()
    argv = sys.argv if args is None else ['live_replay', *args]
    node = start(
        'live_replay', lambda: LiveReplay(_parsed(argv), end), argv, has_own_arguments=True
    )
    if node is None:
        return 1
    try:
        with spinning(node, end):
            node.run()
    except (ReplayError, OSError, WriterError) as error:
        node.get_logger().fatal(str(error))
        return 1
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
    return 0
