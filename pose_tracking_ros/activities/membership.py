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

"""Memberships in [0, 1] of postures and gestures, in one image and over time."""

from __future__ import annotations

from math import exp, log

# The level after a membership of 1 for the delay, from 0; and the level at the end.
BEGINS, ENDS = 0.6, 0.35
# Below this level the next rise is a new beginning.
_OVER = 0.2
# Of a single image after any time: a single wrong one begins nothing.
_MAX_WEIGHT = 0.5
_TIME_CONSTANTS_PER_DELAY = -log(1.0 - BEGINS)


def ramp(value: float, zero: float, one: float) -> float:
    """Return 0 at ``zero`` and beyond, 1 at ``one`` and beyond, linear in between."""
    ratio = (value - zero) / (one - zero)
    return 0.0 if not ratio > 0 else min(ratio, 1.0)


def smoothing_weight(step_ns: int, time_constant: float, most: float = _MAX_WEIGHT) -> float:
    """
    Return the weight of a new value in an exponential average over time.

    :param step_ns: time since the value before
    :param time_constant: of the average, in seconds; 0 for no average
    :param most: the largest weight, after any time
    """
    if time_constant <= 0:
        return 1.0
    return min(1.0 - exp(-step_ns * 1e-9 / time_constant), most)


class Evidence:
    """
    Evidence for a state, over time.

    :param delay: seconds after which it begins, or ends
    """

    def __init__(self, delay: float) -> None:
        self._time_constant = delay / _TIME_CONSTANTS_PER_DELAY
        self.level = 0.0
        """The average membership over the latest images, in [0, 1]."""
        self._is_over = True
        self.since_ns: int | None = None
        """Stamp of the image in which the current evidence began."""
        self.holds = False
        """Whether the state has begun and not ended."""

    def update(self, membership: float, stamp_ns: int, step_ns: int) -> None:
        """
        Update with the next image.

        :param membership: of the image in the state, in [0, 1]
        :param stamp_ns: its stamp
        :param step_ns: time since the image before
        """
        if membership >= 0.5 and self._is_over:
            self.since_ns, self._is_over = stamp_ns, False
        self.level += smoothing_weight(step_ns, self._time_constant) * (membership - self.level)
        self._is_over |= membership < 0.5 and self.level < _OVER
        self.holds = self.level >= (ENDS if self.holds else BEGINS)
