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

"""Lines and discs have their place and width, whatever their coordinates."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from pose_tracking_ros.drawing.canvas import Canvas, Stroke

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


def line(image: np.ndarray, *stroke) -> None:
    """Draw a line from start to end, of a width, or dashed."""
    start, end, *size = stroke
    Canvas(image).draw([Stroke(start, end, COLOR, *size)])


def disc(image: np.ndarray, center: tuple[float, float], width: float) -> None:
    line(image, center, center, width)


def drawn(image: np.ndarray) -> np.ndarray:
    """Return the rows and columns of the pixels that are not black any more."""
    return np.argwhere(image.any(axis=2))


def distance_to_segment(point: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    along = np.clip(np.dot(point - start, end - start) / np.dot(end - start, end - start), 0, 1)
    return float(np.linalg.norm(start + along * (end - start) - point))


def test_line_covers_the_pixels_between_its_ends(image):
    line(image, (10.5, 20.5), (30.5, 20.5), 1)
    rows, columns = np.nonzero(image[:, :, 0] > COLOR[0] / 2)
    assert set(rows) == {20}
    assert set(columns) == set(range(10, 31))


def test_line_stays_within_its_width(image):
    start, end = np.array([5.0, 7.0]), np.array([50.0, 40.0])
    line(image, start, end, 5)
    pixels = drawn(image)
    assert len(pixels)
    for row, column in pixels:
        assert distance_to_segment(np.array([column, row]) + 0.5, start, end) < 5 / 2 + 1.5


@pytest.mark.parametrize('far', [1e3, 1e6, 1e12])
def test_line_from_far_outside_enters_where_it_should(image, far):
    """A diagonal through the image stays on it, however far its ends are."""
    line(image, (-far, -far), (far, far), 1)
    expected = np.zeros_like(image)
    line(expected, (-8.0, -8.0), (80.0, 80.0), 1)
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
    line(image, start, end, 3)
    assert not image.any()


@given(start=points, end=points, width=st.floats(0, 40))
def test_any_coordinates_are_safe(start, end, width):
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    line(image, start, end, width)
    line(image, start, end, width, 5.0)
    disc(image, start, width)


def width_of_line(width: float, degrees: float, offset: float = 0.3) -> float:
    """Return the measured width of a line through the middle of a square image."""
    image = np.zeros((64, 64, 3), np.uint8)
    way = 80 * np.array([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))])
    line(image, 32 + offset - way, 32 + offset + way, width)
    # A column or a row cuts the line obliquely.
    cut = image[:, 32, 0] if abs(way[0]) >= abs(way[1]) else image[32, :, 0]
    return float(cut.sum() / COLOR[0] * np.abs(way).max() / 80)


@pytest.mark.parametrize('degrees', [0, 20, 45, 70, 90])
@pytest.mark.parametrize('width', np.arange(1.5, 12, 0.25))
def test_line_has_its_width(width, degrees):
    assert width_of_line(width, degrees) == pytest.approx(width, abs=0.55)


@pytest.mark.parametrize('degrees', [0, 20, 45, 70, 90])
def test_width_of_a_line_grows_in_small_steps(degrees):
    widths = np.arange(1.0, 20.0, 0.125)
    steps = np.diff([width_of_line(width, degrees) for width in widths])
    assert steps.min() >= -0.05
    assert steps.max() < 0.5


def test_weight_of_text_is_the_same_at_all_heights():
    """Numbers above people of similar size look alike."""

    def weight(height: float) -> float:
        image = np.zeros((80, 80, 3), np.uint8)
        Canvas(image).label((40.0, 40.0), '8', height, (255, 255, 255), (0, 0, 0))
        reach = round(0.34 * height)
        inside = slice(40 - reach, 40 + reach)
        return image[inside, inside].sum() / (3 * 255 * height**2)

    weights = [weight(height) for height in np.arange(16.0, 50.0, 0.5)]
    assert max(weights) < 1.3 * min(weights)


@pytest.mark.parametrize('width', [1.0, 8.0])
def test_dashes_do_not_depend_on_the_width(image, width):
    """An outline under a line has the same dashes, even where the line leaves the image."""
    start, end = (-300.0, 20.5), (500.0, 20.5)
    line(image, start, end, width, 12.0)
    thin = np.zeros_like(image)
    line(thin, start, end, 1.0, 12.0)
    assert image[thin.any(axis=2)].any(axis=1).all()
    assert not image[20].any(axis=1).all()


@given(start=points, end=points)
def test_drawing_stays_inside_a_view_of_a_larger_image(start, end):
    """What lies around the image in memory is not the canvas's to write."""
    memory = np.zeros((HEIGHT + 20, WIDTH + 20, 3), np.uint8)
    image = memory[10 : 10 + HEIGHT, 10 : 10 + WIDTH]
    line(image, start, end, 7)
    line(image, start, end, 7, 5.0)
    disc(image, start, 18)
    image[:] = 0
    assert not memory.any()


def test_dashed_line_touches_both_ends_and_leaves_gaps(image):
    line(image, (4.5, 20.5), (60.5, 20.5), 1, 6.0)
    row = image[20, :, 0] > COLOR[0] / 2
    assert row[4]
    assert row[60]
    assert 0.3 < row[4:61].mean() < 0.75


@pytest.mark.parametrize('width', [3.0, 4.0, 6.0, 11.0, 20.0, 40.0])
@pytest.mark.parametrize('center', [(32.0, 24.0), (32.4, 23.7)])
def test_disc_is_round(image, width, center):
    disc(image, center, width)
    weights = image[:, :, 0] / COLOR[0]
    assert weights.sum() == pytest.approx(np.pi * width**2 / 4, rel=0.12, abs=1)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    distances = np.hypot(columns - center[0], rows - center[1])
    assert weights[distances < width / 2 - 1.2].min(initial=1.0) > 0.99
    assert weights[distances > width / 2 + 1.2].max() < 0.01


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
