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
Common parts of the launch files: the parameters of a node as arguments, and the end of a launch.

Needs ROS 2's ``launch`` and ``launch_ros``.
"""

from __future__ import annotations

from collections.abc import Iterable
import os

from launch import Action, LaunchContext
from launch.actions import (
    DeclareLaunchArgument,
    RegisterEventHandler,
    SetEnvironmentVariable,
    Shutdown,
)
from launch.event_handlers import OnProcessExit
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from pose_tracking_ros.parameter_table import ParameterDeclaration
from pose_tracking_ros.transport import transport_variables


def declare_parameter(parameter: ParameterDeclaration) -> DeclareLaunchArgument:
    """Return an argument that overrides a parameter of params_file, unless it is empty."""
    choices = None
    if parameter.choices:
        choices = ['', *parameter.choices]
    elif isinstance(parameter.default, bool):
        choices = ['', 'true', 'false']
    return DeclareLaunchArgument(
        parameter.name,
        default_value='',
        choices=choices,
        description=f'{parameter.description} Empty: as in params_file.',
    )


def given_parameters(
    context: LaunchContext, parameters: Iterable[ParameterDeclaration]
) -> dict[str, ParameterValue]:
    """Return the parameters given as arguments, by name."""
    return {
        parameter.name: ParameterValue(
            LaunchConfiguration(parameter.name), value_type=_value_type(parameter)
        )
        for parameter in parameters
        if context.launch_configurations[parameter.name]
    }


def _value_type(parameter: ParameterDeclaration) -> type:
    """Return the type of a parameter for launch."""
    return list[str] if isinstance(parameter.default, list) else type(parameter.default)


def declare_flag(name: str, description: str) -> DeclareLaunchArgument:
    """Return an argument that is true or false, by default false."""
    return DeclareLaunchArgument(
        name, default_value='false', choices=['true', 'false'], description=description
    )


def declare_node_arguments() -> list[DeclareLaunchArgument]:
    """Return the common arguments of the launch files."""
    return [
        DeclareLaunchArgument(
            'namespace', default_value='', description='Namespace of the node and its topics.'
        ),
        declare_flag('use_sim_time', 'Whether the node uses the time of /clock.'),
        DeclareLaunchArgument(
            'log_level',
            default_value='info',
            choices=['debug', 'info', 'warn', 'error', 'fatal'],
            description='Minimum severity of the log.',
        ),
    ]


def use_fast_dds_profile() -> list[SetEnvironmentVariable]:
    """Return actions that select config/fastdds.xml, unless the user chose a transport."""
    variables = transport_variables(os.environ)
    return [SetEnvironmentVariable(name, value) for name, value in variables.items()]


def end_with_any_of_ours() -> RegisterEventHandler:
    """Return an action that ends a launch when a process of this package ends."""
    return RegisterEventHandler(OnProcessExit(target_action=_is_ours, on_exit=_end))


def _is_ours(action: Action) -> bool:
    return isinstance(action, Node) and action.node_package == 'pose_tracking_ros'


def _end(event: ProcessExited, context: LaunchContext) -> Shutdown | None:
    """Return the shutdown of the launch, unless in progress; raise if the process failed."""
    if context.is_shutdown:
        return None
    if event.returncode:
        raise RuntimeError(f'{event.process_name} has failed with exit code {event.returncode}')
    return Shutdown(reason=f'{event.process_name} has ended')
