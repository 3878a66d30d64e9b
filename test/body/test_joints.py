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

"""A body that is posed by known angles is found to have these angles, wherever it stands."""

from __future__ import annotations

import cv2
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from pose_tracking_ros.blazepose import PoseLandmark
from pose_tracking_ros.body.joints import joint_angles

X, Y, Z = np.eye(3)

# Ranges of human_description, without what landmarks leave open: straight limbs, and an arm that
# hangs down.
ARM = {'y_shoulder': (-1.1, 1.9), 'p_shoulder': (0.4, 2.7), 'r_shoulder': (-1.7, 1.5),
       'elbow': (0.4, 2.5)}  # fmt: skip
LEG = {'y_hip': (-0.1, 0.6), 'p_hip': (-0.4, 1.3), 'r_hip': (-0.4, 1.5), 'knee': (-2.5, -0.4)}
HEAD = {'r_head': (-1.0, 1.0), 'y_head': (-1.4, 1.4), 'p_head': (-1.4, 1.4)}
RANGES = {
    **{f'{side}_{name}': bounds for side in 'lr' for name, bounds in {**ARM, **LEG}.items()},
    **HEAD,
}

postures = st.fixed_dictionaries({name: st.floats(*bounds) for name, bounds in RANGES.items()})
turns = st.tuples(*[st.floats(-3, 3)] * 3).map(lambda v: cv2.Rodrigues(np.array(v))[0])


def turn(axis: np.ndarray, angle: float) -> np.ndarray:
    return cv2.Rodrigues(axis * angle)[0]


def posed(angles: dict[str, float]) -> np.ndarray:
    """Return the landmarks of a body, link after link, with the axes of human_description."""
    points = np.zeros((33, 3))
    for side, name, reflect in (('l', 'LEFT', 1), ('r', 'RIGHT', -1)):
        of = {key[2:]: value for key, value in angles.items() if key.startswith(f'{side}_')}

        def put(joint: str, place: np.ndarray, name: str = name) -> None:
            points[PoseLandmark[f'{name}_{joint}']] = place

        shoulder, hip = np.array([0, reflect * 0.2, 0.5]), np.array([0, reflect * 0.1, 0])
        upper = (
            turn(-reflect * Z, of['y_shoulder'])
            @ turn(reflect * X, of['p_shoulder'])
            @ turn(reflect * Z, of['r_shoulder'])
        )
        elbow = shoulder - 0.3 * upper[:, 2]
        wrist = elbow - 0.25 * (upper @ turn(-Y, of['elbow']))[:, 2]
        thigh = turn(-Z, of['y_hip']) @ turn(reflect * X, of['p_hip']) @ turn(-Y, of['r_hip'])
        knee = hip - 0.4 * thigh[:, 2]
        ankle = knee - 0.4 * (thigh @ turn(-Y, of['knee']))[:, 2]
        for joint, place in (
            ('SHOULDER', shoulder), ('ELBOW', elbow), ('WRIST', wrist),
            ('HIP', hip), ('KNEE', knee), ('ANKLE', ankle),
        ):  # fmt: skip
            put(joint, place)
        head = (
            turn(X, angles['r_head']) @ turn(Z, angles['y_head']) @ turn(-Y, angles['p_head'])
        )
        neck = np.array([0, 0, 0.7])
        put('EAR', neck + head @ [0, reflect * 0.08, 0])
        put('EYE', neck + head @ [0.1, reflect * 0.03, 0.02])
        points[PoseLandmark.NOSE] = neck + head @ [0.12, 0, -0.02]
    return points


@given(postures, turns)
def test_known_angles_are_found(angles, rotation):
    found = joint_angles(posed(angles) @ rotation.T + [1, 2, 3])
    assert found == pytest.approx({**angles, 'waist': 0.0}, abs=1e-6)


def test_limbs_that_hang_down_have_angles_of_0():
    straight = dict.fromkeys(RANGES, 0.0)
    assert joint_angles(posed(straight)) == pytest.approx({**straight, 'waist': 0.0}, abs=1e-6)


@given(postures)
def test_angles_of_straight_legs_put_the_knees_where_they_are(angles):
    for side in 'lr':
        angles[f'{side}_knee'] = -0.1
    points = posed(angles)
    again = posed(joint_angles(points))
    for knee in (PoseLandmark.LEFT_KNEE, PoseLandmark.RIGHT_KNEE):
        np.testing.assert_allclose(again[knee], points[knee], atol=1e-6)


@pytest.mark.parametrize(
    ('unknown', 'missing'),
    [
        ('LEFT_WRIST', {'l_elbow', 'l_r_shoulder'}),
        ('RIGHT_ELBOW', {f'r_{name}' for name in ARM}),
        ('RIGHT_ANKLE', {'r_knee'}),
        ('NOSE', set(HEAD)),
        ('LEFT_HIP', {*RANGES, 'waist'}),
    ],
)
def test_joints_whose_landmarks_are_not_known_are_left_out(unknown, missing):
    points = posed(dict.fromkeys(RANGES, 0.5))
    points[PoseLandmark[unknown]] = np.nan
    assert {*RANGES, 'waist'} - set(joint_angles(points)) == missing


def test_the_upper_body_has_no_legs():
    found = joint_angles(posed(dict.fromkeys(RANGES, 0.5))[:25])
    assert {*RANGES, 'waist'} - set(found) == {
        f'{side}_{name}' for side in 'lr' for name in LEG
    }
