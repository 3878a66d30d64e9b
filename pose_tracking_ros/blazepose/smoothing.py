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
Filters over time, driven by the stamps of the images.

Each filter processes arrays of one shape, element by element, and clears its state at
``reset()``; :mod:`pose_tracking_ros.blazepose.saved_state` explains ``state()`` and ``restore()``.
Source: the calculators LandmarksSmoothing and VisibilitySmoothing of MediaPipe, and the one-euro
filter, https://gery.casiez.net/1euro/.
"""

from __future__ import annotations

from collections import deque
from math import pi
from typing import Any, NamedTuple

import numpy as np

from pose_tracking_ros.blazepose import saved_state
from pose_tracking_ros.blazepose.stamps import MAX_STAMP_NS

# Period in seconds if the stamps do not give it: at the first image and at a repeated stamp.
_DEFAULT_PERIOD = 1 / 30

_NOTHING: np.ndarray = np.empty(0)

_STAMP = saved_state.integer(-MAX_STAMP_NS, MAX_STAMP_NS)


class OneEuroConstants(NamedTuple):
    """
    Constants of a one-euro filter; "size" is the unit of length of speeds.

    :param min_cutoff: cutoff frequency of a still value, in Hz
    :param beta: how much the cutoff rises with the speed, in Hz for each size a second
    :param derivate_cutoff: cutoff frequency of the speed, in Hz
    :param rest_speed: speed, in sizes a second, up to which a motion is mostly noise: the cutoff
        rises with the square of the speed below it, in proportion to the speed above it. 0 is the
        filter of the literature
    """

    min_cutoff: float
    beta: float
    derivate_cutoff: float = 1.0
    rest_speed: float = 0.0


# As MediaPipe's for the full body, and a tenth of a metre a second for a body of ordinary size is
# rest: docs/smoothing.md has the measurements.
STRONG = OneEuroConstants(min_cutoff=0.05, beta=80.0, derivate_cutoff=1.0, rest_speed=0.05)

SMOOTHING_NAMES = ('off', 'official', 'strong')
SMOOTHING_FORMS = (
    'one of '
    + ', '.join(SMOOTHING_NAMES)
    + ', or one-euro constants as min_cutoff,beta,derivate_cutoff or with a fourth rest_speed, '
    'such as 0.05,80,1'
)

# Outside of these ranges a filter has no effect, or its output stands still.
_CONSTANTS_RANGES = ((1e-3, 1e3), (0, 1e5), (1e-3, 1e3), (0, 1e3))


def one_euro_constants(smoothing: str) -> OneEuroConstants | None:
    """
    Return the constants of an option ``smoothing``, None for ``off`` and ``official``.

    :param smoothing: a name, or three or four constants with commas between them
    :raises ValueError: if it is neither
    """
    if smoothing in ('off', 'official'):
        return None
    if smoothing == 'strong':
        return STRONG
    try:
        values = [float(number) for number in smoothing.split(',')]
    except (AttributeError, ValueError):
        values = []
    if len(values) not in (3, 4):
        raise ValueError(f'smoothing is {smoothing!r}, accepted is {SMOOTHING_FORMS}')
    for name, value, (lowest, highest) in zip(OneEuroConstants._fields, values, _CONSTANTS_RANGES):
        if not lowest <= value <= highest:
            raise ValueError(
                f'smoothing is {smoothing!r}, accepted is a {name} in [{lowest:g}, {highest:g}]'
            )
    return OneEuroConstants(*values)


class LowPassFilter:
    """
    Mix each value with the previous filtered one.

    :param alpha: weight of the new value, in (0, 1]
    """

    def __init__(self, alpha: float) -> None:
        self._alpha = alpha
        self.reset()

    def reset(self) -> None:
        """Clear the state."""
        self._filtered: np.ndarray | None = None

    def __call__(self, value: np.ndarray) -> np.ndarray:
        """Return the filtered value; the first one passes as it is."""
        if self._filtered is None:
            self._filtered = value
        else:
            self._filtered = self._alpha * value + (1 - self._alpha) * self._filtered
        return self._filtered

    def state(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return {'filtered': saved_state.optional_array_text(self._filtered)}

    def restore(self, state: Any, shape: tuple[int, ...]) -> None:
        """Restore a state with values of a shape."""
        fields = saved_state.fields(state, 'filtered')
        self._filtered = saved_state.optional(saved_state.array(shape))(fields['filtered'])


class OneEuroFilter:
    """
    Low-pass whose cutoff rises with the speed of the value.

    :param constants: its constants
    """

    def __init__(self, constants: OneEuroConstants) -> None:
        self._constants = constants
        self.reset()

    def reset(self) -> None:
        """Clear the state."""
        self._stamp_ns = 0
        self._value: np.ndarray | None = None
        self._filtered = _NOTHING
        self._derivate = _NOTHING

    def __call__(self, value: Any, stamp_ns: int, scale: float = 1.0) -> Any:
        """
        Return the filtered value; the first one passes as it is.

        :param value: a number, or an array of the same shape at each call
        :param stamp_ns: time of the value in nanoseconds
        :param scale: factor that makes speeds comparable, such as one over the body's size
        """
        if self._value is None:
            self._filtered, self._derivate = value, value - value
        else:
            period = (stamp_ns - self._stamp_ns) * 1e-9
            if period <= 0:
                period = _DEFAULT_PERIOD
            speed = (value - self._value) * (scale / period)
            min_cutoff, beta, derivate_cutoff, rest_speed = self._constants
            self._derivate = _mix(speed, self._derivate, _alpha(derivate_cutoff, period))
            speed = abs(self._derivate)
            if rest_speed:
                speed = speed * (speed / (speed + rest_speed))
            cutoff = min_cutoff + beta * speed
            self._filtered = _mix(value, self._filtered, _alpha(cutoff, period))
        self._stamp_ns, self._value = stamp_ns, value
        return self._filtered

    def state(self) -> dict[str, Any] | None:
        """Return the state as plain values, None without one."""
        if self._value is None:
            return None
        return {
            'stamp_ns': self._stamp_ns,
            'value': saved_state.array_text(self._value),
            'filtered': saved_state.array_text(self._filtered),
            'derivate': saved_state.array_text(self._derivate),
        }

    def restore(self, state: Any, shape: tuple[int, ...]) -> None:
        """Restore a state with values of a shape."""
        self.reset()
        if state is None:
            return
        fields = saved_state.fields(state, 'stamp_ns', 'value', 'filtered', 'derivate')
        read = saved_state.array(shape)
        self._stamp_ns, self._value = _STAMP(fields['stamp_ns']), read(fields['value'])
        self._filtered, self._derivate = read(fields['filtered']), read(fields['derivate'])


class VelocityFilter:
    """
    Low-pass that follows a value the more closely, the faster it moves.

    :param window_size: earlier values that the velocity is averaged over
    :param velocity_scale: weight of the velocity
    """

    def __init__(self, window_size: int, velocity_scale: float) -> None:
        self._velocity_scale = velocity_scale
        self._steps: deque[tuple[np.ndarray, float]] = deque(maxlen=window_size)
        self.reset()

    def reset(self) -> None:
        """Clear the state."""
        self._steps.clear()
        self._stamp_ns = 0
        self._value: np.ndarray | None = None
        self._filtered = _NOTHING

    def __call__(self, value: np.ndarray, stamp_ns: int, scale: float = 1.0) -> np.ndarray:
        """
        Return the filtered value; the first one passes as it is.

        :param value: any shape, the same at each call
        :param stamp_ns: time of the value in nanoseconds
        :param scale: factor that makes velocities comparable, such as one over the body's size
        """
        scaled = value * scale
        if self._value is None:
            self._filtered = value
        else:
            period = (stamp_ns - self._stamp_ns) * 1e-9
            if period <= 0:
                period = _DEFAULT_PERIOD
            distance, duration = scaled - self._value, period
            # Steps before a gap are not used.
            max_duration = (1 + len(self._steps)) * _DEFAULT_PERIOD
            for earlier_distance, earlier_period in self._steps:
                if duration + earlier_period > max_duration:
                    break
                distance = distance + earlier_distance
                duration += earlier_period
            self._steps.appendleft((scaled - self._value, period))
            velocity = np.abs(distance / duration)
            self._filtered = _mix(
                value, self._filtered, 1 - 1 / (1 + self._velocity_scale * velocity)
            )
        self._stamp_ns, self._value = stamp_ns, scaled
        return self._filtered

    def state(self) -> dict[str, Any] | None:
        """Return the state as plain values, None without one."""
        if self._value is None:
            return None
        return {
            'stamp_ns': self._stamp_ns,
            'value': saved_state.array_text(self._value),
            'filtered': saved_state.array_text(self._filtered),
            'steps': [saved_state.array_text(step) for step, _ in self._steps],
            'periods': [period for _, period in self._steps],
        }

    def restore(self, state: Any, shape: tuple[int, ...]) -> None:
        """Restore a state with values of a shape."""
        self.reset()
        if state is None:
            return
        fields = saved_state.fields(state, 'stamp_ns', 'value', 'filtered', 'steps', 'periods')
        read, length = saved_state.array(shape), self._steps.maxlen or 0
        steps = saved_state.sequence(read, length)(fields['steps'])
        period = saved_state.number(1e-9, MAX_STAMP_NS * 1e-9)
        periods = saved_state.sequence(period, length)(fields['periods'])
        if len(steps) != len(periods):
            raise ValueError(f'{len(steps)} steps with {len(periods)} periods')
        self._stamp_ns, self._value = _STAMP(fields['stamp_ns']), read(fields['value'])
        self._filtered = read(fields['filtered'])
        self._steps.extend(zip(steps, periods))


class MaskSmoother:
    """
    Mix each mask of a person with the previous one, the more, the less certain it is.

    Source: the calculator SegmentationSmoothing of MediaPipe, whose polynomial approximates the
    entropy of a probability.

    :param ratio: weight of the previous mask where the new one is 0.5
    """

    def __init__(self, ratio: float = 0.7) -> None:
        self._ratio = ratio
        self.reset()

    def reset(self) -> None:
        """Clear the state."""
        self._mask: np.ndarray | None = None

    def __call__(self, mask: np.ndarray) -> np.ndarray:
        """Return the mixed mask; the first one passes as it is."""
        if self._mask is not None:
            square = (mask - np.float32(0.5)) ** 2
            certainty = np.zeros_like(square)
            for coefficient in (-624.717, 291.309, -57.8051, -0.748699, 5.68842):
                certainty = (certainty + np.float32(coefficient)) * square
            uncertainty = 1 - np.minimum(certainty, 1)
            mask = mask + (self._mask - mask) * (uncertainty * np.float32(self._ratio))
        self._mask = mask
        return mask

    def state(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return {'mask': saved_state.optional_array_text(self._mask)}

    def restore(self, state: Any, shape: tuple[int, ...]) -> None:
        """Restore a state with masks of a shape."""
        read = saved_state.optional(saved_state.array(shape, np.float32))
        self._mask = read(saved_state.fields(state, 'mask')['mask'])


def _alpha(cutoff: np.ndarray | float, period: float) -> np.ndarray | float:
    """Return the weight of the new value in a low-pass with a cutoff frequency in Hz."""
    return 1 / (1 + 1 / (2 * pi * cutoff * period))


def _mix(new: np.ndarray, old: np.ndarray, alpha: np.ndarray | float) -> np.ndarray:
    return alpha * new + (1 - alpha) * old
