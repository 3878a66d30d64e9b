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
Judge the stamps of images: what time goes by between them, and where they are wrong.

Drivers are not perfect: a stamp comes a few milliseconds early, is repeated or left at zero. Such
an image is as good as any, and the time between it and its neighbours is taken to be the usual
one. Where stamps really jump, as in a recording that begins again, nothing of the past is a guide.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from math import isfinite
from numbers import Integral, Real
from statistics import median
from typing import Any, NamedTuple

from pose_tracking_ros.blazepose import saved_state

# Usual periods by which a stamp may lie before the latest one and still be that of a next image.
_MAX_PERIODS_BACK = 2.5

# Steps over which the usual period is taken, and what it is before there is any.
_STEPS = 9
DEFAULT_PERIOD_NS = 33_333_333

# No camera takes images so close together: after so many the unit is another one. Microseconds in
# place of nanoseconds make so little of any rate above two images a second.
_MIN_STEP_NS = 500_000
_MAX_TINY_STEPS = 5

# What a signed number of 64 bits holds, as in a bag: 292 years.
MAX_STAMP_NS = 2**63 - 1


class StampProblem(Enum):
    """What is wrong with a stamp; the value is what diagnostics and tables say."""

    REPEATED = 'repeated'
    """The stamp of the image before: the usual time is taken to have passed."""

    STEPPED_BACK = 'stepped_back'
    """A little before the latest stamp: the usual time is taken to have passed."""

    MISSING = 'missing'
    """Zero, after others: the usual time is taken to have passed."""

    JUMPED_BACK = 'jumped_back'
    """Far before the latest stamp: tracking starts over."""

    GAP = 'gap'
    """More than the timeout after the latest stamp: tracking starts over."""

    WRONG_UNIT = 'wrong_unit'
    """Several stamps in a row less than 0.5 ms apart: they are not in nanoseconds."""


class Moment(NamedTuple):
    """
    The time of an image.

    :param time_ns: never before that of the image before, unless tracking starts over
    :param starts_over: whether the images before are no guide
    :param problem: what is wrong with its stamp, if anything
    """

    time_ns: int
    starts_over: bool
    problem: StampProblem | None


class StampJudge:
    """Tells the time of each image by its stamp and those before."""

    def __init__(self) -> None:
        """Start without a past."""
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._latest_ns: int | None = None
        self._steps_ns: deque[int] = deque(maxlen=_STEPS)
        self._tiny_steps = 0

    @property
    def usual_period_ns(self) -> int:
        """Return the time between two images, in nanoseconds."""
        return int(median(self._steps_ns)) if self._steps_ns else DEFAULT_PERIOD_NS

    def __call__(self, stamp_ns: int, timeout: float) -> Moment:
        """
        Return the time of the next image.

        :param stamp_ns: its stamp in nanoseconds
        :param timeout: seconds between two images after which the past is no guide
        """
        latest_ns = self._latest_ns
        if latest_ns is None:
            return self._start(stamp_ns, None)
        step_ns = stamp_ns - latest_ns
        if step_ns > timeout * 1e9:
            return self._start(stamp_ns, StampProblem.GAP)
        if step_ns > 0:
            self._steps_ns.append(step_ns)
            self._tiny_steps = self._tiny_steps + 1 if step_ns < _MIN_STEP_NS else 0
            self._latest_ns = stamp_ns
            return Moment(stamp_ns, False, self._unit_problem())
        if step_ns == 0:
            problem = self._unit_problem() or StampProblem.REPEATED
        elif stamp_ns == 0:
            problem = StampProblem.MISSING
        elif -step_ns <= _MAX_PERIODS_BACK * self.usual_period_ns:
            problem = StampProblem.STEPPED_BACK
        else:
            return self._start(stamp_ns, StampProblem.JUMPED_BACK)
        return Moment(latest_ns, False, problem)

    def _start(self, stamp_ns: int, problem: StampProblem | None) -> Moment:
        self.reset()
        self._latest_ns = stamp_ns
        return Moment(stamp_ns, True, problem)

    def _unit_problem(self) -> StampProblem | None:
        """Return whether it is plain that stamps are in another unit."""
        return StampProblem.WRONG_UNIT if self._tiny_steps >= _MAX_TINY_STEPS else None

    def state(self) -> dict[str, Any]:
        """Return what is known of earlier stamps, as plain values."""
        return {
            'latest_ns': self._latest_ns,
            'steps_ns': list(self._steps_ns),
            'tiny_steps': self._tiny_steps,
        }

    def restore(self, state: Any) -> None:
        """
        Go on where another was.

        :param state: what its :meth:`state` returned
        :raises ValueError: when it is none
        """
        fields = saved_state.fields(state, 'latest_ns', 'steps_ns', 'tiny_steps')
        stamp = saved_state.integer(-MAX_STAMP_NS, MAX_STAMP_NS)
        latest_ns = saved_state.optional(stamp)(fields['latest_ns'])
        steps_ns = saved_state.sequence(saved_state.integer(1, MAX_STAMP_NS), _STEPS)(
            fields['steps_ns']
        )
        tiny_steps = saved_state.integer(0, MAX_STAMP_NS)(fields['tiny_steps'])
        self._latest_ns, self._tiny_steps = latest_ns, tiny_steps
        self._steps_ns = deque(steps_ns, _STEPS)


def checked_stamp(stamp_ns: int) -> int:
    """
    Return a stamp as a whole number of nanoseconds.

    :raises ValueError: when it is none
    """
    is_number = isinstance(stamp_ns, Real) and not isinstance(stamp_ns, bool)
    if not is_number or not (isinstance(stamp_ns, Integral) or isfinite(stamp_ns)):
        raise ValueError(f'stamp_ns is {stamp_ns!r}, accepted is a whole number of nanoseconds')
    if stamp_ns != int(stamp_ns):
        raise ValueError(
            f'stamp_ns is {stamp_ns!r}, accepted is a whole number of nanoseconds: seconds times '
            '1e9, rounded'
        )
    if abs(stamp_ns) > MAX_STAMP_NS:
        raise ValueError(
            f'stamp_ns is {stamp_ns!r}, accepted are nanoseconds of at most 63 bits'
        )
    return int(stamp_ns)
