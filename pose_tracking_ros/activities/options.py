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

"""The options of the recognizer."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite
from numbers import Real
from typing import Any

import numpy as np

# Smallest and largest value of the options that are numbers.
RANGES = {
    'min_visibility': (0.0, 1.0),
    'camera_pitch': (-90.0, 90.0),
    'camera_roll': (-180.0, 180.0),
    'gesture_delay': (0.0, 10.0),
    'posture_delay': (0.0, 10.0),
    'fall_time': (0.0, 60.0),
    'exercise_timeout': (0.1, 3600.0),
    'memory': (0.0, 3600.0),
}


@dataclass(frozen=True)
class ActivityOptions:
    """
    Options of :class:`ActivityRecognizer`.

    :param postures: whether to recognize postures
    :param gestures: whether to recognize gestures
    :param exercises: names of the exercises to count, of those that come with the package and
        those in ``pose_classes``; empty for none, ``('all',)`` for all
    :param pose_classes: a file of classes of one's own, as ``pose-classes learn`` writes it; empty
        for none
    :param min_visibility: minimum visibility in [0, 1] of a landmark that counts as seen
    :param camera_pitch: how far the camera looks down, in degrees; negative if it looks up
    :param camera_roll: how far the camera is rolled clockwise, in degrees, so that what is upright
        leans to the left in the image
    :param gesture_delay: seconds for which a gesture has to be made, or not be made, before it
        counts as begun, or as ended
    :param posture_delay: seconds for which a posture has to be held before it counts
    :param fall_time: seconds from standing to lying within which it is a fall
    :param exercise_timeout: seconds without a change of phase after which an exercise is over
    :param memory: seconds for which a person out of sight is kept
    :raises ValueError: when an option is of the wrong type or out of its range
    """

    postures: bool = True
    gestures: bool = True
    exercises: tuple[str, ...] = ('all',)
    pose_classes: str = ''
    min_visibility: float = 0.5
    camera_pitch: float = 0.0
    camera_roll: float = 0.0
    gesture_delay: float = 0.25
    posture_delay: float = 0.4
    fall_time: float = 2.0
    exercise_timeout: float = 5.0
    memory: float = 10.0

    def __post_init__(self) -> None:
        """Check every option."""
        for field in fields(self):
            value = getattr(self, field.name)
            accepted, plain = _plain(field.name, field.default, value)
            if plain is None:
                raise ValueError(f'{field.name} is {value!r}, accepted is {accepted}')
            object.__setattr__(self, field.name, plain)


def _plain(name: str, default: Any, value: Any) -> tuple[str, Any]:
    """Return in words what an option accepts, and its value of a type of Python if it does."""
    if isinstance(default, bool):
        is_bool = isinstance(value, bool | np.bool_)
        return 'True or False', bool(value) if is_bool else None
    if isinstance(default, float):
        lowest, highest = RANGES[name]
        is_number = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
        is_inside = is_number and isfinite(value) and lowest <= value <= highest
        return f'a number in [{lowest:g}, {highest:g}]', float(value) if is_inside else None
    if isinstance(default, tuple):
        names = value if isinstance(value, tuple | list) else [None]
        is_text = all(isinstance(item, str) for item in names)
        return 'a list of names', tuple(filter(None, names)) if is_text else None
    return 'a path', value if isinstance(value, str) else None
