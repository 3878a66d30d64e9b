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

"""Bodies in synthetic depth images: what is measured, what is refused, and how exactly."""

from __future__ import annotations

import cv2
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from placed_bodies import CAMERA, seen, SIZE, standing
from pose_tracking_ros.blazepose import FULL_BODY, LandmarkSource, PoseLandmark
from pose_tracking_ros.blazepose.depth import DepthView
from pose_tracking_ros.blazepose.position import Locator, Place

WALL = 1.5
"""Metres from the person to the wall behind."""

HIPS = [PoseLandmark.LEFT_HIP, PoseLandmark.RIGHT_HIP]
# Skin to joint, as in the module, of the joints that are told to lie below it.
BELOW = {'shoulder': 0.06, 'elbow': 0.04, 'wrist': 0.027, 'hip': 0.11, 'knee': 0.055,
         'ankle': 0.037}  # fmt: skip


def depth_image(body: np.ndarray, place: np.ndarray, wall: float = WALL) -> np.ndarray:
    """Return a body before a wall, (480, 640) in metres: around each joint the skin over it."""
    points = body + place
    pixels = CAMERA.project(points, SIZE) * SIZE
    rays = points / np.linalg.norm(points, axis=1, keepdims=True)
    depth = np.full(SIZE[::-1], place[2] + wall, np.float32)
    nose = points[PoseLandmark.NOSE]
    head = round(0.13 * 520 / place[2])
    cv2.circle(depth, np.rint(pixels[0]).astype(int).tolist(), head, float(nose[2]), -1)
    for landmark in sorted(PoseLandmark, key=lambda each: -points[each, 2]):
        name = landmark.name.lower().split('_')
        below = next((value for part, value in BELOW.items() if part in name), None)
        if below is None:
            continue
        skin = points[landmark, 2] - below * rays[landmark, 2]
        radius = round(1.6 * below * 520 / place[2]) + 3
        cv2.circle(depth, np.rint(pixels[landmark]).astype(int).tolist(), radius, float(skin), -1)
    return depth


def located(
    body: np.ndarray, place: np.ndarray, depth: np.ndarray | None, height: float = 0.0
) -> Place:
    what = seen(body, place)
    locator = Locator(CAMERA, SIZE, depth, height)
    return locator(what.landmarks, what.world, what.inside)


def measured(place: Place) -> set[PoseLandmark]:
    return {each for each in PoseLandmark if place.sources[each] == LandmarkSource.MEASURED}


places = st.builds(
    lambda x, y, z: np.array([x * z, y * z, z]),
    st.floats(-0.2, 0.2), st.floats(-0.05, 0.05), st.floats(2.2, 5.0),
)  # fmt: skip
heights = st.floats(1.2, 2.0)

# Over which no other part of the body lies in the images of this test.
CLEAR = [*HIPS, PoseLandmark.LEFT_KNEE, PoseLandmark.RIGHT_KNEE]


@given(places, heights)
@settings(max_examples=25)
def test_joints_are_measured_to_the_millimetre_for_any_height(
    place: np.ndarray, height: float
) -> None:
    body = standing(height)
    found = located(body, place, depth_image(body, place))
    joints = measured(found)
    assert set(CLEAR) <= joints
    assert len(joints & set(FULL_BODY.limbs)) >= 8
    assert found.landmarks[CLEAR] == pytest.approx((body + place)[CLEAR], abs=2e-3)
    assert found.position == pytest.approx(place, abs=2e-3)
    # What is not measured follows the rest: nothing is on the wall.
    assert np.abs(found.landmarks - body - place).max() < 0.25


@given(places, st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_holes_noise_and_invalid_numbers_keep_the_accuracy(place: np.ndarray, seed: int) -> None:
    body, random = standing(), np.random.default_rng(seed)
    depth = depth_image(body, place)
    depth += random.normal(0, 0.005, depth.shape).astype(np.float32)
    holes = random.random(depth.shape) < 0.5
    depth[holes] = random.choice(np.array([0, np.nan, np.inf, -1], np.float32), holes.sum())
    found = located(body, place, depth)
    assert found.position == pytest.approx(place, abs=0.015)


@given(places, st.floats(0.4, 0.8), st.booleans())
@settings(max_examples=20)
def test_an_object_in_front_of_the_person_is_not_a_joint(
    place: np.ndarray, share: float, left: bool
) -> None:
    body = standing()
    depth = depth_image(body, place)
    # A post before one arm.
    side = 'left' if left else 'right'
    names = [PoseLandmark[f'{side.upper()}_{joint}'] for joint in ('ELBOW', 'WRIST')]
    pixels = CAMERA.project(body + place, SIZE) * SIZE
    middle = int(pixels[names, 0].mean())
    reach = round(0.07 * 520 / place[2])
    depth[:, middle - reach : middle + reach] = share * place[2]
    found = located(body, place, depth)
    assert not measured(found) & set(names)
    assert found.position == pytest.approx(place, abs=0.01)
    assert np.abs(found.landmarks[names] - (body + place)[names]).max() < 0.1


@given(places)
@settings(max_examples=15)
def test_a_joint_beside_which_only_the_wall_shows_is_not_on_the_wall(place: np.ndarray) -> None:
    body = standing()
    depth = depth_image(body, place)
    wrist = PoseLandmark.LEFT_WRIST
    x, y = np.rint(CAMERA.project(body + place, SIZE)[wrist] * SIZE).astype(int)
    reach = round(0.08 * 520 / place[2])
    depth[y - reach : y + reach, x - reach : x + reach] = place[2] + WALL
    found = located(body, place, depth)
    assert wrist not in measured(found)
    assert found.landmarks[wrist, 2] < place[2] + 0.3


@given(places, st.sampled_from([0.5, 0.25, 2.0]))
@settings(max_examples=15)
def test_depth_of_another_resolution_gives_the_same(place: np.ndarray, scale: float) -> None:
    body = standing()
    depth = depth_image(body, place)
    size = tuple(round(scale * side) for side in SIZE)
    other = cv2.resize(depth, size, interpolation=cv2.INTER_NEAREST)
    found = located(body, place, other)
    assert set(HIPS) <= measured(found)
    assert found.position == pytest.approx(place, abs=5e-3)


@pytest.mark.parametrize('value', [0.0, np.nan, np.inf, 6.0], ids=str)
def test_depth_without_a_person_changes_nothing(value: float) -> None:
    body, place = standing(), np.array([0, 0, 3.0])
    found = located(body, place, np.full(SIZE[::-1], value, np.float32))
    alone = located(body, place, None)
    assert not measured(found)
    assert (found.position == alone.position).all()
    assert (found.covariance == alone.covariance).all()


def test_with_depth_the_position_is_more_certain_and_legs_need_not_be_seen() -> None:
    body, place = standing(1.6), np.array([0.2, 0, 3.0])
    what = seen(body, place)
    what.landmarks[PoseLandmark.LEFT_KNEE :, 3] = 0
    locator = Locator(CAMERA, SIZE, depth_image(body, place), 0.0)
    found = locator(what.landmarks, what.world, what.inside)
    assert found.problem is None
    assert found.position == pytest.approx(place, abs=0.01)
    largest, alone = (
        np.linalg.eigvalsh(each.covariance)[-1] for each in (found, located(body, place, None))
    )
    assert largest < 0.1 * alone


@pytest.mark.parametrize(
    ('depth', 'reason'),
    [
        (np.zeros((480, 640)), 'depth is a float64 array'),
        (np.zeros((480, 640), np.uint16), 'depth is a uint16 array'),
        (np.zeros((480, 640, 1), np.float32), 'depth is a float32 array of shape'),
        ([[1.0]], 'depth is a list'),
        (np.zeros((400, 640), np.float32), 'different views'),
        (np.zeros((0, 0), np.float32), 'depth'),
    ],
    ids=range(6),
)
def test_an_invalid_depth_image_is_rejected(depth: np.ndarray, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        DepthView(depth, SIZE)
