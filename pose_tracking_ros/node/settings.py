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

"""The settings of the nodes: immutable values, replaced at a change of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.util import find_spec
import re
from typing import Any

from pose_tracking_ros.activities import ActivityOptions
from pose_tracking_ros.blazepose import InferenceOptions, PoseTrackerOptions
from pose_tracking_ros.drawing import PoseAnnotator
from pose_tracking_ros.messages import ActivityMarkers, PoseMarkers
from pose_tracking_ros.missing_packages import apt_install
from pose_tracking_ros.node.message_types import MESSAGE_TYPES
from pose_tracking_ros.parameter_table import options_from

_CAMERA_NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_]*')


@dataclass(frozen=True)
class Limits:
    """Limits beyond which the diagnostics warn: the parameters of the same names."""

    expected_rate: float
    max_latency: float
    max_dropped: float
    image_timeout: float


@dataclass(frozen=True)
class Settings:
    """
    The settings of the tracking node; most have the name and meaning of a parameter.

    :param cameras: names of the cameras; one without a name has plain topics
    :param target_frame: frame of published positions; empty for that of the images
    :param annotator: draws on BGR images
    :param markers: makes the markers for RViz
    """

    options: PoseTrackerOptions
    inference: InferenceOptions
    require_provider: bool
    cameras: tuple[str, ...]
    image_transport: str
    depth_transport: str
    depth_slop: float
    publish_tf: bool
    target_frame: str
    drop_frames: bool
    lazy: bool
    max_image_pixels: int
    annotator: PoseAnnotator
    markers: PoseMarkers
    jpeg_quality: int
    limits: Limits

    @property
    def wants_positions(self) -> bool:
        """Return whether a parameter requires positions."""
        return bool(self.depth_transport != 'none' or self.publish_tf or self.target_frame)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Settings:
        """
        Return the settings for the values of all parameters.

        :raises ValueError: if they contradict each other
        """
        _check_packages(values)
        scale, visible_from = values['drawing_scale'], values['drawing_visibility']
        values = {**values, 'cameras': _camera_names(values['cameras'])}
        return cls(
            options=options_from(values, PoseTrackerOptions),
            inference=options_from(values, InferenceOptions),
            **{item.name: values[item.name] for item in fields(cls) if item.name in values},
            annotator=PoseAnnotator('bgr', values['draw_region'], visible_from, scale),
            markers=PoseMarkers(MESSAGE_TYPES, values['marker_lifetime'], visible_from, scale),
            # Without drop_frames every drop is a problem.
            limits=options_from(
                values if values['drop_frames'] else {**values, 'max_dropped': 0.0}, Limits
            ),
        )


def _check_packages(values: Mapping[str, Any]) -> None:
    """Raise a ValueError if a package required by parameters is not installed."""
    for name, module, package in (
        ('publish_tf', 'tf2_msgs', 'tf2_msgs'),
        ('target_frame', 'tf2_ros', 'tf2_ros_py'),
    ):
        if values[name] and find_spec(module) is None:
            raise ValueError(
                f'{name} is {values[name]!r}, which needs the package {module}: it comes with a '
                f'ROS 2 distribution ({apt_install(package)})'
            )


def _camera_names(given: list[str]) -> tuple[str, ...]:
    """Return the names of the cameras, one empty name where there are none."""
    names = tuple(name for name in given if name)
    for name in names:
        if not _CAMERA_NAME.fullmatch(name):
            raise ValueError(
                f'cameras has {name!r}, accepted are names of letters, digits and underscores '
                'that do not begin with a digit'
            )
    if len(set(names)) < len(names):
        raise ValueError(f'cameras is {list(names)}, but each camera needs a name of its own')
    return names or ('',)


@dataclass(frozen=True)
class ActivityLimits:
    """The limits of the diagnostics: the parameters of the same names."""

    expected_rate: float
    max_latency: float
    landmarks_timeout: float


@dataclass(frozen=True)
class ActivitySettings:
    """The settings of the activity node."""

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
            options=options_from(values, ActivityOptions),
            markers=ActivityMarkers(
                MESSAGE_TYPES, values['marker_lifetime'], values['marker_scale']
            ),
            limits=options_from(values, ActivityLimits),
        )
