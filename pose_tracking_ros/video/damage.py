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

"""Signs of damage in a video: errors that FFmpeg raises or only logs, and holes in the data."""

from __future__ import annotations

import logging

import av.error
import av.logging

READ_ERRORS = (av.error.FFmpegError, OSError, ValueError)
"""Errors of PyAV for damaged or unreadable data."""

_REJECT_DAMAGED = (
    'flv1', 'h263', 'h263p', 'hevc', 'mjpeg', 'msmpeg4v1', 'msmpeg4v2', 'msmpeg4v3', 'vc1',
    'wmv1', 'wmv2', 'wmv3',
)  # fmt: skip
"""Codecs whose decoders report some damage only in strict mode, by rejecting a frame."""

_WITHOUT_ZEROS = ('h264', 'hevc', 'vp8', 'vp9', 'av1')
"""Codecs with compressed data without runs of zeros, which H.264 and HEVC even forbid."""

_HOLE = bytes(64)
"""Zeros, as in a part of a file that was never written; whole files had at most 8 in a row."""

_MAX_INT = 2**31 - 1  # the largest number that FFmpeg takes for ``max_pixels``

# Errors are counted and can be captured. None is printed, unless a program adds a handler.
av.logging.set_level(av.logging.ERROR)
av.logging.set_skip_repeated(False)
_LOGGER = logging.getLogger('libav')
_LOGGER.addHandler(logging.NullHandler())
_LOGGER.propagate = False


def logged_errors() -> int:
    """Return the number of errors that FFmpeg has logged in this process, in all threads."""
    return av.logging.get_last_error()[0]


def decoder_options(codec: str, max_pixels: int) -> dict[str, str]:
    """Return the options of a decoder that refuses larger frames before it allocates memory."""
    strict = {'err_detect': 'explode+crccheck+bitstream+buffer'}
    limit = {'max_pixels': str(min(max_pixels, _MAX_INT))}
    return limit | strict if codec in _REJECT_DAMAGED else limit


def has_hole(codec: str, data: bytes) -> bool:
    """Return whether zeros interrupt the data of a packet; some encoders append zeros."""
    return codec in _WITHOUT_ZEROS and _HOLE in data.rstrip(b'\0')
