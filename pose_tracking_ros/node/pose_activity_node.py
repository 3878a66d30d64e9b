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

"""The lifecycle node that turns landmarks into activities and events."""

from __future__ import annotations

from contextlib import ExitStack
import time
from typing import Any

import numpy as np
from rclpy.lifecycle import LifecyclePublisher
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from visualization_msgs.msg import MarkerArray

from pose_tracking_ros.activities import ActivityRecognizer, ActivityResult
from pose_tracking_ros.activities.results import Ongoing
from pose_tracking_ros.messages import activities_message, activity_event_messages, shown_tracks
from pose_tracking_ros.msg import Activities, ActivityEvent, PoseLandmarks
from pose_tracking_ros.node.activity_health import ACTIVITIES, ActivityStatistics, LANDMARKS
from pose_tracking_ros.node.health import Level, Report
from pose_tracking_ros.node.image_subscription import SubscriptionEventCallbacks
from pose_tracking_ros.node.image_watch import why_no_landmarks
from pose_tracking_ros.node.managed_node import age, ManagedNode, stamp_ns_of
from pose_tracking_ros.node.message_types import landmarks_and_header, MESSAGE_TYPES
from pose_tracking_ros.node.parameters import OVERRIDABLE
from pose_tracking_ros.node.settings import ActivitySettings
from pose_tracking_ros.node.status_publisher import ProblemLog, Status, StatusPublisher
from pose_tracking_ros.parameter_table import ACTIVITY_PARAMETERS

_REPEATED_LOG_EVERY = 5.0  # seconds

_QUEUE = 100
"""Depth of the queue: some seconds of a camera."""


class PoseActivityNode(ManagedNode[ActivitySettings]):
    """
    Publishes the activities of the people in ``pose_landmarks``.

    Messages are processed in the thread of the executor, in a millisecond or two.

    :raises ValueError: when parameters are invalid; names all of them
    """

    default_name = 'pose_activity'

    def __init__(self, **kwargs: Any) -> None:
        """Create everything independent of parameters; arguments as for rclpy's Node."""
        self._recognizer: ActivityRecognizer | None = None
        self._ongoing = Ongoing()
        self._statistics = ActivityStatistics()
        self._outputs: dict[type, LifecyclePublisher] = {}
        self._subscription: Subscription | None = None
        self._active_since = time.monotonic()
        self._last_header = Header()
        self._shown: frozenset[int] = frozenset()
        super().__init__(ACTIVITY_PARAMETERS, ActivitySettings.from_values, **kwargs)
        self.create_service(Trigger, '~/reset_counts', self._on_reset_counts)
        self._problems = ProblemLog(self)
        StatusPublisher(self, self._statuses)

    @property
    def is_configured(self) -> bool:
        """Return whether the node is configured, which fixes some parameters."""
        return self._recognizer is not None

    @property
    def is_listening(self) -> bool:
        """Return whether the node subscribes to landmarks."""
        return self._subscription is not None

    def set_up(self, settings: ActivitySettings) -> None:
        """Read the classes of poses, and create the publishers."""
        recognizer = ActivityRecognizer(settings.options)
        self._statistics = ActivityStatistics()
        for message_type, topic, depth in (
            (Activities, 'activities', 10),
            (ActivityEvent, 'activity_events', _QUEUE),
            (MarkerArray, 'activity_markers', 10),
        ):
            self._outputs[message_type] = self.create_lifecycle_publisher(
                message_type, topic, QoSProfile(depth=depth), qos_overriding_options=OVERRIDABLE
            )
        self._recognizer = recognizer

    def start(self) -> str:
        """Subscribe to the landmarks unless subscribed already; return a line for the log."""
        if self._subscription is None:
            self._active_since = time.monotonic()
            self._subscription = self.create_subscription(
                PoseLandmarks,
                'pose_landmarks',
                self._on_landmarks,
                QoSProfile(depth=_QUEUE),
                # Message objects would take as long as the recognition.
                raw=True,
                # The diagnostics report incompatible publishers, with the remedy.
                event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=False),
                qos_overriding_options=OVERRIDABLE,
            )
        return f'landmarks come from {self._subscription.topic_name}'

    def stop(self) -> None:
        """Unsubscribe, end ongoing activities, and delete the markers."""
        subscription, self._subscription = self._subscription, None
        if subscription is None:
            return
        with ExitStack() as steps:  # the last one first
            steps.callback(self._end_activities)
            steps.callback(self.destroy_subscription, subscription)

    def release(self) -> None:
        """Destroy the publishers and the recognizer."""
        with ExitStack() as steps:
            while self._outputs:
                steps.callback(self.destroy_lifecycle_publisher, self._outputs.popitem()[1])
            self._recognizer = None

    def log_counts(self) -> None:
        """Log the counts of messages and events."""
        counts = self._statistics
        if self._recognizer is not None:
            self.get_logger().info(
                f'{counts.received} messages received, {counts.rejected} rejected, '
                f'{counts.failed} failed, {counts.processed} processed: '
                + (', '.join(f'{name} {count}' for name, count in sorted(counts.events.items()))
                   or 'nothing began')
            )

    def _on_landmarks(self, data: bytes) -> None:
        """Publish the activities of the people in an image; ``data`` is its serialized message."""
        recognizer = self._recognizer
        if recognizer is None:
            return
        arrived = time.monotonic()
        self._statistics.receive()
        try:
            landmarks, header = landmarks_and_header(data)
        except ValueError as error:
            self._statistics.reject(str(error))
            self.get_logger().error(
                f'Landmarks rejected: {error}', throttle_duration_sec=_REPEATED_LOG_EVERY
            )
            return
        poses, stamp_ns = landmarks.poses, stamp_ns_of(header)
        try:
            result = recognizer.update(poses, stamp_ns)
        # One bad message must not stop the node.
        except Exception as error:
            problem = f'{type(error).__name__}: {error}'
            self._statistics.fail(problem)
            self.get_logger().error(
                f'Landmarks not processed, {problem}', throttle_duration_sec=_REPEATED_LOG_EVERY
            )
            return
        self._outputs[Activities].publish(activities_message(MESSAGE_TYPES, header, result))
        self._publish_events(header.frame_id, result)
        self._statistics.finish(result, time.monotonic() - arrived, age(self, stamp_ns))
        self._last_header = header
        if self._outputs[MarkerArray].get_subscription_count():
            markers = self.settings.markers(header, poses, result, self._shown)
            self._outputs[MarkerArray].publish(markers)
            self._shown = shown_tracks(poses)

    def _publish_events(self, frame_id: str, result: ActivityResult) -> None:
        self._ongoing.update(result.events)
        for event in activity_event_messages(MESSAGE_TYPES, frame_id, result):
            self._outputs[ActivityEvent].publish(event)

    def _end_activities(self) -> None:
        """End ongoing activities, and delete the markers."""
        if self._recognizer is not None:
            self._recognizer.reset()
        header = self._last_header
        ends = ActivityResult(events=self._ongoing.ends(stamp_ns_of(header)))
        self._publish_events(header.frame_id, ends)
        shown, self._shown = self._shown, frozenset()
        if shown:
            markers = self.settings.markers(header, (), ActivityResult(), shown)
            self._outputs[MarkerArray].publish(markers)

    def _statuses(self) -> list[Status]:
        """Return the statuses of the node, the landmarks and the activities."""
        problem = self.problem or (self.clock_problem() if self.is_configured else '')
        if self.is_shut_down or not problem:
            node = Report('node', Level.OK, self.state_description)
        else:
            node = Report('node', Level.WARN if self.is_configured else Level.ERROR, problem)
        if self._subscription is None:
            # An aggregator reports a missing status as stale.
            return [
                Status(node),
                *(
                    Status(Report(task, Level.OK, self.state_description))
                    for task in (LANDMARKS, ACTIVITIES)
                ),
            ]
        topic = self._subscription.topic_name
        reports = self._statistics.reports(
            self._why_no_landmarks(self._subscription), self.settings.limits
        )
        return [Status(node), *(Status(report, hardware=topic) for report in reports)]

    def _why_no_landmarks(self, subscription: Subscription) -> str:
        """Return the reason for missing landmarks, empty if they arrive; log it."""
        last = np.fmax(self._statistics.last_message, self._active_since)
        silence = float(time.monotonic() - last)
        if silence < self.settings.limits.landmarks_timeout:
            self._problems.forget(LANDMARKS)
            return ''
        problem = why_no_landmarks(self, subscription, silence)
        self._problems.warn(LANDMARKS, problem)
        return problem

    def _on_reset_counts(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        """Reset the repetitions of all people."""
        response.success = self.is_configured
        response.message = 'the node is not configured, there is nothing to reset'
        if self._recognizer is not None:
            self._recognizer.reset_counts()
            response.message = 'repetitions are counted from zero'
        return response
