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

"""The environment that is chosen, and the variables that a build in it sees."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from environment_setup.environment import choose
from environment_setup.steps import SetupError

ROOT = Path('/checkout')


@pytest.mark.parametrize(('environ', 'folder', 'requirements'), [
    ({}, '.venv', 'kilted'),
    ({'ROS_WHEELS': ''}, '.venv', 'kilted'),
    ({'ROS_WHEELS': 'kilted'}, '.venv', 'kilted'),
    ({'ROS_WHEELS': 'jazzy'}, '.venv-jazzy', 'jazzy'),
    ({'ROS_DISTRO': 'humble'}, '.venv-ros-humble', 'distribution'),
    ({'ROS_DISTRO': 'jazzy', 'ROS_WHEELS': 'jazzy'}, '.venv-ros-jazzy', 'distribution'),
])
def test_a_sourced_distribution_comes_before_wheels(environ, folder, requirements):
    environment = choose(environ, ROOT)
    assert environment.folder == ROOT / folder
    assert environment.requirements == ROOT / 'requirements' / f'{requirements}.txt'
    assert environment.test_requirements == ROOT / 'requirements' / f'{requirements}-test.txt'
    assert environment.distribution is ('ROS_DISTRO' in environ)


def test_unknown_wheels_are_refused():
    with pytest.raises(SetupError, match=r"'foxy'.*kilted and jazzy"):
        choose({'ROS_WHEELS': 'foxy'}, ROOT)


def test_wheels_are_built_on_without_anything_else_that_is_sourced(monkeypatch):
    for name in ('AMENT_PREFIX_PATH', 'CMAKE_PREFIX_PATH', 'LD_LIBRARY_PATH', 'PYTHONPATH'):
        monkeypatch.setenv(name, '/opt/ros/other')
    variables = choose({}, ROOT).variables()
    assert variables['AMENT_PREFIX_PATH'] == variables['CMAKE_PREFIX_PATH'] == '/checkout/.venv'
    assert '/opt/ros/other' not in variables.values()


def test_a_distribution_is_built_on_without_an_earlier_build_of_this_package(monkeypatch):
    own = '/checkout/.venv-ros-humble'
    monkeypatch.setenv('AMENT_PREFIX_PATH', f'{own}{os.pathsep}/opt/ros/humble')
    monkeypatch.setenv(
        'PYTHONPATH', f'{own}/lib/python3.10/site-packages{os.pathsep}/opt/ros/humble/lib')
    variables = choose({'ROS_DISTRO': 'humble'}, ROOT).variables()
    assert variables['AMENT_PREFIX_PATH'] == '/opt/ros/humble'
    assert variables['PYTHONPATH'] == '/opt/ros/humble/lib'


@pytest.mark.parametrize(('given', 'used'), [(None, '1'), ('0', '0')])
def test_the_set_up_sends_no_telemetry_unless_it_is_asked_to(monkeypatch, given, used):
    monkeypatch.delenv('ORT_DISABLE_TELEMETRY', raising=False)
    if given:
        monkeypatch.setenv('ORT_DISABLE_TELEMETRY', given)
    assert choose({}, ROOT).variables()['ORT_DISABLE_TELEMETRY'] == used


def test_an_outer_make_does_not_reach_the_build(monkeypatch):
    monkeypatch.setenv('MAKEFLAGS', '--jobserver-auth=3,4')
    assert 'MAKEFLAGS' not in choose({}, ROOT).variables()
