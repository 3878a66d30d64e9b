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
from sensor_msgs.msg import CompressedImage, Image

from pose_tracking_ros.image_decoding import (
    decode_compressed_image,
    decode_image,
    ImageDecodingError,
)

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


# How cameras and programs write JPEGs.
JPEG_OPTIONS = {
    'baseline': [],
    'optimized': [cv2.IMWRITE_JPEG_OPTIMIZE, 1],
    'progressive': [cv2.IMWRITE_JPEG_PROGRESSIVE, 1],
    'restarts': [cv2.IMWRITE_JPEG_RST_INTERVAL, 1],
    '4:4:4': [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444],
}

FORMATS = [*((f'.jpg {name}', '.jpg', options) for name, options in JPEG_OPTIONS.items())]
FORMATS += [(extension, extension, []) for extension in ('.png', '.webp', '.tiff', '.bmp')]
ALL_FORMATS = pytest.mark.parametrize(
    ('extension', 'options'),
    [item[1:] for item in FORMATS],
    ids=[item[0] for item in FORMATS],
)

NOISE = cv2.GaussianBlur(
    np.random.default_rng(0).integers(0, 256, (48, 67, 3), np.uint8), (0, 0), 1.0
)


def what_is_left(data: bytes, end: bytes, decoded: np.ndarray) -> bool:
    """Return whether a part of a file is read; what is read is the whole picture."""
    try:
        left = decode_compressed_image(compressed(data + end))
    except ImageDecodingError:
        return False
    np.testing.assert_array_equal(left, decoded)
    return True


@ALL_FORMATS
@given(left=st.floats(0, 1, exclude_max=True))
def test_what_lacks_pixels_is_refused(extension, options, left):
    """Instead of grey where the rest of the picture would have been."""
    data = cv2.imencode(extension, NOISE, options)[1].tobytes()
    whole = decode_compressed_image(compressed(data))
    what_is_left(data[: int(left * len(data))], b'', whole)
    assert not what_is_left(data[: int(left * len(data) * 0.9)], b'', whole)


@pytest.mark.parametrize('options', JPEG_OPTIONS.values(), ids=JPEG_OPTIONS)
@pytest.mark.parametrize('behind', [b'', bytes(1000), b'\xff\xd8\xff\xe0\0\x10JFIF'], ids=len)
def test_a_jpeg_that_is_cut_anywhere_is_read_only_where_nothing_is_missing(options, behind):
    data = cv2.imencode('.jpg', NOISE, [cv2.IMWRITE_JPEG_QUALITY, 30, *options])[1].tobytes()
    whole = decode_compressed_image(compressed(data))
    read = [
        cut
        for cut in range(data.index(b'\xff\xda') + 14, len(data) + 1)
        if what_is_left(data[:cut], behind, whole)
    ]
    # With the end marker, with half of it, and without.
    assert read == [len(data) - 2, len(data) - 1, len(data)]


@pytest.mark.parametrize('options', JPEG_OPTIONS.values(), ids=JPEG_OPTIONS)
@pytest.mark.parametrize('left', [0.5, 1.0])
def test_a_jpeg_without_its_end_marker_prints_no_warning(options, left, capfd):
    data = cv2.imencode('.jpg', NOISE, options)[1].tobytes()
    whole = decode_compressed_image(compressed(data))
    data = data[:-2]
    assert what_is_left(data[: int(left * len(data))], b'', whole) == (left == 1)
    assert capfd.readouterr().err == ''


@pytest.mark.parametrize('options', JPEG_OPTIONS.values(), ids=JPEG_OPTIONS)
@pytest.mark.parametrize('left', [0.5, 0.8])
def test_an_end_marker_behind_what_is_cut_off_changes_nothing(options, left):
    data = cv2.imencode('.jpg', NOISE, options)[1].tobytes()
    cut = data[: int(left * len(data))] + b'\xff\xd9'
    with pytest.raises(ImageDecodingError, match='cut off'):
        decode_compressed_image(compressed(cut))


@ALL_FORMATS
@pytest.mark.parametrize('behind', [bytes(200), bytes(5000), b'any', b'\xff\xd8'], ids=len)
def test_bytes_after_the_end_do_not_matter(extension, options, behind):
    """Cameras fill their buffers."""
    data = cv2.imencode(extension, NOISE, options)[1].tobytes()
    whole = decode_compressed_image(compressed(data))
    np.testing.assert_array_equal(decode_compressed_image(compressed(data + behind)), whole)


@pytest.mark.parametrize('behind', [0, 200])
def test_a_png_without_its_end_is_read(behind):
    data = file_of(PICTURE[:, :, ::-1], '.png')[:-12] + bytes(behind)
    np.testing.assert_array_equal(decode_compressed_image(compressed(data)), PICTURE)


def test_a_grey_corner_is_nothing_missing():
    """The grey that a decoder puts where pixels are missing."""
    grey = np.full((32, 32, 3), 128, np.uint8)
    assert (decode_compressed_image(compressed(file_of(grey, '.jpg'))) == grey).all()


@pytest.mark.parametrize(
    'encoding', ['16UC1', '32FC1', '16SC1', ' 16UC1 ', '64FC3', '16UC3', '16uc1', 'TYPE_16UC1']
)
@pytest.mark.parametrize('rest', ['; png compressed ', '; jpeg compressed bgr8', ';', ''])
def test_depths_are_refused_as_raw_ones_are(encoding, rest):
    data = file_of(PICTURE[:, :, 0].astype(np.uint16), '.png')
    with pytest.raises(ImageDecodingError) as error:
        decode_compressed_image(compressed(data, encoding + rest))
    with pytest.raises(ImageDecodingError) as raw_error:
        decode_image(Image(encoding=encoding.strip(), width=1, height=1, step=1, data=b'0'))
    assert error.value.reason == raw_error.value.reason == 'encoding'
    assert str(error.value) == str(raw_error.value)


@pytest.mark.parametrize(
    ('data', 'image_format', 'reason'),
    [
        (b'', 'jpeg', 'not an image'),
        (b'anything but an image', 'jpeg', 'not an image'),
        (b'anything', '16UC1; compressedDepth png', 'encoding'),
        (b'anything', '; compressedDepth rvl', 'encoding'),
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
