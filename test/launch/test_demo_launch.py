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

"""The demo plays a video into the node, with nothing set, and ends with the video."""

from __future__ import annotations

import re

import pytest


def test_the_person_in_the_video_is_found(start_launch, log_of, walking_man):
    log = log_of(start_launch('demo.launch.py', f'video:={walking_man}', 'model_complexity:=0'))
    counts = re.search(r'(\d+) processed: (\d+) with a person', log)
    assert counts, log
    assert int(counts[2]) > 0, log


def test_it_can_be_interrupted_twice(start_launch, interrupted, walking_man):
    arguments = (f'video:={walking_man}', 'model_complexity:=0', 'repeat:=1000')
    process = start_launch('demo.launch.py', *arguments)
    log = interrupted(process, 'waiting for a subscriber', times=2)
    assert 'video_publisher]: interrupted' in log


@pytest.mark.parametrize(
    ('argument', 'reason'),
    [
        ('video:=nowhere.mp4', 'nowhere.mp4 does not exist'),
        ('model_complexity:=7', 'accepted is an integer'),
    ],
)
def test_a_process_that_fails_ends_it_with_an_error(
    start_launch, log_of, walking_man, argument, reason
):
    log = log_of(start_launch('demo.launch.py', f'video:={walking_man}', argument), 1)
    assert reason in log
    assert 'has failed with exit code 1' in log


def test_an_argument_that_is_refused_leaves_nothing_that_runs(start_launch, log_of, walking_man):
    log = log_of(start_launch('demo.launch.py', f'video:={walking_man}', 'repeat:=often'), 1)
    assert 'repeat is often, accepted is a whole number' in log
    assert 'process started' not in log
