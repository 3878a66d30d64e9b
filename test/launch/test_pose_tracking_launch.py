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

"""The launch file starts the node with what its arguments say."""

from __future__ import annotations

import os
from pathlib import Path
from runpy import run_path

from ament_index_python.packages import get_packages_with_prefixes
import pytest

from pose_tracking_ros.parameter_table import PARAMETERS

LAUNCH_FILE = 'pose_tracking.launch.py'
READY = 'images come from'


@pytest.fixture
def description(launch_file):
    """Return what the launch file describes."""
    return run_path(str(launch_file(LAUNCH_FILE)))['generate_launch_description']()


def test_every_argument_is_described(description):
    arguments = {argument.name: argument for argument in description.get_launch_arguments()}
    assert {parameter.name for parameter in PARAMETERS} < set(arguments)
    for argument in arguments.values():
        assert len(argument.description) > 20


def test_names_topics_and_models_follow_the_arguments(start_launch, interrupted):
    arguments = ('namespace:=robot', 'image:=/camera/image_raw', 'model_complexity:=0')
    log = interrupted(start_launch(LAUNCH_FILE, *arguments), READY)
    assert 'robot.pose_tracking' in log
    assert 'pose_landmark_lite' in log
    assert 'images come from /camera/image_raw' in log


def test_an_argument_overrides_the_file_of_parameters(start_launch, interrupted, tmp_path):
    file = tmp_path / 'parameters.yaml'
    file.write_text('/**: {ros__parameters: {model_complexity: 2, upper_body_only: true}}')
    log = interrupted(
        start_launch(LAUNCH_FILE, f'params_file:={file}', 'upper_body_only:=false'), READY
    )
    assert 'pose_landmark_heavy' in log


def test_several_cameras_have_their_topics(start_launch, interrupted):
    arguments = ('cameras:=[front, rear]', 'remaps:=rear/image:=/back/image_raw')
    log = interrupted(start_launch(LAUNCH_FILE, *arguments), READY)
    assert 'images come from /front/image, /back/image_raw' in log


def test_a_rule_that_renames_nothing_is_refused(start_launch, log_of):
    log = log_of(start_launch(LAUNCH_FILE, 'remaps:=front/image'), 1)
    assert 'has to be FROM:=TO' in log
    assert READY not in log


def test_a_wrong_argument_is_refused_with_the_accepted_ones(start_launch, log_of):
    log = log_of(start_launch(LAUNCH_FILE, 'execution_provider:=gpu'), 1)
    assert 'is not valid' in log
    assert 'openvino' in log


def test_the_node_can_be_interrupted_twice(start_launch, interrupted):
    log = interrupted(start_launch(LAUNCH_FILE, 'model_complexity:=0'), READY, times=2)
    assert '0 images received' in log


@pytest.mark.skipif('rviz2' in get_packages_with_prefixes(), reason='RViz is installed')
@pytest.mark.parametrize('name', ['pose_tracking', 'demo', 'replay'])
def test_without_rviz_nothing_is_started(start_launch, log_of, walking_man, name):
    arguments = {'demo': [f'video:={walking_man}'], 'replay': ['bag:=walk']}.get(name, [])
    log = log_of(start_launch(f'{name}.launch.py', 'rviz:=true', *arguments), 1)
    assert "package 'rviz2' not found" in log
    assert 'process started' not in log


def test_the_transport_is_set_unless_the_user_has_chosen_one(launch_file, monkeypatch):
    module = run_path(str(launch_file(LAUNCH_FILE)))
    for name in [name for name in os.environ if name.startswith(('FAST', 'RMW_'))]:
        monkeypatch.delenv(name)
    (action,) = module['use_fast_dds_profile']()
    assert Path(''.join(part.text for part in action.value)).is_file()
    monkeypatch.setenv('FASTDDS_BUILTIN_TRANSPORTS', 'LARGE_DATA')
    assert module['use_fast_dds_profile']() == []
