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

"""Counters of the repetitions of exercises."""

from __future__ import annotations

from cmath import isfinite
from collections.abc import Mapping
from math import inf
from typing import Any

import numpy as np

from pose_tracking_ros.activities.body import aspect_ratio, Body, level_rotation, SIDES
from pose_tracking_ros.activities.membership import smoothing_weight
from pose_tracking_ros.activities.pose_classes import (
    BOTH_ARMS,
    BOTH_LEGS,
    Exercise,
    MIN_VISIBILITY,
    PoseClassError,
    PoseClasses,
)
from pose_tracking_ros.activities.postures import posture_memberships
from pose_tracking_ros.activities.results import Posture
from pose_tracking_ros.blazepose import PoseLandmark
from pose_tracking_ros.blazepose.stamps import checked_stamp, StampJudge

# Of the average over time, in seconds, as in the pose classification of MediaPipe, where a result
# 33 ms old has 0.8 of the weight; at low rates a single image cannot cause a change.
_TIME_CONSTANT, _MAX_WEIGHT = 0.15, 0.38
# A phase begins when the average has moved by _CHANGE from its last extreme and is beyond a level;
# the first phase has its own levels. With people who bend less than the samples it moves within a
# smaller range, which fixed levels of 0.6 and 0.4 would miss.
_CHANGE, _ENTER, _LEAVE = 0.4, 0.45, 0.6
_FIRST_ENTER, _FIRST_LEAVE = 0.7, 0.3
# Minimum ratio of the exercise among the nearest samples for a pose to have a phase.
_LEAST_PART = 0.5
# An exercise raises the shoulders from the feet or hands that carry the body, more than these
# move: those of a person who walks or fights are away from their own average. As fractions of the
# distance between them; in seconds. Hands are located less precisely than feet.
_LEAST_RISE, _MAX_FEET_AWAY, _MAX_HANDS_AWAY, _SUPPORT_TIME_CONSTANT = 0.06, 0.11, 0.35, 0.5
# Who sits for longer, in nanoseconds, has not squatted. A camera that is tilted by 15 degrees may
# see a squat as sitting, but few last as long.
_MAX_SEATED_NS = 4_000_000_000
_TIMEOUT = 3600.0

_FEET = PoseLandmark.LEFT_ANKLE, PoseLandmark.RIGHT_ANKLE
_HANDS = PoseLandmark.LEFT_WRIST, PoseLandmark.RIGHT_WRIST
_SHOULDERS = PoseLandmark.LEFT_SHOULDER, PoseLandmark.RIGHT_SHOULDER
_LEVEL = level_rotation(0.0, 0.0)


class PhaseCounter:
    """
    Counts one exercise from the classes of poses.

    A repetition leaves the rest and comes back to it. A motion that begins elsewhere, such as
    getting up, does not count. For squats and push-ups with the phases ``up`` and ``down`` the
    shoulders must rise above feet or hands that stay in place, and who sits for long, with a leg
    in view, has not squatted.

    :param exercise: the exercise
    :param rotation: float64 (3, 3) from the camera to a level one
    """

    def __init__(self, exercise: Exercise, rotation: np.ndarray = _LEVEL) -> None:
        self.exercise = exercise
        self.repetitions = 0
        """Number of repetitions."""
        self.phase = ''
        """The phase, empty before the first clear one."""
        self.changed_ns: int | None = None
        """Stamp of the image with the latest change from one phase to another."""
        # A single class begins at rest; for several the first pose decides.
        self._has_rested = len(exercise.classes) == 1
        self._level: float | None = 0.0 if self._has_rested else None
        self._low, self._high = 0.0, 1.0
        goes_down = {'up', 'down'} <= set(exercise.phases)
        self._may_be_sitting = goes_down and exercise.name in BOTH_LEGS
        self._stance: _Stance | None = None
        if self._may_be_sitting:
            self._stance = _Stance(_FEET, _MAX_FEET_AWAY)
        elif goes_down and exercise.name in BOTH_ARMS:
            self._stance = _Stance(_HANDS, _MAX_HANDS_AWAY)
        self._rotation = rotation
        self._seated_ns = 0

    def update(self, pose: Any, ratios: Mapping[str, float], stamp_ns: int, step_ns: int) -> bool:
        """
        Update with the next image.

        :param pose: the pose
        :param ratios: class -> ratio of the nearest samples, from :meth:`PoseClasses.classify`
        :param stamp_ns: the stamp of the image
        :param step_ns: time since the image before that showed the person
        :return: whether a repetition is complete
        """
        exercise = self.exercise
        if self._stance:
            self._stance.update(pose, step_ns)
        if self._may_be_sitting and self.phase == 'down' and self._sits(pose):
            self._seated_ns += step_ns
        if not ratios:
            return False
        parts = [ratios.get(name, 0.0) for name in exercise.classes]
        if len(parts) == 1:
            active = parts[0]
        elif sum(parts) >= _LEAST_PART:
            active = 1.0 - parts[0] / sum(parts)
        else:
            return False
        weight = smoothing_weight(step_ns, _TIME_CONSTANT, _MAX_WEIGHT)
        self._level = active if self._level is None else self._level
        self._level += weight * (active - self._level)
        self._low, self._high = min(self._low, self._level), max(self._high, self._level)
        rest = '' if len(parts) == 1 else exercise.phases[0]
        phase = self.phase
        begins = self._level >= max(_ENTER, self._low + _CHANGE)
        ends = self._level <= min(_LEAVE, self._high - _CHANGE)
        if not phase and len(parts) > 1:
            begins, ends = self._level >= _FIRST_ENTER, self._level <= _FIRST_LEAVE
        if begins and phase in ('', rest):
            moving = max(range(len(parts)), key=lambda k: parts[k] if k or len(parts) == 1 else -1)
            phase, self._high = exercise.phases[moving], self._level
            self._seated_ns = 0
            if self._stance:
                self._stance.begin()
        elif ends and phase != rest:
            phase, self._low = rest, self._level
        if phase == self.phase:
            return False
        came_back = phase == rest and self._has_rested
        if came_back and self._stance:
            came_back = self._stance.has_risen_in_place() and self._seated_ns <= _MAX_SEATED_NS
        self._has_rested |= phase == rest
        if self.phase or len(parts) == 1:
            self.changed_ns = stamp_ns
        self.phase = phase
        self.repetitions += came_back
        return came_back

    def reset(self) -> None:
        """Count from zero; the phase stays."""
        self.repetitions = 0

    def _sits(self, pose: Any) -> bool:
        """Return whether a body sits; without feet in view squatting looks the same."""
        body = Body(pose, MIN_VISIBILITY, self._rotation)
        has_leg = any(
            body.sees(f'{side}_hip', f'{side}_knee', f'{side}_ankle') for side in SIDES
        )
        return has_leg and posture_memberships(body)[Posture.SITTING] >= 0.5


class _Stance:
    """
    Support and shoulders in the image as last seen: complex numbers, in image heights.

    :param support: the feet or hands that carry the body
    :param max_away: maximum distance of the support from its own average, in heights of the
        shoulders above it
    """

    def __init__(self, support: tuple[PoseLandmark, PoseLandmark], max_away: float) -> None:
        self._ends, self._max_away = np.array([*support, *_SHOULDERS]), max_away
        self._between = [0j, 0j]
        self._support = self._shoulders = self._lowest = self._usual_support = 0j
        self._least_height, self._is_seen = inf, False

    def update(self, pose: Any, step_ns: int) -> None:
        """Update with the next image."""
        if len(pose.landmarks) != len(PoseLandmark):
            return
        aspect, ends = aspect_ratio(pose), np.asarray(pose.landmarks)[self._ends, :2].tolist()
        places = [complex(aspect * x, y) for x, y in ends]
        support, shoulders = self._middle(0, *places[:2]), self._middle(1, *places[2:])
        if not isfinite(support + shoulders):
            return
        self._support, self._shoulders = support, shoulders
        if not self._is_seen:
            self._usual_support, self._is_seen = support, True
        weight = smoothing_weight(step_ns, _SUPPORT_TIME_CONSTANT)
        self._usual_support += weight * (support - self._usual_support)
        height = abs(shoulders - support)
        if height < self._least_height:
            self._least_height, self._lowest = height, shoulders

    def _middle(self, pair: int, left: complex, right: complex) -> complex:
        """Return the middle of two joints; an unknown one is where it was beside the other."""
        if isfinite(right - left):
            self._between[pair] = right - left
        elif isfinite(left):
            right = left + self._between[pair]
        else:
            left = right - self._between[pair]
        return (left + right) / 2

    def begin(self) -> None:
        """Look for the lowest pose from here on."""
        self._least_height, self._lowest = abs(self._shoulders - self._support), self._shoulders

    def has_risen_in_place(self) -> bool:
        """Return whether the shoulders rose from the lowest pose, and the support stayed."""
        up = self._shoulders - self._support
        height = abs(up)
        rise = ((self._shoulders - self._lowest) * up.conjugate()).real / max(height, 1e-9)
        away = abs(self._support - self._usual_support)
        return rise >= _LEAST_RISE * height + away and away <= self._max_away * height


class RepetitionCounter:
    """
    Counts the repetitions of one exercise of one person.

    :param exercise: name of an exercise of the package, ``squats`` or ``pushups``; or custom
        classes with a single exercise
    :raises ValueError: when there is no such exercise, or not a single one
    """

    def __init__(self, exercise: str | PoseClasses) -> None:
        classes = PoseClasses.shipped() if isinstance(exercise, str) else exercise
        if isinstance(exercise, str):
            chosen = classes.exercise(exercise)
        elif len(classes.exercises) == 1:
            (chosen,) = classes.exercises.values()
        else:
            raise PoseClassError(
                f'the classes are those of {len(classes.exercises)} exercises, not of one: '
                + ', '.join(classes.exercises)
                + '; choose with only()'
            )
        self._classes = classes
        self._counter = PhaseCounter(chosen)
        self._judge = StampJudge()
        self._latest_ns: int | None = None

    @property
    def repetitions(self) -> int:
        """Return the number of repetitions."""
        return self._counter.repetitions

    @property
    def phase(self) -> str:
        """Return the phase, such as ``up`` or ``down``; empty before the first clear one."""
        return self._counter.phase

    def update(self, pose: Any | None, stamp_ns: int) -> bool:
        """
        Update with the next image.

        :param pose: of the person, None if not in the image
        :param stamp_ns: of the image, in nanoseconds
        :return: whether it completes a repetition
        :raises ValueError: when the stamp is not an integer
        """
        moment = self._judge(checked_stamp(stamp_ns), _TIMEOUT)
        if moment.starts_over or self._latest_ns is None:
            self._latest_ns = moment.time_ns
        if pose is None:
            return False
        step_ns, self._latest_ns = moment.time_ns - self._latest_ns, moment.time_ns
        ratios = self._classes.classify(pose)
        return self._counter.update(pose, ratios, moment.time_ns, step_ns)

    def reset(self) -> None:
        """Count from zero; the phase stays."""
        self._counter.reset()
