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
    PoseLandmark,
    Skeleton,
    SKELETONS,
    UPPER_BODY,
)


def test_upper_body_is_the_first_25_landmarks_of_the_full_body() -> None:
    assert len(FULL_BODY.landmarks) == 33
    assert FULL_BODY.landmarks[:25] == UPPER_BODY.landmarks
    assert UPPER_BODY.names[-1] == 'right_hip'


@pytest.mark.parametrize('skeleton', [FULL_BODY, UPPER_BODY])
def test_connections_join_landmarks_of_the_skeleton_once_each(skeleton: Skeleton) -> None:
    pairs = [frozenset(pair) for pair in skeleton.connections]
    assert len(pairs) == len(set(pairs))
    assert all(len(pair) == 2 and pair <= set(skeleton.landmarks) for pair in pairs)


@pytest.mark.parametrize('skeleton', [FULL_BODY, UPPER_BODY])
def test_left_and_right_mirror_each_other(skeleton: Skeleton) -> None:
    pairs = {frozenset(pair) for pair in skeleton.connections}
    assert {frozenset(skeleton.mirrored[at] for at in pair) for pair in pairs} == pairs
    opposite = {'left': 'right', 'right': 'left', 'center': 'center'}
    for landmark, other in zip(skeleton.landmarks, skeleton.mirrored):
        assert skeleton.sides[other] == opposite[skeleton.sides[landmark]]
        assert skeleton.mirrored[other] == landmark


@pytest.mark.parametrize('skeleton', [FULL_BODY, UPPER_BODY])
def test_the_attributes_of_a_skeleton_refer_to_its_landmarks(skeleton: Skeleton) -> None:
    asked = {*skeleton.face, *skeleton.core, *skeleton.limbs}
    asked.update(at for chain in (*skeleton.joints.values(), *skeleton.middles.values())
                 for at in chain)
    assert asked <= set(skeleton.landmarks)
    lefts, rights = skeleton.limbs[::2], skeleton.limbs[1::2]
    assert [skeleton.mirrored[at] for at in lefts] == list(rights)
    assert {skeleton.sides[at] for at in lefts} == {'left'}
    assert 'left_elbow' in skeleton.joints
    assert ('left_knee' in skeleton.joints) == (skeleton is FULL_BODY)


def test_skeletons_are_found_by_their_names() -> None:
    assert SKELETONS == {'blazepose_full_body': FULL_BODY, 'blazepose_upper_body': UPPER_BODY}


def test_only_the_nose_is_on_neither_side() -> None:
    assert [at for at, side in zip(FULL_BODY.landmarks, FULL_BODY.sides) if side == 'center'] == [
        PoseLandmark.NOSE
    ]
