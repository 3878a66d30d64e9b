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

"""What has begun and has not ended, as the events tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pose_tracking_ros.activities.results import ActivityEvent, EventKind


class Activity(NamedTuple):
    """
    Something that somebody does.

    :param track_id: who
    :param kind: what kind of thing
    :param name: which
    """

    track_id: int
    kind: EventKind
    name: str


class Ongoing:
    """Follows events, and knows what goes on after them."""

    def __init__(self) -> None:
        self._activities: dict[Activity, None] = {}  # in the order in which they began

    def __iter__(self) -> Iterator[Activity]:
        """Iterate over what goes on, what began first in front."""
        return iter(tuple(self._activities))

    def update(self, events: Iterable[ActivityEvent]) -> None:
        """Take events into account; a repetition has happened, and does not go on."""
        for event in events:
            activity = Activity(event.track_id, event.kind, event.name)
            if not event.began:
                self._activities.pop(activity, None)
            elif event.kind is not EventKind.REPETITION:
                self._activities[activity] = None

    def ends(self, stamp_ns: int) -> tuple[ActivityEvent, ...]:
        """Return the events that end all that goes on, at some stamp."""
        return tuple(
            ActivityEvent(stamp_ns, *activity, began=False) for activity in self._activities
        )
