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

"""Decode the sparse tensors of TFLite files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tflite

from model_conversion.errors import ConversionError

_VECTOR_CLASSES = {
    tflite.SparseIndexVector.Int32Vector: tflite.Int32Vector,
    tflite.SparseIndexVector.Uint16Vector: tflite.Uint16Vector,
    tflite.SparseIndexVector.Uint8Vector: tflite.Uint8Vector,
}


@dataclass(frozen=True)
class DenseLevel:
    """
    A level of the sparse format at which every index is stored.

    :param size: number of indices
    """

    size: int


@dataclass(frozen=True, eq=False)
class CompressedLevel:
    """
    A level of the sparse format at which only some indices are stored, as in the CSR format.

    :param segments: entry n of the level above owns the indices from segments[n] up to
        segments[n + 1]
    :param indices: the stored indices of all entries, one after the other
    """

    segments: np.ndarray
    indices: np.ndarray


Level = DenseLevel | CompressedLevel


def densify(
    values: np.ndarray,
    shape: Sequence[int],
    traversal_order: Sequence[int],
    levels: Sequence[Level],
) -> np.ndarray:
    """
    Lay out the stored values of a sparse tensor; what is not stored is zero.

    :param values: the stored values, in the order in which the levels visit them
    :param shape: shape of the tensor
    :param traversal_order: for each level, the dimension of the tensor that it indexes
    :param levels: the levels from the outermost to the innermost
    :raises ConversionError: when the levels are not one for each dimension, or visit a number of
        entries other than that of the values
    """
    if sorted(traversal_order) != list(range(len(shape))) or len(levels) != len(shape):
        raise ConversionError(
            f'a sparse tensor of shape {list(shape)} has {len(levels)} levels in the order '
            f'{list(traversal_order)}: one level for each dimension is supported, blocks are not'
        )
    entries = np.zeros(1, np.int64)  # positions within the level above
    coordinates: dict[int, np.ndarray] = {}  # of each entry, by dimension
    for dimension, level in zip(traversal_order, levels):
        if isinstance(level, DenseLevel):
            starts, counts = entries * level.size, np.full(len(entries), level.size)
        else:
            starts = level.segments[entries]
            counts = level.segments[entries + 1] - starts
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        children = np.repeat(starts, counts) + within
        indices = within if isinstance(level, DenseLevel) else level.indices[children]
        coordinates = {d: np.repeat(c, counts) for d, c in coordinates.items()}
        coordinates[dimension] = indices
        entries = children
    if len(entries) != len(values):
        raise ConversionError(
            f'a sparse tensor of shape {list(shape)} stores {len(values)} values but its levels '
            f'visit {len(entries)}'
        )
    dense = np.zeros(shape, values.dtype)
    dense[tuple(coordinates[d] for d in range(len(shape)))] = values[entries]
    return dense


def read_levels(sparsity: tflite.SparsityParameters) -> list[Level]:
    """Read the levels of a sparse tensor out of its TFLite description."""
    levels: list[Level] = []
    for k in range(sparsity.DimMetadataLength()):
        level = sparsity.DimMetadata(k)
        if level.Format() == tflite.DimensionType.DENSE:
            levels.append(DenseLevel(level.DenseSize()))
        else:
            levels.append(
                CompressedLevel(
                    _read_vector(level.ArraySegmentsType(), level.ArraySegments()),
                    _read_vector(level.ArrayIndicesType(), level.ArrayIndices()),
                )
            )
    return levels


def _read_vector(kind: int, table: tflite.Table) -> np.ndarray:
    vector = _VECTOR_CLASSES[kind]()
    vector.Init(table.Bytes, table.Pos)
    return vector.ValuesAsNumpy().astype(np.int64)
