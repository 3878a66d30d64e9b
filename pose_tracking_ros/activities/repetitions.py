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

"""Repetitions of exercises, counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pose_tracking_ros.activities.membership import smoothing_weight
from pose_tracking_ros.activities.pose_classes import Exercise, PoseClassError, PoseClasses
from pose_tracking_ros.blazepose.stamps import checked_stamp, StampJudge

# Of the average over time, in seconds, and the levels at which a phase begins. Source: the pose
# classification of MediaPipe, where a repetition begins above 6 of 10 neighbours, ends below 4,
# and an answer 33 ms old has 0.8 of the weight.
_TIME_CONSTANT = 0.15
_ENTER, _LEAVE = 0.6, 0.4
# Part of the nearest samples that those of the exercise must have for a pose to tell its phase.
_LEAST_PART = 0.5
_TIMEOUT = 3600.0


class PhaseCounter:
    """
    Counts one exercise from the classes of poses.

    A repetition leaves the rest and comes back to it. One that begins elsewhere, as that of
    somebody who gets up first, is none.

    :param exercise: the exercise
    """

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.repetitions = 0
        """How many."""
        self.phase = ''
        """The phase, empty before the first that is plain."""
        self.changed_ns: int | None = None
        """Stamp of the image that showed the latest change of the phase from one to another."""
        self._level = (_ENTER + _LEAVE) / 2
        self._has_rested = len(exercise.classes) == 1

    def update(self, shares: Mapping[str, float], stamp_ns: int, step_ns: int) -> bool:
        """
        Take in the next image.

        :param shares: class -> part of the nearest samples, as
            :meth:`PoseClasses.classify` returns it
        :param stamp_ns: the stamp of the image
        :param step_ns: time since the image before
        :return: whether a repetition is complete
        """
        exercise = self.exercise
        if not shares:
            return False
        parts = [shares.get(name, 0.0) for name in exercise.classes]
        if len(parts) == 1:
            active = parts[0]
        elif sum(parts) >= _LEAST_PART:
            active = 1.0 - parts[0] / sum(parts)
        else:
            return False
        self._level += smoothing_weight(step_ns, _TIME_CONSTANT) * (active - self._level)
        rest = '' if len(parts) == 1 else exercise.phases[0]
        phase = self.phase
        if self._level >= _ENTER:
            moving = max(range(len(parts)), key=lambda k: parts[k] if k or len(parts) == 1 else -1)
            phase = exercise.phases[moving]
        elif self._level <= _LEAVE:
            phase = rest
        if phase == self.phase:
            return False
        came_back = phase == rest and self._has_rested
        self._has_rested |= phase == rest
        if self.phase or len(parts) == 1:
            self.changed_ns = stamp_ns
        self.phase = phase
        self.repetitions += came_back
        return came_back

    def reset(self) -> None:
        """Count from zero; the phase stays."""
        self.repetitions = 0


class RepetitionCounter:
    """
    Counts the repetitions of one exercise of one person.

    :param exercise: name of an exercise that comes with the package, ``squats`` or ``pushups``; or
        classes of one's own with a single exercise
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
        """Return how many there were."""
        return self._counter.repetitions

    @property
    def phase(self) -> str:
        """Return the phase, such as ``up`` or ``down``; empty before the first that is plain."""
        return self._counter.phase

    def update(self, pose: Any | None, stamp_ns: int) -> bool:
        """
        Take in the next image.

        :param pose: of the person, None where the image shows none
        :param stamp_ns: of the image, in nanoseconds
        :return: whether it completes a repetition
        :raises ValueError: when the stamp is no whole number
        """
        moment = self._judge(checked_stamp(stamp_ns), _TIMEOUT)
        latest_ns = moment.time_ns if moment.starts_over else self._latest_ns
        step_ns = moment.time_ns - (moment.time_ns if latest_ns is None else latest_ns)
        if pose is None:
            return False
        self._latest_ns = moment.time_ns
        shares = self._classes.classify(pose)
        return self._counter.update(shares, moment.time_ns, step_ns)

    def reset(self) -> None:
        """Count from zero; the phase stays."""
        self._counter.reset()
