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

"""The settings of the activity node, from its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pose_tracking_ros.activities import ActivityOptions
from pose_tracking_ros.messages import ActivityMarkers
from pose_tracking_ros.node.message_types import MESSAGE_TYPES
from pose_tracking_ros.parameter_table import activity_options


@dataclass(frozen=True)
class ActivityLimits:
    """
    The limits of the diagnostics.

    :param expected_rate: minimum messages of landmarks a second, 0 for no limit
    :param max_latency: maximum seconds from the stamp of an image to its activities
    :param landmarks_timeout: maximum seconds without landmarks
    """

    expected_rate: float
    max_latency: float
    landmarks_timeout: float


@dataclass(frozen=True)
class ActivitySettings:
    """
    The settings; a change of a parameter creates a new object.

    :param options: of the recognizer
    :param markers: creates the markers for RViz
    :param limits: of the diagnostics
    """

    options: ActivityOptions
    markers: ActivityMarkers
    limits: ActivityLimits

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> ActivitySettings:
        """
        Return the settings for the values of all parameters.

        :raises ValueError: when one of them is invalid
        """
        return cls(
            options=activity_options(values),
            markers=ActivityMarkers(
                MESSAGE_TYPES, values['marker_lifetime'], values['marker_scale']
            ),
            limits=ActivityLimits(
                expected_rate=values['expected_rate'],
                max_latency=values['max_latency'],
                landmarks_timeout=values['landmarks_timeout'],
            ),
        )
