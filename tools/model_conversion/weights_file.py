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

"""The file with the weights of a network, shared by its graphs."""

from __future__ import annotations

import numpy as np
from onnx import helper, numpy_helper, TensorProto

ALIGNMENT = 64
"""Bytes of which every tensor's offset is a multiple: a cache line, so it can be mapped."""


class WeightsFile:
    """
    Collects tensors, each stored once, for the external data of ONNX graphs.

    :param name: file name, which the graphs beside the file refer to
    """

    def __init__(self, name: str) -> None:
        """Start without content."""
        self.name = name
        self._content = bytearray()
        self._offsets: dict[tuple[str, bytes], int] = {}

    @property
    def content(self) -> bytes:
        """Return the content of the file."""
        return bytes(self._content)

    def add(self, name: str, values: np.ndarray) -> TensorProto:
        """
        Return an ONNX tensor of the given name that refers to the values in this file.

        Values already stored for another graph are not stored again.
        """
        # Converted by ONNX itself: external data is little-endian on every machine.
        raw = numpy_helper.from_array(values).raw_data
        key = (values.dtype.name, raw)
        if key not in self._offsets:
            self._content.extend(bytes(-len(self._content) % ALIGNMENT))
            self._offsets[key] = len(self._content)
            self._content.extend(raw)
        tensor = TensorProto(
            name=name,
            data_type=helper.np_dtype_to_tensor_dtype(values.dtype),
            dims=values.shape,
            data_location=TensorProto.EXTERNAL,
        )
        entries = {'location': self.name, 'offset': self._offsets[key], 'length': len(raw)}
        for entry, value in entries.items():
            tensor.external_data.add(key=entry, value=str(value))
        return tensor


def narrow_exactly(values: np.ndarray) -> np.ndarray:
    """Return float32 values as float16 if every one of them survives it bit by bit."""
    with np.errstate(over='ignore'):
        narrow = values.astype(np.float16)
    same = np.array_equal(narrow.astype(np.float32).view(np.uint32), values.view(np.uint32))
    return narrow if same else values
