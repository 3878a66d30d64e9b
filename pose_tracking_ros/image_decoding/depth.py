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
Decoding of depth images (REP-118) to metres, raw or from compressed_depth_image_transport.

A message is any object with the fields of sensor_msgs/Image or sensor_msgs/CompressedImage.
"""

from __future__ import annotations

import reprlib
import struct
from typing import Any

import cv2
import numpy as np

from pose_tracking_ros.image_decoding import png
from pose_tracking_ros.image_decoding.file_size import read_file_size
from pose_tracking_ros.image_decoding.limits import (
    check_size,
    ImageDecodingError,
    MAX_IMAGE_PIXELS,
)
from pose_tracking_ros.image_decoding.packed import PackedEncoding

_MILLIMETRES = PackedEncoding(1, lambda pixels: pixels, np.uint16)
_METRES = PackedEncoding(1, lambda pixels: pixels, np.float32)

_ENCODINGS = {'16UC1': _MILLIMETRES, 'mono16': _MILLIMETRES, '32FC1': _METRES}

DEPTH_ENCODINGS = tuple(_ENCODINGS)
"""16 bits are millimetres, floating point numbers metres."""

# Header of a compressed depth image: a number for the format, and the two constants of the
# quantization of floating point depths to inverse depths.
_HEADER = struct.Struct('<iff')


def decode_depth_image(message: Any, max_pixels: int = MAX_IMAGE_PIXELS) -> np.ndarray:
    """
    Return the metres of a depth image.

    :param message: a sensor_msgs/Image of one of :data:`DEPTH_ENCODINGS`
    :param max_pixels: maximum number of pixels
    :return: float32 (height, width) in metres; unknown depths as in the message: 0, NaN, infinite
    :raises ImageDecodingError: if it is no depth image, too large, or inconsistent
    """
    encoding = _ENCODINGS.get(message.encoding)
    if encoding is None:
        raise _no_depths(f'encoding {reprlib.repr(message.encoding)}')
    width, height = message.width, message.height
    check_size(f'a {width}x{height} {message.encoding} image', width, height, max_pixels)
    return _metres(encoding.stored_pixels(message)[:, :, 0])


def decode_compressed_depth_image(message: Any, max_pixels: int = MAX_IMAGE_PIXELS) -> np.ndarray:
    """
    Return the metres of a depth image compressed as PNG.

    :param message: a sensor_msgs/CompressedImage of the transport ``compressedDepth``
    :param max_pixels: maximum number of pixels, by the header of the file
    :return: as :func:`decode_depth_image`
    :raises ImageDecodingError: if it holds no depths, is too large, cut off or damaged
    """
    encoding, _, kind = (part.strip() for part in message.format.partition(';'))
    content = bytes(memoryview(message.data))
    came = f'a depth image of format {reprlib.repr(message.format)}, {len(content)} bytes'
    if 'compresseddepth' not in kind.lower() or encoding not in _ENCODINGS:
        raise _no_depths(came)
    if 'rvl' in kind.lower():
        raise ImageDecodingError(
            'encoding', f'{came} is compressed as RVL, accepted is PNG: set its format to png'
        )
    if len(content) <= _HEADER.size:
        raise ImageDecodingError('cut off', f'{came} is cut off: it has no pixels')
    _, scale, shift = _HEADER.unpack_from(content)
    file = content[_HEADER.size :]
    size = read_file_size(file) if file.startswith(png.START) else None
    if size is None:
        raise ImageDecodingError('not an image', f'{came} holds no PNG after its header')
    came = f'{came} and {size.width}x{size.height} pixels'
    check_size(came, size.width, size.height, max_pixels)
    whole = png.complete_png(file)
    if whole is None:
        raise ImageDecodingError('cut off', f'{came} is cut off: pixels are missing')
    values = cv2.imdecode(np.frombuffer(whole, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.ndim != 2:
        raise ImageDecodingError('not an image', f'{came} has no values of 16 bits')
    return _from_inverse(values, scale, shift) if encoding == '32FC1' else _metres(values)


def _metres(values: np.ndarray) -> np.ndarray:
    """Convert millimetres of 16 bits, or metres of any byte order, to metres."""
    native = np.ascontiguousarray(values, values.dtype.newbyteorder('='))
    if native.dtype == np.float32:
        return native
    return native.astype(np.float32) * np.float32(1e-3)


def _from_inverse(values: np.ndarray, scale: float, shift: float) -> np.ndarray:
    """
    Return the metres of quantized inverse depths, 0 where unknown.

    Source: compressed_depth_image_transport of image_transport_plugins, ``decodeCompressedDepth``.
    """
    known = values != 0
    inverse = values.astype(np.float32) - np.float32(shift)
    with np.errstate(divide='ignore', invalid='ignore'):
        return np.where(known, np.float32(scale) / inverse, np.float32(0))


def _no_depths(came: str) -> ImageDecodingError:
    return ImageDecodingError(
        'encoding',
        f'{came} holds no depths, accepted are {", ".join(DEPTH_ENCODINGS)}, raw or as '
        'compressedDepth: millimetres in 16 bits or metres in floating point numbers',
    )
