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

"""What an image claims is bounded before it is decoded; bombs take no memory."""

from __future__ import annotations

import json
from pathlib import Path
import struct
import subprocess
import sys
from types import SimpleNamespace
import zlib

import cv2
import numpy as np
import pytest

from pose_tracking_ros.image_decoding import (
    decode_compressed_image,
    decode_image,
    ImageDecodingError,
    MAX_IMAGE_PIXELS,
)

EXTENSIONS = ('.jpg', '.png', '.webp', '.tiff', '.bmp')


def compressed(data: bytes) -> SimpleNamespace:
    return SimpleNamespace(format='', data=data)


def file_of(width: int, height: int, extension: str) -> bytes:
    return cv2.imencode(extension, np.zeros((height, width, 3), np.uint8))[1].tobytes()


def jpeg_that_claims(width: int, height: int) -> bytes:
    data = bytearray(file_of(16, 16, '.jpg'))
    struct.pack_into('>HH', data, data.index(b'\xff\xc0') + 5, height, width)
    return bytes(data)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def png_bomb(width: int, height: int) -> bytes:
    """Return a whole PNG of zeros."""
    compressor = zlib.compressobj(9)
    rows = b''.join(compressor.compress(bytes(3 * width + 1)) for _ in range(height))
    return b''.join(
        [
            b'\x89PNG\r\n\x1a\n',
            _chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)),
            _chunk(b'IDAT', rows + compressor.flush()),
            _chunk(b'IEND', b''),
        ]
    )


def bmp_that_claims(width: int, height: int) -> bytes:
    data = bytearray(file_of(4, 4, '.bmp'))
    struct.pack_into('<ii', data, 18, width, height)
    return bytes(data)


def webp_that_claims(width: int, height: int) -> bytes:
    picture = np.zeros((4, 4, 3), np.uint8)
    data = bytearray(cv2.imencode('.webp', picture, [cv2.IMWRITE_WEBP_QUALITY, 60])[1].tobytes())
    struct.pack_into('<HH', data, data.index(b'\x9d\x01\x2a') + 3, width, height)
    return bytes(data)


def tiff(entries: list[tuple[int, int]], order: str = '<', is_big: bool = False) -> bytes:
    """Return the header of a TIFF with tags of one LONG each."""
    start = b'II' if order == '<' else b'MM'
    if is_big:
        head = start + struct.pack(f'{order}HHHQQ', 43, 8, 0, 16, len(entries))
        body = b''.join(struct.pack(f'{order}HHQIxxxx', tag, 4, 1, v) for tag, v in entries)
    else:
        head = start + struct.pack(f'{order}HIH', 42, 8, len(entries))
        body = b''.join(struct.pack(f'{order}HHII', tag, 4, 1, v) for tag, v in entries)
    return head + body + bytes(64)


BOMBS = {
    'jpeg': jpeg_that_claims(30000, 30000),
    'png': png_bomb(30000, 3000),
    'bmp': bmp_that_claims(30000, 30000),
    'bmp upside down': bmp_that_claims(30000, -30000),
    'webp': webp_that_claims(16383, 16383),
    'webp without loss': b'RIFF\0\1\0\0WEBPVP8L\0\1\0\0\x2f' + b'\xff' * 256,
    'webp canvas': b'RIFF\0\1\0\0WEBPVP8X\x0a\0\0\0' + bytes(4) + b'\xff\x7e\0' * 2 + bytes(99),
    **{
        f'tiff {order}{"big" * is_big}': tiff([(256, 30000), (257, 30000)], order, is_big)
        for order in '<>'
        for is_big in (False, True)
    },
    'tiff tiles': tiff([(256, 16), (257, 16), (322, 30000), (323, 30000)]),
}

_DECODE = """
import json, resource, sys
from types import SimpleNamespace
from pose_tracking_ros.image_decoding import decode_compressed_image, ImageDecodingError
resource.setrlimit(resource.RLIMIT_DATA, (1536 * 2**20,) * 2)
try:
    decode_compressed_image(SimpleNamespace(format='', data=open(sys.argv[1], 'rb').read()))
except ImageDecodingError as error:
    # ru_maxrss would include the memory of the process that started this one.
    status = dict(line.split(':', 1) for line in open('/proc/self/status'))
    peak = int(status['VmHWM'].split()[0]) * 1024
    print(json.dumps([error.reason, str(error), peak]))
"""


@pytest.mark.parametrize('name', BOMBS)
def test_a_bomb_is_refused_by_its_header(tmp_path: Path, name: str) -> None:
    path = tmp_path / 'bomb'
    path.write_bytes(BOMBS[name])
    done = subprocess.run(
        [sys.executable, '-c', _DECODE, path], capture_output=True, text=True, check=True
    )
    reason, message, peak = json.loads(done.stdout)
    assert reason == 'too large'
    assert 'accepted are' in message
    assert peak < 300 * 2**20


@pytest.mark.parametrize('extension', EXTENSIONS)
def test_the_limit_is_the_last_size_that_is_decoded(extension: str) -> None:
    data = file_of(40, 30, extension)
    assert decode_compressed_image(compressed(data), 40 * 30).shape == (30, 40, 3)
    with pytest.raises(ImageDecodingError, match=r'40x30 pixels.* has 1200 pixels.* 1199'):
        decode_compressed_image(compressed(data), 40 * 30 - 1)


def test_the_limit_holds_for_raw_images() -> None:
    image = SimpleNamespace(
        width=40, height=30, step=40, encoding='mono8', is_bigendian=0, data=bytes(1200)
    )
    assert decode_image(image, 1200).shape == (30, 40, 3)
    with pytest.raises(ImageDecodingError, match='accepted are up to 1199') as error:
        decode_image(image, 1199)
    assert error.value.reason == 'too large'


def test_images_of_8k_are_fine() -> None:
    assert MAX_IMAGE_PIXELS >= 7680 * 4320
    assert decode_compressed_image(compressed(file_of(7680, 4320, '.jpg'))).shape[1] == 7680


@pytest.mark.parametrize(('width', 'height'), [(32767, 2), (2, 33000)])
@pytest.mark.parametrize('extension', ['.jpg', '.png', '.tiff', '.bmp'])
def test_sides_that_cannot_be_cut_out_are_refused(extension: str, width: int, height: int) -> None:
    with pytest.raises(ImageDecodingError, match='sides up to 32766') as error:
        decode_compressed_image(compressed(file_of(width, height, extension)))
    assert error.value.reason == 'too large'


def test_sides_up_to_the_limit_are_decoded() -> None:
    assert decode_compressed_image(compressed(file_of(32766, 2, '.png'))).shape == (2, 32766, 3)


def test_formats_of_which_the_size_is_not_known_before_are_refused() -> None:
    data = file_of(64, 64, '.jp2')
    with pytest.raises(ImageDecodingError, match='JPEG, PNG, WebP, TIFF and BMP'):
        decode_compressed_image(compressed(data))


def test_values_that_are_no_brightness_are_refused() -> None:
    data = cv2.imencode('.tiff', np.zeros((8, 8), np.float32))[1].tobytes()
    with pytest.raises(ImageDecodingError, match='values of 32 bits') as error:
        decode_compressed_image(compressed(data))
    assert error.value.reason == 'encoding'
