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

"""The table of parameters and the options of the tracker agree."""

from __future__ import annotations

import pytest

from pose_tracking_ros.blazepose import InferenceOptions, PoseTrackerOptions
from pose_tracking_ros.parameter_table import (
    Change,
    INFERENCE_PARAMETERS,
    options_from,
    PARAMETERS,
    TRACKER_PARAMETERS,
)

DEFAULTS = {parameter.name: parameter.default for parameter in PARAMETERS}
each_parameter = pytest.mark.parametrize('parameter', PARAMETERS, ids=lambda p: p.name)


def test_names_are_not_given_twice():
    assert len(DEFAULTS) == len(PARAMETERS)


def test_options_come_back_from_the_values_of_parameters():
    values = {**DEFAULTS, 'model_complexity': 2, 'execution_provider': 'cpu', 'num_threads': 3}
    assert options_from(values, PoseTrackerOptions) == PoseTrackerOptions(model_complexity=2)
    assert options_from(values, InferenceOptions) == InferenceOptions('cpu', 3)


def test_options_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match=r'enable_segmentation.*upper_body_only'):
        options_from(
            {**DEFAULTS, 'upper_body_only': True, 'enable_segmentation': True}, PoseTrackerOptions
        )


@pytest.mark.parametrize(
    'parameter', [*TRACKER_PARAMETERS, *INFERENCE_PARAMETERS], ids=lambda p: p.name
)
def test_bounds_and_choices_are_those_of_the_options(parameter):
    """What the table accepts the options accept; what lies next to it they refuse."""
    if not (parameter.choices or parameter.bounds):
        return
    accepted = parameter.choices or parameter.bounds
    options = PoseTrackerOptions if parameter in TRACKER_PARAMETERS else InferenceOptions
    for value in accepted:
        options_from({**DEFAULTS, parameter.name: value}, options)
    beyond = () if parameter.choices else (parameter.bounds[0] - 1, parameter.bounds[1] + 1)
    refused = beyond or ('other',)
    for value in refused:
        with pytest.raises(ValueError, match=parameter.name):
            options_from({**DEFAULTS, parameter.name: value}, options)


@each_parameter
def test_the_default_is_accepted(parameter):
    parameter.check(parameter.default)


@each_parameter
def test_another_type_is_refused_with_what_is_accepted(parameter):
    strange = {bool: 1, int: 1.0, float: 1, str: True, list: 'front'}[type(parameter.default)]
    with pytest.raises(ValueError, match=f'{parameter.name} is .*, accepted is '):
        parameter.check(strange)


@pytest.mark.parametrize('beyond', [-1, 1])
@each_parameter
def test_what_lies_beyond_the_bounds_is_refused(parameter, beyond):
    if parameter.bounds:
        bound = parameter.bounds[0 if beyond < 0 else 1]
        with pytest.raises(ValueError, match=parameter.name):
            parameter.check(bound + beyond)


def test_nan_is_refused():
    for parameter in PARAMETERS:
        if isinstance(parameter.default, float):
            with pytest.raises(ValueError, match='nan'):
                parameter.check(float('nan'))


@each_parameter
def test_every_parameter_is_described(parameter):
    assert parameter.description.endswith('.')
    assert isinstance(parameter.change, Change)
    assert bool(parameter.bounds) == (type(parameter.default) in (int, float))
    if isinstance(parameter.default, str):
        assert parameter.choices or parameter.form
