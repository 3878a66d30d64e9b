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
The size of an image file, from its header.

Only formats whose headers are read here are decoded: the memory for others is not known before.
Each header is read as by the library that decodes the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import struct

from pose_tracking_ros.image_decoding import jpeg, png

ACCEPTED_FILES = 'JPEG, PNG, WebP, TIFF and BMP'


@dataclass(frozen=True)
class FileSize:
    """
    The size in the header of a file.

    :param width: pixels
    :param height: pixels
    :param bits: of a value; 8 if the format has no others, or OpenCV decodes to 8
    """

    width: int
    height: int
    bits: int = 8


def read_file_size(content: bytes) -> FileSize | None:
    """Return the size of an image file, None if its format is not accepted."""
    for start, read in _READERS.items():
        if content.startswith(start):
            try:
                return read(content)
            except (struct.error, IndexError):  # It ends within the header.
                return None
    return None


def _jpeg_size(content: bytes) -> FileSize | None:
    frame = jpeg.read_structure(content)
    return FileSize(frame.width, frame.height) if frame.width else None


def _png_size(content: bytes) -> FileSize | None:
    if content[12:16] != b'IHDR':
        return None
    return FileSize(*struct.unpack_from('>II', content, 16))


def _webp_size(content: bytes) -> FileSize | None:
    """Return the size of a WebP, by its Container Specification and RFC 6386, 9.1."""
    kind = content[8:16]
    if kind == b'WEBPVP8 ' and content[23:26] == b'\x9d\x01\x2a':
        width, height = struct.unpack_from('<HH', content, 26)
        return FileSize(width & 0x3FFF, height & 0x3FFF)
    if kind == b'WEBPVP8L' and content[20] == 0x2F:
        (packed,) = struct.unpack_from('<I', content, 21)
        return FileSize((packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1)
    if kind == b'WEBPVP8X' and len(content) >= 30:
        width, height = content[24:27], content[27:30]
        return FileSize(int.from_bytes(width, 'little') + 1, int.from_bytes(height, 'little') + 1)
    return None


def _bmp_size(content: bytes) -> FileSize | None:
    """Return the size of a bitmap, whose height is negative if the top row is first."""
    (header_size,) = struct.unpack_from('<I', content, 14)
    width, height = struct.unpack_from('<HH' if header_size == 12 else '<ii', content, 18)
    return FileSize(width, abs(height))


_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_BITS, _TILE_WIDTH, _TILE_HEIGHT = 256, 257, 258, 322, 323


def _tiff_size(content: bytes) -> FileSize | None:
    """Return the size of the first image of a TIFF, or of its tiles if they are larger."""
    largest: dict[int, int] = {}
    for tag, value in _tiff_entries(content):
        largest[tag] = max(value, largest.get(tag, 0))
    if not (_TIFF_WIDTH in largest and _TIFF_HEIGHT in largest):
        return None
    return FileSize(
        max(largest[_TIFF_WIDTH], largest.get(_TILE_WIDTH, 0)),
        max(largest[_TIFF_HEIGHT], largest.get(_TILE_HEIGHT, 0)),
        largest.get(_TIFF_BITS, 1),
    )


def _tiff_entries(content: bytes) -> Iterator[tuple[int, int]]:
    """
    Yield the tags of the first directory of a TIFF with their values.

    Source: TIFF 6.0, section 2; BigTIFF has longer counts and offsets.
    """
    order = '<' if content[:2] == b'II' else '>'
    is_big = struct.unpack_from(f'{order}H', content, 2)[0] == 43
    (place,) = struct.unpack_from(f'{order}{"Q" if is_big else "I"}', content, 8 if is_big else 4)
    count_format = f'{order}{"Q" if is_big else "H"}'
    (count,) = struct.unpack_from(count_format, content, place)
    place += struct.calcsize(count_format)
    entry_format = f'{order}HH{"Q" if is_big else "I"}'
    entry_size, room = (20, 8) if is_big else (12, 4)
    for start in range(place, min(place + count * entry_size, len(content)), entry_size):
        tag, kind, length = struct.unpack_from(entry_format, content, start)
        value_format = {1: 'B', 3: 'H', 4: 'I', 16: 'Q'}.get(kind)
        if value_format is None or not length:
            continue
        at = start + entry_size - room
        if length * struct.calcsize(value_format) > room:
            (at,) = struct.unpack_from(f'{order}{"Q" if is_big else "I"}', content, at)
        yield tag, struct.unpack_from(f'{order}{value_format}', content, at)[0]


_READERS = {
    jpeg.START: _jpeg_size,
    png.START: _png_size,
    b'RIFF': _webp_size,
    b'BM': _bmp_size,
    b'II*\0': _tiff_size,
    b'MM\0*': _tiff_size,
    b'II+\0': _tiff_size,
    b'MM\0+': _tiff_size,
}
