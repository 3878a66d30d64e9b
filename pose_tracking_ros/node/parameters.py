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

"""The ROS parameters of the node: declaration, validation, changes at run time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
import contextlib
from typing import Any, Generic, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.exceptions import ParameterUninitializedException
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSPolicyKind
from rclpy.qos_overriding_options import QoSOverridingOptions

from pose_tracking_ros.parameter_table import Change, ParameterDeclaration, similar_name, Value

OVERRIDABLE = QoSOverridingOptions(
    policy_kinds=(
        QoSPolicyKind.HISTORY,
        QoSPolicyKind.DEPTH,
        QoSPolicyKind.RELIABILITY,
        QoSPolicyKind.DURABILITY,
    )
)
"""
The QoS policies that users can override.

The parameters are such as ``qos_overrides./image.subscription.durability``.
"""

_QOS_OVERRIDES = 'qos_overrides.'

SettingsType = TypeVar('SettingsType')
SettingsMaker = Callable[[Mapping[str, Value]], SettingsType]
"""Makes settings from the values of all parameters; raises ValueError for invalid ones."""


class NodeParameters(Generic[SettingsType]):
    """
    Declares the parameters on a node and keeps the settings.

    :param is_configured: returns whether the node is configured, so that some parameters are fixed
    :raises ValueError: when a value that the user gave is not accepted; names all of them
    """

    def __init__(
        self,
        node: Node,
        declarations: Sequence[ParameterDeclaration],
        make_settings: SettingsMaker[SettingsType],
        is_configured: Callable[[], bool],
    ) -> None:
        self._declarations = {declaration.name: declaration for declaration in declarations}
        self._make_settings = make_settings
        self._is_configured = is_configured
        given = {name: _value(name, item) for name, item in node._parameter_overrides.items()}
        self._node = node
        self._given = tuple(given)
        self._unknown: set[str] = set()
        self._warn_of_unknown(
            (name for name in given if not name.startswith(_QOS_OVERRIDES)), self._declarations
        )
        self._values = {item.name: item.default for item in declarations}
        self._values.update({name: given[name] for name in self._values.keys() & given.keys()})
        self._check_all()
        self._settings = make_settings(self._values)
        for declaration in declarations:
            node.declare_parameter(
                declaration.name, declaration.default, parameter_descriptor(declaration)
            )
        node.add_on_set_parameters_callback(self._on_set)
        # After all have been accepted, if the distribution reports that; Humble does not.
        self._has_after_set = hasattr(node, 'add_post_set_parameters_callback')
        if self._has_after_set:
            node.add_post_set_parameters_callback(self._apply)

    @property
    def settings(self) -> SettingsType:
        """Return what the parameters set now."""
        return self._settings

    @property
    def values(self) -> dict[str, Value]:
        """Return the values of the parameters by their names."""
        return dict(self._values)

    def _check_all(self) -> None:
        """Check the values at the start; raise a ValueError that lists all not accepted."""
        problems = []
        for name, value in self._values.items():
            try:
                self._declarations[name].check(value)
            except ValueError as error:
                problems.append(str(error))
        if problems:
            raise ValueError('; '.join(problems))

    def warn_of_unknown_qos_overrides(self) -> None:
        """Warn of qos_overrides for unknown topics, once the topics exist."""
        of_topics = [
            f'{_QOS_OVERRIDES}{name}'
            for name in self._node.get_parameters_by_prefix(_QOS_OVERRIDES[:-1])
        ]
        given = (name for name in self._given if name.startswith(_QOS_OVERRIDES))
        self._warn_of_unknown(given, of_topics)

    def _warn_of_unknown(self, given: Iterable[str], known: Collection[str]) -> None:
        """Warn once of unknown parameters, which rclpy ignores silently."""
        for name in given:
            if name in known or name in self._unknown or self._node.has_parameter(name):
                continue
            self._unknown.add(name)
            hint = similar_name(name, known)
            self._node.get_logger().warning(f'There is no parameter {name}, it is ignored{hint}')

    def without_effect(self, parameter: Parameter) -> bool:
        """Return whether a parameter already has the new value."""
        if not self._node.has_parameter(parameter.name):
            return False
        with contextlib.suppress(ParameterUninitializedException):
            present = self._node.get_parameter(parameter.name)
            return (present.type_, present.value) == (parameter.type_, parameter.value)
        return False

    def _on_set(self, parameters: list[Parameter]) -> SetParametersResult:
        """Accept or reject a change as a whole."""
        try:
            self._make_settings(self._changed(parameters))
        except ValueError as error:
            return SetParametersResult(successful=False, reason=str(error))
        if not self._has_after_set:
            self._apply(parameters)
        return SetParametersResult(successful=True)

    def _apply(self, parameters: list[Parameter]) -> None:
        """Apply a change, from the next image on."""
        values = self._changed(parameters, check=False)
        self._settings, self._values = self._make_settings(values), values

    def _changed(self, parameters: list[Parameter], check: bool = True) -> dict[str, Value]:
        """Return all values after a change; raise a ValueError if one is not accepted now."""
        values = dict(self._values)
        for parameter in parameters:
            declaration = self._declarations.get(parameter.name)
            if declaration is None:
                continue  # of rclpy itself, such as use_sim_time
            value = _value(parameter.name, parameter)
            if check:
                declaration.check(value)
                if declaration.change is Change.UNCONFIGURED and self._is_configured():
                    raise ValueError(
                        f'{parameter.name} is fixed while the node is configured: restart the '
                        f'node with -p {parameter.name}:=VALUE, or deactivate it and clean it up '
                        '(ros2 lifecycle set), set the parameter, and configure and activate it'
                    )
            values[parameter.name] = value
        return values


def parameter_descriptor(declaration: ParameterDeclaration) -> ParameterDescriptor:
    """Return the description for ROS tools, with the range that rclpy enforces."""
    descriptor = ParameterDescriptor(
        description=declaration.description,
        read_only=declaration.change is Change.START,
        additional_constraints=_constraints(declaration),
        # Values that YAML does not read as a string get a clearer error here.
        dynamic_typing=bool(declaration.form) and not declaration.bounds,
    )
    if not declaration.bounds:
        return descriptor
    lowest, highest = declaration.bounds
    if isinstance(declaration.default, float):
        descriptor.floating_point_range = [FloatingPointRange(from_value=lowest, to_value=highest)]
    else:
        descriptor.integer_range = [IntegerRange(from_value=lowest, to_value=highest, step=1)]
    return descriptor


def _constraints(declaration: ParameterDeclaration) -> str:
    """Return the constraints beyond type and range as text."""
    when = f'can be set: {declaration.change.value}'
    return f'{declaration.accepted}; {when}' if declaration.choices or declaration.form else when


def _value(name: str, parameter: Parameter) -> Any:
    """Return the value of a parameter, of the types of Python."""
    value = parameter.value
    if name == 'smoothing' and value is False:
        return 'off'  # which is false in YAML when it is not quoted
    if name in ('cameras', 'exercises') and value is None:
        return []  # which has no type in ROS when it is empty
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return list(value)
