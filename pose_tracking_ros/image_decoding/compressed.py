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

"""The pixels of a sensor_msgs/CompressedImage."""

from __future__ import annotations

import reprlib
from typing import Any

import cv2
import numpy as np

from pose_tracking_ros.image_decoding.error import ImageDecodingError
from pose_tracking_ros.image_decoding.raw import BAYER_ENCODINGS_8_BIT

# Markers of a JPEG. In what is compressed they do not occur.
_JPEG_START, _JPEG_SCAN, _JPEG_END = b'\xff\xd8', b'\xff\xda', b'\xff\xd9'

_PNG_START, _PNG_END = b'\x89PNG', b'IEND'


def decode_compressed_image(message: Any) -> np.ndarray:
    """
    Return the pixels of a compressed image message, as image_transport would give them.

    :param message: a sensor_msgs/CompressedImage that holds a JPEG, PNG or another file that
        OpenCV reads
    :return: uint8 (height, width, 3) RGB, not to be written to
    :raises ImageDecodingError: when the data is cut off or is no image, or no picture of a scene
    """
    encoding, _, file_format = message.format.partition(';')
    content = bytes(memoryview(message.data))
    came = f'a compressed image of format {reprlib.repr(message.format)} and {len(content)} bytes'
    if 'compressedDepth' in message.format:
        raise ImageDecodingError(
            'encoding', f'{came} holds depths, accepted are colours or grey values'
        )
    if _is_cut_off(content):
        raise ImageDecodingError('cut off', f'{came} is cut off')
    # The raw pattern of a sensor travels as if it were grey.
    bayer = BAYER_ENCODINGS_8_BIT.get(encoding.strip())
    decoded = _decode(content, cv2.IMREAD_GRAYSCALE if bayer else cv2.IMREAD_COLOR)
    if decoded is None:
        raise ImageDecodingError(
            'not an image',
            f'{came} cannot be read, accepted are JPEG, PNG and what else OpenCV reads',
        )
    if bayer:
        return bayer.to_rgb(decoded)
    # Some files were written with the channels in the other order, and say so.
    return decoded if 'compressed rgb8' in file_format else decoded[:, :, ::-1]


def _decode(content: bytes, flags: int) -> np.ndarray | None:
    """Return the pixels of a file, None when it cannot be read."""
    if not content:
        return None
    try:
        return cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except cv2.error:
        return None


def _is_cut_off(content: bytes) -> bool:
    """Return whether the end of a file is missing, in place of which OpenCV would read grey."""
    if content.startswith(_JPEG_START):
        return content.rfind(_JPEG_END) < content.rfind(_JPEG_SCAN)
    return content.startswith(_PNG_START) and _PNG_END not in content[-64:]
