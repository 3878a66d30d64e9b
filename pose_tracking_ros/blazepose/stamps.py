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
Check the stamps of images: the time between them, and their problems.

Stamps from drivers may be a few milliseconds early, repeated or zero. Such an image is processed
as if the usual period had passed. If stamps really jump, as in a recording that starts again,
tracking starts again too.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from math import isfinite
from numbers import Integral, Real
from statistics import median
from typing import Any, NamedTuple

from pose_tracking_ros.blazepose import saved_state

# Maximum step back of a next image before the latest stamp, in usual periods.
_MAX_PERIODS_BACK = 2.5

# Number of steps whose median is the usual period, and its default before any step.
_STEPS = 9
DEFAULT_PERIOD_NS = 33_333_333

# Minimum step between the images of a camera; after this many smaller ones the unit is wrong.
# Microseconds in place of nanoseconds give smaller steps at any rate above two images a second.
_MIN_STEP_NS = 500_000
_MAX_TINY_STEPS = 5

# Maximum of int64, the type of stamps in bags: 292 years.
MAX_STAMP_NS = 2**63 - 1


class StampProblem(Enum):
    """Problem of a stamp; diagnostics and tables contain the value."""

    REPEATED = 'repeated'
    """Equal to the previous stamp: the usual period is assumed."""

    STEPPED_BACK = 'stepped_back'
    """Slightly before the latest stamp: the usual period is assumed."""

    MISSING = 'missing'
    """Zero, after others: the usual period is assumed."""

    JUMPED_BACK = 'jumped_back'
    """Far before the latest stamp: tracking starts again."""

    GAP = 'gap'
    """More than the timeout after the latest stamp: tracking starts again."""

    WRONG_UNIT = 'wrong_unit'
    """Several stamps in a row less than 0.5 ms apart: they are not in nanoseconds."""


class Moment(NamedTuple):
    """
    The time of an image.

    :param time_ns: not before that of the previous image, unless tracking starts again
    :param starts_over: whether tracking starts again
    :param problem: problem of its stamp, if any
    """

    time_ns: int
    starts_over: bool
    problem: StampProblem | None


class StampJudge:
    """Determines the time of each image from its stamp and the previous ones."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Clear the state."""
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
        :param timeout: seconds between two images after which tracking starts again
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
        """Return WRONG_UNIT if the stamps are clearly in another unit."""
        return StampProblem.WRONG_UNIT if self._tiny_steps >= _MAX_TINY_STEPS else None

    def state(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return {
            'latest_ns': self._latest_ns,
            'steps_ns': list(self._steps_ns),
            'tiny_steps': self._tiny_steps,
        }

    def restore(self, state: Any) -> None:
        """Restore a state."""
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

    :raises ValueError: if it is not one
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
        raise ValueError(f'stamp_ns is {stamp_ns!r}, accepted are nanoseconds of at most 63 bits')
    return int(stamp_ns)
