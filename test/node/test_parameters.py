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

"""The table of parameters, the options of the tracker and the configuration file agree."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
import re

from ament_index_python.packages import get_package_share_directory
import pytest
from rcl_interfaces.msg import ParameterType
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
import yaml

from pose_tracking_ros.blazepose import InferenceOptions, PoseTrackerOptions
from pose_tracking_ros.node.parameters import (
    declare_parameters,
    inference_options,
    ParameterDeclaration,
    PARAMETERS,
    tracker_options,
)

DEFAULTS = {parameter.name: parameter.default for parameter in PARAMETERS}
TRACKER_OPTIONS = {field.name for field in fields(PoseTrackerOptions)}
each_parameter = pytest.mark.parametrize('parameter', PARAMETERS, ids=lambda p: p.name)


@pytest.fixture(scope='module')
def config_file() -> str:
    """Return the text of the configuration file."""
    share = Path(get_package_share_directory('pose_tracking_ros'))
    return (share / 'config' / 'pose_tracking.yaml').read_text()


@pytest.mark.parametrize('options', [PoseTrackerOptions, InferenceOptions])
def test_every_option_is_a_parameter_with_its_default(options):
    assert {field.name: field.default for field in fields(options)}.items() <= DEFAULTS.items()


def test_there_are_no_other_parameters():
    options = [*fields(PoseTrackerOptions), *fields(InferenceOptions)]
    assert sorted(DEFAULTS) == sorted(field.name for field in options)


def test_options_come_back_from_the_values_of_parameters():
    values = {**DEFAULTS, 'model_complexity': 2, 'execution_provider': 'cpu', 'num_threads': 3}
    assert tracker_options(values) == PoseTrackerOptions(model_complexity=2)
    assert inference_options(values) == InferenceOptions('cpu', 3)


def test_options_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match=r'enable_segmentation.*upper_body_only'):
        tracker_options({**DEFAULTS, 'upper_body_only': True, 'enable_segmentation': True})


@each_parameter
def test_bounds_and_choices_are_those_of_the_options(parameter):
    """What the table accepts the options accept; what lies next to it they refuse."""
    if isinstance(parameter.default, bool) or parameter.form:
        return
    accepted = parameter.choices or parameter.bounds
    options = tracker_options if parameter.name in TRACKER_OPTIONS else inference_options
    for value in accepted:
        options({**DEFAULTS, parameter.name: value})
    refused = ['other'] if parameter.choices else [parameter.bounds[0] - 1]
    if parameter.name != 'num_threads':
        refused += [] if parameter.choices else [parameter.bounds[1] + 1]
    for value in refused:
        with pytest.raises(ValueError, match=parameter.name):
            options({**DEFAULTS, parameter.name: value})


@pytest.mark.parametrize(
    ('given', 'smoothing'),
    [('off', 'off'), ("'off'", 'off'), ('strong', 'strong'), ('0.1,40,1', '0.1,40,1')],
)
def test_a_smoothing_can_be_written_with_and_without_quotes(ros_environment, given, smoothing):
    context = rclpy.Context()
    rclpy.init(args=['--ros-args', '-p', f'smoothing:={given}'], context=context)
    node = Node('parameters_test', context=context)
    try:
        assert tracker_options(declare_parameters(node)).smoothing == smoothing
    finally:
        node.destroy_node()
        rclpy.shutdown(context=context)


@each_parameter
def test_every_parameter_is_described(parameter):
    descriptor = parameter.descriptor
    assert descriptor.description.endswith('.')
    assert descriptor.read_only == parameter.read_only
    is_number = not isinstance(parameter.default, bool | str)
    assert bool(descriptor.integer_range or descriptor.floating_point_range) == is_number
    assert bool(descriptor.additional_constraints) == isinstance(parameter.default, str)


def test_the_configuration_file_applies_to_any_name_and_namespace(config_file):
    assert list(yaml.safe_load(config_file)) == ['/**']


def test_the_configuration_file_holds_every_default(config_file):
    values = yaml.safe_load(config_file)['/**']['ros__parameters']
    assert values == DEFAULTS
    assert list(values) == list(DEFAULTS)


@each_parameter
def test_types_survive_the_configuration_file(config_file, parameter):
    value = yaml.safe_load(config_file)['/**']['ros__parameters'][parameter.name]
    types = {
        bool: ParameterType.PARAMETER_BOOL,
        int: ParameterType.PARAMETER_INTEGER,
        float: ParameterType.PARAMETER_DOUBLE,
        str: ParameterType.PARAMETER_STRING,
    }
    assert Parameter.Type.from_parameter_value(value).value == types[type(parameter.default)]


def comment(parameter: ParameterDeclaration) -> str:
    """Return what the configuration file says of a parameter."""
    accepted = '' if isinstance(parameter.default, bool) else f' Accepted: {parameter.accepted}.'
    return parameter.description + accepted + ('' if parameter.read_only else ' Live.')


@each_parameter
def test_the_configuration_file_explains_every_parameter(config_file, parameter):
    match = re.search(rf'((?:    #.*\n)+)    {parameter.name}:', config_file)
    assert match
    assert ' '.join(re.sub(r'\s*#\s*', ' ', match[1]).split()) == comment(parameter)
