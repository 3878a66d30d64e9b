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

"""Decoding of sensor_msgs/CompressedImage."""

from __future__ import annotations

from functools import partial
import re
import reprlib
from typing import Any

import cv2
import numpy as np

from pose_tracking_ros.image_decoding import jpeg, png
from pose_tracking_ros.image_decoding.file_size import ACCEPTED_FILES, read_file_size
from pose_tracking_ros.image_decoding.limits import (
    check_size,
    ImageDecodingError,
    MAX_IMAGE_PIXELS,
)
from pose_tracking_ros.image_decoding.raw import (
    ACCEPTED_ENCODINGS,
    BAYER_ENCODINGS_8_BIT,
    unknown_encoding,
)

# Encodings without a colour order, such as those of depth images.
_PLAIN_ENCODING = re.compile(r'(8|16|32|64)[USF]C\d+')

# Wider values are numbers, not brightness, and take several times the memory.
_MAX_BITS = 16


def decode_compressed_image(message: Any, max_pixels: int = MAX_IMAGE_PIXELS) -> np.ndarray:
    """
    Return the pixels of a compressed image message, as image_transport would decode them.

    :param message: a sensor_msgs/CompressedImage with a JPEG, PNG, WebP, TIFF or BMP
    :param max_pixels: maximum number of pixels, by the header of the file
    :return: uint8 (height, width, 3) RGB, read-only
    :raises ImageDecodingError: if the data is cut off, too large, not an image, or a depth image
    """
    encoding, _, file_format = message.format.partition(';')
    encoding = encoding.strip()
    content = bytes(memoryview(message.data))
    came = f'a compressed image of format {reprlib.repr(message.format)}, {len(content)} bytes'
    _check_encoding(came, message.format, encoding)
    size = read_file_size(content)
    if size is None:
        raise ImageDecodingError(
            'not an image', f'{came} cannot be read, accepted are {ACCEPTED_FILES}'
        )
    came = f'{came} and {size.width}x{size.height} pixels'
    check_size(came, size.width, size.height, max_pixels)
    if size.bits > _MAX_BITS:
        raise ImageDecodingError(
            'encoding', f'{came} has values of {size.bits} bits, accepted are {_MAX_BITS}'
        )
    # A Bayer pattern is compressed as a grey image.
    bayer = BAYER_ENCODINGS_8_BIT.get(encoding)
    decoded = _decode(came, content, cv2.IMREAD_GRAYSCALE if bayer else cv2.IMREAD_COLOR)
    if bayer:
        return bayer.to_rgb(decoded)
    # The format says if the file was written with the channels in the other order.
    return decoded if 'compressed rgb8' in file_format else decoded[:, :, ::-1]


def _check_encoding(came: str, message_format: str, encoding: str) -> None:
    """Check that a format is not one of depth images; raise an ImageDecodingError if it is."""
    if 'compresseddepth' in message_format.lower():
        raise ImageDecodingError(
            'encoding', f'{came} holds depths, accepted are colours or grey values'
        )
    plain = encoding.upper().removeprefix('TYPE_')
    if _PLAIN_ENCODING.fullmatch(plain) and plain not in ACCEPTED_ENCODINGS:
        raise unknown_encoding(encoding)


def _decode(came: str, content: bytes, flags: int) -> np.ndarray:
    """Return the pixels of a file of a checked size; raise an ImageDecodingError if some lack."""
    read, is_cut_off = partial(_read, flags=flags), False
    if content.startswith(jpeg.START):
        decoded, is_cut_off = jpeg.decode_jpeg(content, read)
    else:
        if content.startswith(png.START):
            content = png.complete_png(content)
        is_cut_off = content is None
        decoded = None if is_cut_off else read(content)
    if is_cut_off:
        raise ImageDecodingError('cut off', f'{came} is cut off: pixels are missing')
    if decoded is None:
        raise ImageDecodingError(
            'not an image', f'{came} cannot be decoded, it is damaged or cut off'
        )
    return decoded


def _read(content: bytes, flags: int) -> np.ndarray | None:
    """Return the pixels of a file, None if it cannot be decoded."""
    try:
        return cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except cv2.error:
        return None
