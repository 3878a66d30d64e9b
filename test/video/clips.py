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

"""Video files that tests read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import contextmanager
import ctypes
from fractions import Fraction
import os
from pathlib import Path
import struct

import av
import numpy as np

RATE = 25
PERIOD_NS = 1_000_000_000 // RATE

_IN_OPEN = 0x20

BRIGHTNESS_STEP = 15


def grey_images(count: int = 12, width: int = 64, height: int = 48) -> list[np.ndarray]:
    """Return images of which each is brighter than the one before."""
    return [
        np.full((height, width, 3), 20 + BRIGHTNESS_STEP * index, np.uint8)
        for index in range(count)
    ]


def noise_images(count: int = 24, width: int = 96, height: int = 64) -> list[np.ndarray]:
    """Return images that no codec can make small."""
    random = np.random.default_rng(0)
    return list(random.integers(0, 256, (count, height, width, 3), np.uint8))


def numbers(images: Iterable[np.ndarray]) -> list[int]:
    """Return which of the grey images each is."""
    return [round((image.mean() - 20) / BRIGHTNESS_STEP) for image in images]


def write_clip(
    path: Path,
    images: Sequence[np.ndarray],
    codec: str = 'libx264',
    pixel_format: str = 'yuv420p',
    pixel_aspect: Fraction | None = None,
    times: Sequence[int] | None = None,
    container_options: dict[str, str] | None = None,
    container_format: str | None = None,
    **codec_options: str,
) -> Path:
    """
    Write a video.

    :param times: when each image is shown, in milliseconds; by default at the usual rate
    """
    height, width = images[0].shape[:2]
    with av.open(
        str(path), 'w', format=container_format, options=container_options or {}
    ) as file:
        stream = file.add_stream(codec, rate=RATE, options=codec_options)
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        if pixel_aspect is not None:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for index, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, 'bgr24')
            if times is not None:
                frame.pts, frame.time_base = times[index], Fraction(1, 1000)
            else:
                frame.pts, frame.time_base = index, Fraction(1, RATE)
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return path


def turn(path: Path, matrix: Sequence[int]) -> Path:
    """
    Put a display matrix into the header of the track of an .mp4 file.

    :param matrix: a, b, c, d, as in the header
    """
    data = bytearray(path.read_bytes())
    # Behind the type: version and flags, times, track, length, layer and volume.
    place = data.index(b'tkhd') + 44
    a, b, c, d = (value * 65536 for value in matrix)
    struct.pack_into('>9i', data, place, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


class OpenWatch:
    """
    Tells whether a file was opened by anybody.

    :param path: the file
    """

    def __init__(self, path: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = libc.inotify_init1(os.O_NONBLOCK)
        assert libc.inotify_add_watch(self._descriptor, os.fsencode(path), _IN_OPEN) > 0

    def was_opened(self) -> bool:
        """Return whether it was opened since the last time."""
        try:
            return bool(os.read(self._descriptor, 4096))
        except BlockingIOError:
            return False

    def close(self) -> None:
        """End the watch."""
        os.close(self._descriptor)


@contextmanager
def watched(path: Path) -> Iterable[OpenWatch]:
    """Watch a file."""
    watch = OpenWatch(path)
    yield watch
    watch.close()
