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

"""Recordings of any format as streams of stamped images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Any, Protocol

import numpy as np

from pose_tracking_ros.blazepose import CameraModel


class SourceError(ValueError):
    """A recording lacks a requested topic or part; the message lists what it has."""


@dataclass(frozen=True, eq=False)
class StampedImage:
    """
    An image of a recording.

    :param index: number among the analysed images, from 0
    :param stamp_ns: its stamp in nanoseconds
    :param received_ns: its time of recording in nanoseconds
    :param frame_id: the optical frame of its camera, empty if unknown
    :param decode: returns its pixels, uint8 (H, W, 3) RGB, read-only, or raises an
        ImageDecodingError
    :param nbytes: size in memory before decoding
    :param decode_depth: returns its depth image, float32 (H, W) in metres, or raises an
        ImageDecodingError; None if there is none in time
    """

    index: int
    stamp_ns: int
    received_ns: int
    frame_id: str
    decode: Callable[[], np.ndarray]
    nbytes: int = 0
    decode_depth: Callable[[], np.ndarray] | None = None


@dataclass(frozen=True)
class Window:
    """
    The part of a recording to analyse.

    :param start: seconds from the beginning of the recording to the first image
    :param end: seconds from the beginning of the recording to the end of the part
    :param every: step between analysed images
    :raises ValueError: if it cannot contain an image
    """

    start: float = 0.0
    end: float = inf
    every: int = 1

    def __post_init__(self) -> None:
        """Check the values."""
        if not 0 <= self.start < inf:
            raise ValueError(f'start is {self.start}, accepted is 0 or more seconds')
        if not self.end > self.start:
            raise ValueError(f'end is {self.end}, accepted is more than the start, {self.start}')
        if self.every < 1:
            raise ValueError(f'every is {self.every}, accepted is 1 or more')


class ImageSource(Protocol):
    """The images of a recording."""

    name: str
    """Name of the recording in tables."""

    topic: str
    """Topic of the images, empty for a video."""

    camera_info: dict[str, Any] | None
    """The calibration of the camera, None if it is not recorded."""

    camera: CameraModel | None
    """The camera, None if its calibration is missing or invalid."""

    depth_topic: str
    """Topic of the depth images, empty if none is requested."""

    seconds: float | None
    """Approximate duration of a video, None for a bag."""

    def expected_images(self, window: Window) -> int | None:
        """Return the approximate number of images in a window, None if unknown."""

    def images(self, window: Window) -> Iterator[StampedImage]:
        """Yield the images of a window in the order of their recording."""
