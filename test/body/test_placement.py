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

"""The axes of a body are right however it stands, and follow it into other frames."""

from __future__ import annotations

from dataclasses import replace

import cv2
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from messages.pose_samples import random_pose
from pose_tracking_ros.blazepose import PoseLandmark
from pose_tracking_ros.body import body_axes, body_placement, Placement, quaternion
from pose_tracking_ros.body.placement import rotation_matrix

turns = st.tuples(*[st.floats(-3, 3)] * 3).map(
    lambda vector: cv2.Rodrigues(np.array(vector))[0]
)

UPRIGHT = {  # in a frame with x out of the body, y to its left, z to its head
    PoseLandmark.LEFT_HIP: (0.0, 0.1, 0.0),
    PoseLandmark.RIGHT_HIP: (0.0, -0.1, 0.0),
    PoseLandmark.LEFT_SHOULDER: (0.0, 0.2, 0.5),
    PoseLandmark.RIGHT_SHOULDER: (0.0, -0.2, 0.5),
}


def landmarks(rotation: np.ndarray, count: int = 33) -> np.ndarray:
    points = np.full((count, 3), np.nan)
    for landmark, place in UPRIGHT.items():
        points[landmark] = rotation @ place
    return points


@pytest.mark.parametrize('count', [33, 25])
@given(turns)
def test_the_axes_are_found_in_every_posture(count, rotation):
    np.testing.assert_allclose(body_axes(landmarks(rotation, count)), rotation, atol=1e-9)


def test_who_faces_the_camera_looks_against_its_axis():
    """The left of the body is right in the image, and up is against y of an optical frame."""
    facing = np.array([[0, 1, 0], [0, 0, -1], [-1, 0, 0]])
    axes = body_axes(landmarks(facing))
    np.testing.assert_allclose(axes[:, 0], [0, 0, -1], atol=1e-9)


@pytest.mark.parametrize('unknown', UPRIGHT)
def test_axes_are_unknown_without_hips_and_shoulders(unknown):
    points = landmarks(np.eye(3))
    points[unknown] = np.nan
    assert np.isnan(body_axes(points)).all()
    assert np.isnan(body_axes(np.zeros((33, 3)))).all()
    assert np.isnan(body_axes(np.empty((0, 3)))).all()


@given(turns)
def test_quaternions_are_the_rotations(rotation):
    found = quaternion(rotation)
    assert found[3] >= 0
    assert np.linalg.norm(found) == pytest.approx(1)
    np.testing.assert_allclose(rotation_matrix(*found), rotation, atol=1e-9)


def placed(rotation: np.ndarray, **fields: object) -> object:
    spread = np.random.default_rng(1).normal(size=(3, 3))
    position = np.array([0.3, -0.2, 2.5])
    return replace(
        random_pose(),
        position=position,
        position_covariance=spread @ spread.T,
        camera_landmarks=landmarks(rotation) + position,
        position_problem=None,
        **fields,
    )


@given(turns, turns)
def test_placement_and_covariance_follow_into_another_frame(rotation, turn):
    pose = placed(rotation)
    before = body_placement(pose)
    np.testing.assert_allclose(before.position, pose.position)
    np.testing.assert_allclose(before.rotation, rotation, atol=1e-9)
    np.testing.assert_allclose(before.covariance[:3, :3], pose.position_covariance)
    # The turn is most certain about the axis out of the body.
    values, vectors = np.linalg.eigh(before.covariance[3:, 3:])
    assert abs(vectors[:, 0] @ rotation[:, 0]) == pytest.approx(1)
    after = before.transformed(turn, np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(after.position, turn @ pose.position + [1, 2, 3])
    np.testing.assert_allclose(after.rotation, turn @ rotation, atol=1e-9)
    expected = turn @ pose.position_covariance @ turn.T
    np.testing.assert_allclose(after.covariance[:3, :3], expected, atol=1e-9)
    np.testing.assert_allclose(np.linalg.eigvalsh(after.covariance[3:, 3:]), values, atol=1e-9)
    assert isinstance(after, Placement)


@pytest.mark.parametrize(
    ('face', 'feet', 'is_certain'),
    [(0.1, 0.15, True), (-0.1, -0.15, False), (-0.1, np.nan, False), (0.1, -0.05, True),
     (np.nan, np.nan, True)],
)  # fmt: skip
@given(turns)
def test_a_body_whose_face_and_feet_point_backwards_may_face_either_way(
    face, feet, is_certain, rotation
):
    world = landmarks(np.eye(3))
    for name, ahead in (('NOSE', face), ('LEFT_EAR', 0), ('RIGHT_EAR', 0), ('LEFT_HEEL', 0),
                        ('RIGHT_HEEL', 0), ('LEFT_FOOT_INDEX', feet), ('RIGHT_FOOT_INDEX', feet)):
        world[PoseLandmark[name]] = ahead, 0, 0
    turned = world @ rotation.T
    found = body_placement(placed(rotation, world_landmarks=turned))
    own = rotation.T @ found.covariance[3:, 3:] @ rotation
    assert (own[2, 2] < 0.1) == is_certain
    assert np.diag(own)[:2].max() < 0.1


def test_a_turn_that_is_not_known_says_so():
    unknown = np.full((33, 3), np.nan, np.float32)
    pose = placed(np.eye(3), world_landmarks=unknown)
    found = body_placement(replace(pose, camera_landmarks=unknown))
    np.testing.assert_array_equal(found.rotation, np.eye(3))
    assert np.diag(found.covariance)[3:].min() > 9
    np.testing.assert_allclose(found.position, pose.position)


def test_nobody_knows_where_who_has_no_position_is():
    assert body_placement(random_pose()) is None
