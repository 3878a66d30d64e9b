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

"""Put an ONNX graph together, node by node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import (
    helper,
    ModelProto,
    NodeProto,
    numpy_helper,
    shape_inference,
    TensorProto,
    ValueInfoProto,
)

from model_conversion.weights_file import narrow_exactly, WeightsFile

OPSET = 13
IR_VERSION = 7
"""The oldest that know every operator used: ONNX Runtime reads them since 1.8 (2021)."""


class OnnxGraph:
    """
    A graph under construction.

    :param weights: where the weights go
    """

    def __init__(self, weights: WeightsFile) -> None:
        """Start without nodes."""
        self._weights = weights
        self._nodes: list[NodeProto] = []
        self._tensors: dict[str, TensorProto] = {}

    def add(
        self, operator: str, inputs: Sequence[str], output: str | None = None, **attributes: Any
    ) -> str:
        """Append a node and return the name of its output, by default the name of the node."""
        name = f'{operator}_{len(self._nodes)}'
        output = output or name
        self._nodes.append(helper.make_node(operator, inputs, [output], name, **attributes))
        return output

    def add_constant(self, values: np.ndarray) -> str:
        """Add a small constant, kept in the graph itself, and return its name."""
        name = f'constant_{len(self._tensors)}'
        self._tensors[name] = numpy_helper.from_array(values, name)
        return name

    def add_weight(self, values: np.ndarray) -> str:
        """
        Add a float32 weight, kept in the weights file, and return its name.

        It is stored as float16 where this loses nothing; the node that widens it again is folded
        away by ONNX Runtime when it loads the graph.
        """
        name = f'weight_{len(self._tensors)}'
        stored = narrow_exactly(np.ascontiguousarray(values))
        self._tensors[name] = self._weights.add(name, stored)
        if stored.dtype == np.float16:
            return self.add('Cast', [name], to=TensorProto.FLOAT)
        return name

    def build(
        self, name: str, inputs: Sequence[ValueInfoProto], outputs: Sequence[ValueInfoProto]
    ) -> ModelProto:
        """
        Return the finished model.

        :raises onnx.shape_inference.InferenceError: when shapes or types do not fit together
        """
        graph = helper.make_graph(self._nodes, name, inputs, outputs, list(self._tensors.values()))
        model = helper.make_model(
            graph,
            producer_name='pose_tracking_ros',
            opset_imports=[helper.make_opsetid('', OPSET)],
            ir_version=IR_VERSION,
        )
        shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
        return model
