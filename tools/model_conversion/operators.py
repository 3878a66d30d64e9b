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

"""
Convert each TFLite operator of the BlazePose networks to ONNX.

Images are NHWC in TFLite and NCHW in ONNX; tensors of fewer dimensions are the same in both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tflite

from model_conversion.errors import ConversionError
from model_conversion.onnx_graph import OnnxGraph
from model_conversion.tflite_network import Operator, TfliteNetwork


@dataclass(frozen=True)
class _Step:
    """
    An operator to be converted, and its graph.

    :param inputs: ONNX names of the inputs; empty for a constant
    """

    operator: Operator
    network: TfliteNetwork
    graph: OnnxGraph
    inputs: Sequence[str]

    @property
    def options(self) -> Any:
        return self.operator.options

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of the first input, in TFLite."""
        return self.network.shape(self.operator.inputs[0])

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Return the shape of the output, in TFLite."""
        return self.network.shape(self.operator.output)

    def constant(self, position: int) -> np.ndarray:
        """Return the value of a constant input."""
        return self.network.constants[self.operator.inputs[position]]


def convert_operator(
    operator: Operator, network: TfliteNetwork, graph: OnnxGraph, inputs: Sequence[str]
) -> str:
    """
    Append the nodes of the operator, and return the name of their output.

    :param inputs: ONNX names of the inputs; empty for a constant
    :raises ConversionError: when the operator, or one of its options, is not supported
    """
    if operator.kind not in _CONVERTERS:
        raise ConversionError(f'operator {operator.kind} is not supported')
    output = _CONVERTERS[operator.kind](_Step(operator, network, graph, inputs))
    if hasattr(operator.options, 'FusedActivationFunction'):
        return _activate(operator.options.FusedActivationFunction(), graph, output)
    return output


def _activate(function: int, graph: OnnxGraph, value: str) -> str:
    if function == tflite.ActivationFunctionType.NONE:
        return value
    if function == tflite.ActivationFunctionType.RELU:
        return graph.add('Relu', [value])
    if function == tflite.ActivationFunctionType.RELU6:
        bounds = [graph.add_constant(np.float32(bound)) for bound in (0, 6)]
        return graph.add('Clip', [value, *bounds])
    raise ConversionError(f'activation function {function} is not supported')


def _window(step: _Step, kernel: tuple[int, int]) -> dict[str, list[int]]:
    """Return the attributes of an operator with a sliding window of a height and width."""
    strides = [step.options.StrideH(), step.options.StrideW()]
    before, after = [0, 0], [0, 0]
    if step.options.Padding() == tflite.Padding.SAME:
        sizes = zip(step.shape[1:3], step.output_shape[1:3])
        for k, (size, output_size) in enumerate(sizes):
            total = max((output_size - 1) * strides[k] + kernel[k] - size, 0)
            before[k], after[k] = total // 2, total - total // 2
    return {'kernel_shape': list(kernel), 'strides': strides, 'pads': before + after}


def _convolution(step: _Step) -> str:
    if (step.options.DilationHFactor(), step.options.DilationWFactor()) != (1, 1):
        raise ConversionError(f'{step.operator.kind} with dilation is not supported')
    kernel, bias = step.constant(1), step.constant(2)
    if step.operator.kind == 'DEPTHWISE_CONV_2D':
        groups, kernel = step.shape[3], kernel.transpose(3, 0, 1, 2)
    else:
        groups, kernel = 1, kernel.transpose(0, 3, 1, 2)
    return step.graph.add(
        'Conv',
        [step.inputs[0], step.graph.add_weight(kernel), step.graph.add_weight(bias)],
        group=groups,
        **_window(step, kernel.shape[2:]),
    )


def _max_pool(step: _Step) -> str:
    kernel = step.options.FilterHeight(), step.options.FilterWidth()
    return step.graph.add('MaxPool', step.inputs, **_window(step, kernel))


def _pad(step: _Step) -> str:
    pads = step.constant(1)[[0, 3, 1, 2]].T.ravel().astype(np.int64)
    return step.graph.add('Pad', [step.inputs[0], step.graph.add_constant(pads)])


def _resize_bilinear(step: _Step) -> str:
    if not step.options.HalfPixelCenters() or step.options.AlignCorners():
        raise ConversionError('RESIZE_BILINEAR other than between pixel centres')
    (_, height, width, _), (_, output_height, output_width, _) = step.shape, step.output_shape
    scales = np.array([1, 1, output_height / height, output_width / width], np.float32)
    return step.graph.add(
        'Resize',
        [step.inputs[0], '', step.graph.add_constant(scales)],
        mode='linear',
        coordinate_transformation_mode='half_pixel',
    )


def _reshape(step: _Step) -> str:
    if len(step.output_shape) == 4:
        raise ConversionError(f'RESHAPE to an image {step.output_shape} is not supported')
    value = step.inputs[0]
    if len(step.shape) == 4 and step.shape[1:3] != (1, 1):
        value = step.graph.add('Transpose', [value], perm=[0, 2, 3, 1])
    shape = step.graph.add_constant(np.array(step.output_shape, np.int64))
    return step.graph.add('Reshape', [value, shape])


def _concatenation(step: _Step) -> str:
    if len(step.output_shape) == 4:
        raise ConversionError('CONCATENATION of images is not supported')
    return step.graph.add('Concat', step.inputs, axis=step.options.Axis())


def _depth_to_space(step: _Step) -> str:
    block_size = step.options.BlockSize()
    return step.graph.add('DepthToSpace', step.inputs, blocksize=block_size, mode='DCR')


def _same_named(onnx_operator: str) -> Callable[[_Step], str]:
    def convert(step: _Step) -> str:
        if '' in step.inputs:
            raise ConversionError(f'{step.operator.kind} with a constant is not supported')
        return step.graph.add(onnx_operator, step.inputs)

    return convert


_CONVERTERS: dict[str, Callable[[_Step], str]] = {
    'ADD': _same_named('Add'),
    'CONCATENATION': _concatenation,
    'CONV_2D': _convolution,
    'DEPTHWISE_CONV_2D': _convolution,
    'DEPTH_TO_SPACE': _depth_to_space,
    'LOGISTIC': _same_named('Sigmoid'),
    'MAX_POOL_2D': _max_pool,
    'PAD': _pad,
    'RELU': _same_named('Relu'),
    'RESHAPE': _reshape,
    'RESIZE_BILINEAR': _resize_bilinear,
}
