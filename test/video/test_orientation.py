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

import struct

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from pose_tracking_ros.video.orientation import Orientation

ONE = 1 << 16

RIGHT_ANGLED = [
    (x, 0, 0, y) for x in (1, -1) for y in (1, -1)
] + [(0, x, y, 0) for x in (1, -1) for y in (1, -1)]


def display_matrix(a, b, c, d):
    """Return a display matrix as FFmpeg hands it over."""
    return struct.pack('=9i', *(int(value) for value in (a, b, 0, c, d, 0, 0, 0, 1 << 30)))


@given(
    st.sampled_from(RIGHT_ANGLED), st.integers(1, 7), st.integers(1, 7), st.data()
)
def test_every_pixel_comes_where_the_matrix_puts_it(matrix, width, height, data):
    image = np.arange(3 * width * height, dtype=np.uint8).reshape(height, width, 3)
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    a, b, c, d = matrix
    shown = Orientation.from_display_matrix(
        display_matrix(*(ONE * value for value in matrix))
    ).apply(image)
    # Coordinates from the middle, so that a turn moves nothing out of the image.
    middle_x, middle_y = x - (width - 1) / 2, y - (height - 1) / 2
    shown_height, shown_width = shown.shape[:2]
    at_x = a * middle_x + c * middle_y + (shown_width - 1) / 2
    at_y = b * middle_x + d * middle_y + (shown_height - 1) / 2
    np.testing.assert_array_equal(shown[round(at_y), round(at_x)], image[y, x])
    assert shown.flags['C_CONTIGUOUS']


@given(st.sampled_from(RIGHT_ANGLED), st.lists(st.integers(-9000, 9000), min_size=4, max_size=4))
def test_a_turn_that_is_not_quite_right_angled_is_the_nearest_one(matrix, deviations):
    turned = [ONE * value + off for value, off in zip(matrix, deviations)]
    assert Orientation.from_display_matrix(
        display_matrix(*turned)
    ) == Orientation.from_display_matrix(display_matrix(*(ONE * value for value in matrix)))


@pytest.mark.parametrize('matrix', [(ONE, 0, 0, ONE), (2 * ONE, 0, 0, ONE), (0, 0, 0, 0)])
def test_a_matrix_that_turns_nothing_leaves_the_image(matrix):
    assert Orientation.from_display_matrix(display_matrix(*matrix)) == Orientation()
