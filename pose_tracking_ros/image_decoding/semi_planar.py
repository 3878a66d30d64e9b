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
Encodings with a luma plane followed by a plane of interleaved chroma.

Source: the V4L2 formats of the same names, NV12, NV21 and NV24, that sensor_msgs points to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from pose_tracking_ros.image_decoding.limits import ImageDecodingError

# YUV to RGB: ITU-R BT.601, limited range, with the coefficients of OpenCV. The last column is the
# offset.
_BT601 = np.array([[1.164, 0.0, 1.596], [1.164, -0.391, -0.813], [1.164, 2.018, 0.0]])
_BT601 = np.column_stack([_BT601, _BT601 @ (-16, -128, -128)])


@dataclass(frozen=True)
class SemiPlanarEncoding:
    """
    The layout of the two planes.

    :param pixels_per_color: neighbours in a row and in a column with the same chroma sample
    :param blue_first: whether Cb comes before Cr
    """

    pixels_per_color: int
    blue_first: bool

    def decode(self, message: Any) -> np.ndarray:
        """
        Return the pixels of a message in this encoding as uint8 (height, width, 3) RGB.

        :raises ImageDecodingError: if its size, step and data contradict each other
        """
        brightness, colors = self._planes(message)
        if self.pixels_per_color == 1:
            return cv2.transform(cv2.merge([brightness, *cv2.split(colors)]), _BT601)
        code = cv2.COLOR_YUV2RGB_NV12 if self.blue_first else cv2.COLOR_YUV2RGB_NV21
        return cv2.cvtColorTwoPlane(brightness, colors, code)

    def _planes(self, message: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return views of the planes: (H, W), and (H, W, 2) in units of pixels_per_color."""
        height, width, step = message.height, message.width, message.step
        came = f'a {width}x{height} {message.encoding} image'
        if width % self.pixels_per_color or height % self.pixels_per_color:
            raise ImageDecodingError(
                'odd size', f'{came} has an odd size, but four pixels share their colour'
            )
        data = np.frombuffer(message.data, np.uint8)
        # Drivers disagree on the meaning of step here: ignore it if the data has no padding.
        stride = width if len(data) == self._data_size(width, height) else step
        if stride < width:
            raise ImageDecodingError(
                'step', f'{came} has a step of {step} bytes, a row needs at least {width}'
            )
        if len(data) != self._data_size(stride, height):
            raise ImageDecodingError(
                'data size',
                f'{came} has {len(data)} bytes of data, its step of {step} bytes and its height '
                f'require {self._data_size(stride, height)}',
            )
        rows, columns = height // self.pixels_per_color, width // self.pixels_per_color
        color_stride = 2 * stride // self.pixels_per_color
        below = data[stride * height :].reshape(rows, color_stride)
        return (
            data[: stride * height].reshape(height, stride)[:, :width],
            below[:, : 2 * columns].reshape(rows, columns, 2),
        )

    def _data_size(self, stride: int, height: int) -> int:
        """Return the size of both planes in bytes."""
        return stride * height + 2 * stride * height // self.pixels_per_color**2
