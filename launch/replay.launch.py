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
Play a bag for the pose tracking node, on the time of the bag, and record what comes of it.

.. code-block:: console

    $ ros2 launch pose_tracking_ros replay.launch.py bag:=walk image:=/camera/image_raw record:=out

Every image is processed, as long as the bag is played no faster than the machine is; for more
than that, and without ROS, there is ``pose-bag``.
"""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    IncludeLaunchDescription,
    OpaqueFunction,
    Shutdown,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration

LAUNCH = Path(get_package_share_directory('pose_tracking_ros')) / 'launch'
RECORDED = ('pose_landmarks', 'landmark_info', 'markers', 'annotated_image/compressed')


def generate_launch_description() -> LaunchDescription:
    """Return the node, the player, and the recorder if wanted."""
    return LaunchDescription(
        [
            DeclareLaunchArgument('bag', description='The bag to play, a file or a folder.'),
            DeclareLaunchArgument(
                'rate',
                default_value='1.0',
                description='How many times as fast as it was recorded the bag is played.',
            ),
            DeclareLaunchArgument(
                'loop',
                default_value='false',
                choices=['true', 'false'],
                description='Whether to play the bag again and again.',
            ),
            DeclareLaunchArgument(
                'delay',
                default_value='3.0',
                description='Seconds until the bag is played: the models are loaded meanwhile.',
            ),
            DeclareLaunchArgument(
                'record',
                default_value='',
                description='Folder to make for a bag of the landmarks, the markers and the '
                'compressed annotated image. Empty: nothing is recorded.',
            ),
            # First, because it sets the transport of images for what is started after it.
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(str(LAUNCH / 'pose_tracking.launch.py')),
                launch_arguments={'use_sim_time': 'true', 'drop_frames': 'false'}.items(),
            ),
            OpaqueFunction(function=record_and_play),
        ]
    )


def record_and_play(context: LaunchContext) -> list[ExecuteProcess]:
    """Return the recorder and the player; the end of the bag is that of all."""
    arguments = context.launch_configurations
    actions = []
    if arguments['record']:
        namespace = f'/{arguments["namespace"].strip("/")}'.rstrip('/')
        topics = [f'{namespace}/{topic}' for topic in RECORDED]
        actions.append(
            ExecuteProcess(
                cmd=['ros2', 'bag', 'record', '-o', LaunchConfiguration('record'), *topics],
                output='screen',
            )
        )
    loop = ['--loop'] if arguments['loop'] == 'true' else []
    rate, delay = LaunchConfiguration('rate'), LaunchConfiguration('delay')
    actions.append(
        ExecuteProcess(
            cmd=[
                *('ros2', 'bag', 'play', LaunchConfiguration('bag'), '--clock'),
                *('--rate', rate, '--delay', delay, *loop),
            ],
            output='screen',
            on_exit=Shutdown(),
        )
    )
    return actions
