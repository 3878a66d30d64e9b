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
The end of the launch files: with their main process, and with its exit code.

Needs ROS 2's ``launch`` and ``launch_ros``.
"""

from __future__ import annotations

from launch import Action, LaunchContext
from launch.actions import RegisterEventHandler, Shutdown
from launch.event_handlers import OnProcessExit
from launch.events.process import ProcessExited
from launch_ros.actions import Node


def end_with_any_of_ours() -> RegisterEventHandler:
    """Return an action that ends a launch when a process of this package ends."""
    return RegisterEventHandler(OnProcessExit(target_action=_is_ours, on_exit=_end))


def _is_ours(action: Action) -> bool:
    return isinstance(action, Node) and action.node_package == 'pose_tracking_ros'


def _end(event: ProcessExited, context: LaunchContext) -> Shutdown | None:
    """
    Return the shutdown of the launch, unless it is in progress.

    :raises RuntimeError: if the process failed, which makes the launch fail
    """
    if context.is_shutdown:
        return None
    if event.returncode:
        raise RuntimeError(f'{event.process_name} has failed with exit code {event.returncode}')
    return Shutdown(reason=f'{event.process_name} has ended')
