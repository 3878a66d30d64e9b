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
A subscriber that receives messages until its input ends, then reports their arrival.

Writes, for each topic, the stamp and the arrival of each message, in nanoseconds, as JSON.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
import json
import sys
from threading import Thread
import time
from typing import Any

from geometry_msgs.msg import PoseArray
from pose_tracking_ros.msg import PoseLandmarks
import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import Image

from pose_tracking_ros.heap import keep_freed_memory

TYPES = {'PoseArray': PoseArray, 'PoseLandmarks': PoseLandmarks, 'Image': Image}


def main() -> None:
    """Receive and report."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('type', choices=TYPES)
    parser.add_argument('topics', nargs='+')
    arguments = parser.parse_args()
    keep_freed_memory()
    rclpy.init()
    node = Node('listener')
    received: list[list[tuple[int, int]]] = []
    for topic in arguments.topics:
        received.append([])
        callback = recorder(received[-1])
        node.create_subscription(TYPES[arguments.type], topic, callback, 10)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    spinning = Thread(target=spin, args=(executor,))
    spinning.start()
    sys.stdin.read()
    executor.shutdown()
    spinning.join()
    print(json.dumps(received), flush=True)
    node.destroy_node()
    rclpy.try_shutdown()


def recorder(received: list[tuple[int, int]]) -> Callable[[Any], None]:
    """Return a callback that records stamp and time of each message."""

    def record(message: Any) -> None:
        now = time.time_ns()
        stamp = message.header.stamp
        received.append((stamp.sec * 1_000_000_000 + stamp.nanosec, now))

    return record


def spin(executor: SingleThreadedExecutor) -> None:
    """Receive until the executor is shut down."""
    try:
        executor.spin()
    except ExternalShutdownException:
        return


if __name__ == '__main__':
    main()
