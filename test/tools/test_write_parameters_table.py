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

"""The README and the configuration file show the parameters as they are."""

import re

import pytest
from rcl_interfaces.msg import ParameterType
from rclpy.parameter import Parameter
import yaml

from pose_tracking_ros.parameter_table import PARAMETERS
from write_parameters_table import CONFIGURATION, configuration_file, README, with_table

MAKEFILE = README.with_name('Makefile')


def test_the_table_in_the_readme_is_up_to_date():
    text = README.read_text()
    assert text == with_table(text), 'run tools/write_parameters_table.py'


def test_the_configuration_file_is_up_to_date():
    assert CONFIGURATION.read_text() == configuration_file(), 'run tools/write_parameters_table.py'


@pytest.fixture(scope='module')
def configuration():
    """Return what the configuration file holds."""
    return yaml.safe_load(CONFIGURATION.read_text())


def test_the_configuration_file_applies_to_any_name_and_namespace(configuration):
    assert list(configuration) == ['/**']


def test_the_configuration_file_holds_every_default(configuration):
    values = configuration['/**']['ros__parameters']
    defaults = {parameter.name: parameter.default for parameter in PARAMETERS}
    assert values == defaults
    assert list(values) == list(defaults)


@pytest.mark.parametrize('parameter', PARAMETERS, ids=lambda p: p.name)
def test_types_survive_the_configuration_file(configuration, parameter):
    value = configuration['/**']['ros__parameters'][parameter.name]
    types = {
        bool: ParameterType.PARAMETER_BOOL,
        int: ParameterType.PARAMETER_INTEGER,
        float: ParameterType.PARAMETER_DOUBLE,
        str: ParameterType.PARAMETER_STRING,
        list: ParameterType.PARAMETER_STRING_ARRAY,
    }
    assert Parameter.Type.from_parameter_value(value).value == types[type(parameter.default)]


def test_the_makefile_knows_every_parameter():
    listed = re.search(r'^node_parameters := ((?:.*\\\n)*.*)$', MAKEFILE.read_text(), re.MULTILINE)
    names = listed[1].replace('\\', ' ').split()
    assert sorted(names) == sorted(parameter.name for parameter in PARAMETERS)
