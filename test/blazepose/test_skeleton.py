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

"""Names, sides and connections are what every drawing and every consumer relies on."""

import pytest

from pose_tracking_ros.blazepose import (
    FULL_BODY,
    other_side,
    PoseLandmark,
    side,
    Topology,
    UPPER_BODY,
)


def test_upper_body_is_the_first_25_landmarks_of_the_full_body() -> None:
    assert len(FULL_BODY.landmarks) == 33
    assert FULL_BODY.landmarks[:25] == UPPER_BODY.landmarks
    assert UPPER_BODY.names[-1] == 'right_hip'


@pytest.mark.parametrize('topology', [FULL_BODY, UPPER_BODY])
def test_connections_join_landmarks_of_the_topology_once_each(topology: Topology) -> None:
    pairs = [frozenset(pair) for pair in topology.connections]
    assert len(pairs) == len(set(pairs))
    assert all(len(pair) == 2 and pair <= set(topology.landmarks) for pair in pairs)


@pytest.mark.parametrize('topology', [FULL_BODY, UPPER_BODY])
def test_left_and_right_mirror_each_other(topology: Topology) -> None:
    pairs = {frozenset(pair) for pair in topology.connections}
    assert {frozenset(map(other_side, pair)) for pair in pairs} == pairs
    opposite = {'left': 'right', 'right': 'left', 'center': 'center'}
    for landmark in topology.landmarks:
        assert side(other_side(landmark)) == opposite[side(landmark)]


def test_only_the_nose_is_on_neither_side() -> None:
    assert [x for x in FULL_BODY.landmarks if side(x) == 'center'] == [PoseLandmark.NOSE]
