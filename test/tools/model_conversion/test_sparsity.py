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

"""Sparse tensors are decoded as they were encoded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from model_conversion.errors import ConversionError
from model_conversion.sparsity import CompressedLevel, DenseLevel, densify, Level


def encode(
    tensor: np.ndarray, order: list[int], compressed: list[bool]
) -> tuple[np.ndarray, list[Level]]:
    """Return the stored values and the levels of a tensor, by the definition of the format."""
    tensor = tensor.transpose(order)
    entries: list[tuple[int, ...]] = [()]
    levels: list[Level] = []
    for size, is_compressed in zip(tensor.shape, compressed):
        children = [
            [i for i in range(size) if not is_compressed or tensor[(*entry, i)].any()]
            for entry in entries
        ]
        if is_compressed:
            segments = np.cumsum([0, *map(len, children)])
            indices = np.array([i for row in children for i in row], np.int64)
            levels.append(CompressedLevel(segments, indices))
        else:
            levels.append(DenseLevel(size))
        entries = [(*entry, i) for entry, row in zip(entries, children) for i in row]
    return np.array([tensor[entry] for entry in entries], tensor.dtype), levels


def test_csr_matrix():
    levels = [DenseLevel(3), CompressedLevel(np.array([0, 2, 2, 3]), np.array([0, 3, 1]))]
    dense = densify(np.array([5, 6, 7], np.float16), (3, 4), (0, 1), levels)
    assert dense.dtype == np.float16
    assert dense.tolist() == [[5, 0, 0, 6], [0, 0, 0, 0], [0, 7, 0, 0]]


def test_columns_before_rows():
    levels = [DenseLevel(2), CompressedLevel(np.array([0, 1, 3]), np.array([2, 0, 1]))]
    dense = densify(np.array([5, 6, 7]), (3, 2), (1, 0), levels)
    assert dense.tolist() == [[0, 6], [0, 7], [5, 0]]


@given(st.data())
def test_decoding_undoes_encoding(data: st.DataObject):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4), 'shape')
    rank, count = len(shape), int(np.prod(shape))
    order = data.draw(st.permutations(range(rank)), 'order')
    compressed = data.draw(st.lists(st.booleans(), min_size=rank, max_size=rank), 'compressed')
    content = st.lists(st.sampled_from([0, 0, 0, 1, -2]), min_size=count, max_size=count)
    tensor = np.array(data.draw(content, 'content'), np.float32).reshape(shape)
    values, levels = encode(tensor, order, compressed)
    np.testing.assert_array_equal(densify(values, shape, order, levels), tensor)


@pytest.mark.parametrize(
    ('shape', 'order', 'count', 'reason'),
    [
        pytest.param((2, 2), (0, 1), 3, 'stores 3 values', id='value missing'),
        pytest.param((2, 2), (0, 0), 4, 'order', id='dimension visited twice'),
        pytest.param((2,), (0,), 4, 'blocks', id='more levels than dimensions'),
    ],
)
def test_inconsistent_tensor_is_refused(shape, order, count: int, reason: str):
    with pytest.raises(ConversionError, match=reason):
        densify(np.ones(count), shape, order, [DenseLevel(2), DenseLevel(2)])
