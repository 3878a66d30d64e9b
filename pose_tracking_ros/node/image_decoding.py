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

"""Read the pixels of a sensor_msgs/Image, whatever its encoding, padding and byte order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from sensor_msgs.msg import Image


class ImageDecodingError(ValueError):
    """An image message does not hold what it says, or is of an encoding that has no colours."""


@dataclass(frozen=True)
class _Encoding:
    """
    How the pixels of an encoding are stored.

    :param channels: values per pixel in memory
    :param to_rgb: makes uint8 (H, W, channels) RGB; views what it can, copies what it must
    :param dtype: type of a value; wider ones are scaled to 8 bits first
    """

    channels: int
    to_rgb: Callable[[np.ndarray], np.ndarray]
    dtype: type = np.uint8


def _convert(code: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda pixels: cv2.cvtColor(pixels, code)


_RGB = _Encoding(3, lambda pixels: pixels)
_BGR = _Encoding(3, lambda pixels: pixels[:, :, ::-1])
_RGBA = _Encoding(4, lambda pixels: pixels[:, :, :3])
_BGRA = _Encoding(4, lambda pixels: pixels[:, :, 2::-1])
_MONO = _Encoding(1, _convert(cv2.COLOR_GRAY2RGB))
_UYVY = _Encoding(2, _convert(cv2.COLOR_YUV2RGB_UYVY))
_YUYV = _Encoding(2, _convert(cv2.COLOR_YUV2RGB_YUYV))

_ENCODINGS_8_BIT = {
    'rgb8': _RGB,
    'bgr8': _BGR,
    'rgba8': _RGBA,
    'bgra8': _BGRA,
    'mono8': _MONO,
    'bayer_rggb8': _Encoding(1, _convert(cv2.COLOR_BayerRGGB2RGB)),
    'bayer_bggr8': _Encoding(1, _convert(cv2.COLOR_BayerBGGR2RGB)),
    'bayer_gbrg8': _Encoding(1, _convert(cv2.COLOR_BayerGBRG2RGB)),
    'bayer_grbg8': _Encoding(1, _convert(cv2.COLOR_BayerGRBG2RGB)),
}

_ENCODINGS = {
    **_ENCODINGS_8_BIT,
    **{
        f'{name[:-1]}16': _Encoding(encoding.channels, encoding.to_rgb, np.uint16)
        for name, encoding in _ENCODINGS_8_BIT.items()
    },
    # ROS names the same two layouts twice.
    'yuv422': _UYVY,
    'uyvy': _UYVY,
    'yuv422_yuy2': _YUYV,
    'yuyv': _YUYV,
    # Without a word on their colours, these have the order of OpenCV.
    '8UC1': _MONO,
    '8UC3': _BGR,
    '8UC4': _BGRA,
}

ACCEPTED_ENCODINGS = tuple(_ENCODINGS)


def decode_image(message: Image) -> np.ndarray:
    """
    Return the pixels of an image message.

    8-bit colour images are not copied: the result is a view of the message's memory, of reversed
    channels for ``bgr8``.

    :param message: an image of one of :data:`ACCEPTED_ENCODINGS`
    :return: uint8 (height, width, 3) RGB, not to be written to
    :raises ImageDecodingError: when the encoding is another one, or the size, step and data of
        the message contradict each other; says what came and what is accepted
    """
    encoding = _ENCODINGS.get(message.encoding)
    if encoding is None:
        raise ImageDecodingError(
            f'encoding {message.encoding!r} cannot be turned into colours, accepted are '
            + ', '.join(ACCEPTED_ENCODINGS)
        )
    return encoding.to_rgb(_to_8_bit(_stored_pixels(message, encoding)))


def _stored_pixels(message: Image, encoding: _Encoding) -> np.ndarray:
    """Return a view of the pixels as they are stored, without the padding of the rows."""
    height, width, step = message.height, message.width, message.step
    dtype = np.dtype(encoding.dtype).newbyteorder('>' if message.is_bigendian else '<')
    pixel_size = encoding.channels * dtype.itemsize
    came = f'a {width}x{height} {message.encoding} image'
    if not width or not height:
        raise ImageDecodingError(f'{came} has no pixels')
    if encoding in (_UYVY, _YUYV) and width % 2:
        raise ImageDecodingError(f'{came} has an odd width, but two pixels share their colour')
    if step < width * pixel_size:
        raise ImageDecodingError(
            f'{came} has a step of {step} bytes, a row needs at least {width * pixel_size}'
        )
    if len(message.data) != step * height:
        raise ImageDecodingError(
            f'{came} has {len(message.data)} bytes of data, its step of {step} bytes and its '
            f'height ask for {step * height}'
        )
    return np.ndarray(
        shape=(height, width, encoding.channels),
        dtype=dtype,
        buffer=np.frombuffer(message.data, np.uint8),
        strides=(step, pixel_size, dtype.itemsize),
    )


def _to_8_bit(pixels: np.ndarray) -> np.ndarray:
    """Return the pixels as uint8; the full range of a wider type becomes that of uint8."""
    if pixels.dtype == np.uint8:
        return pixels
    native = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder('='))
    return cv2.convertScaleAbs(native, alpha=1 / 257).reshape(pixels.shape)
