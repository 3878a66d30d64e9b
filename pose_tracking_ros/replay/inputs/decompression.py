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
Decompression that cannot be made to take all memory or disk.

A few hundred bytes can decompress to gigabytes, whatever size they claim. So everything is
decompressed in pieces, up to a limit that no recording of images needs.
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
"""Bytes of a message: an uncompressed 8K image with 16 bits for each of four channels fits."""

MAX_CHUNK = 320 << 20
"""Bytes of a compressed chunk; recorders begin a new one after 1 to 4 MB, or one message."""

ZSTD_MAGIC = b'\x28\xb5\x2f\xfd'

_SMALL_FILE, _FOLD_OF_FILE = 1 << 30, 250
_SMALL_CONTENT, _FOLD_OF_CONTENT = 64 << 30, 4000
"""
Bytes that any file may decompress to, and how many times its size a larger one may: as a whole,
which takes space on a disk, and in chunks or messages, one after the other.

Images of cameras are compressed to a half or a quarter, those of a simulation to a hundredth, an
image of one colour to a ten-thousandth.
"""

_INPUT, _OUTPUT = 1 << 15, 1 << 20
"""Bytes that go in and come out at once."""

_MAX_WINDOW_LOG = 27
"""Zstandard keeps at most 2**27 bytes to look back at, the default of its own programs."""


class DecompressionError(ValueError):
    """Something cannot be decompressed, or only to more than the limit."""


class _Decompressor(Protocol):
    """What the libraries have in common."""

    eof: bool
    needs_input: bool
    unused_data: bytes | None

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return what comes out next."""


def _zstd() -> _Decompressor:
    options = {zstd.DecompressionParameter.window_log_max: _MAX_WINDOW_LOG}
    return zstd.ZstdDecompressor(options=options)


_DECOMPRESSORS: dict[str, Callable[[], _Decompressor]] = {
    'bz2': bz2.BZ2Decompressor,
    'lz4': lz4.frame.LZ4FrameDecompressor,
    'zstd': _zstd,
}

COMPRESSIONS = tuple(_DECOMPRESSORS)


def file_limit(size: int) -> int:
    """Return to how many bytes a file of some size may grow that is compressed as a whole."""
    return _SMALL_FILE + _FOLD_OF_FILE * size


def content_limit(size: int) -> int:
    """Return to how many bytes all chunks or messages in a file of some size may decompress."""
    return _SMALL_CONTENT + _FOLD_OF_CONTENT * size


def in_pieces(data: bytes) -> Iterator[memoryview]:
    """Return data in pieces as :func:`decompressed_pieces` takes them."""
    view = memoryview(data)
    return (view[start : start + _INPUT] for start in range(0, len(view), _INPUT))


def read_pieces(stream: BinaryIO, size: int | None = None) -> Iterator[bytes]:
    """Yield what is in a stream, up to a number of bytes, in such pieces."""
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
    Yield what comes out, piece by piece.

    :param compression: ``bz2``, ``lz4`` or ``zstd``
    :param pieces: what goes in, one or several streams behind each other
    :param limit: how many bytes may come out
    :param check: called for each piece; what it raises ends the work
    :raises DecompressionError: when it is damaged, or cut off, or more comes out
    """
    if compression not in _DECOMPRESSORS:
        raise DecompressionError(f'its compression, {compression!r}, is unknown')
    decompressor = _DECOMPRESSORS[compression]()
    is_begun, total = False, 0
    for piece in pieces:
        data = bytes(piece)
        while data or not (decompressor.needs_input or decompressor.eof):
            is_begun = True
            check()
            try:
                out = decompressor.decompress(data, _OUTPUT)
            # Each library has errors of its own.
            except Exception as error:
                raise DecompressionError(f'{compression}: {error}') from error
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
        raise DecompressionError(f'{compression}: it is cut off')


def decompressed(
    compression: str, pieces: Iterable[bytes], limit: int, check: Callable[[], None]
) -> bytes:
    """
    Return what comes out: see :func:`decompressed_pieces`.

    :raises DecompressionError: when it is damaged, or cut off, or more comes out
    """
    whole = BytesIO()
    for piece in decompressed_pieces(compression, pieces, limit, check):
        whole.write(piece)
    return whole.getvalue()
