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

"""The image enters the network as MediaPipe feeds it, and what cannot be converted is reported."""

from __future__ import annotations

import numpy as np
from onnx import helper, TensorProto
import onnxruntime
import pytest

from model_conversion.errors import ConversionError
from model_conversion.networks import NETWORKS
from model_conversion.onnx_graph import OnnxGraph
from model_conversion.operators import convert_operator
from model_conversion.tflite_network import Operator, TfliteNetwork
from model_conversion.tflite_to_onnx import add_normalization, convert
from model_conversion.weights_file import WeightsFile


@pytest.mark.parametrize('value_range', [(0.0, 1.0), (-1.0, 1.0)], ids=['landmarks', 'detector'])
def test_image_values_are_mapped_to_the_range(value_range: tuple[float, float]):
    image = np.arange(256 * 3, dtype=np.uint8).reshape(1, 16, 16, 3)
    graph = OnnxGraph(WeightsFile('unused.weights'))
    graph.add('Identity', [add_normalization(graph, value_range)], 'normalized')
    model = graph.build(
        'normalization',
        [helper.make_tensor_value_info('image', TensorProto.UINT8, image.shape)],
        [helper.make_tensor_value_info('normalized', TensorProto.FLOAT, (1, 3, 16, 16))],
    )
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=['CPUExecutionProvider']
    )
    (normalized,) = session.run(None, {'image': image})
    low, high = value_range
    values = image.transpose(0, 3, 1, 2)
    # MediaPipe's formula to the bit, and the ideal but for the rounding of its two steps.
    mediapipe = values * np.float32((high - low) / 255) + np.float32(low)
    np.testing.assert_array_equal(normalized, mediapipe)
    ideal = values * (high - low) / 255 + low
    np.testing.assert_allclose(normalized, ideal, rtol=0, atol=2 * np.spacing(np.float32(1)))


def test_unknown_output_is_reported(published):
    network = TfliteNetwork(published(NETWORKS[0].source))
    weights = WeightsFile('unused.weights')
    with pytest.raises(ConversionError, match='no output mask: there are Identity, Identity_1'):
        convert(network, 'detector', (-1.0, 1.0), {'mask': 'mask'}, weights)


def test_unsupported_operator_is_reported(published):
    network = TfliteNetwork(published(NETWORKS[0].source))
    operator = Operator('SOFTMAX', (0,), 1, None)
    with pytest.raises(ConversionError, match='operator SOFTMAX is not supported'):
        convert_operator(operator, network, OnnxGraph(WeightsFile('unused.weights')), ['image'])


def test_outputs_that_are_not_asked_for_cost_nothing(published):
    full = next(n for n in NETWORKS if n.models[0].name == 'pose_landmark_full')
    network = TfliteNetwork(published(full.source))
    everything = network.operators_for(network.outputs.values())
    assert everything == network.operators
    landmarks = network.operators_for([network.outputs['Identity']])
    assert len(landmarks) < len(everything)
    assert [operator for operator in everything if operator in landmarks] == landmarks
