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
The diagnostics of a node (REP-107): once a second, and repeatedly in the log.

The topic is the absolute ``/diagnostics``, to which aggregators subscribe. Each status has the
full name of the node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
import re
import time

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from pose_tracking_ros.node.health import Report

_PERIOD = 1.0  # seconds, whatever the clock of the node does
_REPEATED_LOG_EVERY = 60.0  # seconds


@dataclass(frozen=True)
class Status:
    """
    A status of a node.

    :param report: its content
    :param camera: name of its camera, empty without one
    :param hardware: its hardware id; by default the node
    """

    report: Report
    camera: str = ''
    hardware: str = ''


class StatusPublisher:
    """Publishes the diagnostics of a node once a second."""

    def __init__(self, node: Node, statuses: Callable[[], Iterable[Status]]) -> None:
        self._node = node
        self._statuses = statuses
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        node.create_timer(_PERIOD, self._publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _publish(self) -> None:
        array = DiagnosticArray(status=[self._message(status) for status in self._statuses()])
        array.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(array)

    def _message(self, status: Status) -> DiagnosticStatus:
        report, node_name = status.report, self._node.get_fully_qualified_name()
        task = f'{status.camera} {report.task}' if status.camera else report.task
        return DiagnosticStatus(
            name=f'{node_name.lstrip("/")}: {task}',
            hardware_id=status.hardware or node_name,
            level=bytes([report.level]),
            message=report.message,
            values=[KeyValue(key=key, value=value) for key, value in report.values.items()],
        )


class ProblemLog:
    """Logs new problems at once, and repeats them from time to time."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._told: dict[str, tuple[str, float]] = {}

    def __contains__(self, name: str) -> bool:
        """Return whether a problem with this name was logged."""
        return name in self._told

    def warn(self, name: str, problem: str) -> None:
        """
        Log a problem.

        :param name: its subject
        :param problem: the message; messages that differ only in numbers are the same problem
        """
        kind, now = re.sub(r'\d+', '', problem), time.monotonic()
        logged, at = self._told.get(name, ('', 0.0))
        if logged == kind and now < at + _REPEATED_LOG_EVERY:
            return
        self._told[name] = kind, now
        self._node.get_logger().warning(problem)

    def forget(self, name: str) -> None:
        """Mark the problem with this name as solved."""
        self._told.pop(name, None)
