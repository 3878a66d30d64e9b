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

"""The counts of landmark messages and their diagnostics, without ROS."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
import time

import numpy as np

from pose_tracking_ros.activities import ActivityResult, EventKind
from pose_tracking_ros.node.health import latency_percentiles, Level, percentile, Report, since
from pose_tracking_ros.node.settings import ActivityLimits
from pose_tracking_ros.node.statistics import forget_before, rate, WINDOW

LANDMARKS, ACTIVITIES = 'landmarks', 'activities'
"""The tasks of the node, besides itself."""


@dataclass
class ActivityStatistics:
    """
    The outcomes of the messages since the node was configured.

    ``received`` is the sum of ``processed``, ``rejected`` and ``failed``.

    :param received: all messages
    :param processed: messages with a result
    :param rejected: invalid messages
    :param failed: messages whose processing raised an error
    :param people: number of people in the last message
    :param events: beginnings by name; repetitions are separate from their exercise
    :param last_problem: reason of the last rejection or failure
    :param last_message: arrival of the last message, in seconds of the monotonic clock, or NaN
    """

    received: int = 0
    processed: int = 0
    rejected: int = 0
    failed: int = 0
    people: int = 0
    events: Counter[str] = field(default_factory=Counter)
    last_problem: str = ''
    last_message: float = np.nan
    _arrivals: deque[tuple[float, None]] = field(default_factory=deque)
    _timings: deque[tuple[float, tuple[float, float]]] = field(default_factory=deque)
    _problems: deque[tuple[float, bool]] = field(default_factory=deque)

    def receive(self) -> None:
        """Count a received message."""
        self.last_message = time.monotonic()
        self.received += 1
        self._arrivals.append((self.last_message, None))
        forget_before(self._arrivals, self.last_message - WINDOW)

    def reject(self, problem: str) -> None:
        """Count an invalid message."""
        self.rejected += 1
        self._note(problem, failed=False)

    def fail(self, problem: str) -> None:
        """Count a message whose processing raised an error."""
        self.failed += 1
        self._note(problem, failed=True)

    def _note(self, problem: str, failed: bool) -> None:
        self.last_problem = problem
        now = time.monotonic()
        self._problems.append((now, failed))
        forget_before(self._problems, now - WINDOW)

    def finish(self, result: ActivityResult, recognition: float, since_stamp: float) -> None:
        """
        Count a processed message.

        :param result: the activities
        :param recognition: seconds from its arrival to the publication of its activities
        :param since_stamp: seconds from the stamp of its image to the publication, by the clock of
            the node; NaN without a stamp or a clock
        """
        now = time.monotonic()
        self.processed += 1
        self.people = len(result.activities)
        self.events.update(
            event.name + ' repetitions' * (event.kind is EventKind.REPETITION)
            for event in result.events
            if event.began
        )
        self._timings.append((now, (recognition, since_stamp)))
        forget_before(self._timings, now - WINDOW)

    def reports(self, problem: str, limits: ActivityLimits) -> tuple[Report, Report]:
        """
        Return the reports on landmarks and activities.

        :param problem: reason for missing landmarks, empty if they arrive
        :param limits: for warnings
        """
        now = time.monotonic()
        for timed in (self._arrivals, self._timings, self._problems):
            forget_before(timed, now - WINDOW)
        return self._landmarks(now, problem, limits), self._activities(limits)

    def _landmarks(self, now: float, problem: str, limits: ActivityLimits) -> Report:
        per_second = rate([at for at, _ in self._arrivals], now)
        level, message = Level.OK, f'{per_second:.1f} messages a second'
        if per_second < limits.expected_rate:
            level, message = Level.WARN, f'{message}, expected {limits.expected_rate:g}'
        rejected = sum(not failed for _, failed in self._problems)
        if rejected:
            level = Level.WARN if rejected < len(self._arrivals) else Level.ERROR
            message += f'; {rejected} rejected: {self.last_problem}'
        if problem:
            level, message = Level.ERROR, problem
        values = {
            'rate (messages/s)': f'{per_second:.1f}',
            'received': str(self.received),
            'rejected': str(self.rejected),
            'since the last message (s)': since(now - self.last_message),
        }
        return Report(LANDMARKS, level, message, values)

    def _activities(self, limits: ActivityLimits) -> Report:
        latencies = np.array([timing for _, timing in self._timings]).reshape(-1, 2)
        latency = percentile(latencies[:, 1], 95)
        failed = sum(failed for _, failed in self._problems)
        level, message = Level.OK, 'no people in the images'
        if failed:
            level = Level.ERROR
            message = f'{failed} messages not processed, the last: {self.last_problem}'
        elif latency > limits.max_latency:
            level = Level.WARN
            message = f'latency is {latency:.3f} s, the limit is {limits.max_latency:g}'
        elif not len(latencies):
            message = 'no landmarks'
        elif self.people:
            message = f'{self.people} {"people" if self.people > 1 else "person"}'
        values = {
            'processed': str(self.processed),
            'failed': str(self.failed),
            'people in the last image': str(self.people),
            **latency_percentiles(latencies, ('recognition', 'since_stamp')),
            **{f'began: {name}': str(count) for name, count in sorted(self.events.items())},
        }
        return Report(ACTIVITIES, level, message, values)
