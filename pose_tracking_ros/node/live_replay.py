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
Play a bag for a pose tracking node that runs, on the time of the bag, and record what comes of it.

Every image is played reliably, processed in order, and recorded before the end. ``ros2 bag`` plays
and records; this process starts it when the node is ready, and ends it when the node is done.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, ExitStack
from dataclasses import dataclass
import os
from pathlib import Path
import posixpath
import sys
from tempfile import NamedTemporaryFile
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args
import yaml

from pose_tracking_ros.demo.child_process import ChildProcess, ProcessError
from pose_tracking_ros.end_request import EndRequest
from pose_tracking_ros.node.image_watch import IMAGE_TYPES

POSE_NODE = 'pose_tracking'

_RECORDED_TYPES = (
    'pose_tracking_ros/msg/PoseLandmarks',
    'visualization_msgs/msg/MarkerArray',
    'sensor_msgs/msg/CompressedImage',
)
"""What is recorded of each camera; the one CompressedImage is the annotated one."""

_INFO_TYPE = 'pose_tracking_ros/msg/LandmarkInfo'

_TF = ('/tf', '/tf_static')

_MATCH_SECONDS = 1.0
"""What the player waits for the node to know of it: earlier images would reach nobody."""

_POLL_SECONDS = 0.1


class ReplayError(RuntimeError):
    """The replay is not what was asked for; the message tells what is missing."""


class _Ended(Exception):
    """SIGINT or SIGTERM has come."""


@dataclass(frozen=True)
class Account:
    """
    What became of the images of a camera, from the diagnostics.

    :param received: images that arrived at the node
    :param dropped: those that it did not process
    :param done: those that do not wait and are not at work
    """

    received: int = 0
    dropped: int = 0
    done: int = 0


class LiveReplay(Node):
    """
    The node that watches the pose tracking node in its own namespace.

    :param arguments: what to play and to record, of the command line
    :param end: becomes true when the user wants the end
    """

    def __init__(self, arguments: Namespace, end: EndRequest) -> None:
        super().__init__('live_replay')
        self._arguments = arguments
        self._end = end
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self)
        self._pose_node = posixpath.join(self.get_namespace(), POSE_NODE)
        self._get_state = self.create_client(GetState, f'{self._pose_node}/get_state')
        self._change_state = self.create_client(ChangeState, f'{self._pose_node}/change_state')
        self._accounts: dict[str, Account] = {}
        self._is_settled = False
        self.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)

    def run(self) -> None:
        """
        Replay the bag.

        :raises ReplayError: when not every image of the bag was processed
        :raises ProcessError: when the player or the recorder fails
        """
        bag, record = Path(self._arguments.bag), self._arguments.record
        if not bag.exists():
            raise ReplayError(f'the bag {bag} does not exist')
        if record and os.path.lexists(record):
            raise ReplayError(f'{record} exists: name a folder that does not, to record into')
        try:
            self._replay(bag, record)
        except _Ended:
            self.get_logger().info('Interrupted')

    def close(self) -> None:
        """Leave the graph."""
        self._executor.remove_node(self)
        self.destroy_node()

    def _replay(self, bag: Path, record: str) -> None:
        """Start the processes one after the other, and end them in the other order."""
        self.get_logger().info(f'Waiting until {self._pose_node} is active')
        self._spin_until(self._is_active)
        self._spin_until(self._is_known)
        images = self._subscribed(IMAGE_TYPES.values())
        with ExitStack() as stack:
            recorder = None
            if record:
                topics = [*self._published(_RECORDED_TYPES), *self._published([_INFO_TYPE])]
                command = ['ros2', 'bag', 'record', '-o', record, *topics]
                recorder = stack.enter_context(_running('the recorder', command))
                self._spin_until(
                    lambda: all(map(self.count_subscribers, topics)), recorder.check_runs
                )
            self._play(bag, images)
            self._spin_until(lambda: self._is_settled, recorder and recorder.check_runs)
            # Takes the markers back, which is recorded as well.
            self._call(
                self._change_state,
                ChangeState.Request(
                    transition=Transition(id=Transition.TRANSITION_DEACTIVATE)
                ),
            )
        # Its exit code tells nothing: interrupted, as it has to be, it is none that all agree on.
        if record and not Path(record, 'metadata.yaml').is_file():
            raise ReplayError(f'the recorder has not finished {record}')
        self._judge(_images_in(bag, images), images)

    def _play(self, bag: Path, images: Sequence[str]) -> None:
        """Play what the node and its viewers need of the bag, to its end."""
        arguments = self._arguments
        with _reliable(images) as quality:
            command = [
                *('ros2', 'bag', 'play', str(bag), '--clock', '--rate', str(arguments.rate)),
                *('--delay', str(_MATCH_SECONDS + arguments.delay)),
                *(['--loop'] if arguments.loop == 'true' else []),
                *('--wait-for-all-acked', '0', '--qos-profile-overrides-path', quality),
                *('--topics', *images, *map(_camera_info, images), *_TF),
            ]
            with _running('the player', command) as player:
                self._spin_until(player.check)
        # What was told while images were under way does not count.
        self._accounts, self._is_settled = {}, False

    def _judge(self, expected: int | None, topics: Sequence[str]) -> None:
        """
        Tell how many images were processed.

        :param expected: how many images the bag holds, None where it does not tell
        :param topics: their topics
        :raises ReplayError: when some are missing
        """
        received = sum(account.received for account in self._accounts.values())
        dropped = sum(account.dropped for account in self._accounts.values())
        names = ', '.join(topics)
        if not received:
            raise ReplayError(
                f'no image came: are those of the bag on {names}? Name others by image:=TOPIC, '
                'and compressed ones by image_transport:=compressed'
            )
        if dropped:
            raise ReplayError(
                f'{dropped} of {received} images were dropped, since too many waited: play the '
                'bag at a lower rate, or analyse it with pose-bag'
            )
        if expected is not None and received < expected:
            raise ReplayError(
                f'{expected - received} of {expected} images on {names} did not reach the node: '
                'give both sides more time to find each other by delay:=SECONDS'
            )
        self.get_logger().info(f'All {received} images processed')

    def _is_active(self) -> bool:
        """Ask the pose tracking node for its state."""
        response = self._call(self._get_state, GetState.Request())
        return (
            response is not None
            and response.current_state.id == State.PRIMARY_STATE_ACTIVE
        )

    def _is_known(self) -> bool:
        """Return whether all topics of all cameras of the pose tracking node are in the graph."""
        cameras = len(self._accounts)
        return (
            cameras > 0
            and len(self._subscribed(IMAGE_TYPES.values())) == cameras
            and all(len(self._published([kind])) == cameras for kind in _RECORDED_TYPES)
            and len(self._published([_INFO_TYPE])) == 1
        )

    def _subscribed(self, types: Iterable[str]) -> list[str]:
        """Return the topics of some types that the pose tracking node subscribes to."""
        return self._topics(self.get_subscriber_names_and_types_by_node, types)

    def _published(self, types: Iterable[str]) -> list[str]:
        """Return the topics of some types that the pose tracking node publishes."""
        return self._topics(self.get_publisher_names_and_types_by_node, types)

    def _topics(self, names_and_types: Callable, types: Iterable[str]) -> list[str]:
        wanted = frozenset(types)
        try:
            topics = names_and_types(POSE_NODE, self.get_namespace())
        except RuntimeError:  # rclpy's own, as long as the node is not in the graph.
            return []
        return [topic for topic, kinds in topics if wanted.intersection(kinds)]

    def _on_diagnostics(self, array: DiagnosticArray) -> None:
        """Note what became of the images; settled is what twice is the same and complete."""
        accounts = _accounts(array, self._pose_node.lstrip('/'))
        if not accounts:
            return
        self._is_settled = accounts == self._accounts and all(
            account.done == account.received for account in accounts.values()
        )
        self._accounts = accounts

    def _call(self, client: Any, request: Any) -> Any:
        """Call a service of the pose tracking node; return None when it does not answer."""
        self._spin_until(client.service_is_ready)
        future = client.call_async(request)
        deadline_ns = self.get_clock().now().nanoseconds + 2_000_000_000
        self._spin_until(
            lambda: future.done() or self.get_clock().now().nanoseconds > deadline_ns
        )
        if future.done():
            return future.result()
        client.remove_pending_request(future)
        return None

    def _spin_until(
        self, condition: Callable[[], object], check: Callable[[], object] | None = None
    ) -> None:
        """
        Serve the graph until a condition holds.

        :param check: called meanwhile, may raise
        :raises _Ended: when the user wants the end
        """
        while not condition():
            if check is not None:
                check()
            if self._end:
                raise _Ended
            self._executor.spin_once(timeout_sec=_POLL_SECONDS)


@contextmanager
def _running(name: str, command: Sequence[str]) -> Iterator[ChildProcess]:
    """Run a program until the context ends, its output with ours."""
    child = ChildProcess(name, command, os.environ)
    try:
        yield child
    finally:
        child.stop()


@contextmanager
def _reliable(topics: Sequence[str]) -> Iterator[str]:
    """Make a file that lets the player send topics so that no message gets lost."""
    quality = {
        'history': 'keep_last', 'depth': 1000, 'reliability': 'reliable', 'durability': 'volatile'
    }  # fmt: skip
    with NamedTemporaryFile('w', prefix='replay_quality_', suffix='.yaml') as file:
        yaml.safe_dump({topic: dict(quality) for topic in topics}, file)
        file.flush()
        yield file.name


def _camera_info(image_topic: str) -> str:
    """Return the topic of the calibration that belongs to images."""
    return posixpath.join(posixpath.dirname(image_topic.removesuffix('/compressed')), 'camera_info')


def _images_in(bag: Path, topics: Sequence[str]) -> int | None:
    """Return how many messages a bag has on some topics, None where its metadata do not tell."""
    try:
        metadata = yaml.safe_load((bag / 'metadata.yaml').read_text(encoding='utf-8'))
        counts = metadata['rosbag2_bagfile_information']['topics_with_message_count']
        return sum(
            item['message_count'] for item in counts if item['topic_metadata']['name'] in topics
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return None


def _accounts(array: DiagnosticArray, node: str) -> dict[str, Account]:
    """Return the account of each camera of a node."""
    counts: dict[str, dict[str, int]] = {}
    for status in array.status:
        name, _, task = status.name.partition(': ')
        camera, _, kind = task.rpartition(' ')
        if name == node and kind in ('images', 'tracking'):
            counts.setdefault(camera, {}).update(
                (value.key, int(value.value)) for value in status.values if value.value.isdecimal()
            )
    return {
        camera: Account(
            count['received'],
            count['dropped'],
            sum(count[kind] for kind in ('dropped', 'rejected', 'failed', 'processed')),
        )
        for camera, count in counts.items()
    }


def _parser() -> ArgumentParser:
    """Return the description of the command line."""
    parser = ArgumentParser(prog='live_replay', description=__doc__.strip().splitlines()[0])
    parser.add_argument('bag', help='the bag, a file or a folder')
    parser.add_argument(
        '--rate', type=float, default=1.0, help='how many times as fast as it was recorded'
    )
    parser.add_argument(
        '--loop', choices=['true', 'false'], default='false', help='whether to play it again'
    )
    parser.add_argument(
        '--delay', type=float, default=0.0, metavar='SECONDS', help='to wait before each play'
    )
    parser.add_argument('--record', default='', metavar='FOLDER', help='to make for a bag')
    return parser


def main(args: Sequence[str] | None = None) -> int:
    """
    Replay a bag as the command line says.

    :return: 0 when all its images were processed, or when interrupted; 1 otherwise
    """
    end = EndRequest()
    arguments = sys.argv if args is None else ['live_replay', *args]
    options = _parser().parse_args(remove_ros_args(arguments)[1:])
    rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
    node = LiveReplay(options, end)
    try:
        node.run()
    except (ReplayError, ProcessError, OSError) as error:
        node.get_logger().fatal(str(error))
        return 1
    finally:
        node.close()
        rclpy.try_shutdown()
    return 0
