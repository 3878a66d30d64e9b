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
Decompression with bounded memory and disk space.

A few hundred bytes can decompress to gigabytes, whatever size they declare. So everything is
decompressed in pieces, up to a limit beyond any recording of images.
"""

from __future__ import annotations

import bz2
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
import sys
from typing import BinaryIO, Protocol

import lz4.frame

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_MESSAGE = 256 << 20
"""Bytes of a message: fits an uncompressed 8K image with four channels of 16 bits."""

MAX_CHUNK = 320 << 20
"""Bytes of a decompressed chunk; recorders begin a new one after 1 to 4 MB, or one message."""

ZSTD_MAGIC = b'\x28\xb5\x2f\xfd'

_SMALL_FILE, _FOLD_OF_FILE = 1 << 30, 250
_SMALL_CONTENT, _FOLD_OF_CONTENT = 64 << 30, 4000
"""
Limit of decompressed bytes, as a constant plus a multiple of the file size: for a file compressed
as a whole, which takes disk space, and for chunks and messages, one after the other.

Camera images are compressed to a half or a quarter, simulated images to a hundredth, an image of
one colour to a ten-thousandth.
"""

_INPUT, _OUTPUT = 1 << 15, 1 << 20
"""Bytes of input and output per step."""

_MAX_WINDOW_LOG = 27
"""Zstandard keeps a window of at most 2**27 bytes, the default of its own programs."""


class DecompressionError(ValueError):
    """Data is damaged, or decompresses to more than the limit."""


class _Decompressor(Protocol):
    """Common interface of the libraries."""

    eof: bool
    needs_input: bool
    unused_data: bytes | None

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return the next output."""


def _zstd() -> _Decompressor:
    options = {zstd.DecompressionParameter.window_log_max: _MAX_WINDOW_LOG}
    return zstd.ZstdDecompressor(options=options)


_DECOMPRESSORS: dict[str, Callable[[], _Decompressor]] = {
    'bz2': bz2.BZ2Decompressor,
    'lz4': lz4.frame.LZ4FrameDecompressor,
    'zstd': _zstd,
}


def file_limit(size: int) -> int:
    """Return the limit in bytes for a file of this size that is compressed as a whole."""
    return _SMALL_FILE + _FOLD_OF_FILE * size


def content_limit(size: int) -> int:
    """Return the limit in bytes for all chunks or messages in a file of this size."""
    return _SMALL_CONTENT + _FOLD_OF_CONTENT * size


def read_pieces(stream: BinaryIO, size: int | None = None) -> Iterator[bytes]:
    """Yield the content of a stream for decompression, up to a number of bytes."""
    left = size
    while left is None or left > 0:
        piece = stream.read(_INPUT if left is None else min(_INPUT, left))
        if not piece:
            return
        yield piece
        if left is not None:
            left -= len(piece)


def decompressed_pieces(
    compression: str, pieces: Iterable[bytes], limit: int, check: Callable[[], None]
) -> Iterator[bytes]:
    """
    Yield the decompressed data piece by piece.

    :param compression: ``bz2``, ``lz4`` or ``zstd``
    :param pieces: the input, one stream or several in a row
    :param limit: maximum bytes of output
    :param check: called for each piece; its exceptions pass through
    :raises DecompressionError: if the input is damaged or cut off, or the output too long
    """
    if compression not in _DECOMPRESSORS:
        raise DecompressionError(f'its compression, {compression!r}, is unknown')
    decompressor = _DECOMPRESSORS[compression]()
    is_begun, total = False, 0
    for data in pieces:
        while data or not (decompressor.needs_input or decompressor.eof):
            is_begun = True
            check()
            try:
                out = decompressor.decompress(data, _OUTPUT)
            # Each library has its own errors.
            except Exception as error:
                problem = f'it cannot be decompressed ({compression}: {error})'
                raise DecompressionError(problem) from error
            total += len(out)
            if total > limit:
                raise DecompressionError(f'it decompresses to more than {limit >> 20} MiB')
            if out:
                yield out
            data = b''
            if decompressor.eof:
                data = decompressor.unused_data or b''
                decompressor, is_begun = _DECOMPRESSORS[compression](), False
    if is_begun:
        raise DecompressionError(f'its {compression} data is cut off')


def decompressed(
    compression: str, pieces: Iterable[bytes], limit: int, check: Callable[[], None]
) -> bytes:
    """Return the decompressed data: see :func:`decompressed_pieces`."""
    whole = BytesIO()
    for piece in decompressed_pieces(compression, pieces, limit, check):
        whole.write(piece)
    return whole.getvalue()
