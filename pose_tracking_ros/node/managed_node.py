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

"""The base class of the lifecycle nodes of this package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
import functools
from math import nan
from typing import Any, ClassVar, Generic, TypeVar

from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import ROSClock
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_msgs.msg import Header

from pose_tracking_ros.blazepose import ModelError
from pose_tracking_ros.node.parameters import NodeParameters, SettingsMaker
from pose_tracking_ros.parameter_table import ParameterDeclaration

# Errors that a user can fix; their message is clear without the type.
_WRONG_SETUP = (ModelError, ValueError)

SettingsType = TypeVar('SettingsType')


def _format_error(error: Exception) -> str:
    return str(error) if isinstance(error, _WRONG_SETUP) else f'{type(error).__name__}: {error}'


def stamp_ns_of(header: Header) -> int:
    """Return the stamp of a message in nanoseconds."""
    return header.stamp.sec * 1_000_000_000 + header.stamp.nanosec


def age(node: Node, time_ns: int) -> float:
    """
    Return the seconds since a stamp by the clock of a node.

    They are negative if the stamp is ahead of the clock, and NaN without a stamp or a clock.
    """
    now_ns = node.get_clock().now().nanoseconds
    return (now_ns - time_ns) * 1e-9 if time_ns and now_ns else nan


_Transition = Callable[['ManagedNode', LifecycleState], TransitionCallbackReturn]


def _recover_on_failure(transition: _Transition) -> _Transition:
    """Wrap a transition: if it fails, recover and log the reason and the fix."""

    @functools.wraps(transition)
    def run(node: ManagedNode, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            result = transition(node, state)
        except Exception as error:
            return node.on_failure(transition.__name__.removeprefix('on_'), state, error)
        node.problem = ''
        return result

    return run


class ManagedNode(LifecycleNode, Generic[SettingsType]):
    """
    A lifecycle node with optional autostart that keeps working after a failed transition.

    Subclasses implement :meth:`set_up`, :meth:`start`, :meth:`stop`, :meth:`release` and
    :meth:`log_counts`.

    :param kwargs: further arguments of rclpy's Node
    :raises ValueError: if parameters are not accepted; names all of them
    """

    default_name: ClassVar[str]
    """Name of the node, unless the user sets another."""

    def __init__(
        self,
        declarations: Sequence[ParameterDeclaration],
        make_settings: SettingsMaker[SettingsType],
        **kwargs: Any,
    ) -> None:
        super().__init__(self.default_name, **kwargs)
        self.problem = ''
        self.is_shut_down = False
        self._node_parameters = NodeParameters(
            self, declarations, make_settings, lambda: self.is_configured
        )

    @property
    def is_configured(self) -> bool:
        """Return whether the node is configured."""
        raise NotImplementedError

    @property
    def is_listening(self) -> bool:
        """Return whether the node is active."""
        raise NotImplementedError

    def set_up(self, settings: SettingsType) -> None:
        """Load the models and advertise the topics."""
        raise NotImplementedError

    def start(self) -> str:
        """Subscribe, if not yet subscribed; return a text for the log."""
        raise NotImplementedError

    def stop(self) -> None:
        """Unsubscribe and clear the markers; do every step even if one raises."""
        raise NotImplementedError

    def release(self) -> None:
        """Release models and topics; do every step even if one raises."""
        raise NotImplementedError

    def log_counts(self) -> None:
        """Log the counts of the inputs."""
        raise NotImplementedError

    @property
    def settings(self) -> SettingsType:
        """Return the current settings."""
        return self._node_parameters.settings

    @property
    def state_description(self) -> str:
        """Return the state of the node as text."""
        if self.is_shut_down:
            return 'shut down'
        if not self.is_configured:
            return 'not configured'
        return 'active' if self.is_listening else 'inactive'

    def clock_problem(self) -> str:
        """Return the problem with the clock, empty if there is none."""
        clock = self.get_clock()
        simulated = isinstance(clock, ROSClock) and clock.ros_time_is_active
        if not simulated or clock.now().nanoseconds:
            return ''
        return 'use_sim_time is true, but /clock has no publisher: latencies are unknown'

    def autostart(self) -> None:
        """Configure and activate the node, if the parameter ``autostart`` is true."""
        if not self._node_parameters.values['autostart']:
            return
        if self.trigger_configure() is TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """
        Set parameters, all or none, as a service does.

        Unchanged values are skipped, so that ``ros2 param load`` accepts the output of ``dump``,
        read-only parameters included.
        """
        changes = [
            item for item in parameter_list if not self._node_parameters.without_effect(item)
        ]
        if parameter_list and not changes:
            return SetParametersResult(successful=True)
        return super().set_parameters_atomically(changes)

    @_recover_on_failure
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the models and advertise the topics."""
        self.set_up(self.settings)
        return super().on_configure(state)

    @_recover_on_failure
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe."""
        result = super().on_activate(state)
        inputs = self.start()
        self._node_parameters.warn_of_unknown_qos_overrides()
        self.get_logger().info(f'Active, {inputs}')
        return result

    @_recover_on_failure
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe and clear the markers."""
        self.stop()
        return super().on_deactivate(state)

    @_recover_on_failure
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release models and topics."""
        result = super().on_cleanup(state)
        self.release()
        return result

    @_recover_on_failure
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything; the node counts as shut down even if a step fails."""
        self.is_shut_down = True
        with ExitStack() as steps:  # the last one first
            steps.callback(self.release)
            steps.callback(super().on_shutdown, state)
            steps.callback(self.log_counts)
            steps.callback(self.stop)
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything, after a transition that could not be undone."""
        try:
            self.release()
        except Exception as error:
            self.get_logger().error(f'Not everything was released, {_format_error(error)}')
        return super().on_error(state)

    def shut_down(self) -> None:
        """Make the transition to finalized, unless it is already made."""
        if not self.is_shut_down:
            self.trigger_shutdown()

    def on_failure(
        self, transition: str, state: LifecycleState, error: Exception
    ) -> TransitionCallbackReturn:
        """
        Undo a failed transition, and log the reason and the fix.

        :return: ERROR if it cannot be undone: the node becomes unconfigured
        """
        why = _format_error(error)
        if self.is_shut_down:
            self.get_logger().error(f'Not everything was released, {why}')
            return TransitionCallbackReturn.FAILURE
        try:
            stays = self._undo(transition, state)
        except Exception as another:
            stays, why = False, f'{why}; nor go back, {_format_error(another)}'
        self.problem = f'cannot {transition}: {why}'
        self.get_logger().error(
            f'C{self.problem[1:]}. The node {"stays" if stays else "is no more"} {state.label}: '
            'fix this, then restart it, or run ros2 lifecycle set '
            f'{self.get_fully_qualified_name()} {transition if stays else "configure"}'
        )
        return TransitionCallbackReturn.FAILURE if stays else TransitionCallbackReturn.ERROR

    def _undo(self, transition: str, state: LifecycleState) -> bool:
        """Undo a failed transition; return whether that is possible."""
        if transition == 'configure':
            self.release()
        elif transition == 'activate':
            super().on_deactivate(state)
            self.stop()
        elif transition == 'deactivate':
            super().on_activate(state)
            self.start()
        return transition != 'cleanup'  # Released resources cannot be restored.
