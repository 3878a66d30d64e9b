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

"""Decoding of sensor_msgs/Image."""

from __future__ import annotations

from collections.abc import Callable
import reprlib
from typing import Any

import cv2
import numpy as np

from pose_tracking_ros.image_decoding.limits import (
    check_size,
    ImageDecodingError,
    MAX_IMAGE_PIXELS,
)
from pose_tracking_ros.image_decoding.packed import PackedEncoding
from pose_tracking_ros.image_decoding.semi_planar import SemiPlanarEncoding


def _convert(code: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda pixels: cv2.cvtColor(pixels, code)


_RGB = PackedEncoding(3, lambda pixels: pixels)
_BGR = PackedEncoding(3, lambda pixels: pixels[:, :, ::-1])
_RGBA = PackedEncoding(4, lambda pixels: pixels[:, :, :3])
_BGRA = PackedEncoding(4, lambda pixels: pixels[:, :, 2::-1])
_MONO = PackedEncoding(1, _convert(cv2.COLOR_GRAY2RGB))
_UYVY = PackedEncoding(2, _convert(cv2.COLOR_YUV2RGB_UYVY), pixels_per_color=2)
_YUYV = PackedEncoding(2, _convert(cv2.COLOR_YUV2RGB_YUYV), pixels_per_color=2)

# Patterns of colour filters, from the top left.
BAYER_ENCODINGS_8_BIT = {
    'bayer_rggb8': PackedEncoding(1, _convert(cv2.COLOR_BayerRGGB2RGB)),
    'bayer_bggr8': PackedEncoding(1, _convert(cv2.COLOR_BayerBGGR2RGB)),
    'bayer_gbrg8': PackedEncoding(1, _convert(cv2.COLOR_BayerGBRG2RGB)),
    'bayer_grbg8': PackedEncoding(1, _convert(cv2.COLOR_BayerGRBG2RGB)),
}

_ENCODINGS_8_BIT = {
    'rgb8': _RGB,
    'bgr8': _BGR,
    'rgba8': _RGBA,
    'bgra8': _BGRA,
    'mono8': _MONO,
    **BAYER_ENCODINGS_8_BIT,
}

_ENCODINGS: dict[str, PackedEncoding | SemiPlanarEncoding] = {
    **_ENCODINGS_8_BIT,
    **{
        f'{name[:-1]}16': PackedEncoding(encoding.channels, encoding.to_rgb, np.uint16)
        for name, encoding in _ENCODINGS_8_BIT.items()
    },
    # Two names of ROS for the same layout.
    'yuv422': _UYVY,
    'uyvy': _UYVY,
    'yuv422_yuy2': _YUYV,
    'yuyv': _YUYV,
    'nv12': SemiPlanarEncoding(pixels_per_color=2, blue_first=True),
    'nv21': SemiPlanarEncoding(pixels_per_color=2, blue_first=False),
    'nv24': SemiPlanarEncoding(pixels_per_color=1, blue_first=True),
    # Without a colour order: that of OpenCV.
    '8UC1': _MONO,
    '8UC3': _BGR,
    '8UC4': _BGRA,
}

ACCEPTED_ENCODINGS = tuple(_ENCODINGS)


def decode_image(message: Any, max_pixels: int = MAX_IMAGE_PIXELS) -> np.ndarray:
    """
    Return the pixels of an image message.

    8-bit colour images are not copied: the result is a view of the message, with reversed channels
    for ``bgr8``.

    :param message: a sensor_msgs/Image of one of :data:`ACCEPTED_ENCODINGS`
    :param max_pixels: maximum number of pixels
    :return: uint8 (height, width, 3) RGB, read-only
    :raises ImageDecodingError: if the encoding is another one, the image is too large, or the
        size, step and data of the message contradict each other
    """
    encoding = _ENCODINGS.get(message.encoding)
    if encoding is None:
        raise unknown_encoding(message.encoding)
    width, height = message.width, message.height
    check_size(f'a {width}x{height} {message.encoding} image', width, height, max_pixels)
    return encoding.decode(message)


def unknown_encoding(encoding: str) -> ImageDecodingError:
    """Return the error of an image with an encoding that is not accepted."""
    return ImageDecodingError(
        'encoding',
        f'encoding {reprlib.repr(encoding)} cannot be converted to RGB, '
        f'accepted are {", ".join(ACCEPTED_ENCODINGS)}',
    )
