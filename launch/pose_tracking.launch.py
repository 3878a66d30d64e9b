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
Start the pose tracking node, and optionally RViz.

.. code-block:: console

    $ ros2 launch pose_tracking_ros pose_tracking.launch.py image:=/camera/image_raw rviz:=true
    $ ros2 launch pose_tracking_ros pose_tracking.launch.py cameras:='[front, rear]'
"""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from pose_tracking_ros.node.launch_files import (
    declare_flag,
    declare_node_arguments,
    declare_parameter,
    given_parameters,
    use_fast_dds_profile,
)
from pose_tracking_ros.parameter_table import PARAMETERS

CONFIG = Path(get_package_share_directory('pose_tracking_ros')) / 'config'


def generate_launch_description() -> LaunchDescription:
    """Return the node, RViz, and the arguments that both take."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'image',
                default_value='image',
                description='Topic of the images, sensor_msgs/msg/Image; with '
                'image_transport:=compressed, the name without /compressed.',
            ),
            DeclareLaunchArgument(
                'remaps',
                default_value='',
                description='Further topics to remap, such as those of several cameras: '
                "'front/image:=/front/image_raw rear/image:=/rear/image_raw'.",
            ),
            DeclareLaunchArgument(
                'params_file',
                default_value=str(CONFIG / 'pose_tracking.yaml'),
                description='File with the parameters of the node.',
            ),
            *map(declare_parameter, PARAMETERS),
            *declare_node_arguments(),
            declare_flag('rviz', 'Show the annotated image and the markers in RViz.'),
            DeclareLaunchArgument(
                'fixed_frame',
                default_value='camera_link',
                description='Frame in which RViz shows the markers; needs a transform from it to '
                'the frame of the images, as published by the camera driver.',
            ),
            *use_fast_dds_profile(),
            # First, so that nothing is left running if RViz is missing.
            Node(
                package='rviz2',
                executable='rviz2',
                arguments=[
                    *('-d', str(CONFIG / 'pose_tracking.rviz')),
                    *('-f', LaunchConfiguration('fixed_frame')),
                ],
                namespace=LaunchConfiguration('namespace'),
                remappings=[
                    ('/annotated_image', 'annotated_image'),
                    ('/markers', 'markers'),
                ],
                parameters=[{'use_sim_time': LaunchConfiguration('use_sim_time')}],
                condition=IfCondition(LaunchConfiguration('rviz')),
            ),
            OpaqueFunction(function=start_node),
        ]
    )


def start_node(context: LaunchContext) -> list[Node]:
    """
    Return the node with the parameters that are given as arguments.

    It configures and activates itself; with autostart:=false a lifecycle manager does. A plain
    Node: a LifecycleNode makes launch join the graph, with another 120 MB, and fail if it is
    interrupted twice.
    """
    return [
        Node(
            package='pose_tracking_ros',
            executable='pose_tracking_node',
            name='pose_tracking',
            namespace=LaunchConfiguration('namespace'),
            remappings=[
                ('image', LaunchConfiguration('image')),
                *remap_rules(context.launch_configurations['remaps']),
            ],
            parameters=[
                LaunchConfiguration('params_file'),
                {
                    'use_sim_time': LaunchConfiguration('use_sim_time'),
                    **given_parameters(context, PARAMETERS),
                },
            ],
            ros_arguments=['--log-level', LaunchConfiguration('log_level')],
            output='screen',
        )
    ]


def remap_rules(text: str) -> list[tuple[str, str]]:
    """
    Return the rules in the argument remaps.

    :raises ValueError: when one of them is not FROM:=TO
    """
    rules = [tuple(rule.split(':=')) for rule in text.split()]
    for rule in rules:
        if len(rule) != 2 or not all(rule):
            raise ValueError(f'remaps has {":=".join(rule)!r}, each rule has to be FROM:=TO')
    return rules
