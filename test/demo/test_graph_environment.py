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
import subprocess
import sys

import pytest

from pose_tracking_ros.demo.graph_environment import graph_environment, held_domain


def test_the_graph_stays_on_this_machine_in_its_domain():
    environment = graph_environment({'ROS_DOMAIN_ID': '0', 'HOME': '/home/user'}, 42)
    assert environment['ROS_DOMAIN_ID'] == '42'
    assert environment['ROS_AUTOMATIC_DISCOVERY_RANGE'] == 'LOCALHOST'
    assert environment['HOME'] == '/home/user'


def test_humble_keeps_to_this_machine_by_its_own_variable():
    assert graph_environment({'ROS_DISTRO': 'humble'}, 42)['ROS_LOCALHOST_ONLY'] == '1'
    assert 'ROS_LOCALHOST_ONLY' not in graph_environment({'ROS_DISTRO': 'jazzy'}, 42)


@pytest.fixture
def two_domains(monkeypatch) -> tuple[int, int]:
    """Return the only two domains that there are, both free."""
    with held_domain() as one, held_domain() as other:
        pass
    monkeypatch.setattr('pose_tracking_ros.demo.graph_environment._DOMAIN_IDS', [one, other])
    return one, other


@pytest.mark.parametrize('number', [0, 7])
def test_a_domain_with_a_participant_is_avoided(two_domains, number):
    taken, other = two_domains
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as participant:
        participant.bind(('', 7400 + 250 * taken + 10 + 2 * number))
        for _ in range(20):
            with held_domain() as domain_id:
                assert domain_id == other


def test_a_domain_is_given_to_one_at_a_time(two_domains):
    """Also before its first participant has come."""
    with held_domain() as first, held_domain() as second:
        assert {first, second} == set(two_domains)
        with pytest.raises(RuntimeError, match='taken'), held_domain():
            pass
    with held_domain() as again:
        assert again in two_domains


def test_a_domain_is_held_until_its_process_ends(two_domains):
    """Whatever ends it: nothing is left behind."""
    program = (
        'from pose_tracking_ros.demo import graph_environment as graph\n'
        f'graph._DOMAIN_IDS = [{two_domains[0]}]\n'
        'print(graph.free_domain_id(), flush=True)\n'
        'input()\n'
    )
    process = subprocess.Popen(
        [sys.executable, '-c', program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert int(process.stdout.readline()) == two_domains[0]
        with held_domain() as other:
            assert other == two_domains[1]
        process.kill()
    with held_domain() as one, held_domain() as other:
        assert {one, other} == set(two_domains)
