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
Start the activity node, in addition to a pose tracking node.

.. code-block:: console

    $ ros2 launch pose_tracking_ros pose_activity.launch.py
    $ ros2 launch pose_tracking_ros pose_activity.launch.py namespace:=front exercises:='[squats]'

Each node subscribes to one camera: with several, use the name of the camera as the namespace.
"""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from pose_tracking_ros.node.launch_files import (
    declare_node_arguments,
    declare_parameter,
    given_parameters,
    use_fast_dds_profile,
)
from pose_tracking_ros.parameter_table import ACTIVITY_PARAMETERS

CONFIG = Path(get_package_share_directory('pose_tracking_ros')) / 'config'


def generate_launch_description() -> LaunchDescription:
    """Return the node and its arguments."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'pose_landmarks',
                default_value='pose_landmarks',
                description='Topic of the landmarks, pose_tracking_ros/msg/PoseLandmarks.',
            ),
            DeclareLaunchArgument(
                'params_file',
                default_value=str(CONFIG / 'pose_activity.yaml'),
                description='File with the parameters of the node.',
            ),
            *map(declare_parameter, ACTIVITY_PARAMETERS),
            *declare_node_arguments(),
            *use_fast_dds_profile(),
            OpaqueFunction(function=start_node),
        ]
    )


def start_node(context: LaunchContext) -> list[Node]:
    """
    Return the node with the parameters that are given as arguments.

    It configures and activates itself; with autostart:=false a lifecycle manager does.
    """
    return [
        Node(
            package='pose_tracking_ros',
            executable='pose_activity_node',
            name='pose_activity',
            namespace=LaunchConfiguration('namespace'),
            remappings=[('pose_landmarks', LaunchConfiguration('pose_landmarks'))],
            parameters=[
                LaunchConfiguration('params_file'),
                {
                    'use_sim_time': LaunchConfiguration('use_sim_time'),
                    **given_parameters(context, ACTIVITY_PARAMETERS),
                },
            ],
            ros_arguments=['--log-level', LaunchConfiguration('log_level')],
            output='screen',
        )
    ]
