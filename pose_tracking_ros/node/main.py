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

"""Run a node as a process: start, signals, orderly shutdown."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
import sys
from threading import Thread
from typing import Any, Protocol, TypeVar

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.logging import get_logger
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args

from pose_tracking_ros.blazepose.loading import end_process, stop_when
from pose_tracking_ros.end_request import EndRequest
from pose_tracking_ros.heap import keep_freed_memory
from pose_tracking_ros.node.managed_node import ManagedNode
from pose_tracking_ros.ros_help import answer_help

_Node = TypeVar('_Node')


class _NodeType(Protocol):
    """A class of nodes that need no arguments."""

    default_name: str

    def __call__(self) -> ManagedNode:
        """Return a node."""


def main(node_type: _NodeType, args: list[str] | None = None) -> int:
    """
    Run a node until SIGINT or SIGTERM.

    Signals are handled here, so that the node shuts down in a working graph: rclpy's handlers
    would shut down the context first.

    :param args: the arguments, by default those of the process
    :return: the exit code of the process: 0, or 1 if the node cannot start
    """
    description = (node_type.__doc__ or '').strip().partition('\n')[0]
    answer_help(f'{node_type.default_name}_node', description, args)
    keep_freed_memory()
    end = EndRequest()
    stop_when(end.__bool__)
    node = start(node_type.default_name, node_type, args)
    if node is None:
        return 1
    node.autostart()
    with spinning(node, end):
        end.wait()
    node.shut_down()
    node.destroy_node()
    rclpy.try_shutdown()
    return end_process(0)


def start(
    name: str,
    make_node: Callable[[], _Node],
    args: list[str] | None = None,
    has_own_arguments: bool = False,
) -> _Node | None:
    """
    Initialize rclpy and return a node, or log the reason and return None if it cannot start.

    :param name: name of the logger
    :param make_node: returns the node; may raise a RuntimeError or ValueError
    :param args: the arguments, by default those of the process
    :param has_own_arguments: whether the program reads the arguments that are not those of ROS
    """
    try:
        _init(sys.argv if args is None else args, has_own_arguments)
        return make_node()
    # rclpy raises any of these for a wrong argument, file or parameter.
    except (RuntimeError, ValueError, ParameterException) as error:
        get_logger(name).fatal(str(error))
        rclpy.try_shutdown()
        return None


@contextmanager
def spinning(node: Any, end: EndRequest) -> Iterator[None]:
    """Spin a node in another thread, whatever its callbacks raise."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    thread = Thread(target=_spin, args=(executor, node, end), name='executor')
    thread.start()
    try:
        yield
    finally:
        executor.shutdown()
        thread.join()


def _spin(executor: SingleThreadedExecutor, node: Any, end: EndRequest) -> None:
    while node.context.ok() and not end:
        try:
            executor.spin()
            return
        except ExternalShutdownException:
            return
        except Exception as error:
            if end:  # The executor was shut down while waiting.
                return
            node.get_logger().error(f'A callback failed, {type(error).__name__}: {error}')


def _init(arguments: list[str], has_own_arguments: bool) -> None:
    """Initialize rclpy; raise a ValueError for unknown arguments."""
    try:
        rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
    except rclpy_implementation.UnknownROSArgsError as error:
        # The message of rclpy is a Python list of them.
        unknown = ast.literal_eval(str(error))
        raise ValueError(f'unknown arguments: {" ".join(unknown)}') from error
    unknown = [] if has_own_arguments else remove_ros_args(arguments)[1:]
    if unknown:
        raise ValueError(
            f'unknown arguments: {" ".join(unknown)}; those of ROS come after --ros-args'
        )
