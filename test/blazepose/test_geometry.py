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

"""Regions, crops and projections, as properties that hold for any region."""

from math import cos, pi, sin

import cv2
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from pose_tracking_ros.blazepose.geometry import (
    crop,
    inside_unit_square,
    letterbox_roi,
    normalize_radians,
    points_to_image,
    points_to_region,
    roi_from_alignment_points,
    rotate_world_points,
)

angles = st.floats(-pi, pi, exclude_max=True)
coordinates = st.floats(0.0, 1.0)
sizes = st.tuples(st.integers(2, 4000), st.integers(2, 4000))


@given(st.floats(-100, 100))
def test_normalized_angles_are_the_same_angles_within_one_turn(angle: float) -> None:
    normalized = normalize_radians(angle)
    assert -pi <= normalized < pi
    assert cos(normalized) == pytest.approx(cos(angle), abs=1e-9)
    assert sin(normalized) == pytest.approx(sin(angle), abs=1e-9)


@given(sizes, coordinates, coordinates, st.floats(1.0, 1000.0), angles, st.floats(0.5, 3.0))
def test_a_region_is_square_upright_along_the_body_and_holds_its_circle(
    size: tuple[int, int], x: float, y: float, radius: float, lean: float, scale: float
) -> None:
    start = np.array([x, y])
    # A body that leans by an angle to the right of upright: up is towards smaller y.
    end = start + np.array([radius * sin(lean), -radius * cos(lean)]) / size
    roi = roi_from_alignment_points(start, end, scale, size)
    assert roi[:2] == pytest.approx(start)
    assert roi[2] * size[0] == pytest.approx(2 * radius * scale)
    assert roi[3] * size[1] == pytest.approx(2 * radius * scale)
    assert cos(roi[4]) == pytest.approx(cos(lean), abs=1e-6)
    assert sin(roi[4]) == pytest.approx(sin(lean), abs=1e-6)


@given(sizes, coordinates, coordinates, st.floats(10.0, 2000.0), angles)
def test_the_top_of_a_region_is_where_the_head_is(
    size: tuple[int, int], x: float, y: float, radius: float, lean: float
) -> None:
    start = np.array([x, y])
    end = start + np.array([radius * sin(lean), -radius * cos(lean)]) / size
    roi = roi_from_alignment_points(start, end, 1.0, size)
    points = np.array([[0.5, 0.5], [0.5, 0.0]])
    projected = points_to_image(points, roi, size)
    assert projected * size == pytest.approx(np.stack([start, end]) * size, abs=1e-6)


@given(sizes)
def test_a_letterbox_holds_the_whole_image_and_is_square(size: tuple[int, int]) -> None:
    roi = letterbox_roi(size)
    assert roi[2] * size[0] == pytest.approx(roi[3] * size[1])
    assert min(roi[2], roi[3]) == 1.0
    assert max(size) == pytest.approx(roi[2] * size[0])


def test_a_crop_of_the_whole_image_is_the_image() -> None:
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    assert np.array_equal(crop(image, letterbox_roi((64, 64)), 64), image)


@pytest.mark.parametrize('quarter_turns', [0, 1, 2, 3])
def test_a_turned_region_turns_the_crop_back(quarter_turns: int) -> None:
    rows, columns = np.mgrid[:64, :64].astype(np.uint8)
    image = np.stack([3 * rows, 3 * columns, rows + 2 * columns], axis=2)
    roi = letterbox_roi((64, 64))
    roi[4] = quarter_turns * pi / 2
    # The region is turned clockwise, so its content appears turned anticlockwise. The warp maps
    # edges of pixels, not centres, so it may be a pixel off.
    difference = crop(image, roi, 64).astype(int) - np.rot90(image, quarter_turns)
    assert np.abs(difference).max() <= 3


def test_the_border_of_the_unit_square_is_inside_and_nan_is_not() -> None:
    points = np.array([[0, 0], [1, 1], [0.5, 1.001], [-0.001, 0.5], [np.nan, 0.5]])
    assert inside_unit_square(points).tolist() == [True, True, False, False, False]


@settings(deadline=None, max_examples=50)
@given(coordinates, coordinates, st.floats(0.3, 2.0), angles)
def test_a_mark_is_found_in_the_crop_where_the_projection_says(
    x: float, y: float, side: float, rotation: float
) -> None:
    size = (320, 200)
    roi = np.array([x, y, side * 200 / 320, side, rotation])
    center = points_to_image(np.array([[0.5, 0.5]]), roi, size)[0] * size
    image = np.zeros((200, 320, 3), np.uint8)
    sixteenths = tuple(round(v * 16) for v in center - 0.5)
    cv2.circle(image, sixteenths, 5 * 16, (255,) * 3, -1, cv2.LINE_AA, shift=4)
    mask = crop(image, roi, 128, cv2.BORDER_CONSTANT)[:, :, 0].astype(float)
    inside = (center > 8).all() and (center < np.array(size) - 8).all()
    if inside:
        rows, columns = np.mgrid[:128, :128] + 0.5
        found = np.array([(mask * columns).sum(), (mask * rows).sum()]) / mask.sum()
        # The warp maps pixel edges, not centres: half a pixel of the image is within its rules.
        assert found == pytest.approx([64, 64], abs=1.5 * 128 / (side * 200) + 0.5)


@pytest.mark.parametrize(
    'make_view',
    [
        lambda image: image[:, :, ::-1],
        lambda image: image[::2],
        lambda image: image[:, ::2],
        lambda image: image[::-1],
        lambda image: image[:, ::-1, ::-1],
        lambda image: image.transpose(1, 0, 2),
        lambda image: np.asfortranarray(image),
        lambda image: np.broadcast_to(image[:, :, :1], image.shape),
    ],
    ids=['bgr', 'rows', 'columns', 'upside down', 'mirrored bgr', 'transposed', 'fortran', 'grey'],
)
def test_a_view_gives_the_same_crop_as_its_copy(make_view) -> None:
    image = np.random.default_rng(1).integers(0, 256, (90, 120, 3), np.uint8)
    view = make_view(image)
    roi = np.array([0.4, 0.6, 0.5, 0.5 * view.shape[1] / view.shape[0], 0.3])
    expected = crop(np.ascontiguousarray(view), roi, 64)
    assert np.array_equal(crop(view, roi, 64), expected)


@given(angles, st.lists(st.tuples(*[st.floats(-2, 2)] * 3), min_size=1))
def test_world_points_keep_depth_and_lengths_when_turned(
    rotation: float, points: list[tuple[float, float, float]]
) -> None:
    before = np.array(points)
    after = rotate_world_points(before, rotation)
    assert after[:, 2] == pytest.approx(before[:, 2])
    assert np.linalg.norm(after, axis=1) == pytest.approx(np.linalg.norm(before, axis=1))


def test_world_points_turn_with_the_region() -> None:
    right_of_a_body_that_lies_with_its_head_to_the_right = rotate_world_points(
        np.array([[1.0, 0.0, 0.0]]), pi / 2
    )
    assert right_of_a_body_that_lies_with_its_head_to_the_right[0] == pytest.approx([0, 1, 0])


@given(sizes, coordinates, coordinates, st.floats(0.01, 3.0), angles)
def test_points_of_the_image_in_a_region_are_those_that_the_region_projects_there(
    size: tuple[int, int], x: float, y: float, side: float, rotation: float
) -> None:
    roi = np.array([x, y, side, side * size[0] / size[1], rotation])
    points = np.random.default_rng(0).random((5, 2))
    there = points_to_image(points, roi, size)
    assert points_to_region(there, roi, size) == pytest.approx(points, abs=1e-6)
