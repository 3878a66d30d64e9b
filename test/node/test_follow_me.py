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

"""The example that follows a person drives towards a man in a real clip, and stops without him."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
import signal
import subprocess
import sys

from geometry_msgs.msg import PoseWithCovarianceStamped, Twist
import numpy as np
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo

from pose_tracking_ros.video.source import VideoSource
from ros_graph import image_message, PATIENCE

EXAMPLE = Path(__file__).parents[2] / 'examples' / 'follow_me.py'
FOCAL = 1600.0


def test_follows_the_main_person_and_stops_when_its_position_is_unknown(
    graph, make_node, walking_man
):
    node = make_node(model_complexity=0)
    poses = graph.listen(PoseWithCovarianceStamped, 'person_pose')
    commands = graph.listen(Twist, 'cmd_vel')
    information = graph.node.create_publisher(CameraInfo, 'camera_info', qos_profile_sensor_data)
    example = subprocess.Popen([sys.executable, str(EXAMPLE)])
    try:
        graph.spin_until(lambda: commands)  # It runs, and stands still as long as nobody is there.
        assert commands[-1] == Twist()
        with VideoSource(str(walking_man)) as video:
            frames = [frame.image[:, :, ::-1] for frame in islice(video, 0, 40, 13)]
        height, width = frames[0].shape[:2]
        k = [FOCAL, 0.0, width / 2, 0.0, FOCAL, height / 2, 0.0, 0.0, 1.0]
        graph.meet_subscribers_of(information)
        information.publish(CameraInfo(width=width, height=height, k=k, d=[0.0] * 5))
        graph.spin_until(lambda: node._cameras[0].calibration.model)
        for second, frame in enumerate(frames):
            message = image_message(np.ascontiguousarray(frame), second)
            message.header.frame_id = 'camera_optical_frame'
            assert graph.answer_to(message).persons[0].position_problem == ''
        graph.spin_until(lambda: any(command.linear.x for command in commands))
        graph.spin_until(lambda: len(poses) == len(frames))
        driven = [command for command in commands if command.linear.x]
        # He is several metres ahead: at full speed, and towards his side.
        assert {command.linear.x for command in driven} == {0.5}
        sides = {bool(pose.pose.pose.position.x < 0) for pose in poses}
        assert {command.angular.z > 0 for command in driven} <= sides
        assert max(abs(command.angular.z) for command in driven) <= 1.0
        del commands[:]
        graph.spin_until(lambda: commands and commands[-1] == Twist())
    finally:
        example.send_signal(signal.SIGINT)
        assert example.wait(PATIENCE) == 0
