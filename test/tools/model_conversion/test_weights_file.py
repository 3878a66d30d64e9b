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

"""Weights come out of the file as they went in, to the bit."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
import numpy as np
from onnx import helper, TensorProto
import onnxruntime
import pytest

from model_conversion.onnx_graph import OnnxGraph
from model_conversion.weights_file import ALIGNMENT, narrow_exactly, WeightsFile

EVERY_HALF = np.arange(2**16, dtype=np.uint16).view(np.float16)
FINITE_HALVES = EVERY_HALF[np.isfinite(EVERY_HALF)].astype(np.float32)


@given(arrays(np.float32, array_shapes(), elements=st.floats(width=32)))
def test_narrowing_keeps_every_bit(values: np.ndarray):
    narrow = narrow_exactly(values)
    widened = narrow.astype(np.float32)
    np.testing.assert_array_equal(widened.view(np.uint32), values.view(np.uint32))


def test_what_fits_is_narrowed():
    assert narrow_exactly(FINITE_HALVES).dtype == np.float16


@pytest.mark.parametrize('value', [1 / 3, 1e5, 1e-9, 65520])
def test_what_does_not_fit_is_kept(value: float):
    assert narrow_exactly(np.array([1, value], np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    'values',
    [
        pytest.param(FINITE_HALVES, id='stored as float16'),
        pytest.param(np.float32([1 / 3, -0.0, 1e30]), id='stored as float32'),
    ],
)
def test_runtime_loads_the_same_bits(values: np.ndarray, tmp_path: Path):
    weights = WeightsFile('some.weights')
    graph = OnnxGraph(weights)
    graph.add_weight(np.ones(3, np.float32))
    graph.add('Identity', [graph.add_weight(values)], 'values')
    output = helper.make_tensor_value_info('values', TensorProto.FLOAT, values.shape)
    model = graph.build('weights', [], [output])
    (tmp_path / 'some.onnx').write_bytes(model.SerializeToString())
    (tmp_path / 'some.weights').write_bytes(weights.content)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(tmp_path / 'some.onnx'), options, providers=['CPUExecutionProvider']
    )
    (loaded,) = session.run(None, {})
    np.testing.assert_array_equal(loaded.view(np.uint32), values.view(np.uint32))


def test_equal_weights_are_stored_once_and_aligned():
    weights = WeightsFile('some.weights')
    first = weights.add('first', np.ones(5, np.float16))
    other = weights.add('other', np.zeros(5, np.float16))
    again = weights.add('again', np.ones(5, np.float16))

    def where(tensor: TensorProto) -> dict[str, str]:
        return {entry.key: entry.value for entry in tensor.external_data}

    assert where(first) == where(again)
    assert where(other) == {'location': 'some.weights', 'offset': str(ALIGNMENT), 'length': '10'}
    assert len(weights.content) == ALIGNMENT + 10
