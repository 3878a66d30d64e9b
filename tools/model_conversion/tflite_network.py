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

"""Read a TFLite file as a plain float32 network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tflite

from model_conversion.errors import ConversionError
from model_conversion.sparsity import densify, read_levels

_OPERATOR_NAMES = {
    code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)
}
_OPTION_CLASSES = {
    'ADD': tflite.AddOptions,
    'CONCATENATION': tflite.ConcatenationOptions,
    'CONV_2D': tflite.Conv2DOptions,
    'DEPTHWISE_CONV_2D': tflite.DepthwiseConv2DOptions,
    'DEPTH_TO_SPACE': tflite.DepthToSpaceOptions,
    'MAX_POOL_2D': tflite.Pool2DOptions,
    'RESIZE_BILINEAR': tflite.ResizeBilinearOptions,
}
_STORAGE_OPERATORS = ('DENSIFY', 'DEQUANTIZE')
_DTYPES = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
}


@dataclass(frozen=True)
class Operator:
    """
    One step of the network.

    :param kind: name of the operator, as in the TFLite schema
    :param inputs: tensors read, by their index in the file
    :param output: tensor written, by its index in the file
    :param options: the options table of this kind of operator, None for kinds without options
    """

    kind: str
    inputs: tuple[int, ...]
    output: int
    options: Any


class TfliteNetwork:
    """
    A network out of a TFLite file.

    The constants are as the network computes with them: sparse tensors are laid out and float16
    weights widened, so the operators that do this in the file (DENSIFY, DEQUANTIZE) are gone.

    :param data: content of the file
    :raises ConversionError: when the file holds something unsupported
    """

    def __init__(self, data: bytes) -> None:
        """Read the operators and the constants."""
        self._model = tflite.Model.GetRootAsModel(data, 0)
        self._graph = self._model.Subgraphs(0)
        self.constants: dict[int, np.ndarray] = {}
        self.operators: list[Operator] = []
        for index in range(self._graph.TensorsLength()):
            constant = self._read_constant(index)
            if constant is not None:
                self.constants[index] = constant
        for index in range(self._graph.OperatorsLength()):
            operator = self._read_operator(index)
            if operator.kind not in _STORAGE_OPERATORS:
                self.operators.append(operator)
            elif operator.inputs[0] in self.constants:
                self.constants[operator.output] = self.constants[operator.inputs[0]]
            else:
                raise ConversionError(f'{operator.kind} of a value that is not constant')

    @property
    def input(self) -> int:
        """Return the tensor of the image."""
        if self._graph.InputsLength() != 1:
            raise ConversionError(f'the network has {self._graph.InputsLength()} inputs, not one')
        return self._graph.Inputs(0)

    @property
    def outputs(self) -> Mapping[str, int]:
        """Return the output tensors by their names."""
        tensors = (self._graph.Outputs(k) for k in range(self._graph.OutputsLength()))
        return {self._graph.Tensors(t).Name().decode(): t for t in tensors}

    def shape(self, tensor: int) -> tuple[int, ...]:
        """Return the shape of a tensor, NHWC if it is an image."""
        table = self._graph.Tensors(tensor)
        return tuple(table.ShapeAsNumpy().tolist()) if table.ShapeLength() else ()

    def operators_for(self, tensors: Iterable[int]) -> list[Operator]:
        """Return, in order, the operators that take part in computing the given tensors."""
        needed, operators = set(tensors), []
        for operator in reversed(self.operators):
            if operator.output in needed:
                needed.update(operator.inputs)
                operators.append(operator)
        return operators[::-1]

    def _read_constant(self, index: int) -> np.ndarray | None:
        table = self._graph.Tensors(index)
        buffer = self._model.Buffers(table.Buffer())
        if buffer.DataLength() == 0:
            return None
        if table.Type() not in _DTYPES:
            raise ConversionError(f'tensor {table.Name().decode()} has type {table.Type()}')
        values = buffer.DataAsNumpy().view(_DTYPES[table.Type()])
        sparsity = table.Sparsity()
        if sparsity is None:
            constant = values.reshape(self.shape(index))
        else:
            if sparsity.BlockMapLength():
                raise ConversionError(f'sparse tensor {table.Name().decode()} has blocks')
            order = sparsity.TraversalOrderAsNumpy().tolist()
            constant = densify(values, self.shape(index), order, read_levels(sparsity))
        return constant.astype(np.float32) if constant.dtype == np.float16 else constant

    def _read_operator(self, index: int) -> Operator:
        table = self._graph.Operators(index)
        code = self._model.OperatorCodes(table.OpcodeIndex())
        # Older files know the first of the two fields only, and leave the other zero.
        kind = _OPERATOR_NAMES[max(code.DeprecatedBuiltinCode(), code.BuiltinCode())]
        if table.OutputsLength() != 1:
            raise ConversionError(f'{kind} has {table.OutputsLength()} outputs, not one')
        options = None
        if kind in _OPTION_CLASSES:
            options = _OPTION_CLASSES[kind]()
            options.Init(table.BuiltinOptions().Bytes, table.BuiltinOptions().Pos)
        inputs = tuple(table.InputsAsNumpy().tolist())
        return Operator(kind, inputs, table.Outputs(0), options)
