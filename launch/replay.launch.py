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

Every image is processed, in order: the player sends them reliably, however they were recorded. Up
to 512 MiB of them wait where the bag is played faster than the machine is; for more than that, and
without ROS, there is ``pose-bag``.
"""

import os
from pathlib import Path
import posixpath
from tempfile import NamedTemporaryFile

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
import yaml

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


def image_topics(arguments: dict[str, str]) -> list[str]:
    """Return the full names of the topics in the bag that the node listens to."""
    rules = dict(rule.split(':=') for rule in arguments['remaps'].split())
    rules.setdefault('image', arguments['image'])
    cameras = yaml.safe_load(arguments['cameras']) or ['']
    suffix = '/compressed' if arguments['image_transport'] == 'compressed' else ''
    names = [f'{camera}/image'.lstrip('/') for camera in cameras]
    namespace = f'/{arguments["namespace"].strip("/")}/'.replace('//', '/')
    return [posixpath.join(namespace, rules.get(name, name)) + suffix for name in names]


def reliably(topics: list[str]) -> str:
    """Return a file that lets the player send topics so that no message gets lost."""
    quality = {'history': 'keep_last', 'depth': 1000, 'reliability': 'reliable'}
    with NamedTemporaryFile('w', prefix='replay_quality_', suffix='.yaml', delete=False) as file:
        yaml.safe_dump({topic: {**quality, 'durability': 'volatile'} for topic in topics}, file)
    return file.name


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
    quality = reliably(image_topics(arguments))
    loop = ['--loop'] if arguments['loop'] == 'true' else []
    rate, delay = LaunchConfiguration('rate'), LaunchConfiguration('delay')
    actions.append(
        ExecuteProcess(
            cmd=[
                *('ros2', 'bag', 'play', LaunchConfiguration('bag'), '--clock'),
                *('--rate', rate, '--delay', delay, *loop),
                *('--qos-profile-overrides-path', quality),
            ],
            output='screen',
            on_exit=[OpaqueFunction(function=lambda _: os.unlink(quality)), Shutdown()],
        )
    )
    return actions
