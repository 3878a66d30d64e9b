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

"""Ongoing activities, from events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pose_tracking_ros.activities.results import ActivityEvent, EventKind


class Activity(NamedTuple):
    """
    An activity of a person.

    :param track_id: the person
    :param kind: its kind
    :param name: its name
    """

    track_id: int
    kind: EventKind
    name: str


class Ongoing:
    """The ongoing activities, from events."""

    def __init__(self) -> None:
        self._activities: dict[Activity, None] = {}  # in the order in which they began

    def __iter__(self) -> Iterator[Activity]:
        """Iterate over the ongoing activities in the order of their beginnings."""
        return iter(tuple(self._activities))

    def update(self, events: Iterable[ActivityEvent]) -> None:
        """Update from events; a repetition ends at once."""
        for event in events:
            activity = Activity(event.track_id, event.kind, event.name)
            if not event.began:
                self._activities.pop(activity, None)
            elif event.kind is not EventKind.REPETITION:
                self._activities[activity] = None

    def ends(self, stamp_ns: int) -> tuple[ActivityEvent, ...]:
        """Return the events that end all ongoing activities."""
        return tuple(
            ActivityEvent(stamp_ns, *activity, began=False) for activity in self._activities
        )
