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


"""Processes that talk to each other and to nobody else."""

from pathlib import Path
import socket

import pytest

from pose_tracking_ros.demo.graph_environment import free_domain_id, graph_environment


def test_the_graph_stays_on_this_machine_in_its_domain():
    environment = graph_environment({'ROS_DOMAIN_ID': '0', 'HOME': '/home/user'}, 42)
    assert environment['ROS_DOMAIN_ID'] == '42'
    assert environment['ROS_AUTOMATIC_DISCOVERY_RANGE'] == 'LOCALHOST'
    assert environment['HOME'] == '/home/user'


@pytest.mark.parametrize(
    ('distribution', 'variable', 'other'),
    [
        ('humble', 'FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'),
        ('jazzy', 'FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE'),
    ],
)
def test_fast_dds_gets_the_installed_profile_for_images(distribution, variable, other):
    environment = graph_environment({'ROS_DISTRO': distribution}, 42)
    assert '<type>SHM</type>' in Path(environment[variable]).read_text()
    assert other not in environment
    assert ('ROS_LOCALHOST_ONLY' in environment) == (distribution == 'humble')


@pytest.mark.parametrize(
    'choice',
    [
        {'FASTDDS_BUILTIN_TRANSPORTS': 'LARGE_DATA'},
        {'FASTDDS_DEFAULT_PROFILES_FILE': '/mine.xml'},
        {'FASTRTPS_DEFAULT_PROFILES_FILE': '/mine.xml'},
    ],
)
def test_a_transport_that_the_user_chose_is_kept(choice):
    environment = graph_environment(choice, 42)
    chosen = {name: value for name, value in environment.items() if name.startswith('FAST')}
    assert chosen == choice


def test_a_domain_with_participants_is_avoided(monkeypatch):
    monkeypatch.setattr(
        'pose_tracking_ros.demo.graph_environment._DOMAIN_IDS', range(90, 92)
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as participant:
        participant.bind(('', 7400 + 250 * 90 + 10))
        assert {free_domain_id() for _ in range(20)} == {91}
