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

"""Image messages with something wrong in them, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable
import random
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np

from pose_tracking_ros.image_decoding import (
    ACCEPTED_ENCODINGS,
    decode_compressed_image,
    decode_image,
    ImageDecodingError,
)

MAX_MEMORY = 1536 * 2**20
"""Bytes that a process may take that decodes such messages."""

_FORMATS = ('jpeg', 'png', 'bgr8; jpeg compressed bgr8', 'rgb8; png compressed rgb8', '', ';')
_FORMATS += ('16UC1; png compressed', 'bayer_rggb8; jpeg compressed', 'h264', 'mono16; png', '\0')
_NUMBERS = (0, 1, 2, 3, 7, 64, 255, 32766, 32767, 65535, 2**24, 2**31 - 1, 2**31, 2**32 - 1)

_FILES: tuple[tuple[str, list[int]], ...] = (
    ('.jpg', []),
    ('.jpg', [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]),
    ('.jpg', [cv2.IMWRITE_JPEG_RST_INTERVAL, 2, cv2.IMWRITE_JPEG_OPTIMIZE, 1]),
    ('.png', []),
    ('.png', [cv2.IMWRITE_PNG_COMPRESSION, 9]),
    ('.webp', [cv2.IMWRITE_WEBP_QUALITY, 60]),
    ('.webp', [cv2.IMWRITE_WEBP_QUALITY, 101]),
    ('.tiff', []),
    ('.bmp', []),
    ('.pam', []),
)


def image_message(seed: int) -> SimpleNamespace:
    """
    Return a message with the fields of sensor_msgs/CompressedImage or sensor_msgs/Image.

    It is mutated once or several times, and whole in rare cases.
    """
    numbers = random.Random(seed)
    return _compressed(numbers) if numbers.random() < 0.7 else _raw(numbers)


def decode(message: Any) -> str:
    """
    Decode a message.

    :return: why it was refused, or ``decoded``
    :raises TypeError: when what was decoded is no image
    """
    decoder = decode_compressed_image if hasattr(message, 'format') else decode_image
    try:
        image = decoder(message)
    except ImageDecodingError as error:
        return error.reason
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise TypeError(f'{image.dtype} {image.shape} is no RGB image')
    return 'decoded'


def _picture(numbers: random.Random) -> np.ndarray:
    """Return pixels of a random size, smooth or noisy, of one or three channels."""
    generator = np.random.default_rng(numbers.randrange(2**32))
    height, width = numbers.randint(1, 80), numbers.randint(1, 80)
    shape = (height, width, 3) if numbers.random() < 0.7 else (height, width)
    picture = generator.integers(0, 256, shape, np.uint8)
    return cv2.GaussianBlur(picture, (0, 0), 3) if numbers.random() < 0.7 else picture


def _compressed(numbers: random.Random) -> SimpleNamespace:
    extension, options = numbers.choice(_FILES)
    picture = _picture(numbers)
    if extension in ('.png', '.tiff') and numbers.random() < 0.2:
        picture = picture.astype(np.uint16) * 257
    data = bytearray(cv2.imencode(extension, picture, options)[1].tobytes())
    for _ in range(numbers.choice((0, 1, 1, 1, 2, 5))):
        numbers.choice(_MUTATIONS)(data, numbers)
    return SimpleNamespace(format=numbers.choice(_FORMATS), data=bytes(data))


def _raw(numbers: random.Random) -> SimpleNamespace:
    """Return a raw image whose fields contradict each other, mostly."""
    height, width, channels = numbers.randint(1, 40), numbers.randint(1, 40), numbers.randint(1, 4)
    message = SimpleNamespace(
        height=height,
        width=width,
        encoding=numbers.choice((*ACCEPTED_ENCODINGS, '16UC1', '32FC1', '', 'rgb', '\0')),
        is_bigendian=numbers.choice((0, 1, 255)),
        step=width * channels + numbers.choice((0, 0, 5)),
        data=b'',
    )
    message.data = numbers.randbytes(message.step * height)
    for _ in range(numbers.choice((0, 1, 2))):
        name = numbers.choice(('height', 'width', 'step', 'data'))
        if name == 'data':
            message.data = message.data[: numbers.randrange(len(message.data) + 1)]
        else:
            setattr(message, name, numbers.choice(_NUMBERS))
    return message


def _flip(data: bytearray, numbers: random.Random) -> None:
    for _ in range(numbers.choice((1, 1, 4, 32))):
        data[numbers.randrange(len(data))] ^= 1 << numbers.randrange(8)


def _cut(data: bytearray, numbers: random.Random) -> None:
    # Never empty: the other mutations need a place.
    del data[numbers.randint(1, len(data)) :]


def _remove(data: bytearray, numbers: random.Random) -> None:
    start = numbers.randrange(len(data))
    del data[max(start, 1) : start + numbers.choice((1, 2, 16, 500))]


def _repeat(data: bytearray, numbers: random.Random) -> None:
    start = numbers.randrange(len(data))
    data[start:start] = data[start : start + numbers.choice((1, 4, 100, 2000))]


def _append(data: bytearray, numbers: random.Random) -> None:
    data += numbers.choice((bytes(200), numbers.randbytes(50), bytes(data), data[:100]))


def _write_number(data: bytearray, numbers: random.Random) -> None:
    """Write a number where lengths and sizes are: mostly in the header."""
    size = numbers.choice((1, 2, 4))
    value = numbers.choice(_NUMBERS) % 256**size
    start = numbers.randrange(len(data) if numbers.random() < 0.3 else min(len(data), 200))
    data[start : start + size] = value.to_bytes(size, numbers.choice(('big', 'little')))


def _wipe(data: bytearray, numbers: random.Random) -> None:
    start = numbers.randrange(len(data))
    end = min(len(data), start + numbers.choice((8, 100)))
    data[start:end] = bytes([numbers.choice((0, 255))]) * (end - start)


_MUTATIONS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip,
    _cut,
    _remove,
    _repeat,
    _append,
    _write_number,
    _write_number,
    _wipe,
)
