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
Detection of cut-off JPEG files: those that lack pixels, not only their end marker.

Source: ITU-T T.81, annex B; markers are searched for as by libjpeg.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
import os
import re
from tempfile import TemporaryFile
from threading import Lock

import numpy as np

START, _END = b'\xff\xd8\xff', b'\xff\xd9'

# Between segments, and in compressed data, which contains restart markers.
_MARKER = re.compile(rb'\xff+([^\x00\xff])')
_MARKER_IN_SCAN = re.compile(rb'\xff+([^\x00\xff\xd0-\xd7])')
_RESTART = re.compile(rb'\xff([\xd0-\xd7])')

_SOI, _EOI, _SOS, _TEM = 0xD8, 0xD9, 0xDA, 0x01
_RESTARTS = range(0xD0, 0xD8)
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)

_COEFFICIENTS = 64

# A buffer of fixed size is padded with zeros; compressed data ends with a few at most.
_MIN_PADDING = bytes(16)

# Two continuations of compressed data that differ in every bit, without markers.
_NOISE = np.random.default_rng(0).integers(1, 255, (64,), np.uint8)
_CONTINUATIONS = (_NOISE.tobytes(), (~_NOISE).tobytes())

_GREY = 128

_WARNING = b'Corrupt JPEG data'
_LOCK = Lock()  # held while the standard error of the process is redirected


@dataclass
class JpegStructure:
    """
    The parts of a JPEG.

    :param width: pixels; 0 without a frame header
    :param height: pixels
    :param scan_end: offset of the end of the last compressed data; 0 without any
    :param has_end: whether it has the end marker
    :param is_progressive: whether its scans refine the coefficients
    :param missing_bits: missing bits of each coefficient by component, -1 for all
    """

    width: int = 0
    height: int = 0
    scan_end: int = 0
    has_end: bool = False
    is_progressive: bool = False
    missing_bits: dict[int, list[int]] = field(default_factory=dict)

    @property
    def has_all_scans(self) -> bool:
        """Return whether the scans have all bits of all coefficients."""
        return bool(self.missing_bits) and not any(map(any, self.missing_bits.values()))


def read_structure(content: bytes) -> JpegStructure:
    """Return the parts of a JPEG, up to its end, the start of another one, or the cut."""
    found = JpegStructure()
    position, in_scan = 2, False
    while True:
        marker = (_MARKER_IN_SCAN if in_scan else _MARKER).search(content, position)
        if in_scan:
            found.scan_end = marker.start() if marker else len(content)
        if marker is None:
            return found
        code = marker[1][0]
        if code in (_SOI, _EOI):
            found.has_end = code == _EOI
            return found
        position, in_scan = marker.end(), False
        if code == _TEM or code in _RESTARTS:
            continue
        size = int.from_bytes(content[position : position + 2], 'big')
        segment = content[position + 2 : position + size]
        if size < 2 or position + size > len(content):
            return found
        position += size
        if code in _FRAMES:
            _read_frame(found, code, segment)
        elif code == _SOS:
            in_scan = True
            _read_scan(found, segment)


def _read_frame(found: JpegStructure, code: int, segment: bytes) -> None:
    """Read the header of a frame; of several, keep the largest sizes."""
    if len(segment) < 6:
        return
    found.height = max(found.height, int.from_bytes(segment[1:3], 'big'))
    found.width = max(found.width, int.from_bytes(segment[3:5], 'big'))
    found.is_progressive = code in _PROGRESSIVE
    found.missing_bits = {component: [-1] * _COEFFICIENTS for component in segment[6::3]}


def _read_scan(found: JpegStructure, segment: bytes) -> None:
    """Read the header of a scan."""
    if not segment or len(segment) < 4 + 2 * segment[0]:
        return
    count = segment[0]
    first, last, bits = segment[1 + 2 * count : 4 + 2 * count]
    # Other files have all bits in one scan, whatever its header says.
    if not found.is_progressive:
        first, last, bits = 0, _COEFFICIENTS - 1, 0
    last = min(last, _COEFFICIENTS - 1)
    for component in segment[1 : 1 + 2 * count : 2]:
        if component in found.missing_bits and first <= last:
            found.missing_bits[component][first : last + 1] = [bits & 15] * (last + 1 - first)


def decode_jpeg(
    content: bytes, decode: Callable[[bytes], np.ndarray | None]
) -> tuple[np.ndarray | None, bool]:
    """
    Return the pixels of a JPEG, and whether some are missing.

    A decoder replaces missing pixels by grey, without an error. If none is missing, the pixels do
    not depend on the bytes that are appended.

    :param content: the file, of a checked size
    :param decode: returns the pixels of a file, None if it cannot be decoded
    :return: the pixels, None if it cannot be decoded, and whether it is cut off
    """
    structure = read_structure(content)
    if not structure.has_all_scans:
        return None, True
    start = _compressed(content, structure.scan_end)
    if structure.has_end:
        pixels = decode(content)
        if pixels is None or not _ends_grey(pixels):
            return pixels, False
    restarts = _RESTART.findall(start)
    next_restart = b'\xff' + bytes([0xD0 + (restarts[-1][0] + 1) % 8 if restarts else 0xD0])
    with _without_warnings():
        pixels = decode(start + _END)
        for noise in _CONTINUATIONS:
            continued = decode(start + noise + next_restart + noise + _END)
            if pixels is None or continued is None or not np.array_equal(pixels, continued):
                return None, True
    return pixels, False


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Remove the warnings of libjpeg, which OpenCV cannot turn off, from the standard error."""
    with _LOCK, TemporaryFile() as written:
        standard_error = os.dup(2)
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)
            written.seek(0)
            # Lines of other threads.
            os.write(2, b''.join(line for line in written if not line.startswith(_WARNING)))


def _compressed(content: bytes, end: int) -> bytes:
    """Return a file up to the end of its compressed data."""
    start = content[:end]
    if start.endswith(_MIN_PADDING):
        start = start.rstrip(b'\0')
    # Half a marker, or half an escaped byte, would turn the next byte into a marker.
    return start.rstrip(b'\xff')


def _ends_grey(pixels: np.ndarray) -> bool:
    """Return whether a corner has the grey of missing pixels."""
    return bool((pixels[[0, 0, -1, -1], [0, -1, 0, -1]] == _GREY).reshape(4, -1).all(1).any())
