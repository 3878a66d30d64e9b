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
Measure the cost of each lifecycle state of the node, and write it into docs/node.md.

.. code-block:: console

    $ python benchmark/lifecycle_cost.py
"""

from __future__ import annotations

from collections.abc import Callable
import itertools
import os
from pathlib import Path
import signal
import subprocess
import time

from ament_index_python.packages import get_package_prefix
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from page import markdown_table, measured_with, write_section
import psutil
from rcl_interfaces.srv import SetParameters
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from soak import image_of, RATE, read_frames

from pose_tracking_ros.demo.graph_environment import free_domain_id, graph_environment

SECONDS = 10.0
SETTLE = 2.0


class Bench:
    """The other side of the node's graph: a manager, a camera and a viewer."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._node = rclpy.create_node('lifecycle_cost')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._camera = self._node.create_publisher(Image, 'image', qos_profile_sensor_data)
        self._client = self._node.create_client(ChangeState, 'pose_tracking/change_state')
        self._frames = itertools.cycle(read_frames())

    def transition(self, name: str) -> None:
        """Change the state of the node."""
        self._client.wait_for_service()
        transition = Transition(id=getattr(Transition, f'TRANSITION_{name.upper()}'))
        future = self._client.call_async(ChangeState.Request(transition=transition))
        self._executor.spin_until_future_complete(future)

    def look(self) -> None:
        """Subscribe to the annotated image."""
        self._viewer = self._node.create_subscription(Image, 'annotated_image', lambda _: None, 1)

    def look_away(self) -> None:
        """Unsubscribe from the annotated image."""
        self._node.destroy_subscription(self._viewer)

    def make_lazy(self) -> None:
        """Set ``lazy``; before the node is configured."""
        client = self._node.create_client(SetParameters, 'pose_tracking/set_parameters')
        client.wait_for_service()
        lazy = Parameter('lazy', value=True).to_parameter_msg()
        future = client.call_async(SetParameters.Request(parameters=[lazy]))
        self._executor.spin_until_future_complete(future)

    def cost(self, with_images: bool = False) -> tuple[str, str]:
        """Return the load of the node in percent of a core, and its memory."""
        self._spend(SETTLE, with_images)
        before, begun = self._process.cpu_times(), time.monotonic()
        self._spend(SECONDS, with_images)
        after, elapsed = self._process.cpu_times(), time.monotonic() - begun
        used = after.user + after.system - before.user - before.system
        return f'{100 * used / elapsed:.1f}', f'{self._process.memory_info().rss / 1e6:.0f}'

    def _spend(self, seconds: float, with_images: bool) -> None:
        due = time.monotonic()
        end = due + seconds
        while due < end:
            due += 1 / RATE
            if with_images:
                self._camera.publish(image_of(next(self._frames), self._node.get_clock().now()))
            while (left := due - time.monotonic()) > 0:
                self._executor.spin_once(timeout_sec=left)


def measure(bench: Bench) -> list[tuple[str, str, str]]:
    """Return the states and their costs."""
    steps: list[tuple[str, Callable[[], object], bool]] = [
        ('unconfigured', lambda: None, True),
        ('inactive', lambda: bench.transition('configure'), True),
        ('active, no images', lambda: bench.transition('activate'), False),
        ('active', lambda: None, True),
        ('active, with a subscriber to the annotated image', bench.look, True),
        ('unconfigured again', lambda: (bench.look_away(), bench.transition('deactivate'),
                                        bench.transition('cleanup')), True),
        ('active with `lazy`, and nobody looks', lambda: (bench.make_lazy(),
                                                          bench.transition('configure'),
                                                          bench.transition('activate')), True),
    ]
    rows = []
    for name, step, with_images in steps:
        step()
        rows.append((name, *bench.cost(with_images)))
    return rows


def main() -> None:
    """Measure and write the table."""
    os.environ.update(graph_environment(os.environ, free_domain_id()))
    executable = Path(get_package_prefix('pose_tracking_ros'), 'lib/pose_tracking_ros')
    process = subprocess.Popen(
        [executable / 'pose_tracking_node', '--ros-args', '-p', 'autostart:=false']
    )
    rclpy.init()
    try:
        rows = measure(Bench(psutil.Process(process.pid)))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
    table = markdown_table(('state', 'CPU (% of a core)', 'memory (MB)'), rows)
    write_section('node.md', 'lifecycle', f'{table}\n{measured_with()}')
    print(table)


if __name__ == '__main__':
    main()
