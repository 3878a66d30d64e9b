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
Detection of lost reference frames of H.264, which FFmpeg replaces without notice.

Source: ITU-T H.264, 7.3.2.1.1, 7.3.3 and 7.4.3.
"""

from __future__ import annotations

import re

NAL_UNIT = re.compile(rb'\x00\x00\x01(.)', re.DOTALL)
"""Start of a unit in Annex B format, with the first byte of its header."""

_SLICE, _IDR, _SPS = 1, 5, 7

_PLAIN_PROFILES = (66, 77, 88)  # profiles without the fields of the high profiles
_MAX_FIELDS = 256  # bytes that hold the fields


class FrameNumbers:
    """The numbers of the reference frames of a stream."""

    def __init__(self) -> None:
        self._size = 0
        self._last: int | None = None

    def is_gap_before(self, packet: bytes) -> bool:
        """Return whether a reference frame is missing between a packet and the one before."""
        for start in NAL_UNIT.finditer(packet):
            reference, kind = start[1][0] >> 5 & 3, start[1][0] & 31
            bits = _Bits(packet[start.end() : start.end() + _MAX_FIELDS])
            try:
                if kind == _SPS:
                    self._size = _number_size(bits)
                elif kind in (_SLICE, _IDR) and self._size:
                    bits.skip_golomb(3)
                    number, last = bits.take(self._size), self._last
                    if reference or last is None:
                        self._last = number
                    is_next = last is None or (number - last) % (1 << self._size) in (0, 1)
                    return kind == _SLICE and not is_next
            except ValueError:  # It is cut off.
                return False
        return False


def _number_size(bits: _Bits) -> int:
    """Return the bits of a frame number by a sequence parameter set, 0 if unknown or with gaps."""
    profile = bits.take(8)
    bits.take(16)
    bits.skip_golomb(1)
    if profile not in _PLAIN_PROFILES:
        if bits.golomb() == 3 and bits.take(1):
            return 0  # Each plane of colours has its own slices.
        bits.skip_golomb(2)
        if bits.take(2) & 1:
            return 0  # Scaling lists follow, which few encoders write.
    size, order = 4 + bits.golomb(), bits.golomb()
    if order == 1:
        bits.take(1)
        bits.skip_golomb(2)
    if order < 2:
        bits.skip_golomb(bits.golomb() if order else 1)
    bits.skip_golomb(1)
    has_gaps = bits.take(1)
    return 0 if has_gaps or size > 16 else size


class _Bits:
    """The fields of a unit; reading past the end raises a ValueError."""

    def __init__(self, data: bytes) -> None:
        data = data.replace(b'\0\0\3', b'\0\0')
        self._bits = f'{int.from_bytes(b"1" + data, "big"):b}'[6:]
        self._position = 0

    def take(self, count: int) -> int:
        """Return the number in the next bits."""
        begin, self._position = self._position, self._position + count
        if self._position > len(self._bits):
            raise ValueError
        return int(self._bits[begin : self._position], 2)

    def golomb(self) -> int:
        """Return the next Exp-Golomb number, of a signed one its code."""
        zeros = self._bits.index('1', self._position) - self._position
        self._position += zeros
        return self.take(zeros + 1) - 1

    def skip_golomb(self, count: int) -> None:
        """Skip some Exp-Golomb numbers."""
        for _ in range(count):
            self.golomb()
