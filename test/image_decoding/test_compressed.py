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

"""Compressed images are read as image_transport reads them; what is cut off is refused."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage

from pose_tracking_ros.image_decoding import decode_compressed_image, ImageDecodingError

ROWS, COLUMNS = np.mgrid[0:48, 0:64]
PICTURE = np.stack([ROWS * 4, COLUMNS * 3, 200 - ROWS], axis=2).astype(np.uint8)  # RGB


def file_of(pixels: np.ndarray, extension: str) -> bytes:
    """Return the file of an image, of which OpenCV takes the channels as blue, green, red."""
    return cv2.imencode(extension, pixels)[1].tobytes()


def compressed(data: bytes, image_format: str = 'jpeg') -> CompressedImage:
    return CompressedImage(format=image_format, data=data)


@pytest.mark.parametrize(
    ('extension', 'image_format', 'error'),
    [
        ('.png', 'png', 0),
        ('.png', 'rgb8; png compressed bgr8', 0),
        ('.jpg', 'jpeg', 8),
        ('.jpg', 'bgr8; jpeg compressed bgr8', 8),
        ('.webp', 'webp', 12),
        ('.png', '', 0),
    ],
)
def test_the_picture_comes_back(extension, image_format, error):
    data = file_of(PICTURE[:, :, ::-1], extension)
    decoded = decode_compressed_image(compressed(data, image_format)).astype(int)
    assert np.abs(decoded - PICTURE).max() <= error


def test_grey_pictures_have_three_equal_channels():
    decoded = decode_compressed_image(compressed(file_of(PICTURE[:, :, 0], '.png')))
    np.testing.assert_array_equal(decoded, np.repeat(PICTURE[:, :, :1], 3, axis=2))


def test_16_bits_are_scaled():
    data = file_of(PICTURE[:, :, 0].astype(np.uint16) * 257, '.png')
    decoded = decode_compressed_image(compressed(data, 'mono16; png compressed mono16'))
    np.testing.assert_array_equal(decoded[:, :, 0], PICTURE[:, :, 0])


def test_channels_that_were_written_in_the_other_order_come_back_right():
    data = file_of(PICTURE, '.png')
    message = compressed(data, 'rgb8; png compressed rgb8')
    np.testing.assert_array_equal(decode_compressed_image(message), PICTURE)


def test_the_pattern_of_a_sensor_becomes_colours():
    tile = np.array([[200, 120], [120, 40]], np.uint8)
    data = file_of(np.tile(tile, (8, 8)), '.png')
    message = compressed(data, 'bayer_rggb8; png compressed bayer_rggb8')
    assert (decode_compressed_image(message) == (200, 120, 40)).all()


def test_any_object_with_the_fields_of_a_message_will_do():
    data = np.frombuffer(file_of(PICTURE[:, :, ::-1], '.png'), np.uint8)
    message = SimpleNamespace(format='png', data=data)
    np.testing.assert_array_equal(decode_compressed_image(message), PICTURE)


@pytest.mark.parametrize('extension', ['.jpg', '.png'])
@pytest.mark.parametrize('left', [0.999, 0.9, 0.5, 0.1], ids=str)
def test_what_is_cut_off_is_refused(extension, left):
    """Instead of grey where the rest of the picture would have been."""
    data = file_of(PICTURE, extension)
    with pytest.raises(ImageDecodingError):
        decode_compressed_image(compressed(data[: int(left * len(data))]))


def test_bytes_after_the_end_do_not_matter():
    """Cameras fill their buffers."""
    data = file_of(PICTURE[:, :, ::-1], '.jpg') + bytes(1000)
    assert decode_compressed_image(compressed(data)).shape == PICTURE.shape


@pytest.mark.parametrize(
    ('data', 'image_format', 'reason'),
    [
        (b'', 'jpeg', 'not an image'),
        (b'anything but an image', 'jpeg', 'not an image'),
        (b'anything', '16UC1; compressedDepth png', 'encoding'),
        (bytes(1000), 'h264', 'not an image'),
    ],
)
def test_what_is_no_picture_is_refused_with_what_came(data, image_format, reason):
    with pytest.raises(ImageDecodingError, match=image_format) as error:
        decode_compressed_image(compressed(data, image_format))
    assert error.value.reason == reason


@given(data=st.binary(max_size=300), start=st.sampled_from([b'', b'\xff\xd8', b'\x89PNG']))
def test_any_bytes_are_decoded_or_refused(data, start):
    try:
        decoded = decode_compressed_image(compressed(start + data))
    except ImageDecodingError:
        return
    assert decoded.ndim == 3
