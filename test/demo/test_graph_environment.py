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

import socket

import pytest

from pose_tracking_ros.demo.graph_environment import free_domain_id, graph_environment


def test_the_graph_stays_on_this_machine_in_its_domain():
    environment = graph_environment({'ROS_DOMAIN_ID': '0', 'HOME': '/home/user'}, 42)
    assert environment['ROS_DOMAIN_ID'] == '42'
    assert environment['ROS_AUTOMATIC_DISCOVERY_RANGE'] == 'LOCALHOST'
    assert environment['HOME'] == '/home/user'


def test_humble_keeps_to_this_machine_by_its_own_variable():
    assert graph_environment({'ROS_DISTRO': 'humble'}, 42)['ROS_LOCALHOST_ONLY'] == '1'
    assert 'ROS_LOCALHOST_ONLY' not in graph_environment({'ROS_DISTRO': 'jazzy'}, 42)


@pytest.mark.parametrize('number', [0, 7])
def test_a_domain_with_a_participant_is_avoided(monkeypatch, number):
    taken, other = free_domain_id(), free_domain_id()
    monkeypatch.setattr(
        'pose_tracking_ros.demo.graph_environment._DOMAIN_IDS', [taken, other]
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as participant:
        participant.bind(('', 7400 + 250 * taken + 10 + 2 * number))
        assert {free_domain_id() for _ in range(20)} == {other}
