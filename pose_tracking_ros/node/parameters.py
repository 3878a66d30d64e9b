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

"""The parameters of the node, declared once, and what they set in the tracker."""

from __future__ import annotations

from dataclasses import dataclass, fields

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

from pose_tracking_ros.blazepose import (
    EXECUTION_PROVIDERS,
    InferenceOptions,
    MODEL_COMPLEXITIES,
    PoseTrackerOptions,
    RANGES,
)
from pose_tracking_ros.blazepose.smoothing import SMOOTHING_FORMS

Value = bool | int | float | str


@dataclass(frozen=True)
class ParameterDeclaration:
    """
    A parameter of the node.

    :param name: its name, that of the option that it sets
    :param default: its value unless the user gives one; its type is that of the parameter
    :param description: one sentence for the user
    :param read_only: whether it is fixed when the node starts; any other applies to the next image
    :param bounds: smallest and largest value of a number
    :param choices: the accepted strings
    :param form: the accepted strings in words, where they cannot be listed
    """

    name: str
    default: Value
    description: str
    read_only: bool = True
    bounds: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    form: str = ''

    @property
    def descriptor(self) -> ParameterDescriptor:
        """Return what ROS tools show of the parameter, and what rclpy enforces."""
        descriptor = ParameterDescriptor(
            description=self.description,
            read_only=self.read_only,
            additional_constraints=self.accepted if isinstance(self.default, str) else '',
            # What YAML reads as another type than a string, the options refuse in clearer words.
            dynamic_typing=bool(self.form),
        )
        if isinstance(self.default, float):
            lowest, highest = self.bounds
            descriptor.floating_point_range = [
                FloatingPointRange(from_value=lowest, to_value=highest)
            ]
        elif self.bounds:
            lowest, highest = self.bounds
            descriptor.integer_range = [IntegerRange(from_value=lowest, to_value=highest, step=1)]
        return descriptor

    @property
    def accepted(self) -> str:
        """Return the accepted values in words."""
        if self.form:
            return self.form
        if self.choices:
            return 'one of ' + ', '.join(self.choices)
        if self.bounds:
            return '{} to {}'.format(*self.bounds)
        return 'true or false'


_TRACKER = PoseTrackerOptions()
_INFERENCE = InferenceOptions()

PARAMETERS = (
    ParameterDeclaration(
        'static_image_mode',
        _TRACKER.static_image_mode,
        'Treat the images as unrelated: detect a person in each, track and smooth nothing.',
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
        'smooth_landmarks',
        _TRACKER.smooth_landmarks,
        'Filter the landmarks over time, by the stamps of the images.',
    ),
    ParameterDeclaration(
        'smoothing',
        _TRACKER.smoothing,
        'How strongly: official as MediaPipe does, strong for calmer landmarks, off not at all, '
        'as without smooth_landmarks.',
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
    ),
    ParameterDeclaration(
        'min_detection_confidence',
        _TRACKER.min_detection_confidence,
        'Score from which a detection counts as a person.',
        read_only=False,
        bounds=RANGES['min_detection_confidence'],
    ),
    ParameterDeclaration(
        'min_tracking_confidence',
        _TRACKER.min_tracking_confidence,
        'Score above which a tracked body counts as present; below it the detector looks anew.',
        read_only=False,
        bounds=RANGES['min_tracking_confidence'],
    ),
    ParameterDeclaration(
        'verify_tracking',
        _TRACKER.verify_tracking,
        'Report a body only where the heatmaps of the landmarks show a person; off is what '
        'MediaPipe does. Full body only.',
        read_only=False,
    ),
    ParameterDeclaration(
        'tracking_timeout',
        _TRACKER.tracking_timeout,
        'Seconds between the stamps of two images after which the tracker starts over.',
        read_only=False,
        bounds=RANGES['tracking_timeout'],
    ),
    ParameterDeclaration(
        'execution_provider',
        _INFERENCE.execution_provider,
        'Where ONNX Runtime runs the models. auto takes CUDA where there is an NVIDIA driver.',
        choices=EXECUTION_PROVIDERS,
    ),
    ParameterDeclaration(
        'num_threads',
        _INFERENCE.num_threads,
        'Threads of a model on the CPU; 0 takes the usable cores, at most 4.',
        bounds=(0, 1024),
    ),
)


def declare_parameters(node: Node) -> dict[str, Value]:
    """
    Declare the parameters on a node, and return their values.

    :raises rclpy.exceptions.ParameterException: when a given value is out of its range or of
        another type
    """
    return {declaration.name: _declare(node, declaration) for declaration in PARAMETERS}


def tracker_options(values: dict[str, Value]) -> PoseTrackerOptions:
    """
    Return the tracker's options among the values of parameters.

    :raises ValueError: when they contradict each other
    """
    return PoseTrackerOptions(**_among(values, PoseTrackerOptions))


def inference_options(values: dict[str, Value]) -> InferenceOptions:
    """
    Return the options of the inference among the values of parameters.

    :raises ValueError: when one of them is not accepted
    """
    return InferenceOptions(**_among(values, InferenceOptions))


def _declare(node: Node, declaration: ParameterDeclaration) -> Value:
    value = node.declare_parameter(
        declaration.name, declaration.default, declaration.descriptor
    ).value
    # A bare off is false in YAML, and so to ROS.
    return 'off' if declaration.name == 'smoothing' and value is False else value


def _among(values: dict[str, Value], options: type) -> dict[str, Value]:
    return {field.name: values[field.name] for field in fields(options)}
