#!/usr/bin/env python3
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
Stop a robot while a person raises a hand, and resume when the arm falls.

It filters velocity commands; run it beside pose_tracking_node and pose_activity_node:

    python3 stop_on_raised_hand.py --ros-args -r cmd_vel_in:=cmd_vel_nav
"""

from geometry_msgs.msg import Twist
from pose_tracking_ros.msg import Activities, Gesture
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node

STOPS = {
    Gesture.LEFT_HAND_RAISED,
    Gesture.RIGHT_HAND_RAISED,
    Gesture.BOTH_HANDS_RAISED,
    Gesture.STOP,
}


class StopOnRaisedHand(Node):
    """Forwards commands from cmd_vel_in to cmd_vel, but stops while a hand is raised."""

    def __init__(self) -> None:
        super().__init__('stop_on_raised_hand')
        self.is_stopped = False
        self.commands = self.create_publisher(Twist, 'cmd_vel', 10)
        self.create_subscription(Activities, 'activities', self.on_activities, 10)
        self.create_subscription(Twist, 'cmd_vel_in', self.on_command, 10)

    def on_activities(self, message: Activities) -> None:
        """Stop at once, or resume with the next command."""
        made = {gesture.name for person in message.persons for gesture in person.gestures}
        was_stopped, self.is_stopped = self.is_stopped, bool(made & STOPS)
        if self.is_stopped:
            self.commands.publish(Twist())
        if self.is_stopped != was_stopped:
            self.get_logger().info('Stop' if self.is_stopped else 'Resume')

    def on_command(self, command: Twist) -> None:
        """Forward a command unless a hand is raised."""
        if not self.is_stopped:
            self.commands.publish(command)


if __name__ == '__main__':
    rclpy.init()
    try:
        rclpy.spin(StopOnRaisedHand())
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except RuntimeError:  # rclpy is interrupted between its checks of the context.
        if rclpy.ok():
            raise
