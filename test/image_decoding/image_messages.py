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

"""Image messages for the tests."""

from __future__ import annotations

from array import array

import numpy as np
from sensor_msgs.msg import Image


def message(
    pixels: np.ndarray, encoding: str, padding: int = 0, is_bigendian: bool = False
) -> Image:
    """Return an image message of (H, W, C) values, with padding bytes at the end of each row."""
    height, width = pixels.shape[:2]
    stored = pixels.astype(pixels.dtype.newbyteorder('>' if is_bigendian else '<'))
    rows = stored.view(np.uint8).reshape(height, -1)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=77)
    return Image(
        height=height,
        width=width,
        encoding=encoding,
        is_bigendian=int(is_bigendian),
        step=rows.shape[1],
        data=array('B', rows.tobytes()),
    )


def random_pixels(width: int, height: int, channels: int, dtype: type, seed: int) -> np.ndarray:
    values = np.random.default_rng(seed).integers(
        0, np.iinfo(dtype).max, (height, width, channels), endpoint=True
    )
    return values.astype(dtype)


def image_of(width: int, height: int, step: int, size: int, encoding: str = 'bgr8') -> Image:
    """Return an image message that says one thing and holds so many bytes."""
    return Image(width=width, height=height, step=step, encoding=encoding, data=bytes(size))
