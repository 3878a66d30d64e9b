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

"""Decoding of landmarks, their refinement by the heatmap, and the mask."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
import numpy as np
import pytest

from pose_tracking_ros.blazepose.landmarker import (
    decode_landmarks,
    mask_to_image,
    refine_with_heatmap,
)


def test_landmarks_are_decoded_in_units_of_the_region() -> None:
    values = np.array([128.0, 64.0, -32.0, 0.0, 100.0, 256.0, 0.0, 0.0, -100.0, 0.0], np.float32)
    landmarks = decode_landmarks(values, 256)
    assert landmarks[0] == pytest.approx([0.5, 0.25, -0.125, 0.5, 1.0])
    assert landmarks[1] == pytest.approx([1.0, 0.0, 0.0, 0.0, 0.5])


def _refined_one_by_one(point: np.ndarray, layer: np.ndarray) -> np.ndarray:
    """Refine one point as the description of the method says, cell by cell."""
    rows, columns = layer.shape
    column, row = int(point[0] * columns), int(point[1] * rows)
    if not (0 <= column < columns and 0 <= row < rows):
        return point
    total = x = y = highest = 0.0
    for r in range(max(row - 4, 0), min(row + 5, rows)):
        for c in range(max(column - 4, 0), min(column + 5, columns)):
            p = 1 / (1 + np.exp(-float(layer[r, c])))
            total, x, y, highest = total + p, x + p * c, y + p * r, max(highest, p)
    return np.array([x / total / columns, y / total / rows]) if highest >= 0.5 else point


@settings(deadline=None)
@given(
    hnp.arrays(np.float64, (5, 2), elements=st.floats(-0.5, 1.5)),
    st.integers(0, 2**32 - 1),
    st.floats(-8, 8),
)
def test_refinement_is_the_centre_of_mass_of_the_window(
    points: np.ndarray, seed: int, offset: float
) -> None:
    heatmap = np.random.default_rng(seed).normal(offset, 3, (5, 16, 20)).astype(np.float32)
    expected = [_refined_one_by_one(*pair) for pair in zip(points, heatmap)]
    assert refine_with_heatmap(points, heatmap)[0] == pytest.approx(np.array(expected), abs=1e-6)


def test_a_point_stays_where_the_heatmap_is_uncertain() -> None:
    points = np.array([[0.3, 0.7]])
    refined, _ = refine_with_heatmap(points, np.full((1, 64, 64), -3.0))
    assert (refined == points).all()


def test_a_peak_counts_only_near_the_point() -> None:
    heatmap = np.full((4, 64, 64), -6.0)
    heatmap[:, 10, 20] = 3.0
    points = np.array([[20, 10], [24, 14], [25, 10], [-30, 10]]) / 64 + 0.5 / 64
    near, far = 1 / (1 + np.exp(-3.0)), 1 / (1 + np.exp(6.0))
    _, peaks = refine_with_heatmap(points, heatmap)
    assert peaks == pytest.approx([near, near, far, 0.0])


def test_a_mask_lies_where_its_region_is() -> None:
    roi = np.array([0.5, 0.25, 0.25, 0.5, 0.0])
    mask = mask_to_image(np.ones((256, 256), np.float32), roi, (400, 200))
    assert mask.shape == (200, 400)
    inside = np.zeros((200, 400), bool)
    inside[0:100, 150:250] = True
    assert mask[inside].mean() > 0.97
    assert mask[~inside].mean() < 0.01
    assert ((mask >= 0) & (mask <= 1)).all()
