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

"""Angles of bodies whose joints are set by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pose_tracking_ros.blazepose import FULL_BODY, Pose, PoseLandmark, UPPER_BODY
from pose_tracking_ros.replay.joint_angles import body_points, JOINT_ANGLES, joint_angles

STANDING = {
    'nose': (0, -0.7, -0.1), 'ear': (0.08, -0.7, 0), 'shoulder': (0.2, -0.5, 0),
    'elbow': (0.2, -0.2, 0), 'wrist': (0.2, 0.1, 0), 'hip': (0.1, 0, 0), 'knee': (0.1, 0.5, 0),
    'ankle': (0.1, 1.0, 0),
}
"""A body that stands straight with its arms along its sides, in metres; x for the left side."""


def body(**changes: tuple[float, float, float]) -> Pose:
    """Return a standing body with some landmarks at other places."""
    world = np.zeros((33, 3), np.float32)
    for name, (x, y, z) in STANDING.items():
        for side, sign in (('left_', 1), ('right_', -1)):
            full = name if name == 'nose' else side + name
            world[PoseLandmark[full.upper()]] = sign * x, y, z
    for name, place in changes.items():
        world[PoseLandmark[name.upper()]] = place
    return Pose(
        skeleton=FULL_BODY, landmarks=np.zeros((33, 5), np.float32), world_landmarks=world,
        inside_image=np.ones(33, bool), inside_region=np.ones(33, bool), score=1.0,
        roi=np.zeros(5), track_id=1)


def angles(pose: Pose, size: tuple[int, int] = (640, 480)) -> dict[str, float]:
    return dict(zip(JOINT_ANGLES, joint_angles(body_points(pose, size), pose.skeleton).tolist()))


def test_upright_person_has_straight_limbs_and_hanging_arms():
    found = angles(body())
    for name in ('left_elbow', 'right_elbow', 'left_knee', 'right_knee'):
        assert found[name] == pytest.approx(180, abs=0.1)
    assert found['left_shoulder'] == pytest.approx(found['right_shoulder'])
    assert found['left_shoulder'] < 15
    assert found['left_hip'] == pytest.approx(168.7, abs=0.1), 'shoulders are wider than hips'
    assert found['trunk_lean'] == found['neck'] == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ('changes', 'name', 'expected'),
    [
        ({'left_wrist': (0.2, -0.2, -0.3)}, 'left_elbow', 90),
        ({'right_elbow': (-0.5, -0.5, 0), 'right_wrist': (-0.8, -0.5, 0)}, 'right_elbow', 180),
        ({'left_ankle': (0.1, 0.5, 0.5)}, 'left_knee', 90),
        ({'left_ear': (0.08, -0.5, -0.2), 'right_ear': (-0.08, -0.5, -0.2)}, 'neck', 90),
        ({'left_shoulder': (0.2, 0, -0.5), 'right_shoulder': (-0.2, 0, -0.5)}, 'trunk_lean', 90),
    ], ids=lambda value: value if isinstance(value, str) else '')
def test_bent_joint_has_its_angle(changes, name, expected):
    assert angles(body(**changes))[name] == pytest.approx(expected, abs=0.1)


def test_side_does_not_change_the_angle_of_the_other():
    bent = angles(body(left_wrist=(0.2, -0.2, -0.3)))
    assert bent['right_elbow'] == angles(body())['right_elbow']


def test_dropped_landmark_leaves_its_angles_unknown():
    found = angles(body(left_wrist=(np.nan, np.nan, np.nan)))
    assert np.isnan(found['left_elbow'])
    assert not np.isnan(found['left_shoulder'])


def test_landmarks_at_one_place_have_no_angle():
    assert np.isnan(angles(body(left_wrist=STANDING['elbow']))['left_elbow'])


def test_upper_body_is_measured_in_the_image_in_square_pixels():
    landmarks = np.zeros((25, 5), np.float32)
    places = {'left_shoulder': (0.5, 0.2), 'left_elbow': (0.5, 0.4), 'left_wrist': (0.6, 0.4)}
    for name, place in places.items():
        landmarks[PoseLandmark[name.upper()], :2] = place
    pose = replace(
        body(), skeleton=UPPER_BODY, landmarks=landmarks,
        world_landmarks=np.empty((0, 3), np.float32))
    assert angles(pose, (1000, 500))['left_elbow'] == pytest.approx(90)
    assert np.isnan(angles(pose)['left_knee'])
