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

"""Real clips, and a ROS graph of its own for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import time

from ament_index_python.packages import get_package_prefix
import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from pose_tracking_ros.demo.child_process import ChildProcess
from pose_tracking_ros.video.annotated_video import AnnotatedVideo

PATIENCE = 60.0


@pytest.fixture(scope='session')
def grey_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clip without people: frame k of 20 is as bright as 10 k, 20 a second."""
    path = tmp_path_factory.mktemp('clips') / 'grey.mp4'
    with AnnotatedVideo(path, 20) as video:
        for index in range(20):
            video.write(np.full((120, 160, 3), 10 * index, np.uint8), index * 50_000_000)
    return path


@pytest.fixture
def node(ros_environment: None) -> Iterator[Node]:
    """Return a node of the test's own process."""
    context = rclpy.Context()
    rclpy.init(context=context)
    node = Node('test', context=context)
    yield node
    node.destroy_node()
    context.try_shutdown()


@pytest.fixture
def spin_until(node: Node) -> Callable[[Callable[[], object]], None]:
    """Return a function that lets the test's node work until a condition holds."""
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)

    def spin(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, 'what the test waits for did not happen'
            executor.spin_once(timeout_sec=0.05)

    return spin


@pytest.fixture
def start(ros_environment: None, tmp_path: Path) -> Iterator[Callable[..., ChildProcess]]:
    """Return a function that starts an executable of the package with parameters."""
    started = []

    def start_executable(executable: str, **parameters: object) -> ChildProcess:
        path = Path(get_package_prefix('pose_tracking_ros'), 'lib/pose_tracking_ros', executable)
        given = [part for name, value in parameters.items() for part in ('-p', f'{name}:={value}')]
        log = tmp_path / f'{executable}.log'
        started.append(
            ChildProcess(executable, [str(path), '--ros-args', *given], os.environ, log)
        )
        return started[-1]

    yield start_executable
    for process in started:
        process.stop()
