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

The nodes declare them from here, and the README, docs/node.md, the files in ``config/`` and the
launch files show what stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
import reprlib
from typing import Any

from pose_tracking_ros.activities import ActivityOptions
from pose_tracking_ros.activities.options import RANGES as ACTIVITY_RANGES
from pose_tracking_ros.blazepose import (
    EXECUTION_PROVIDERS,
    InferenceOptions,
    MODEL_COMPLEXITIES,
    PoseTrackerOptions,
    RANGES,
)
from pose_tracking_ros.blazepose.options import AUTO, MAIN_PERSON_RULES, SEARCH_TILES
from pose_tracking_ros.blazepose.smoothing import SMOOTHING_FORMS
from pose_tracking_ros.image_decoding import MAX_IMAGE_PIXELS

Value = bool | int | float | str | list[str]


class Change(Enum):
    """When a parameter can be set; the value is what tables say."""

    LIVE = 'any time'
    """Applies to the next image."""

    UNCONFIGURED = 'unconfigured'
    """Before the lifecycle node is configured, and again after its cleanup."""

    START = 'at start'
    """On the command line or in a file, when the node is started."""


@dataclass(frozen=True)
class ParameterDeclaration:
    """
    A parameter of the node.

    :param name: its name; that of the option that it sets, if it sets one
    :param default: its value unless the user gives one; its type is that of the parameter
    :param description: for the user, one or two sentences
    :param change: when it can be set
    :param bounds: smallest and largest value of a number
    :param choices: the accepted strings
    :param form: the accepted strings in words, where they cannot be listed
    """

    name: str
    default: Value
    description: str
    change: Change = Change.UNCONFIGURED
    bounds: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    form: str = ''

    @property
    def accepted(self) -> str:
        """Return the accepted values in words, empty where the type says it all."""
        if self.form:
            return self.form
        if self.choices:
            return 'one of ' + ', '.join(self.choices)
        if self.bounds:
            return '{} to {}'.format(*self.bounds)
        return ''

    def check(self, value: Any) -> None:
        """
        Check the type and the range of a value.

        :raises ValueError: when it is not accepted; says what is
        """
        if type(value) is not type(self.default) or not self._is_in_range(value):
            kind = _TYPE_NAMES[type(self.default)]
            accepted = f'{kind}, {self.accepted}' if self.accepted else kind
            # A few bytes of YAML can stand for more than fits into the memory.
            raise ValueError(f'{self.name} is {_SHORT.repr(value)}, accepted is {accepted}')

    def _is_in_range(self, value: Any) -> bool:
        if isinstance(value, list):
            return all(isinstance(item, str) for item in value)
        if self.choices:
            return value in self.choices
        return self.bounds is None or self.bounds[0] <= value <= self.bounds[1]


_SHORT = reprlib.Repr()
_SHORT.maxlevel = 2
_SHORT.maxstring = 80

_TYPE_NAMES = {
    bool: 'true or false',
    int: 'an integer',
    float: 'a number with a point',
    str: 'a string',
    list: 'a list of strings',
}

_TRACKER = PoseTrackerOptions()
_INFERENCE = InferenceOptions()
_ACTIVITIES = ActivityOptions()

TRACKER_PARAMETERS = (
    ParameterDeclaration(
        'static_image_mode',
        _TRACKER.static_image_mode,
        'Treat the images as unrelated: detect a person in each, track and smooth nothing.',
        Change.LIVE,
    ),
    ParameterDeclaration(
        'upper_body_only',
        _TRACKER.upper_body_only,
        'Predict the first 25 landmarks, nose to hips, with the upper-body models.',
    ),
    ParameterDeclaration(
        'model_complexity',
        _TRACKER.model_complexity,
        'Full-body landmark model: '
        + ', '.join(f'{number} {name}' for number, name in MODEL_COMPLEXITIES.items())
        + '. A higher one is more accurate and slower.',
        bounds=(min(MODEL_COMPLEXITIES), max(MODEL_COMPLEXITIES)),
    ),
    ParameterDeclaration(
        'num_poses',
        _TRACKER.num_poses,
        'Maximum number of people. With 1, a person who is lost and found again gets a new '
        'track_id; with more, the old one within track_memory.',
        Change.LIVE,
        RANGES['num_poses'],
    ),
    ParameterDeclaration(
        'search_interval',
        _TRACKER.search_interval,
        'Seconds from one search for more people to the next, while fewer than num_poses are '
        'tracked.',
        Change.LIVE,
        RANGES['search_interval'],
    ),
    ParameterDeclaration(
        'search_tiles',
        _TRACKER.search_tiles,
        'Search overlapping squares of half the longer side of the image as well, and of a third, '
        'for small and distant people; off: the whole image only; auto: halves for up to four '
        'people, thirds for more.',
        Change.LIVE,
        choices=(AUTO, *SEARCH_TILES),
    ),
    ParameterDeclaration(
        'track_memory',
        _TRACKER.track_memory,
        'Seconds for which somebody who was lost is remembered, to get the same track_id when '
        'found again.',
        Change.LIVE,
        RANGES['track_memory'],
    ),
    ParameterDeclaration(
        'main_person',
        _TRACKER.main_person,
        'Who comes first: the one tracked first, the largest, or the one nearest to the center of '
        'the image.',
        Change.LIVE,
        choices=MAIN_PERSON_RULES,
    ),
    ParameterDeclaration(
        'smooth_landmarks',
        _TRACKER.smooth_landmarks,
        'Filter the landmarks over time, by the stamps of the images.',
        Change.LIVE,
    ),
    ParameterDeclaration(
        'smoothing',
        _TRACKER.smoothing,
        "Preset: official (MediaPipe's filter), strong (less jitter), off (none, as without "
        'smooth_landmarks).',
        Change.LIVE,
        form=SMOOTHING_FORMS,
    ),
    ParameterDeclaration(
        'enable_segmentation',
        _TRACKER.enable_segmentation,
        'Also predict a mask of the person. Full body only.',
    ),
    ParameterDeclaration(
        'smooth_segmentation',
        _TRACKER.smooth_segmentation,
        'Mix each mask with the one before.',
        Change.LIVE,
    ),
    ParameterDeclaration(
        'min_detection_confidence',
        _TRACKER.min_detection_confidence,
        'Score from which a detection counts as a person.',
        Change.LIVE,
        RANGES['min_detection_confidence'],
    ),
    ParameterDeclaration(
        'min_tracking_confidence',
        _TRACKER.min_tracking_confidence,
        'Minimum score of a tracked body; below it the detector runs again.',
        Change.LIVE,
        RANGES['min_tracking_confidence'],
    ),
    ParameterDeclaration(
        'min_landmark_visibility',
        _TRACKER.min_landmark_visibility,
        'Above 0, a landmark whose visibility is below it, or that lies outside the image or the '
        'region that the model looked at, is dropped: its place is NaN.',
        Change.LIVE,
        RANGES['min_landmark_visibility'],
    ),
    ParameterDeclaration(
        'person_height',
        _TRACKER.person_height,
        'Metres from the soles to the top of the head of the people in sight, to scale positions '
        'in metres by; 0 where it is not known.',
        Change.LIVE,
        RANGES['person_height'],
    ),
    ParameterDeclaration(
        'verify_tracking',
        _TRACKER.verify_tracking,
        'Report a body only where the networks agree that it is a person, and undo moments in '
        'which the model exchanges left and right; false as MediaPipe does.',
        Change.LIVE,
    ),
    ParameterDeclaration(
        'tracking_timeout',
        _TRACKER.tracking_timeout,
        'Seconds between the stamps of two images after which the tracker starts over.',
        Change.LIVE,
        RANGES['tracking_timeout'],
    ),
    ParameterDeclaration(
        'detector_model',
        _TRACKER.detector_model,
        'ONNX file in place of the person detector of the package.',
        form='a path, or empty for the model of the package',
    ),
    ParameterDeclaration(
        'landmark_model',
        _TRACKER.landmark_model,
        'ONNX file in place of the landmark model of the package.',
        form='a path, or empty for the model of the package',
    ),
)

INFERENCE_PARAMETERS = (
    ParameterDeclaration(
        'execution_provider',
        _INFERENCE.execution_provider,
        'Where ONNX Runtime runs the models. auto takes CUDA where there is an NVIDIA driver.',
        choices=EXECUTION_PROVIDERS,
    ),
    ParameterDeclaration(
        'num_threads',
        _INFERENCE.num_threads,
        'Threads of a model on the CPU; 0 = automatic: the usable cores, at most 4, for the heavy '
        'network, one for the others.',
        bounds=(0, 1024),
    ),
    ParameterDeclaration(
        'allow_spinning',
        _INFERENCE.allow_spinning,
        'Let the worker threads of the models spin between runs, on the usable cores, at most 4: '
        'the fastest where nothing else needs the cores.',
    ),
)

IMAGE_PARAMETERS = (
    ParameterDeclaration(
        'max_image_pixels',
        MAX_IMAGE_PIXELS,
        'Maximum number of pixels of an image; a larger one is rejected by its header, before it '
        'is decoded. The default is twice the pixels of 8K.',
        Change.LIVE,
        (1, 2**30),
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
        Change.START,
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
        Change.LIVE,
        (0.0, 10.0),
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
        'Frame in which person_pose and markers are told, transformed at the stamp of the image. '
        'Needs tf2_ros.',
        form='the name of a frame, or empty for that of the images',
    ),
    ParameterDeclaration(
        'drop_frames',
        True,
        'Take the newest image and drop those that it overtook. If false, every image of a '
        'reliable publisher is processed in order, as for a bag.',
    ),
    ParameterDeclaration(
        'lazy',
        False,
        'Leave the images unread while nobody subscribes to any of the results, as image_proc '
        'does.',
    ),
    ParameterDeclaration(
        'marker_lifetime',
        0.5,
        'Seconds after which markers vanish if no others come; 0 keeps them.',
        Change.LIVE,
        (0.0, 3600.0),
    ),
    ParameterDeclaration(
        'drawing_scale',
        1.0,
        'Width of the lines and joints of drawings and markers, in multiples of the usual one.',
        Change.LIVE,
        (0.1, 10.0),
    ),
    ParameterDeclaration(
        'drawing_visibility',
        0.5,
        'Visibility from which a landmark is drawn as seen; below it, it is drawn as hidden.',
        Change.LIVE,
        (0.0, 1.0),
    ),
    ParameterDeclaration(
        'draw_region',
        False,
        'Also draw the region that the landmark model looked at.',
        Change.LIVE,
    ),
    ParameterDeclaration(
        'jpeg_quality',
        85,
        'Quality of the compressed annotated image.',
        Change.LIVE,
        (1, 100),
    ),
    ParameterDeclaration(
        'expected_rate',
        0.0,
        'Minimum input rate in Hz, below which the diagnostics warn; 0 disables the warning.',
        Change.LIVE,
        (0.0, 1000.0),
    ),
    ParameterDeclaration(
        'max_latency',
        0.5,
        'Maximum latency in seconds without a warning in the diagnostics, from the stamp of an '
        'image to its landmarks.',
        Change.LIVE,
        (0.001, 3600.0),
    ),
    ParameterDeclaration(
        'max_dropped',
        0.5,
        'Maximum drop ratio without a warning in the diagnostics.',
        Change.LIVE,
        (0.0, 1.0),
    ),
    ParameterDeclaration(
        'image_timeout',
        3.0,
        'Seconds without an image after which the log and the diagnostics list possible causes.',
        Change.LIVE,
        (0.1, 3600.0),
    ),
)

PARAMETERS = (
    *TRACKER_PARAMETERS,
    *INFERENCE_PARAMETERS,
    *IMAGE_PARAMETERS,
    *NODE_PARAMETERS,
)
"""Those of the node that tracks."""

ACTIVITY_OPTION_PARAMETERS = (
    ParameterDeclaration('postures', _ACTIVITIES.postures, 'Tell postures.'),
    ParameterDeclaration('gestures', _ACTIVITIES.gestures, 'Tell gestures.'),
    ParameterDeclaration(
        'exercises',
        list(_ACTIVITIES.exercises),
        'Names of the exercises to count, of those of the package and of pose_classes; all counts '
        'all of them, an empty name none.',
    ),
    ParameterDeclaration(
        'pose_classes',
        _ACTIVITIES.pose_classes,
        'File of pose classes of your own, as pose-classes learn writes it.',
        form='a path, or empty for none',
    ),
    *(
        ParameterDeclaration(
            name, getattr(_ACTIVITIES, name), description, bounds=ACTIVITY_RANGES[name]
        )
        for name, description in {
            'min_visibility': 'Visibility from which a landmark counts as seen.',
            'camera_pitch': 'How far the camera looks down, in degrees; negative if it looks up.',
            'camera_roll': 'How far the camera is rolled clockwise, in degrees, so that what is '
            'upright leans to the left in the image.',
            'gesture_delay': 'Seconds for which a gesture has to be made, or not be made, before '
            'it counts as begun, or as ended.',
            'posture_delay': 'Seconds for which a posture has to be held before it counts.',
            'fall_time': 'Seconds from standing to lying within which it is a fall.',
            'exercise_timeout': 'Seconds without a change of phase after which an exercise is '
            'over.',
            'memory': 'Seconds for which somebody who is not in sight is remembered.',
        }.items()
    ),
)

_SHARED = {declaration.name: declaration for declaration in NODE_PARAMETERS}

ACTIVITY_PARAMETERS = (
    *ACTIVITY_OPTION_PARAMETERS,
    _SHARED['autostart'],
    _SHARED['marker_lifetime'],
    ParameterDeclaration(
        'marker_scale',
        1.0,
        'Size of the words and arrows, in multiples of the usual one.',
        Change.LIVE,
        (0.1, 10.0),
    ),
    _SHARED['expected_rate'],
    ParameterDeclaration(
        'max_latency',
        _SHARED['max_latency'].default,
        'Seconds from the stamp of an image to its activities above which the diagnostics warn.',
        Change.LIVE,
        _SHARED['max_latency'].bounds,
    ),
    ParameterDeclaration(
        'landmarks_timeout',
        3.0,
        'Seconds without landmarks after which the log and the diagnostics tell what may be '
        'wrong.',
        Change.LIVE,
        (0.1, 3600.0),
    ),
)
"""Those of the node that tells what people do."""


def tracker_options(values: Mapping[str, Value]) -> PoseTrackerOptions:
    """
    Return the tracker's options among the values of parameters.

    :raises ValueError: when they contradict each other
    """
    return PoseTrackerOptions(**_among(values, PoseTrackerOptions))


def inference_options(values: Mapping[str, Value]) -> InferenceOptions:
    """
    Return the options of the inference among the values of parameters.

    :raises ValueError: when one of them is not accepted
    """
    return InferenceOptions(**_among(values, InferenceOptions))


def activity_options(values: Mapping[str, Value]) -> ActivityOptions:
    """
    Return the options of the recognizer among the values of parameters.

    :raises ValueError: when one of them is not accepted
    """
    return ActivityOptions(**_among(values, ActivityOptions))


def _among(values: Mapping[str, Value], options: type) -> dict[str, Value]:
    return {field.name: values[field.name] for field in fields(options)}
