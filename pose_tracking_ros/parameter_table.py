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
The parameters of the nodes, as tables without ROS, and the options that they set.

The nodes, the launch files, and the tables in the README, docs/node.md and ``config/`` use them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from enum import Enum
from typing import Any, ClassVar, TypeVar

from pose_tracking_ros.activities import ActivityOptions
from pose_tracking_ros.blazepose import InferenceOptions, PoseTrackerOptions
from pose_tracking_ros.blazepose.option import Option, options_of
from pose_tracking_ros.image_decoding import MAX_IMAGE_PIXELS

Value = bool | int | float | str | list[str]

OptionsType = TypeVar('OptionsType')


class Change(Enum):
    """When a parameter can be set; the value is what tables say."""

    LIVE = 'any time'
    """Applies to the next image."""

    UNCONFIGURED = 'unconfigured'
    """Before the lifecycle node is configured, and again after its cleanup."""

    START = 'at start'
    """On the command line or in a file, when the node is started."""


@dataclass(frozen=True)
class ParameterDeclaration(Option):
    """
    A parameter of a node; one that sets an option has its name, default and accepted values.

    :param change: when it can be set
    """

    change: Change = Change.UNCONFIGURED

    type_names: ClassVar[Mapping[type, str]] = {
        bool: 'true or false',
        int: 'an integer',
        float: 'a number with a decimal point',
        str: 'a string',
        list: 'a list of strings',
    }

    def check(self, value: Any) -> None:
        """
        Check the type and the range of a value.

        :raises ValueError: if it is not accepted; names the accepted values
        """
        if type(value) is not type(self.default):
            raise self.error(value)
        self.checked(value)


def similar_name(name: str, known: Iterable[str]) -> str:
    """Return a question for a misspelt name, empty if none of the known ones is similar."""
    similar = get_close_matches(name, known, 1)
    return f', did you mean {similar[0]}?' if similar else ''


def _declarations(options: type, change: Change = Change.LIVE) -> tuple[ParameterDeclaration, ...]:
    """Return a parameter for each option; ``change`` is for those that do not select models."""
    return tuple(
        ParameterDeclaration(
            **{
                **vars(item),
                # ROS has lists, options have tuples, which cannot change.
                'default': list(item.default) if isinstance(item.default, tuple) else item.default,
            },
            change=Change.UNCONFIGURED if item.selects_models else change,
        )
        for item in options_of(options)
    )


TRACKER_PARAMETERS = _declarations(PoseTrackerOptions)

INFERENCE_PARAMETERS = _declarations(InferenceOptions)

IMAGE_PARAMETERS = (
    ParameterDeclaration(
        'max_image_pixels',
        MAX_IMAGE_PIXELS,
        'Maximum number of pixels of an image; a larger one is rejected by its header, before it '
        'is decoded. The default is twice the pixels of 8K.',
        bounds=(1, 2**30),
        change=Change.LIVE,
    ),
)

NODE_PARAMETERS = (
    ParameterDeclaration(
        'require_provider',
        False,
        'Refuse to be configured when another execution provider runs the models than '
        'execution_provider names, instead of warning.',
    ),
    ParameterDeclaration(
        'autostart',
        True,
        'Configure and activate the node when it starts. If false, a lifecycle manager does.',
        change=Change.START,
    ),
    ParameterDeclaration(
        'cameras',
        [''],
        'Cameras to serve in one process, such as [front, rear]: the names of each begin with its '
        'own, as front/image does. By default one, with plain names.',
    ),
    ParameterDeclaration(
        'image_transport',
        'raw',
        'How images come: raw as sensor_msgs/Image, compressed as sensor_msgs/CompressedImage on '
        'the same name with /compressed; H.264 or H.265 video as foxglove_msgs/CompressedVideo on '
        'that with /foxglove, or as ffmpeg_image_transport_msgs/FFMPEGPacket with /ffmpeg.',
        choices=('raw', 'compressed', 'foxglove', 'ffmpeg'),
    ),
    ParameterDeclaration(
        'depth_transport',
        'none',
        'Measure where people are in depth images as well, registered to the images: raw as '
        'sensor_msgs/Image on depth/image, compressedDepth as sensor_msgs/CompressedImage on the '
        'same name with /compressedDepth.',
        choices=('none', 'raw', 'compressedDepth'),
    ),
    ParameterDeclaration(
        'depth_slop',
        0.1,
        'Seconds by which the stamps of an image and of its depth may differ; without depth in '
        'time an image is processed alone.',
        bounds=(0.0, 10.0),
        change=Change.LIVE,
    ),
    ParameterDeclaration(
        'publish_tf',
        False,
        'Publish a frame body_<track_id> for each person whose position is known: origin '
        'mid-hips, x out of the body, z to the head. Needs tf2_msgs.',
    ),
    ParameterDeclaration(
        'target_frame',
        '',
        'Frame of person_pose and markers, transformed at the stamp of the image. '
        'Needs tf2_ros.',
        form='the name of a frame, or empty for the frame of the images',
    ),
    ParameterDeclaration(
        'drop_frames',
        True,
        'Process the newest image and drop older ones. If false, every image of a '
        'reliable publisher is processed in order, as for a bag.',
    ),
    ParameterDeclaration(
        'lazy',
        False,
        'Subscribe to the images only while the outputs have subscribers, as image_proc does.',
    ),
    ParameterDeclaration(
        'marker_lifetime',
        0.5,
        'Seconds after which markers disappear without new ones; 0 keeps them.',
        bounds=(0.0, 3600.0),
        change=Change.LIVE,
    ),
    ParameterDeclaration(
        'drawing_scale',
        1.0,
        'Scale of the lines and joints of drawings and markers.',
        bounds=(0.1, 10.0),
        change=Change.LIVE,
    ),
    ParameterDeclaration(
        'drawing_visibility',
        0.5,
        'Minimum visibility of a landmark that is drawn as visible; others are drawn as hidden.',
        bounds=(0.0, 1.0),
        change=Change.LIVE,
    ),
    ParameterDeclaration(
        'draw_region',
        False,
        'Also draw the region of interest of the landmark model.',
        change=Change.LIVE,
    ),
    ParameterDeclaration(
        'jpeg_quality',
        85,
        'Quality of the compressed annotated image.',
        bounds=(1, 100),
        change=Change.LIVE,
    ),
    ParameterDeclaration(
        'expected_rate',
        0.0,
        'Minimum input rate in Hz, below which the diagnostics warn; 0 disables the warning.',
        bounds=(0.0, 1000.0),
        change=Change.LIVE,
    ),
    ParameterDeclaration(
        'max_latency',
        0.5,
        'Maximum latency in seconds without a warning in the diagnostics, from the stamp of an '
        'image to its landmarks.',
        bounds=(0.001, 3600.0),
        change=Change.LIVE,
    ),
    ParameterDeclaration(
        'max_dropped',
        0.5,
        'Maximum drop ratio without a warning in the diagnostics.',
        bounds=(0.0, 1.0),
        change=Change.LIVE,
    ),
    ParameterDeclaration(
        'image_timeout',
        3.0,
        'Seconds without an image after which the log and the diagnostics list possible causes.',
        bounds=(0.1, 3600.0),
        change=Change.LIVE,
    ),
)

PARAMETERS = (*TRACKER_PARAMETERS, *INFERENCE_PARAMETERS, *IMAGE_PARAMETERS, *NODE_PARAMETERS)
"""Parameters of pose_tracking_node."""

ACTIVITY_OPTION_PARAMETERS = _declarations(ActivityOptions, Change.UNCONFIGURED)

_SHARED = {declaration.name: declaration for declaration in NODE_PARAMETERS}

ACTIVITY_PARAMETERS = (
    *ACTIVITY_OPTION_PARAMETERS,
    _SHARED['autostart'],
    _SHARED['marker_lifetime'],
    ParameterDeclaration(
        'marker_scale',
        1.0,
        'Scale of the text and arrows.',
        bounds=(0.1, 10.0),
        change=Change.LIVE,
    ),
    _SHARED['expected_rate'],
    replace(
        _SHARED['max_latency'],
        description='Seconds from the stamp of an image to its activities above which the '
        'diagnostics warn.',
    ),
    ParameterDeclaration(
        'landmarks_timeout',
        3.0,
        'Seconds without landmarks after which the log and the diagnostics list possible causes.',
        bounds=(0.1, 3600.0),
        change=Change.LIVE,
    ),
)
"""Parameters of pose_activity_node."""


def options_from(values: Mapping[str, Value], options: type[OptionsType]) -> OptionsType:
    """
    Return options with the values of the parameters of the same names.

    :raises ValueError: if one is not accepted, or they contradict each other
    """
    names = [field.name for field in fields(options) if field.name in values]
    return options(**{name: values[name] for name in names})
