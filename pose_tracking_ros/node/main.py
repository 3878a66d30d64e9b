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

"""Start the node, and end it as its surroundings expect."""

from __future__ import annotations

import signal

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.logging import get_logger
from rclpy.signals import uninstall_signal_handlers

from pose_tracking_ros.blazepose import ModelError
from pose_tracking_ros.node.pose_tracking_node import PoseTrackingNode

# What a user can mend, and needs no traceback for.
_WRONG_SETUP = (ModelError, ParameterException, ValueError)


def main(args: list[str] | None = None) -> int:
    """
    Run the node until SIGINT or SIGTERM.

    :return: the exit code of the process: 0, or 1 when the node cannot start
    """
    rclpy.init(args=args)
    node = None
    try:
        node = PoseTrackingNode()
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass  # The ordinary end.
    except Exception as error:
        if not rclpy.ok():
            return 0  # A signal came while the node was starting: any call may fail then.
        if node is not None or not isinstance(error, _WRONG_SETUP):
            raise
        get_logger('pose_tracking').fatal(str(error))
        return 1
    finally:
        _end(node)
    return 0


def _end(node: PoseTrackingNode | None) -> None:
    """Leave the graph and say what was done, undisturbed by further signals."""
    # ros2 launch repeats a signal that the terminal has already sent: once is enough.
    uninstall_signal_handlers()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    if node is not None:
        node.destroy_node()
        # Not before: a node in the graph publishes its log, which fails after a signal.
        node.log_counts()
    rclpy.try_shutdown()
