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

"""Convert a TFLite network with an image as its input to ONNX."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from onnx import helper, ModelProto, TensorProto

from model_conversion.errors import ConversionError
from model_conversion.onnx_graph import OnnxGraph
from model_conversion.operators import convert_operator
from model_conversion.tflite_network import TfliteNetwork
from model_conversion.weights_file import WeightsFile

IMAGE_INPUT = 'image'


def convert(
    network: TfliteNetwork,
    name: str,
    value_range: tuple[float, float],
    outputs: Mapping[str, str],
    weights: WeightsFile,
) -> ModelProto:
    """
    Return the network as an ONNX model of an 8-bit image.

    The input `image` is uint8 (1, H, W, 3); its values 0 to 255 are mapped to the range that the
    network expects within the graph. Outputs are float32 and shaped as in the TFLite file, except
    images, which are channels first, or (1, H, W) if they have one channel. Operators that no kept
    output needs are left out.

    :param name: name of the graph
    :param value_range: what the network expects for 0 and for 255
    :param outputs: the outputs to keep: TFLite name to ONNX name
    :param weights: where the weights go, which the model refers to
    :raises ConversionError: when the network has no such output or cannot be converted exactly
    """
    missing = outputs.keys() - network.outputs.keys()
    if missing:
        raise ConversionError(
            f'no output {", ".join(sorted(missing))}: there are {", ".join(network.outputs)}'
        )
    graph = OnnxGraph(weights)
    values = {network.input: add_normalization(graph, value_range)}
    kept = {network.outputs[tflite_name]: new for tflite_name, new in outputs.items()}
    for operator in network.operators_for(kept):
        inputs = [values.get(tensor, '') for tensor in operator.inputs]
        values[operator.output] = convert_operator(operator, network, graph, inputs)
    infos = []
    for tensor, new_name in kept.items():
        shape = _add_output(graph, values[tensor], new_name, network.shape(tensor))
        infos.append(helper.make_tensor_value_info(new_name, TensorProto.FLOAT, shape))
    image = helper.make_tensor_value_info(
        IMAGE_INPUT, TensorProto.UINT8, network.shape(network.input)
    )
    return graph.build(name, [image], infos)


def add_normalization(graph: OnnxGraph, value_range: tuple[float, float]) -> str:
    """
    Append the mapping of the 8-bit image to the range, channels first, and return its name.

    As MediaPipe does: one factor and one shift, in float32.
    """
    low, high = value_range
    value = graph.add('Cast', [IMAGE_INPUT], to=TensorProto.FLOAT)
    value = graph.add('Mul', [value, graph.add_constant(np.float32((high - low) / 255))])
    if low:
        value = graph.add('Add', [value, graph.add_constant(np.float32(low))])
    return graph.add('Transpose', [value], perm=[0, 3, 1, 2])


def _add_output(
    graph: OnnxGraph, value: str, name: str, shape: tuple[int, ...]
) -> tuple[int, ...]:
    """Give the value the name of an output and return its shape in ONNX."""
    if len(shape) != 4:
        graph.add('Identity', [value], name)
        return shape
    batch, height, width, channels = shape
    if channels > 1:
        graph.add('Identity', [value], name)
        return batch, channels, height, width
    flat = batch, height, width
    graph.add('Reshape', [value, graph.add_constant(np.array(flat, np.int64))], name)
    return flat
