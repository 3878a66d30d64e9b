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
Play a video or a webcam for the pose tracking node; takes its launch arguments as well.

.. code-block:: console

    $ ros2 launch pose_tracking_ros demo.launch.py rviz:=true
    $ ros2 launch pose_tracking_ros demo.launch.py video:=0 model_complexity:=2
"""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    OpaqueFunction,
    SetLaunchConfiguration,
)
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from pose_tracking_ros.node.launch_files import end_with_any_of_ours
from pose_tracking_ros.sample_data import sample_path

LAUNCH = Path(get_package_share_directory('pose_tracking_ros')) / 'launch'
SAMPLE = 'pose2sim_cam04.mp4'


def generate_launch_description() -> LaunchDescription:
    """Return the node, optionally RViz, and a publisher of a video."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'video',
                default_value='',
                description='A video file or the number of a camera. Empty: a sample, '
                'downloaded once.',
            ),
            DeclareLaunchArgument(
                'repeat', default_value='1', description='Number of times a video file is played.'
            ),
            end_with_any_of_ours(),
            OpaqueFunction(function=find_video),
            # First, because it sets the transport of images for the following processes.
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(str(LAUNCH / 'pose_tracking.launch.py'))
            ),
            Node(
                package='pose_tracking_ros',
                executable='video_publisher',
                namespace=LaunchConfiguration('namespace'),
                remappings=[('image', LaunchConfiguration('image'))],
                parameters=[
                    {
                        'video': ParameterValue(LaunchConfiguration('video'), value_type=str),
                        'repeat': ParameterValue(LaunchConfiguration('repeat'), value_type=int),
                        'frame_id': 'camera_optical_frame',
                    }
                ],
                output='screen',
            ),
            # The frame of the images is an optical one: z forward, x right, y down.
            Node(
                package='tf2_ros',
                executable='static_transform_publisher',
                arguments=[
                    *('--frame-id', LaunchConfiguration('fixed_frame')),
                    *('--child-frame-id', 'camera_optical_frame'),
                    *('--roll', '-1.5707963', '--yaw', '-1.5707963'),
                ],
                condition=IfCondition(LaunchConfiguration('rviz')),
            ),
        ]
    )


def find_video(context: LaunchContext) -> list[SetLaunchConfiguration]:
    """
    Return the action that sets the video; checks all arguments before anything is started.

    Launch leaves a process running when a later action of its description fails.
    """
    arguments = context.launch_configurations
    if not arguments['repeat'].isdecimal():
        raise ValueError(f'repeat is {arguments["repeat"]}, accepted is a whole number')
    video = arguments['video'] or str(sample_path(SAMPLE))
    return [SetLaunchConfiguration('video', video)]
