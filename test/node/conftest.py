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

"""A ROS graph of its own for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import rclpy

from node.ros_graph import Graph, NodeProcess


@pytest.fixture
def ros_context(ros_environment: None) -> Iterator[rclpy.Context]:
    """Return a ROS context in that domain."""
    context = rclpy.Context()
    rclpy.init(context=context)
    yield context
    context.try_shutdown()


@pytest.fixture
def graph(ros_context: rclpy.Context) -> Iterator[Graph]:
    """Return the test's side of the graph."""
    graph = Graph(ros_context)
    yield graph
    graph.close()


@pytest.fixture
def start_node(ros_environment: None, tmp_path: Path) -> Iterator[Callable[..., NodeProcess]]:
    """Return a function that starts the node with parameters, and further arguments."""
    started = []

    def start(*arguments: str, **parameters: object) -> NodeProcess:
        given = [part for name, value in parameters.items() for part in ('-p', f'{name}:={value}')]
        log = tmp_path / f'node_{len(started)}.log'
        started.append(NodeProcess(log, ['--ros-args', *given, *arguments]))
        return started[-1]

    yield start
    for process in started:
        process.close()
