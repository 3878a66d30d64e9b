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

from __future__ import annotations

from annotations import joints_by_name, Person
from hypothesis import given, strategies
from keypoint_scores import (
    best_person,
    joint_errors,
    MIRRORED,
    pck,
    person_size,
    sides_exchanged,
)
import numpy as np
import pytest

from pose_tracking_ros.blazepose import PoseLandmark

# A torso of 60 x 80 pixels, so that its diagonal is 100.
STANDING = {
    'nose': [30, -40],
    'left_shoulder': [60, 0],
    'right_shoulder': [0, 0],
    'left_hip': [60, 80],
    'right_hip': [0, 80],
    'left_wrist': [120, 40],
}


def standing(x: float = 0, scale: float = 1) -> Person:
    return Person(joints_by_name(STANDING) * scale + np.array([x, 0]))


def seen(person: Person) -> np.ndarray:
    return np.where(np.isnan(person.joints), 0.0, person.joints)


def test_size_is_the_longest_distance_between_shoulder_and_hip() -> None:
    assert person_size(standing()) == pytest.approx(100)


def test_size_is_that_of_the_box_where_the_torso_is_not_annotated() -> None:
    joints = joints_by_name({'left_hip': [0, 0], 'right_hip': [10, 0], 'left_knee': [0, 40]})
    assert person_size(Person(joints, np.array([0, 0, 50, 120]))) == 120


def test_a_person_without_torso_and_box_has_no_size() -> None:
    with pytest.raises(ValueError, match='neither'):
        person_size(Person(joints_by_name({'left_knee': [0, 40]})))


@given(scale=strategies.floats(0.1, 50), x=strategies.floats(-1e3, 1e3))
def test_errors_do_not_depend_on_where_and_how_large_the_person_is(scale: float, x: float) -> None:
    person = standing(x=x, scale=scale)
    moved = seen(person) + np.array([0, 10 * scale])
    np.testing.assert_allclose(joint_errors(moved, person), np.full(6, 0.1), rtol=1e-6)


def test_pck_counts_the_joints_within_a_fifth_of_the_size() -> None:
    person = standing()
    landmarks = seen(person)
    landmarks[PoseLandmark.NOSE] += (19.9, 0)
    landmarks[PoseLandmark.LEFT_WRIST] += (0, 20.1)
    assert pck([joint_errors(landmarks, person)]) == pytest.approx(5 / 6)


def test_each_joint_of_a_person_who_is_not_found_is_missed() -> None:
    person = standing()
    errors = [joint_errors(seen(person), person), joint_errors(None, person)]
    assert pck(errors) == pytest.approx(0.5)


def test_landmarks_belong_to_the_person_whom_they_fit_best() -> None:
    near, far = standing(x=30), standing(x=400, scale=2)
    assert best_person(seen(standing()), [far, near]) is near


def test_where_nobody_was_found_the_largest_person_was_missed() -> None:
    small, large = standing(), standing(scale=2)
    assert best_person(None, [small, large]) is large


def test_mirrored_landmarks_are_those_of_the_other_side() -> None:
    assert MIRRORED[PoseLandmark.LEFT_WRIST] == PoseLandmark.RIGHT_WRIST
    assert MIRRORED[PoseLandmark.MOUTH_RIGHT] == PoseLandmark.MOUTH_LEFT
    assert MIRRORED[PoseLandmark.NOSE] == PoseLandmark.NOSE
    assert (MIRRORED[MIRRORED] == np.arange(33)).all()


def test_exchanged_sides_are_noticed() -> None:
    both_wrists = dict(STANDING, right_wrist=[-60, 40])
    person = Person(joints_by_name(both_wrists))
    assert not sides_exchanged(seen(person), person)
    assert sides_exchanged(seen(person)[MIRRORED], person)
    assert not sides_exchanged(None, person)


def test_sides_that_lie_on_one_another_are_not_exchanged() -> None:
    profile = {n: [0, y] for n, (_, y) in STANDING.items()}
    person = Person(joints_by_name(dict(profile, right_wrist=[0, 40])))
    landmarks = seen(person) + np.array([5, 0])
    assert not sides_exchanged(landmarks[MIRRORED], person)
