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

from dataclasses import dataclass

from pose_tracking_ros.blazepose.option import check_options, documented, option


@documented
@dataclass(frozen=True)
class ActivityOptions:
    """Options of :class:`ActivityRecognizer`; times are differences between stamps."""

    postures: bool = option(True, 'Recognize postures.')
    gestures: bool = option(True, 'Recognize gestures.')
    exercises: tuple[str, ...] = option(
        ('all',),
        'Names of the exercises to count, from the package and from pose_classes; all counts all '
        'of them, an empty name none.',
    )
    pose_classes: str = option(
        '',
        'File of custom pose classes, as written by pose-classes learn.',
        form='a path, or empty for none',
        is_path=True,
    )
    min_visibility: float = option(
        0.5, 'Minimum visibility of a landmark that counts as seen.', bounds=(0.0, 1.0)
    )
    camera_pitch: float = option(
        0.0,
        'Downward tilt of the camera in degrees; negative if it looks up.',
        bounds=(-90.0, 90.0),
    )
    camera_roll: float = option(
        0.0,
        'Clockwise roll of the camera in degrees, which makes upright objects lean to the left '
        'in the image.',
        bounds=(-180.0, 180.0),
    )
    gesture_delay: float = option(
        0.25,
        'Seconds for which a gesture has to be made before it begins, or not be made before it '
        'ends.',
        bounds=(0.0, 10.0),
    )
    posture_delay: float = option(
        0.4, 'Seconds for which a posture has to be held before it begins.', bounds=(0.0, 10.0)
    )
    fall_time: float = option(
        2.0, 'Maximum seconds from standing to lying for a fall.', bounds=(0.0, 60.0)
    )
    exercise_timeout: float = option(
        5.0,
        'Seconds without a change of phase after which an exercise ends.',
        bounds=(0.1, 3600.0),
    )
    memory: float = option(
        10.0,
        'Seconds for which the state of a person who is out of sight is kept.',
        bounds=(0.0, 3600.0),
    )

    def __post_init__(self) -> None:
        """Check every option."""
        check_options(self)
