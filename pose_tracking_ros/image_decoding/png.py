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

"""Detection of cut-off PNG files: those that lack pixels, not only their end."""

from __future__ import annotations

from collections.abc import Iterator
import struct
from zlib import decompressobj, error

START = b'\x89PNG\r\n\x1a\n'

_END = b'\0\0\0\0IEND\xae\x42\x60\x82'

# Maximum bytes of a pixel: four channels of 16 bits.
_MAX_PIXEL_SIZE = 8

_PIECE = 2**20  # bytes to decompress at once


def complete_png(content: bytes) -> bytes | None:
    """
    Return a PNG with its end chunk, and with nothing after it.

    :param content: of a checked size
    :return: None if pixels are missing
    """
    stream, end = [], len(START)
    for kind, data, end in _chunks(content):
        if kind == b'IEND':
            return content[:end]
        if kind == b'IDAT':
            stream.append(data)
    width, height = struct.unpack_from('>II', content, 16)
    limit = (width * _MAX_PIXEL_SIZE + 8) * height
    return content[:end] + _END if _is_whole(stream, limit) else None


def _chunks(content: bytes) -> Iterator[tuple[bytes, memoryview, int]]:
    """Yield the kind, data and end of each complete chunk."""
    start = len(START)
    while start + 12 <= len(content):
        size, kind = struct.unpack_from('>I4s', content, start)
        end = start + 12 + size
        if end > len(content) or not kind.isalpha():
            return
        yield kind, memoryview(content)[start + 8 : end - 4], end
        start = end


def _is_whole(stream: list[memoryview], limit: int) -> bool:
    """Return whether compressed data is complete, within a number of bytes."""
    decompressor, size = decompressobj(), 0
    try:
        for data in stream:
            while data and size <= limit:
                size += len(decompressor.decompress(data, _PIECE))
                data = decompressor.unconsumed_tail
    except error:
        return False
    return decompressor.eof
