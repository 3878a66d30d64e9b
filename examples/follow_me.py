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
Follow the main person at a distance, turning towards it; stop if its position is unknown.

Run the node with the calibration of the camera, and ``target_frame`` base_link if tf2 is in use,
then ``python3 follow_me.py``. Without ``target_frame`` the camera must look ahead.
"""

from math import atan2, hypot

from geometry_msgs.msg import PoseWithCovarianceStamped, Twist
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node

DISTANCE, SPEED, TURN, PATIENCE = 1.5, 0.5, 1.0, 0.5  # metres, m/s, rad/s, seconds


class FollowMe(Node):
    """Turns person_pose into cmd_vel."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__('follow_me', **kwargs)
        self.publisher = self.create_publisher(Twist, 'cmd_vel', 10)
        self.create_subscription(PoseWithCovarianceStamped, 'person_pose', self.follow, 1)
        self.stop = self.create_timer(PATIENCE, lambda: self.publisher.publish(Twist()))

    def follow(self, message: PoseWithCovarianceStamped) -> None:
        """Drive towards the person, until the next message or the timer."""
        at = message.pose.pose.position
        optical = 'optical' in message.header.frame_id  # x right, z forward
        ahead, left = (at.z, -at.x) if optical else (at.x, at.y)
        twist = Twist()
        twist.angular.z = max(-TURN, min(TURN, 2 * atan2(left, ahead)))
        # People differ in height: the person may be nearer by a standard deviation.
        spread = max(message.pose.covariance[0], message.pose.covariance[14 if optical else 7])
        gap = hypot(ahead, left) - spread**0.5 - DISTANCE
        twist.linear.x = max(0.0, min(SPEED, gap)) if ahead > 0 else 0.0
        self.publisher.publish(twist)
        self.stop.reset()


def main() -> None:
    """Follow until interrupted."""
    rclpy.init()
    try:
        rclpy.spin(FollowMe())
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except RuntimeError:  # rclpy is interrupted between its checks of the context.
        if rclpy.ok():
            raise


if __name__ == '__main__':
    main()
