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


import pytest
from rcl_interfaces.msg import ParameterType
from rclpy.parameter import Parameter
import yaml

from write_parameters_table import configuration_file, NODES, with_table

each_node = pytest.mark.parametrize('node', NODES, ids=lambda node: node.configuration.stem)


@each_node
def test_the_table_is_up_to_date(node):
    text = node.page.read_text()
    assert text == with_table(text, node.parameters), 'run tools/write_parameters_table.py'


@each_node
def test_the_configuration_file_is_up_to_date(node):
    expected = configuration_file(node.parameters)
    assert node.configuration.read_text() == expected, 'run tools/write_parameters_table.py'


def read_configuration(node):
    """Return what the configuration file of a node holds."""
    return yaml.safe_load(node.configuration.read_text())


@each_node
def test_the_configuration_file_applies_to_any_name_and_namespace(node):
    assert list(read_configuration(node)) == ['/**']


@each_node
def test_the_configuration_file_holds_every_default(node):
    values = read_configuration(node)['/**']['ros__parameters']
    defaults = {parameter.name: parameter.default for parameter in node.parameters}
    assert values == defaults
    assert list(values) == list(defaults)


@each_node
def test_types_survive_the_configuration_file(node):
    values = read_configuration(node)['/**']['ros__parameters']
    types = {
        bool: ParameterType.PARAMETER_BOOL,
        int: ParameterType.PARAMETER_INTEGER,
        float: ParameterType.PARAMETER_DOUBLE,
        str: ParameterType.PARAMETER_STRING,
        list: ParameterType.PARAMETER_STRING_ARRAY,
    }
    for parameter in node.parameters:
        found = Parameter.Type.from_parameter_value(values[parameter.name]).value
        assert found == types[type(parameter.default)], parameter.name
