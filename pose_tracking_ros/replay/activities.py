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

"""Recognize activities in a recording as the live node does, and count them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any

import numpy as np

from pose_tracking_ros.activities import (
    ActivityEvent,
    ActivityOptions,
    ActivityRecognizer,
    EventKind,
)
from pose_tracking_ros.activities.results import Activity, Ongoing
from pose_tracking_ros.replay.frames import AnalysedFrame


class FrameActivities:
    """
    Adds activities to frames.

    Frames come in order from the first, also in a resumed analysis: so no state is saved.

    :raises ValueError: if the file of pose classes is not valid
    :raises OSError: if it cannot be read
    """

    def __init__(self, options: ActivityOptions) -> None:
        self._recognizer = ActivityRecognizer(options)

    def __call__(self, frame: AnalysedFrame) -> AnalysedFrame:
        """Return a frame with its activities; an undecodable frame has none."""
        if frame.problem:
            return frame
        # The regions of interest with the precision of messages, as in the node.
        poses = [replace(pose, roi=np.float64(np.float32(pose.roi))) for pose in frame.poses]
        return replace(frame, activities=self._recognizer.update(poses, frame.stamp_ns))


class ActivityCounts:
    """Counts activities and their durations."""

    def __init__(self) -> None:
        self.events: list[tuple[int, ActivityEvent]] = []
        """All events with their frame numbers."""
        self._times: Counter[tuple[EventKind, str]] = Counter()
        self._nanoseconds: defaultdict[tuple[EventKind, str], int] = defaultdict(int)
        self._begins: dict[Activity, int] = {}
        self._ongoing = Ongoing()
        self._last_ns = 0

    def add(self, frame: AnalysedFrame) -> None:
        """Add the next frame."""
        self._last_ns = frame.stamp_ns
        for event in frame.activities.events:
            self.events.append((frame.index, event))
            activity = Activity(event.track_id, event.kind, event.name)
            if event.began:
                self._times[activity[1:]] += 1
                self._begins[activity] = event.stamp_ns
            else:
                self._nanoseconds[activity[1:]] += self._length(activity, event.stamp_ns)
        self._ongoing.update(frame.activities.events)

    def _length(self, activity: Activity, end_ns: int) -> int:
        """Return the duration of an activity, 0 after stamps that jump back."""
        return max(end_ns - self._begins.get(activity, end_ns), 0)

    def as_dict(self) -> dict[str, dict[str, dict[str, Any]]]:
        """
        Return how often each activity began and how many seconds it lasted, by kind and name.

        Ongoing activities end at the last frame. A repetition has no duration.
        """
        lengths = dict(self._nanoseconds)
        for activity in self._ongoing:
            key = activity[1:]
            lengths[key] = lengths.get(key, 0) + self._length(activity, self._last_ns)
        counts: dict[str, dict[str, dict[str, Any]]] = {kind.value: {} for kind in EventKind}
        for (kind, name), times in sorted(self._times.items(), key=lambda item: item[0][1]):
            counts[kind.value][name] = {'times': times}
            if kind is not EventKind.REPETITION:
                counts[kind.value][name]['seconds'] = round(lengths.get((kind, name), 0) / 1e9, 3)
        return counts
