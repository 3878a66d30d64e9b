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

"""Lines and discs are where they should be, whatever their coordinates."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from pose_tracking_ros.drawing.canvas import Canvas

COLOR = (200, 100, 50)
HEIGHT, WIDTH = 48, 64

coordinates = st.one_of(
    st.floats(-200, 300),
    st.floats(allow_nan=True, allow_infinity=True, width=64),
)
points = st.tuples(coordinates, coordinates).map(np.array)


@pytest.fixture
def image() -> np.ndarray:
    """Return a black image."""
    return np.zeros((HEIGHT, WIDTH, 3), np.uint8)


def drawn(image: np.ndarray) -> np.ndarray:
    """Return the rows and columns of the pixels that are not black any more."""
    return np.argwhere(image.any(axis=2))


def distance_to_segment(point: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    along = np.clip(np.dot(point - start, end - start) / np.dot(end - start, end - start), 0, 1)
    return float(np.linalg.norm(start + along * (end - start) - point))


def test_line_covers_the_pixels_between_its_ends(image):
    Canvas(image).line(np.array([10.5, 20.5]), np.array([30.5, 20.5]), COLOR, 1)
    rows, columns = np.nonzero(image[:, :, 0] > COLOR[0] / 2)
    assert set(rows) == {20}
    assert set(columns) == set(range(10, 31))


def test_line_stays_within_its_width(image):
    start, end = np.array([5.0, 7.0]), np.array([50.0, 40.0])
    Canvas(image).line(start, end, COLOR, 5)
    pixels = drawn(image)
    assert len(pixels)
    for row, column in pixels:
        assert distance_to_segment(np.array([column, row]) + 0.5, start, end) < 5 / 2 + 1.5


@pytest.mark.parametrize('far', [1e3, 1e6, 1e12])
def test_line_from_far_outside_enters_where_it_should(image, far):
    """A diagonal through the image stays on it, however far its ends are."""
    Canvas(image).line(np.array([-far, -far]), np.array([far, far]), COLOR, 1)
    expected = np.zeros_like(image)
    Canvas(expected).line(np.array([-8.0, -8.0]), np.array([80.0, 80.0]), COLOR, 1)
    on = np.arange(HEIGHT)
    assert (image[on, on] > np.array(COLOR) / 2).all()
    assert abs(len(drawn(image)) - len(drawn(expected))) <= 2


@pytest.mark.parametrize(
    ('start', 'end'),
    [
        pytest.param((-50, -50), (-10, 60), id='left of it'),
        pytest.param((10, 70), (60, 70), id='below it'),
        pytest.param((-40, 20), (20, -40), id='past its corner'),
    ],
)
def test_line_outside_the_image_draws_nothing(image, start, end):
    Canvas(image).line(np.array(start), np.array(end), COLOR, 3)
    assert not image.any()


@given(start=points, end=points, width=st.floats(0, 40))
def test_any_coordinates_are_safe(start, end, width):
    canvas = Canvas(np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    canvas.line(start, end, COLOR, width)
    canvas.dashed_line(start, end, COLOR, width, 5.0)
    canvas.disc(start, width, COLOR)
    canvas.ring(end, width, COLOR, 2)


@pytest.mark.parametrize('width', [1.0, 2.0, 3.0, 5.0, 8.0, 20.0])
def test_line_is_about_as_wide_as_asked_for(image, width):
    Canvas(image).line(np.array([-20.0, 24.5]), np.array([90.0, 24.5]), COLOR, width)
    assert image[:, 32, 0].sum() / COLOR[0] == pytest.approx(width, abs=1.1)


@pytest.mark.parametrize('width', [1.0, 8.0])
def test_dashes_do_not_depend_on_the_width(image, width):
    """An outline under a line has the same dashes, even where the line leaves the image."""
    start, end = np.array([-300.0, 20.5]), np.array([500.0, 20.5])
    Canvas(image).dashed_line(start, end, COLOR, width, 12.0)
    thin = np.zeros_like(image)
    Canvas(thin).dashed_line(start, end, COLOR, 1.0, 12.0)
    assert image[thin.any(axis=2)].any(axis=1).all()
    assert not image[20].any(axis=1).all()


@given(start=points, end=points)
def test_drawing_stays_inside_a_view_of_a_larger_image(start, end):
    """What lies around the image in memory is not the canvas's to write."""
    memory = np.zeros((HEIGHT + 20, WIDTH + 20, 3), np.uint8)
    canvas = Canvas(memory[10 : 10 + HEIGHT, 10 : 10 + WIDTH])
    canvas.line(start, end, COLOR, 7)
    canvas.disc(start, 9.0, COLOR)
    canvas.ring(end, 9.0, COLOR, 3)
    memory[10 : 10 + HEIGHT, 10 : 10 + WIDTH] = 0
    assert not memory.any()


def test_dashed_line_touches_both_ends_and_leaves_gaps(image):
    Canvas(image).dashed_line(np.array([4.5, 20.5]), np.array([60.5, 20.5]), COLOR, 1, 6.0)
    row = image[20, :, 0] > COLOR[0] / 2
    assert row[4]
    assert row[60]
    assert 0.3 < row[4:61].mean() < 0.75


def test_disc_and_ring_have_their_radius(image):
    Canvas(image).disc(np.array([32.0, 24.0]), 10.0, COLOR)
    area = image[:, :, 0].sum() / COLOR[0]
    assert area == pytest.approx(np.pi * 10**2, rel=0.1)
    Canvas(image).ring(np.array([32.0, 24.0]), 15.0, COLOR, 2)
    row = image[24].any(axis=1)
    assert row[32 + 15 - 1]
    assert not row[32 + 12]


@pytest.mark.parametrize(
    ('wrong', 'reason'),
    [
        pytest.param(np.zeros((4, 4), np.uint8), r'uint8 \(4, 4\)', id='grey'),
        pytest.param(np.zeros((4, 4, 3), np.float32), 'float32', id='float'),
        pytest.param(np.zeros((4, 4, 3), np.uint8)[:, :, ::-1], 'contiguous', id='reversed'),
        pytest.param(np.broadcast_to(np.uint8(0), (4, 4, 3)), 'contiguous', id='read only'),
    ],
)
def test_what_cannot_be_drawn_on_is_refused_with_a_reason(wrong, reason):
    with pytest.raises(ValueError, match=reason):
        Canvas(wrong)
