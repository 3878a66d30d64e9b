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

"""The replay describes its arguments and starts a player, a node and a recorder."""

from __future__ import annotations

import os
from pathlib import Path
import re
from runpy import run_path

import pytest

LAUNCH_FILE = 'replay.launch.py'

# In place of `ros2`, where that is not installed: it tells what it is asked for, and ends.
_ROS2 = """#!/bin/sh
echo "asked for: $@"
[ "$2" = play ] || exec sleep 60
for last; do :; done
cat "$last"
"""


@pytest.fixture
def with_ros2(tmp_path) -> dict[str, str]:
    """Return an environment with a `ros2` that only tells what it would do."""
    program = tmp_path / 'ros2'
    program.write_text(_ROS2)
    program.chmod(0o755)
    return {'PATH': f'{tmp_path}{os.pathsep}{os.environ["PATH"]}'}


def test_every_argument_is_described(launch_file):
    description = run_path(str(launch_file(LAUNCH_FILE)))['generate_launch_description']()
    for argument in description.get_launch_arguments():
        assert len(argument.description) > 20


def test_the_bag_is_played_on_its_own_time_and_what_comes_of_it_recorded(
    start_launch, with_ros2, tmp_path
):
    arguments = ('bag:=walk', 'record:=out', 'namespace:=robot', 'rate:=0.5', 'loop:=true')
    log, _ = start_launch(LAUNCH_FILE, *arguments, **with_ros2).communicate(timeout=120)
    assert 'asked for: bag play walk --clock --rate 0.5 --delay 3.0 --loop' in log
    assert 'asked for: bag record -o out /robot/pose_landmarks /robot/landmark_info' in log


def test_nothing_is_recorded_unless_asked_for(start_launch, with_ros2):
    log, _ = start_launch(LAUNCH_FILE, 'bag:=walk', **with_ros2).communicate(timeout=120)
    assert 'bag play walk' in log
    assert 'bag record' not in log


@pytest.mark.parametrize(
    ('arguments', 'topics'),
    [
        ((), ['/image']),
        (('image:=head/image', 'namespace:=robot'), ['/robot/head/image']),
        (('image:=/head/image', 'image_transport:=compressed'), ['/head/image/compressed']),
        (
            ('cameras:=[front, rear]', 'remaps:=rear/image:=/back/image_raw'),
            ['/front/image', '/back/image_raw'],
        ),
    ],
)
def test_the_images_are_played_so_that_none_gets_lost(start_launch, with_ros2, arguments, topics):
    log, _ = start_launch(LAUNCH_FILE, 'bag:=walk', *arguments, **with_ros2).communicate(
        timeout=120
    )
    file = re.search(r'--qos-profile-overrides-path (\S+)', log)[1]
    assert not Path(file).exists()
    assert log.count('reliability: reliable') == len(topics)
    for topic in topics:
        assert f'{topic}:' in log
