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

"""Write images with their times to an .mp4 for browsers and players."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import av.container
import cv2
import numpy as np

_TIME_BASE = Fraction(1, 90_000)  # unit of the times in the file, in seconds
_BT709 = 1  # code of ITU-R BT.709 in H.264; without it players guess the colour space
_LIMITED_RANGE = 1  # code of 8-bit luma from 16 to 235, which every player supports

_MIN_SIDE, _MAX_SIDE = 16, 8192
"""Pixels; few players support larger ones than 8192, the encoder none beyond 16384."""


class AnnotatedVideo:
    """
    A writer of an H.264 video, a context manager.

    Frames keep the times of their images, so that a run with dropped frames plays at its true
    speed. An odd size loses its last row or column, because H.264 halves the chroma resolution.
    Frames too large for players, or tiny, are scaled.

    :param path: the .mp4 file to write; an existing one is replaced
    :param rate: frames per second, for the duration of the last frame
    """

    def __init__(self, path: str | Path, rate: float) -> None:
        self._last_duration = max(1, round(1 / (rate * _TIME_BASE)))
        self._container: av.container.OutputContainer = av.open(
            str(path), 'w', options={'movflags': '+faststart'}
        )
        # Without B-frames, packets are in the order of their times.
        self._stream = self._container.add_stream(
            'libx264', options={'preset': 'veryfast', 'crf': '20', 'bf': '0'}
        )
        self._first_stamp_ns: int | None = None
        self._size = (0, 0)
        self._last_time = -1
        self._held: av.Packet | None = None

    def write(self, image: np.ndarray, stamp_ns: int) -> None:
        """
        Append a frame.

        :param image: uint8 (H, W, 3) BGR, of the size of the first one
        :param stamp_ns: its time in nanoseconds, later than the previous one
        :raises ValueError: if the size changes or time does not advance
        """
        size = image.shape[1::-1]
        if self._first_stamp_ns is None:
            self._first_stamp_ns, self._size = stamp_ns, size
            self._configure(*_encoded_size(*size))
        if size != self._size:
            raise ValueError(
                f'the frame has {size[0]} x {size[1]} pixels, the previous ones had '
                f'{self._size[0]} x {self._size[1]}'
            )
        time = round((stamp_ns - self._first_stamp_ns) / 1_000_000_000 / _TIME_BASE)
        if time <= self._last_time:
            raise ValueError(f'the stamp {stamp_ns} ns is not later than the previous one')
        self._last_time = time
        frame = av.VideoFrame.from_ndarray(
            _fitted(image, self._stream.width, self._stream.height), format='bgr24'
        ).reformat(format='yuv420p', dst_colorspace='ITU709', dst_color_range='MPEG')
        frame.pts, frame.time_base = time, _TIME_BASE
        self._mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the file."""
        if self._first_stamp_ns is not None:
            self._mux(self._stream.encode())
            if self._held is not None:
                self._held.duration = self._last_duration
                self._container.mux(self._held)
                self._held = None
        self._container.close()

    def __enter__(self) -> AnnotatedVideo:
        """Return the video."""
        return self

    def __exit__(self, *_: object) -> None:
        """Finish the file."""
        self.close()

    def _configure(self, width: int, height: int) -> None:
        """Configure the encoder for a frame size."""
        context = self._stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, 'yuv420p'
        context.time_base = _TIME_BASE
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = _LIMITED_RANGE

    def _mux(self, packets: list[av.Packet]) -> None:
        """Write each packet once the time of the next one sets its duration."""
        for packet in packets:
            held, self._held = self._held, packet
            if held is not None:
                held.duration = packet.pts - held.pts
                self._container.mux(held)


def _encoded_size(width: int, height: int) -> tuple[int, int]:
    """Return the size for the encoder: even, and supported by players."""
    scale = min(1.0, _MAX_SIDE / max(width, height))
    width, height = (max(_MIN_SIDE, int(side * scale)) for side in (width, height))
    return width - width % 2, height - height % 2


def _fitted(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return an image scaled to a size, or without its last row or column."""
    if image.shape[0] - height in (0, 1) and image.shape[1] - width in (0, 1):
        return np.ascontiguousarray(image[:height, :width])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
