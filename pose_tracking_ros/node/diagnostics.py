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
The node's diagnostics (REP-107): once a second, and what is wrong with the images in the log.

The topic is the absolute ``/diagnostics``, as for all nodes: that is where aggregators listen.
The full name of the node in each status tells nodes apart.
"""

from __future__ import annotations

from collections.abc import Callable
import re
import time

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
import numpy as np
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from pose_tracking_ros.node.camera import Camera
from pose_tracking_ros.node.health import images_report, Report, tracking_report
from pose_tracking_ros.node.image_watch import topic_facts, why_images_are_lost, why_no_images
from pose_tracking_ros.node.settings import Settings
from pose_tracking_ros.node.statistics import Snapshot

_PERIOD = 1.0  # seconds, whatever the clock of the node does
_REPEATED_LOG_EVERY = 60.0  # seconds


class Diagnostics:
    """
    Tells once a second how the node is.

    :param node: the node
    :param settings: returns what the parameters set now
    :param cameras: returns the cameras that are at work
    :param node_report: returns how the node itself is
    """

    def __init__(
        self,
        node: Node,
        settings: Callable[[], Settings],
        cameras: Callable[[], list[Camera]],
        node_report: Callable[[], Report],
    ) -> None:
        self._node = node
        self._settings = settings
        self._cameras = cameras
        self._node_report = node_report
        self._told: dict[str, tuple[str, float]] = {}
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        node.create_timer(_PERIOD, self._tell, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _tell(self) -> None:
        """Publish the reports of the node and of its cameras."""
        statuses = [self._status('', self._node_report())]
        told = {}
        for camera in self._cameras():
            snapshot = camera.statistics.snapshot()
            problem = self._problem(camera, snapshot)
            limits = self._settings().limits
            statuses += [
                self._status(camera.name, images_report(snapshot, problem, limits)),
                self._status(camera.name, tracking_report(snapshot, camera.waiting, limits)),
            ]
            if problem:
                told[camera.name] = self._log(camera.name, problem)
            elif camera.name in self._told:
                self._node.get_logger().info(f'Images come on {camera.subscription.topic_name}')
        self._told = told
        array = DiagnosticArray(status=statuses)
        array.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(array)

    def _problem(self, camera: Camera, snapshot: Snapshot) -> str:
        """Return why no images come, or but few, empty when they do."""
        settings, recent = self._settings(), snapshot.recent
        seconds = snapshot.time - np.fmax(snapshot.last_image, camera.active_since)
        if recent.lost > recent.received:
            facts = topic_facts(self._node, camera.subscription, settings.image_transport)
            return why_images_are_lost(facts, recent.lost, recent.received)
        if seconds < settings.limits.image_timeout:
            return ''
        facts = topic_facts(self._node, camera.subscription, settings.image_transport)
        return why_no_images(facts, seconds, some_came=not np.isnan(snapshot.last_image))

    def _log(self, camera: str, problem: str) -> tuple[str, float]:
        """Log a problem when it is new, and now and then; return what was logged when."""
        # The same problem, however many seconds or images it is about.
        kind, now = re.sub(r'\d+', '', problem), time.monotonic()
        logged, at = self._told.get(camera, ('', 0.0))
        if logged == kind and now < at + _REPEATED_LOG_EVERY:
            return logged, at
        self._node.get_logger().warning(problem)
        return kind, now

    def _status(self, camera: str, report: Report) -> DiagnosticStatus:
        task = f'{camera} {report.task}' if camera else report.task
        return DiagnosticStatus(
            name=f'{self._node.get_fully_qualified_name().lstrip("/")}: {task}',
            level=bytes([report.level]),
            message=report.message,
            values=[KeyValue(key=key, value=value) for key, value in report.values.items()],
        )
