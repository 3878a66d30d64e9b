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

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Thread

import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter

from pose_tracking_ros.blazepose import EXECUTION_PROVIDERS, InferenceOptions, PoseTracker
from pose_tracking_ros.node.managed_node import ManagedNode
from pose_tracking_ros.node.pose_tracking_node import PoseTrackingNode
from ros_graph import Graph, NodeProcess


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
    """
    Return a function that starts the node with parameters, and further arguments.

    Its argument ``through`` is that of :class:`NodeProcess`.
    """
    started = []

    def start(
        *arguments: str, through: Sequence[str] = (), **parameters: object
    ) -> NodeProcess:
        given = [part for name, value in parameters.items() for part in ('-p', f'{name}:={value}')]
        log = tmp_path / f'node_{len(started)}.log'
        started.append(NodeProcess(log, ['--ros-args', *given, *arguments], through=through))
        return started[-1]

    yield start
    for process in started:
        process.close()


@pytest.fixture
def make_node(ros_context: rclpy.Context) -> Iterator[Callable[..., ManagedNode]]:
    """Return a function that makes a node in this process: it serves the graph in a thread."""
    executor = SingleThreadedExecutor(context=ros_context)
    spinning = Thread(target=executor.spin)
    made = []

    def make(
        node_type: type[ManagedNode] = PoseTrackingNode, **parameters: object
    ) -> ManagedNode:
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        node = node_type(context=ros_context, parameter_overrides=overrides)
        made.append(node)
        node.autostart()
        executor.add_node(node)
        if not spinning.is_alive():
            spinning.start()
        return node

    yield make
    executor.shutdown()
    if made:
        spinning.join()
    for node in made:
        node.shut_down()
        node.destroy_node()


@pytest.fixture
def node_here(make_node: Callable[..., PoseTrackingNode]) -> PoseTrackingNode:
    """Return such a node without parameters."""
    return make_node()


@pytest.fixture(scope='session')
def missing_provider() -> str:
    """Return an execution provider that ONNX Runtime cannot use here."""
    for name in reversed(EXECUTION_PROVIDERS):
        tracker = PoseTracker(inference=InferenceOptions(execution_provider=name))
        if name != 'auto' and not tracker.execution_provider.lower().startswith(name):
            return name
    pytest.skip('every execution provider works here')
