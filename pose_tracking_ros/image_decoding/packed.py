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

"""Encodings with interleaved channels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from pose_tracking_ros.image_decoding.limits import ImageDecodingError


@dataclass(frozen=True)
class PackedEncoding:
    """
    The memory layout of an encoding.

    :param channels: values per pixel in memory
    :param to_rgb: converts uint8 (H, W, channels) to RGB, without a copy if possible
    :param dtype: type of a value; wider ones are scaled to 8 bits first
    :param pixels_per_color: neighbours in a row with the same chroma sample
    """

    channels: int
    to_rgb: Callable[[np.ndarray], np.ndarray]
    dtype: type = np.uint8
    pixels_per_color: int = 1

    def decode(self, message: Any) -> np.ndarray:
        """
        Return the pixels of a message in this encoding as uint8 (height, width, 3) RGB.

        :raises ImageDecodingError: if its size, step and data contradict each other
        """
        return self.to_rgb(_to_8_bit(self.stored_pixels(message)))[:, : message.width]

    def stored_pixels(self, message: Any) -> np.ndarray:
        """
        Return a view of the stored pixels, without the padding of the rows.

        With shared chroma samples, an odd width is rounded up.
        """
        height, width, step = message.height, message.width, message.step
        dtype = np.dtype(self.dtype).newbyteorder('>' if message.is_bigendian else '<')
        pixel_size = self.channels * dtype.itemsize
        columns = width + width % self.pixels_per_color
        row_size = columns * pixel_size
        came = f'a {width}x{height} {message.encoding} image'
        if step < row_size:
            raise ImageDecodingError(
                'step', f'{came} has a step of {step} bytes, a row needs at least {row_size}'
            )
        # The padding of the last row may be missing.
        complete = step * (height - 1) + row_size
        if not complete <= len(message.data) <= step * height:
            raise ImageDecodingError(
                'data size',
                f'{came} has {len(message.data)} bytes of data, its step of {step} bytes and its '
                f'height require {step * height}',
            )
        return np.ndarray(
            shape=(height, columns, self.channels),
            dtype=dtype,
            buffer=np.frombuffer(message.data, np.uint8),
            strides=(step, pixel_size, dtype.itemsize),
        )


def _to_8_bit(pixels: np.ndarray) -> np.ndarray:
    """Return the pixels as uint8; wider types are scaled from their full range."""
    if pixels.dtype == np.uint8:
        return pixels
    native = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder('='))
    return cv2.convertScaleAbs(native, alpha=1 / 257).reshape(pixels.shape)
