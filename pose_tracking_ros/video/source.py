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

"""Frames and their times out of a video file or a camera."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
import time

import cv2
import numpy as np

_FALLBACK_RATE = 30.0
"""Frames per second of a file or a camera that does not tell its own."""


class VideoError(RuntimeError):
    """A video cannot be opened or holds no frame; the message tells the user why."""


@dataclass(frozen=True, eq=False)
class VideoFrame:
    """
    One frame of a video.

    :param index: counts the frames of the video from 0, on through repeats
    :param stamp_ns: time since the first frame in nanoseconds, on through repeats; rises strictly
    :param image: uint8 (H, W, 3) BGR
    """

    index: int
    stamp_ns: int
    image: np.ndarray


class VideoSource:
    """
    A video file, or a camera given by its index, to iterate over once.

    :param video: path of a file, or the index of a camera such as ``0``
    :param repeat: how many times a file is played; after the end it goes on at its beginning. A
        camera has no end and ignores it
    :param max_rate: frames per second at most, evenly out of a faster video; 0 takes all
    :raises VideoError: when there is no such file or camera, or nothing in it can be decoded
    :raises ValueError: when repeat is less than 1 or max_rate less than 0
    """

    def __init__(self, video: str | Path, repeat: int = 1, max_rate: float = 0.0) -> None:
        if repeat < 1:
            raise ValueError(f'repeat is {repeat}, accepted is 1 or more')
        if max_rate < 0:
            raise ValueError(f'max_rate is {max_rate}, accepted is 0 or more')
        self.name = str(video)
        self.is_camera = self.name.isdecimal()
        self.left_out = 0
        self._passes = 1 if self.is_camera else repeat
        self._max_rate = max_rate
        self._capture = _open(self.name, self.is_camera)
        decoded, image = self._capture.read()
        if not decoded:
            self._capture.release()
            raise VideoError(
                f'camera {self.name} gives no image: is another program using it?'
                if self.is_camera
                else f'{self.name} holds no frame that can be decoded'
            )
        told_rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.rate = told_rate if 1 <= told_rate <= 1000 else _FALLBACK_RATE
        self.height, self.width = image.shape[:2]

    @property
    def expected_frames(self) -> int | None:
        """Return how many frames a file says it has, over all repeats; None for a camera."""
        told = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        return None if self.is_camera or told < 1 else told * self._passes

    def __iter__(self) -> Iterator[VideoFrame]:
        """
        Yield the frames; those of a camera come in real time, those of a file at once.

        Counts those that are skipped for the sake of ``max_rate`` in ``left_out``.
        """
        period_ns = round(1e9 / self.rate)
        gap_ns = round(1e9 / self._max_rate) if self._max_rate else 0
        index, stamp_ns, next_ns = 0, -period_ns, 0
        for _ in range(self._passes):
            first_stamp_ns, origin_ns = stamp_ns + period_ns, None
            # The first frame, read to see that there is one, is decoded anew: only then all
            # repeats are alike.
            self._rewind()
            while self._capture.grab():
                position_ns = self._position_ns()
                origin_ns = position_ns if origin_ns is None else origin_ns
                told_ns = first_stamp_ns + position_ns - origin_ns
                # Files without times tell the same one, mostly 0, for every frame.
                stamp_ns = told_ns if told_ns > stamp_ns else stamp_ns + period_ns
                # A tolerance for times that are rounded to milliseconds.
                if gap_ns and stamp_ns < next_ns - period_ns // 4:
                    self.left_out += 1
                else:
                    next_ns = max(next_ns, stamp_ns - gap_ns) + gap_ns
                    image = self._capture.retrieve()[1]
                    yield VideoFrame(index, stamp_ns, image)
                index += 1

    def close(self) -> None:
        """Let the file or the camera go."""
        self._capture.release()

    def __enter__(self) -> VideoSource:
        """Return the source, which is open from the start."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the file or the camera go."""
        self.close()

    def _rewind(self) -> None:
        """Go to the beginning of a file."""
        if not self.is_camera:
            self._capture.release()
            self._capture = _open(self.name, is_camera=False)

    def _position_ns(self) -> int:
        """Return the time of the frame that was read last: a file's own, or now."""
        if self.is_camera:
            return time.monotonic_ns()
        return round(self._capture.get(cv2.CAP_PROP_POS_MSEC) * 1e6)


def _open(name: str, is_camera: bool) -> cv2.VideoCapture:
    """
    Open a video.

    :raises VideoError: when that fails
    """
    if not is_camera and not Path(name).is_file():
        reason = 'is not a file' if Path(name).exists() else 'does not exist'
        raise VideoError(f'{name} {reason}')
    capture = cv2.VideoCapture(int(name) if is_camera else name)
    if not capture.isOpened():
        raise VideoError(
            f'camera {name} cannot be opened: on Linux it is /dev/video{name}'
            if is_camera
            else f'{name} is not a video that OpenCV can decode'
        )
    return capture
