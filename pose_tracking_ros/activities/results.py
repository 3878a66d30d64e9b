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

"""The results of the recognizer, and the ongoing activities from its events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np


class Posture(Enum):
    """The postures; the value stands in messages and tables."""

    UNKNOWN = 'unknown'
    """The body is not visible enough, or in none of the others."""

    STANDING = 'standing'
    """On straight legs, walking included."""

    SITTING = 'sitting'
    """The weight is on a seat or on the floor, not on the feet."""

    CROUCHING = 'crouching'
    """The weight is on bent legs, or on the knees."""

    LYING = 'lying'
    """Trunk and thighs lie along the ground."""


class GestureName(Enum):
    """The gestures; the value stands in messages and tables."""

    LEFT_HAND_RAISED = 'left_hand_raised'
    """The left hand is at the height of the head or above, the right one is not."""

    RIGHT_HAND_RAISED = 'right_hand_raised'
    """The right hand is at the height of the head or above, the left one is not."""

    BOTH_HANDS_RAISED = 'both_hands_raised'
    """Both hands are at the height of the head or above."""

    ARMS_CROSSED = 'arms_crossed'
    """The arms are crossed in front of the chest."""

    HANDS_ON_FACE = 'hands_on_face'
    """A hand or both are at the face."""

    WAVING = 'waving'
    """A raised forearm swings from side to side."""

    POINTING = 'pointing'
    """One arm is stretched out, not up and not towards the camera."""

    T_POSE = 't_pose'
    """Both arms are stretched out to the sides."""

    STOP = 'stop'
    """An arm is stretched towards the camera."""


class EventKind(Enum):
    """The kinds of events; the value stands in messages and tables."""

    POSTURE = 'posture'
    GESTURE = 'gesture'
    EXERCISE = 'exercise'
    REPETITION = 'repetition'
    FALL = 'fall'


@dataclass(frozen=True)
class GestureSighting:
    """
    A gesture of a person.

    :param name: its name
    :param confidence: in [0, 1], over the latest tenths of a second
    :param since_ns: stamp of the image in which it began
    """

    name: GestureName
    confidence: float
    since_ns: int


@dataclass(frozen=True, eq=False)
class PointingRay:
    """
    The direction in which a person points.

    :param origin: float64 (3,) the shoulder in metres: in the optical frame of the camera if the
        ray is metric, else in the frame of the world landmarks, which has the same axes and its
        origin mid-hips
    :param direction: float64 (3,) from shoulder to wrist, of length 1; x right, y down, z forward
    :param side: of the arm, ``left`` or ``right``
    :param metric: whether the origin is in the frame of the camera
    """

    origin: np.ndarray
    direction: np.ndarray
    side: str
    metric: bool


@dataclass(frozen=True, eq=False)
class PersonActivity:
    """
    The activity of a person.

    :param track_id: the person
    :param posture: of the body
    :param posture_since_ns: stamp of the image in which the posture began
    :param fell: whether the body lies and was standing shortly before it lay
    :param gestures: the current ones, in the order of :class:`GestureName`
    :param pointing: the direction during the gesture ``pointing``
    :param exercise: name of the current exercise, or empty
    :param repetitions: of the exercise in ``exercise``, or else of the last one
    :param phase: of the exercise, such as ``up`` and ``down``; empty before its first pose
    """

    track_id: int
    posture: Posture = Posture.UNKNOWN
    posture_since_ns: int = 0
    fell: bool = False
    gestures: tuple[GestureSighting, ...] = ()
    pointing: PointingRay | None = None
    exercise: str = ''
    repetitions: int = 0
    phase: str = ''


@dataclass(frozen=True)
class ActivityEvent:
    """
    The beginning or end of an activity.

    :param stamp_ns: of the image that showed it
    :param track_id: the person
    :param kind: its kind
    :param name: value of the posture or gesture; name of the exercise, also for a repetition;
        ``fall`` for a fall
    :param began: whether it begins; a repetition has one event, with True
    """

    stamp_ns: int
    track_id: int
    kind: EventKind
    name: str
    began: bool


@dataclass(frozen=True, eq=False)
class ActivityResult:
    """
    The activities of the people in one image.

    :param activities: one for each pose, in their order
    :param events: beginnings and ends since the image before
    """

    activities: tuple[PersonActivity, ...] = ()
    events: tuple[ActivityEvent, ...] = ()


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
