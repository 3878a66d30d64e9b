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
Play a bag for the pose tracking node, with the time of the bag, and record its outputs.

.. code-block:: console

    $ ros2 launch pose_tracking_ros replay.launch.py bag:=walk image:=/camera/image_raw record:=out

The images, their camera_info and the transforms are played once the node is active. They are sent
reliably; every image is processed, in order, and its outputs recorded before the end. Up to
512 MiB of images wait if the machine is slower than the bag; for more, and without ROS, use
``pose-bag``.
"""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from pose_tracking_ros.node.launch_files import declare_flag, end_with_any_of_ours

LAUNCH = Path(get_package_share_directory('pose_tracking_ros')) / 'launch'


def generate_launch_description() -> LaunchDescription:
    """Return the node, and the process that plays the bag and records."""
    return LaunchDescription(
        [
            DeclareLaunchArgument('bag', description='The bag to play, a file or a folder.'),
            DeclareLaunchArgument(
                'rate',
                default_value='1.0',
                description='Playback speed, as a multiple of the recorded one.',
            ),
            declare_flag('loop', 'Repeat the bag forever.'),
            DeclareLaunchArgument(
                'delay',
                default_value='0',
                description='Seconds to wait before each play; the node is ready without that.',
            ),
            DeclareLaunchArgument(
                'record',
                default_value='',
                description='New folder for a bag of the landmarks, the markers and the '
                'compressed annotated image of each camera. Empty: nothing is recorded.',
            ),
            end_with_any_of_ours(),
            # First, because it sets the transport of images for the following processes.
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(str(LAUNCH / 'pose_tracking.launch.py')),
                launch_arguments={
                    'use_sim_time': 'true', 'drop_frames': 'false', 'lazy': 'false'
                }.items(),
            ),
            Node(
                package='pose_tracking_ros',
                executable='live_replay',
                namespace=LaunchConfiguration('namespace'),
                arguments=[
                    LaunchConfiguration('bag'),
                    *('--rate', LaunchConfiguration('rate')),
                    *('--loop', LaunchConfiguration('loop')),
                    *('--delay', LaunchConfiguration('delay')),
                    *('--record', LaunchConfiguration('record')),
                ],
                output='screen',
                # If interrupted, it lets the recorder finish its bag.
                sigterm_timeout='40',
            ),
        ]
    )
