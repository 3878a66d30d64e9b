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

"""Where people are, against bodies that are placed before cameras exactly."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from placed_bodies import CAMERA, height_of, JOINTS, Seen, seen, SIZE, standing
from pose_tracking_ros.blazepose import (
    CameraModel,
    LandmarkSource,
    PoseLandmark,
    PositionProblem,
)
from pose_tracking_ros.blazepose.position import (
    axes_towards,
    Locator,
    MEAN_HEIGHT,
    Place,
    solve_translation,
)


def located(what: Seen, person_height: float = 0.0, camera: CameraModel = CAMERA) -> Place:
    locator = Locator(camera, SIZE, None, person_height)
    return locator.to_frame(locator(what.landmarks, what.world, what.inside))


places = st.builds(
    lambda x, y, z: np.array([x * z, y * z, z]),
    st.floats(-0.3, 0.3), st.floats(-0.2, 0.2), st.floats(2.0, 12.0),
)  # fmt: skip
poses = st.integers(0, 2**32 - 1).map(
    lambda seed: standing() + np.random.default_rng(seed).normal(0, 0.1, (33, 3))
)


@given(poses, places)
@settings(max_examples=30)
def test_a_person_of_mean_height_is_located_to_the_millimetre(
    body: np.ndarray, place: np.ndarray
) -> None:
    what = seen(body, place)
    # The body that the model predicts may have any size.
    what.world *= 0.9
    factor = MEAN_HEIGHT / height_of(body)
    located_at = Locator(CAMERA, SIZE, None, 0.0)(what.landmarks, what.world, what.inside)
    hips = body[[PoseLandmark.LEFT_HIP, PoseLandmark.RIGHT_HIP]].mean(axis=0)
    assert located_at.problem is None
    assert located_at.position == pytest.approx(factor * (place + hips), abs=1e-3)
    assert located_at.landmarks == pytest.approx(factor * (body + place), abs=1e-3)
    assert (located_at.sources == LandmarkSource.MODEL).all()


@given(st.floats(1.0, 2.1), places)
@settings(max_examples=30)
def test_a_known_height_makes_the_position_exact_and_more_certain(
    height: float, place: np.ndarray
) -> None:
    what = seen(standing(height), place)
    known, unknown = located(what, person_height=height), located(what)
    assert known.position == pytest.approx(place, abs=1e-3)
    # Who is small looks as far away as an adult would be.
    distance = np.linalg.norm(place)
    assert np.linalg.norm(unknown.position) == pytest.approx(distance * MEAN_HEIGHT / height)
    ray = place / distance
    sigmas = [
        np.sqrt(ray @ found.covariance @ ray) / np.linalg.norm(found.position)
        for found in (known, unknown)
    ]
    assert sigmas[0] < 0.75 * sigmas[1]


@given(places)
@settings(max_examples=30)
def test_the_covariance_is_one_and_largest_along_the_ray(place: np.ndarray) -> None:
    covariance = located(seen(standing(), place)).covariance
    values, axes = np.linalg.eigh(covariance)
    assert (values > 0).all()
    assert abs(axes[:, -1] @ place) / np.linalg.norm(place) > 0.98
    # People differ in height by 4.6 % in the standard deviation.
    assert np.sqrt(values[-1]) > 0.046 * np.linalg.norm(place)


@given(places, st.sampled_from(JOINTS))
@settings(max_examples=30)
def test_one_joint_that_is_elsewhere_moves_the_person_little(
    place: np.ndarray, joint: PoseLandmark
) -> None:
    what = seen(standing(), place)
    exact = located(what).position
    what.landmarks[joint, :2] += 0.5 / place[2]
    assert np.linalg.norm(located(what).position - exact) < 0.06 * place[2]


def test_rectified_axes_and_the_second_camera_of_a_pair_give_positions_in_their_frame() -> None:
    body, place = standing(), np.array([0.3, 0.1, 4.0])
    p = np.array([[500, 0, 320, -60], [0, 500, 240, 0], [0, 0, 1, 0.0]])
    right = CameraModel(*SIZE, np.eye(3), p=p, rectified=True)
    # Its lens is 0.12 m to the right of the frame's origin.
    what = seen(body, place, right)
    assert located(what, camera=right).position == pytest.approx(place, abs=1e-3)


def unseen(what: Seen, *landmarks: PoseLandmark) -> Seen:
    what.landmarks[list(landmarks), 3] = 0.1
    return what


LEGS = [landmark for landmark in PoseLandmark if landmark >= PoseLandmark.LEFT_KNEE]


def test_why_a_position_is_unknown_is_reported() -> None:
    what = seen(standing(), np.array([0, 0, 3.0]))
    cases = {
        PositionProblem.UNCALIBRATED: (what, CameraModel(*SIZE, np.zeros(9))),
        PositionProblem.OTHER_VIEW: (what, CameraModel(640, 360, np.diag([500, 500, 1]))),
        PositionProblem.NO_WORLD_LANDMARKS: (
            Seen(what.landmarks, np.empty((0, 3)), what.inside), CAMERA
        ),
        PositionProblem.TOO_FEW_LANDMARKS: (
            Seen(what.landmarks, what.world, np.arange(33) < 12), CAMERA
        ),
        PositionProblem.LEGS_HIDDEN: (unseen(seen(standing(), np.array([0, 0, 3.0])), *LEGS),
                                      CAMERA),
        # Upside down: no place explains it.
        PositionProblem.CONTRADICTION: (
            Seen(what.landmarks, what.world * [1, -1, 1], what.inside), CAMERA
        ),
    }  # fmt: skip
    for problem, (given_, camera) in cases.items():
        place = located(given_, camera=camera)
        assert place.problem is problem
        for values in (place.position, place.covariance, place.landmarks):
            assert np.isnan(values).all()
        assert (place.sources == LandmarkSource.UNKNOWN).all()


def test_points_that_all_lie_on_one_ray_have_no_translation() -> None:
    rays = np.zeros((5, 2))
    assert solve_translation(rays, np.zeros((5, 3)), np.ones(5)) is None


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_axes_are_turned_towards_a_ray_without_rolling(x: float, y: float) -> None:
    turn = axes_towards(np.array([x, y]))
    assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-12)
    ray = np.array([x, y, 1]) / np.linalg.norm([x, y, 1])
    assert turn @ [0, 0, 1] == pytest.approx(ray)
    # Nothing turns about the ray: the axis of the turn lies in the image plane.
    assert turn[0, 1] == pytest.approx(turn[1, 0])
