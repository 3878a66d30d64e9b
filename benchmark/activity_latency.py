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
Measure the latency from landmarks to activities through a real ROS graph.

``python benchmark/activity_latency.py`` needs the environment of ``source tools/environment.sh``.
``--write`` puts the table into docs/node.md. The node runs in a process of its own; the landmarks
come 30 times a second.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
import subprocess
import time

from ament_index_python.packages import get_package_prefix
from builtin_interfaces.msg import Time
from figures import milliseconds
import numpy as np
from page import markdown_table, measured_with, write_section
from pose_tracking_ros.msg import Activities, PoseLandmarks
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import Header

from pose_tracking_ros.blazepose import FULL_BODY, Pose, PoseTrackerResult
from pose_tracking_ros.messages import pose_landmarks_message
from pose_tracking_ros.node.message_types import MESSAGE_TYPES

NODE = Path(get_package_prefix('pose_tracking_ros'), 'lib/pose_tracking_ros/pose_activity_node')
PEOPLE = (1, 4)
RATE = 30.0
WARM_UP = 30
SIZE = (640, 480)
PATIENCE = 60.0

HEADER = ['people', 'median, ms', '95 %, ms', '99 %, ms']


def main() -> None:
    """Measure, print the table, and write the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--messages', type=int, default=600, help='of each number of people (600)')
    parser.add_argument('--write', action='store_true', help='write docs/node.md as well')
    arguments = parser.parse_args()
    table = markdown_table(HEADER, rows(arguments.messages))
    print(table)
    if arguments.write:
        write_section('node.md', 'activity latency', f'{table}\n{measured_with()}')


def rows(messages: int) -> Iterator[list[str]]:
    """Yield the latencies for each number of people."""
    process = subprocess.Popen([NODE])
    rclpy.init()
    side = Side()
    try:
        side.spin_until(lambda: side.landmarks.get_subscription_count() == 2)
        side.spin_until(lambda: side.node.count_publishers('activities'))
        for people in PEOPLE:
            latencies = side.measure(people, messages)
            figures = np.percentile(latencies, [50, 95, 99])
            yield [str(people), *map(milliseconds, 1000 * figures)]
    finally:
        side.node.destroy_node()
        rclpy.try_shutdown()
        process.terminate()
        process.wait()


class Side:
    """Publishes landmarks, and records the arrival of them and of their activities."""

    def __init__(self) -> None:
        self.node = Node('activity_latency')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self.landmarks = self.node.create_publisher(PoseLandmarks, 'pose_landmarks', 10)
        self._arrivals: dict[tuple[type, int], float] = {}
        # Raw messages: decoding in this process would add to the latency.
        for message_type, topic in ((PoseLandmarks, 'pose_landmarks'), (Activities, 'activities')):
            self.node.create_subscription(
                message_type,
                topic,
                lambda data, message_type=message_type: self._on_message(message_type, data),
                10,
                raw=True,
            )

    def _on_message(self, message_type: type, data: bytes) -> None:
        # The stamp follows the four bytes of the encoding.
        second = int.from_bytes(data[4:8], 'little')
        self._arrivals[message_type, second] = time.perf_counter()

    def measure(self, people: int, messages: int) -> np.ndarray:
        """Return the seconds from the arrival of landmarks to that of their activities."""
        latencies = []
        for index in range(WARM_UP + messages):
            second = 1000 * people + index
            begun = time.perf_counter()
            header = Header(stamp=Time(sec=second), frame_id='camera')
            result = PoseTrackerResult(tuple(person(number) for number in range(1, people + 1)))
            message = pose_landmarks_message(MESSAGE_TYPES, header, SIZE, FULL_BODY, result)
            self._arrivals.clear()
            self.landmarks.publish(message)
            self.spin_until(lambda: len(self._arrivals) == 2)
            latencies.append(
                self._arrivals[Activities, second] - self._arrivals[PoseLandmarks, second]
            )
            time.sleep(max(0.0, begun + 1 / RATE - time.perf_counter()))
        return np.array(latencies[WARM_UP:])

    def spin_until(self, condition: Callable[[], object]) -> None:
        """Receive until a condition holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError('the node does not answer')
            self._executor.spin_once(timeout_sec=0.05)


def person(track_id: int) -> Pose:
    """Return a person with random landmarks: the work does not depend on them."""
    random = np.random.default_rng(track_id)
    count = len(FULL_BODY.landmarks)
    landmarks = random.random((count, 5), np.float32)
    landmarks[:, 3:] = 1.0
    world = random.normal(0.0, 0.4, (count, 3)).astype(np.float32)
    inside = np.ones(count, bool)
    roi = np.array([0.5, 0.5, 0.6, 0.8, 0.0])
    return Pose(FULL_BODY, landmarks, world, inside, inside.copy(), 1.0, roi, track_id)


if __name__ == '__main__':
    main()
