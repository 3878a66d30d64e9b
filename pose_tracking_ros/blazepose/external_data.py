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

"""Names of the external weight files of an ONNX model."""

from __future__ import annotations

from collections.abc import Iterator

# Messages that can contain weights, by field numbers. Source: onnx.proto of ONNX 1.17.
_FIELDS = {
    'model': {7: 'graph', 25: 'function'},
    'function': {7: 'node'},
    'graph': {1: 'node', 5: 'tensor', 15: 'sparse tensor'},
    'node': {5: 'attribute'},
    'attribute': {
        5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse tensor',
        23: 'sparse tensor',
    },
    'sparse tensor': {1: 'tensor', 2: 'tensor'},
    'tensor': {13: 'entry'},
}  # fmt: skip

_KEY, _VALUE = 1, 2
_VARINT, _LENGTH = 0, 2
_FIXED_SIZES = {1: 8, 5: 4}


def external_files(model: bytes) -> list[str]:
    """
    Return the names of the files that a model refers to, each once and unchanged.

    :param model: the graph file; a damaged one is read as far as possible
    """
    names: dict[str, None] = {}
    waiting = [('model', memoryview(model))]
    while waiting:
        kind, data = waiting.pop()
        if kind == 'entry':
            entry = dict(_fields(data))
            if bytes(entry.get(_KEY, b'')) == b'location':
                names[bytes(entry.get(_VALUE, b'')).decode(errors='replace')] = None
            continue
        inside = _FIELDS[kind]
        waiting += [(inside[number], part) for number, part in _fields(data) if number in inside]
    return list(names)


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield numbers and contents of the bytes fields of a message, encoded by Protocol Buffers."""
    position = 0
    try:
        while position < len(data):
            tag, position = _varint(data, position)
            kind = tag & 7
            if kind == _VARINT:
                _, position = _varint(data, position)
            elif kind == _LENGTH:
                size, position = _varint(data, position)
                if position + size > len(data):
                    return
                yield tag >> 3, data[position : position + size]
                position += size
            elif kind in _FIXED_SIZES:
                position += _FIXED_SIZES[kind]
            else:
                return
    except IndexError:  # Truncated within a number.
        return


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    """Return a number of variable length, and the position of its end."""
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 127) << shift
        position, shift = position + 1, shift + 7
        if byte < 128 or shift > 63:
            return value, position
