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
The diagnostics of the tracking node, and the log of problems with images.

The hardware id is the image topic of a camera.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import functools

import numpy as np
from rclpy.node import Node

from pose_tracking_ros.node.camera import Camera
from pose_tracking_ros.node.health import (
    IMAGES,
    images_report,
    Level,
    POSITION,
    position_report,
    PositionFacts,
    Report,
    TRACKING,
    tracking_report,
)
from pose_tracking_ros.node.image_watch import (
    topic_facts,
    TopicFacts,
    two_publishers,
    why_images_are_lost,
    why_no_images,
)
from pose_tracking_ros.node.settings import Settings
from pose_tracking_ros.node.statistics import Snapshot
from pose_tracking_ros.node.status_publisher import ProblemLog, Status, StatusPublisher

_UNWANTED = 'lazy: not subscribed to the images while the outputs have no subscribers'


class Diagnostics:
    """Publishes the diagnostics of the node once a second."""

    def __init__(
        self,
        node: Node,
        settings: Callable[[], Settings],
        cameras: Callable[[], list[Camera]],
        node_report: Callable[[], Report],
        state: Callable[[], str],
    ) -> None:
        self._node = node
        self._settings = settings
        self._cameras = cameras
        self._node_report = node_report
        self._state = state
        self._told = ProblemLog(node)
        self._published_since: dict[str, float] = {}
        StatusPublisher(node, self._statuses)

    def _statuses(self) -> list[Status]:
        """Return the reports of the node and of its cameras."""
        statuses = [Status(self._node_report())]
        for camera in self._cameras():
            statuses += [
                Status(report, camera.name, camera.topic)
                for report in self._camera_reports(camera)
            ]
        if not self._cameras():
            # An aggregator would mark missing reports as stale.
            statuses += [
                Status(Report(task, Level.OK, self._state()), name)
                for name in self._settings().cameras
                for task in (IMAGES, TRACKING, POSITION)
            ]
        return statuses

    def _camera_reports(self, camera: Camera) -> tuple[Report, ...]:
        """Return the reports of a camera: images, tracking and positions."""
        snapshot, limits = camera.statistics.snapshot(), self._settings().limits
        subscription = camera.subscription
        if subscription is None:
            self._told.forget(camera.name)
            message = _UNWANTED if camera.is_active else self._state()
            return tuple(
                replace(report, level=Level.OK, message=message)
                for report in (
                    images_report(snapshot, '', limits),
                    tracking_report(snapshot, 0, limits),
                    position_report(snapshot, self._position_facts(camera)),
                )
            )
        facts = functools.cache(
            lambda: topic_facts(
                self._node, subscription, self._settings().image_transport
            )
        )
        problem = self._problem(camera, snapshot, facts)
        if problem:
            self._told.warn(camera.name, problem)
        elif snapshot.last_image > camera.active_since and camera.name in self._told:
            self._told.forget(camera.name)
            self._node.get_logger().info(f'Receiving images on {subscription.topic_name}')
        several = self._node.count_publishers(subscription.topic_name) > 1
        warnings = [two_publishers(facts())] if several else []
        return (
            images_report(snapshot, problem, limits, [text for text in warnings if text]),
            tracking_report(snapshot, camera.waiting, limits),
            position_report(snapshot, self._position_facts(camera)),
        )

    def _position_facts(self, camera: Camera) -> PositionFacts:
        """Return the facts that the positions of people depend on."""
        depth_topic = camera.depth.topic if camera.depth else ''
        return PositionFacts(
            wanted=self._settings().wants_positions,
            calibration=camera.calibration.state,
            calibration_wrong=bool(camera.calibration.problem),
            depth_topic=depth_topic,
            depth_publishers=self._node.count_publishers(depth_topic) if depth_topic else 0,
            frame_id=camera.frame_id,
            rectified=camera.calibration.is_rectified,
        )

    def _problem(
        self, camera: Camera, snapshot: Snapshot, facts: Callable[[], TopicFacts]
    ) -> str:
        """Return why there are no or few images, empty if there are enough."""
        recent, timeout = snapshot.recent, self._settings().limits.image_timeout
        if self._node.count_publishers(camera.topic):
            published_since = self._published_since.setdefault(camera.name, snapshot.time)
        else:
            self._published_since.pop(camera.name, None)
            published_since = np.nan
        if recent.lost > recent.received:
            return why_images_are_lost(facts(), recent.lost, recent.received)
        silence = float(snapshot.time - np.fmax(snapshot.last_image, camera.active_since))
        if silence < timeout:
            return ''
        # A new publisher gets the same time.
        if facts().fitting and snapshot.time - published_since < timeout:
            return ''
        return why_no_images(facts(), silence, some_came=not np.isnan(snapshot.last_image))
