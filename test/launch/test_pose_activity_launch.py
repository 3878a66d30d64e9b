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

"""The launch file of the activity node."""

from __future__ import annotations

from runpy import run_path

from pose_tracking_ros.parameter_table import ACTIVITY_PARAMETERS

LAUNCH_FILE = 'pose_activity.launch.py'


def test_every_argument_is_described(launch_file):
    description = run_path(str(launch_file(LAUNCH_FILE)))['generate_launch_description']()
    arguments = {argument.name: argument for argument in description.get_launch_arguments()}
    assert {parameter.name for parameter in ACTIVITY_PARAMETERS} < set(arguments)
    assert all(len(argument.description) > 20 for argument in arguments.values())


def test_names_and_topic_follow_the_arguments(start_launch, interrupted):
    arguments = ('namespace:=front', 'pose_landmarks:=/rear/pose_landmarks')
    log = interrupted(start_launch(LAUNCH_FILE, *arguments), 'Active, ')
    assert 'front.pose_activity' in log
    assert 'Active, landmarks come from /rear/pose_landmarks' in log
    assert '0 messages received' in log
