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

"""The recognizer of activities, from the poses in each image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import dist, isfinite, nan
from typing import Any

import numpy as np

from pose_tracking_ros.activities.body import aspect_ratio, Body, level_rotation, SIDES
from pose_tracking_ros.activities.gestures import (
    Arm,
    arm_features,
    gesture_memberships,
    pointing_side,
    Waving,
)
from pose_tracking_ros.activities.membership import Evidence, ramp, smoothing_weight
from pose_tracking_ros.activities.options import ActivityOptions
from pose_tracking_ros.activities.pose_classes import PoseClasses
from pose_tracking_ros.activities.postures import posture_memberships, support_membership
from pose_tracking_ros.activities.repetitions import PhaseCounter
from pose_tracking_ros.activities.results import (
    ActivityEvent,
    ActivityResult,
    EventKind,
    GestureName,
    GestureSighting,
    PersonActivity,
    PointingRay,
    Posture,
)
from pose_tracking_ros.activities.vectors import angle, between, NOWHERE, Vector
from pose_tracking_ros.blazepose import PoseLandmark
from pose_tracking_ros.blazepose.stamps import checked_stamp, StampJudge

# Of the average direction of an arm, in seconds; a swinging arm differs from it.
_STEADY_TIME_CONSTANT = 0.25
# Maximum nanoseconds between two tracks of one person at one place.
_BREAK_NS = 1_000_000_000
_ALL = 'all'


class ActivityRecognizer:
    """
    Recognizes postures, gestures, falls and exercises from poses over time.

    Time comes from the stamps alone: a replay at any rate gives the same results. The track ids of
    the poses identify the people.

    :param options: the options
    :raises ValueError: when an exercise is unknown, or the file of classes is invalid
    :raises OSError: when that file cannot be read
    """

    def __init__(self, options: ActivityOptions | None = None) -> None:
        self.options = options or ActivityOptions()
        self.classes = _chosen_classes(self.options)
        """The classes of the counted exercises, None without any."""
        self._rotation = level_rotation(self.options.camera_pitch, self.options.camera_roll)
        self._judge = StampJudge()
        self._people: dict[int, _Person] = {}

    def update(self, poses: Sequence[Any], stamp_ns: int) -> ActivityResult:
        """
        Update with the next image.

        :param poses: of the people in it
        :param stamp_ns: its stamp in nanoseconds
        :return: their activities; those of a person out of sight end
        :raises ValueError: when the stamp is not an integer
        """
        memory = max(self.options.memory, 1e-3)
        moment = self._judge(checked_stamp(stamp_ns), memory)
        events: list[ActivityEvent] = []
        if moment.starts_over:
            events = [event for person in self._people.values() for event in person.end(stamp_ns)]
            self._people.clear()
        seen = {pose.track_id: pose for pose in poses}
        for track_id, pose in seen.items():
            if track_id not in self._people:
                person = _Person(
                    track_id, self.options, self.classes, self._rotation, moment.time_ns
                )
                lost = [other for number, other in self._people.items() if number not in seen]
                before = person.come_after(lost, pose, is_alone=len(seen) == 1)
                if before is not None:
                    events += before.end(moment.time_ns)
                    del self._people[before.track_id]
                self._people[track_id] = person
        for track_id, person in list(self._people.items()):
            events += person.update(seen.get(track_id), moment.time_ns)
            if moment.time_ns - person.seen_ns > memory * 1e9:
                events += person.end(moment.time_ns)
                del self._people[track_id]
        activities = tuple(self._people[track_id].activity() for track_id in seen)
        return ActivityResult(activities, tuple(events))

    def reset_counts(self) -> None:
        """Reset the repetitions of all people to zero."""
        for person in self._people.values():
            for counter in person.counters:
                counter.reset()

    def reset(self) -> None:
        """Delete the state of all people."""
        self._judge.reset()
        self._people.clear()


def _chosen_classes(options: ActivityOptions) -> PoseClasses | None:
    """Return the classes of the exercises to count; raise a ValueError if one is unknown."""
    if not options.exercises:
        return None
    classes = PoseClasses.shipped()
    if options.pose_classes:
        custom = PoseClasses.load(options.pose_classes)
        # Custom classes replace those of the same name.
        kept = [sample for sample in classes.samples if sample.name not in custom.names]
        classes = PoseClasses([*kept, *custom.samples])
    return classes if _ALL in options.exercises else classes.only(options.exercises)


class _Person:
    """
    The state of one person.

    :param rotation: float64 (3, 3) from the camera to a level one
    :param stamp_ns: of the first image
    """

    def __init__(
        self,
        track_id: int,
        options: ActivityOptions,
        classes: PoseClasses | None,
        rotation: np.ndarray,
        stamp_ns: int,
    ) -> None:
        self.seen_ns = stamp_ns
        exercises = classes.exercises.values() if classes else ()
        self.counters = [PhaseCounter(exercise, rotation) for exercise in exercises]
        self.track_id = track_id
        self._options = options
        self._classes = classes
        self._rotation = rotation
        self._stamp_ns = stamp_ns
        self._postures = {posture: Evidence(options.posture_delay) for posture in Posture}
        self._support = Evidence(options.posture_delay)
        self._place = (nan, nan)
        self._posture, self._posture_since_ns = Posture.UNKNOWN, stamp_ns
        self._stood_ns: int | None = None
        self._fell = False
        self._gestures = {name: Evidence(options.gesture_delay) for name in GestureName}
        self._waving = Waving()
        self._slow: dict[str, Vector] = dict.fromkeys(SIDES, NOWHERE)
        self._pointing: PointingRay | None = None
        self._exercise: PhaseCounter | None = None
        self._is_exercising = False

    def activity(self) -> PersonActivity:
        """Return the activity of the person."""
        exercise = self._exercise
        return PersonActivity(
            self.track_id,
            self._posture,
            self._posture_since_ns,
            self._fell,
            tuple(
                GestureSighting(name, float(evidence.level), evidence.since_ns)
                for name, evidence in self._gestures.items()
                if evidence.holds
            ),
            self._pointing,
            exercise.exercise.name if exercise and self._is_exercising else '',
            exercise.repetitions if exercise else 0,
            exercise.phase if exercise else '',
        )

    def update(self, pose: Any | None, stamp_ns: int) -> Iterator[ActivityEvent]:
        """
        Update with the next image.

        :param pose: of the person, None if not in the image
        :param stamp_ns: of the image
        :return: the events
        """
        step_ns, self._stamp_ns = stamp_ns - self._stamp_ns, stamp_ns
        unseen_ns = stamp_ns - self.seen_ns
        body = None
        if pose is not None:
            self.seen_ns = stamp_ns
            self._place = _place(pose)[0]
            body = Body(pose, self._options.min_visibility, self._rotation)
        if self._options.postures:
            yield from self._update_posture(body, step_ns)
        if self._options.gestures:
            yield from self._update_gestures(pose, body, step_ns)
        if self._classes:
            yield from self._update_exercises(pose, unseen_ns)

    def come_after(self, lost: Iterable[_Person], pose: Any, is_alone: bool) -> _Person | None:
        """
        Continue a track that was lost here: a fall, or a single bad image, may break it.

        Among several people the counts may be those of another one: they are taken over only if
        nobody else is in the image, or was shortly before.

        :param lost: people who are out of sight
        :param pose: of this person
        :param is_alone: whether nobody else is in the image
        :return: the track whose counts were taken over, None without one
        """
        place, size = _place(pose)
        near = [other for other in lost if dist(place, other._place) <= size]
        for other in near:
            if other._stood_ns is not None:
                self._stood_ns = max(self._stood_ns or other._stood_ns, other._stood_ns)
        recent = [other for other in lost if self.seen_ns - other.seen_ns <= _BREAK_NS]
        if not (is_alone and len(recent) == 1 and recent[0] in near):
            return None
        self.counters, self._exercise = recent[0].counters, recent[0]._exercise
        return recent[0]

    def end(self, stamp_ns: int) -> Iterator[ActivityEvent]:
        """End all ongoing activities; yield their events."""
        self._stamp_ns = stamp_ns
        if self._posture is not Posture.UNKNOWN:
            yield self._event(EventKind.POSTURE, self._posture.value, False)
        if self._fell:
            yield self._event(EventKind.FALL, 'fall', False)
        for name, evidence in self._gestures.items():
            if evidence.holds:
                yield self._event(EventKind.GESTURE, name.value, False)
        if self._exercise and self._is_exercising:
            yield self._event(EventKind.EXERCISE, self._exercise.exercise.name, False)

    def _event(self, kind: EventKind, name: str, began: bool) -> ActivityEvent:
        return ActivityEvent(self._stamp_ns, self.track_id, kind, name, began)

    def _update_posture(self, body: Body | None, step_ns: int) -> Iterator[ActivityEvent]:
        if body:
            memberships = posture_memberships(body)
        else:
            memberships = dict.fromkeys(Posture, 0.0) | {Posture.UNKNOWN: 1.0}
        for posture, evidence in self._postures.items():
            evidence.update(memberships[posture], self._stamp_ns, step_ns)
        # Arms can carry only a body that is low.
        is_low = body is not None and memberships[Posture.LYING] > 0
        self._support.update(support_membership(body) if is_low else 0.0, self._stamp_ns, step_ns)
        if memberships[Posture.STANDING] >= 0.5 and self._posture is Posture.STANDING:
            self._stood_ns = self._stamp_ns
        posture = max(Posture, key=lambda posture: self._postures[posture].level)
        if posture is self._posture or not self._postures[posture].holds:
            return
        before, self._posture = self._posture, posture
        self._posture_since_ns = self._postures[posture].since_ns
        if before is not Posture.UNKNOWN:
            yield self._event(EventKind.POSTURE, before.value, False)
        if posture is Posture.UNKNOWN:
            # A fallen person who is hidden for a moment has still fallen.
            return
        yield self._event(EventKind.POSTURE, posture.value, True)
        fell = posture is Posture.LYING and (
            self._fell
            or (
                self._stood_ns is not None
                and self._support.level < 0.5 * self._postures[posture].level
                and self._posture_since_ns - self._stood_ns <= self._options.fall_time * 1e9
            )
        )
        if fell is not self._fell:
            self._fell = fell
            yield self._event(EventKind.FALL, 'fall', fell)

    def _update_gestures(
        self, pose: Any | None, body: Body | None, step_ns: int
    ) -> Iterator[ActivityEvent]:
        if body:
            arms = {side: self._held(side, arm_features(body, side), step_ns) for side in SIDES}
            memberships = gesture_memberships(body, arms)
            chosen = pointing_side(arms)
        else:
            arms, chosen = dict.fromkeys(SIDES, Arm()), ''
            memberships = dict.fromkeys(GestureName, 0.0)
        memberships[GestureName.WAVING] = self._waving.update(arms, self._stamp_ns)
        for name, evidence in self._gestures.items():
            held = evidence.holds
            evidence.update(memberships[name], self._stamp_ns, step_ns)
            if evidence.holds is not held:
                yield self._event(EventKind.GESTURE, name.value, evidence.holds)
        if not self._gestures[GestureName.POINTING].holds:
            self._pointing = None
        elif memberships[GestureName.POINTING] > 0:
            self._pointing = _ray(pose, chosen)

    def _held(self, side: str, arm: Arm, step_ns: int) -> Arm:
        """Return an arm whose memberships in held gestures are scaled by its steadiness."""
        slow = self._slow[side]
        if not isfinite(sum(slow)):
            slow = arm.direction
        slow = between(slow, arm.direction, smoothing_weight(step_ns, _STEADY_TIME_CONSTANT))
        self._slow[side] = slow
        steady = ramp(angle(slow, arm.direction), 30, 15)
        return arm._replace(
            aside=arm.aside * steady,
            to_camera=arm.to_camera * steady,
            pointing=arm.pointing * steady,
        )

    def _update_exercises(self, pose: Any | None, unseen_ns: int) -> Iterator[ActivityEvent]:
        ratios = self._classes.classify(pose) if pose is not None else {}
        for counter in self.counters if pose is not None else ():
            if not counter.update(pose, ratios, self._stamp_ns, unseen_ns):
                continue
            # Sitting down is no squat: an exercise begins with its first repetition.
            if not self._is_exercising or self._exercise is not counter:
                if self._is_exercising:
                    yield self._event(EventKind.EXERCISE, self._exercise.exercise.name, False)
                self._exercise, self._is_exercising = counter, True
                yield self._event(EventKind.EXERCISE, counter.exercise.name, True)
            yield self._event(EventKind.REPETITION, counter.exercise.name, True)
        if self._is_exercising:
            since_ns = self._stamp_ns - self._exercise.changed_ns
            if since_ns > self._options.exercise_timeout * 1e9:
                self._is_exercising = False
                yield self._event(EventKind.EXERCISE, self._exercise.exercise.name, False)


def _place(pose: Any) -> tuple[tuple[float, float], float]:
    """Return position and size of a person in the image, in image heights."""
    x, y, _, height, _ = map(float, pose.roi)
    return (x * aspect_ratio(pose), y), height


def _ray(pose: Any, side: str) -> PointingRay:
    """Return the pointing ray of an arm."""
    ends = [PoseLandmark[f'{side}_{joint}'.upper()] for joint in ('shoulder', 'wrist')]
    points = getattr(pose, 'camera_landmarks', None)
    points = None if points is None or not len(points) else np.asarray(points, np.float64)[ends]
    metric = points is not None and bool(np.isfinite(points).all())
    if not metric:
        points = np.asarray(pose.world_landmarks, np.float64)[ends]
    direction = points[1] - points[0]
    return PointingRay(points[0], direction / np.linalg.norm(direction), side, metric)
