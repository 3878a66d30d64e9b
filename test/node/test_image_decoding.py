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

"""Every accepted encoding gives the right colours, and what cannot be right is refused."""

from __future__ import annotations

from array import array

import cv2
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from sensor_msgs.msg import Image

from pose_tracking_ros.node.image_decoding import (
    ACCEPTED_ENCODINGS,
    decode_image,
    ImageDecodingError,
)

CHANNEL_ORDERS = {
    'rgb8': 'rgb',
    'bgr8': 'bgr',
    'rgba8': 'rgba',
    'bgra8': 'bgra',
    'mono8': 'y',
    '8UC1': 'y',
    '8UC3': 'bgr',
    '8UC4': 'bgra',
    'rgb16': 'rgb',
    'bgr16': 'bgr',
    'rgba16': 'rgba',
    'bgra16': 'bgra',
    'mono16': 'y',
}
BAYER = [name for name in ACCEPTED_ENCODINGS if name.startswith('bayer')]
YUV = ['yuv422', 'uyvy', 'yuv422_yuy2', 'yuyv']

sizes = st.integers(1, 9)


def message(
    pixels: np.ndarray, encoding: str, padding: int = 0, is_bigendian: bool = False
) -> Image:
    """Return an image message of (H, W, C) values, with padding bytes at the end of each row."""
    height, width = pixels.shape[:2]
    stored = pixels.astype(pixels.dtype.newbyteorder('>' if is_bigendian else '<'))
    rows = stored.view(np.uint8).reshape(height, -1)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=77)
    return Image(
        height=height,
        width=width,
        encoding=encoding,
        is_bigendian=int(is_bigendian),
        step=rows.shape[1],
        data=array('B', rows.tobytes()),
    )


def random_pixels(width: int, height: int, channels: int, dtype: type, seed: int) -> np.ndarray:
    values = np.random.default_rng(seed).integers(
        0, np.iinfo(dtype).max, (height, width, channels), endpoint=True
    )
    return values.astype(dtype)


def test_the_tests_know_every_encoding():
    assert {*CHANNEL_ORDERS, *BAYER, *YUV} == set(ACCEPTED_ENCODINGS)


@pytest.mark.parametrize('encoding', CHANNEL_ORDERS)
@given(
    width=sizes,
    height=sizes,
    padding=st.integers(0, 5),
    is_bigendian=st.booleans(),
    data=st.data(),
)
def test_channels_are_found_by_name(encoding, width, height, padding, is_bigendian, data):
    order = CHANNEL_ORDERS[encoding]
    dtype = np.uint16 if encoding.endswith('16') else np.uint8
    pixels = random_pixels(width, height, len(order), dtype, data.draw(st.integers(0, 1000)))
    decoded = decode_image(message(pixels, encoding, padding, is_bigendian))
    assert decoded.shape == (height, width, 3)
    assert decoded.dtype == np.uint8
    for channel, name in enumerate('rgb'):
        stored = pixels[:, :, order.index('y' if order == 'y' else name)]
        expected = stored if dtype == np.uint8 else np.rint(stored / 257)
        np.testing.assert_array_equal(decoded[:, :, channel], expected)


@pytest.mark.parametrize('encoding', ['rgb8', 'bgr8', 'rgba8', 'bgra8', '8UC3', '8UC4'])
@pytest.mark.parametrize('padding', [0, 7])
def test_8_bit_colours_are_not_copied(encoding, padding):
    pixels = random_pixels(6, 4, len(CHANNEL_ORDERS[encoding]), np.uint8, 0)
    image = message(pixels, encoding, padding)
    assert np.shares_memory(decode_image(image), np.frombuffer(image.data, np.uint8))


@pytest.mark.parametrize('encoding', BAYER)
@pytest.mark.parametrize('size', [(16, 12), (15, 11), (2, 2), (5, 3)], ids=str)
@pytest.mark.parametrize('padding', [0, 3])
def test_bayer_pattern_shows_the_colour_that_it_sampled(encoding, size, padding):
    """A scene of one colour, sampled by the pattern in the name, comes back in that colour."""
    width, height = size
    color = {'r': 200, 'g': 120, 'b': 40}
    pattern = encoding[len('bayer_') : len('bayer_') + 4]
    wide = encoding.endswith('16')
    tile = np.array([color[letter] for letter in pattern]).reshape(2, 2) * (257 if wide else 1)
    mosaic = np.tile(tile, (height, width))[:height, :width, np.newaxis]
    image = message(mosaic.astype(np.uint16 if wide else np.uint8), encoding, padding)
    decoded = decode_image(image)
    assert decoded.shape == (height, width, 3)
    if min(size) > 2:  # a smaller one has no pixel with all its neighbours
        assert (decoded == tuple(color.values())).all()


@pytest.mark.parametrize('encoding', YUV)
@given(color=st.tuples(*[st.integers(0, 255)] * 3), half_width=sizes, height=sizes)
def test_yuv_becomes_the_colour_of_its_definition(encoding, color, half_width, height):
    """ITU-R BT.601, limited range, computed here from its definition."""
    y, u, v = color
    layout = (u, y, v, y) if encoding in ('yuv422', 'uyvy') else (y, u, y, v)
    pixels = np.tile(np.array(layout, np.uint8), (height, half_width)).reshape(height, -1, 2)
    decoded = decode_image(message(pixels, encoding, padding=2)).astype(int)
    luma = 1.164 * max(y - 16, 0)
    red = luma + 1.596 * (v - 128)
    green = luma - 0.813 * (v - 128) - 0.391 * (u - 128)
    blue = luma + 2.018 * (u - 128)
    assert decoded.shape == (height, 2 * half_width, 3)
    np.testing.assert_allclose(
        decoded, np.broadcast_to(np.clip([red, green, blue], 0, 255), decoded.shape), atol=1.5
    )


def test_agrees_with_opencv_on_a_picture():
    """A smooth gradient through YUYV comes back almost as it was."""
    rows, columns = np.mgrid[0:64, 0:96]
    picture = np.stack([rows * 3, columns * 2, 200 - rows], axis=2).astype(np.uint8)
    yuv = cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_YUYV)
    assert np.abs(decode_image(message(yuv, 'yuyv')).astype(int) - picture).max() < 8


@pytest.mark.parametrize(
    'encoding', ['', '16UC1', '32FC1', 'nv21', 'RGB8', 'jpeg', 'rgb8; jpeg compressed bgr8']
)
def test_other_encodings_are_refused_with_those_accepted(encoding):
    with pytest.raises(ImageDecodingError) as error:
        decode_image(Image(width=2, height=2, step=2, encoding=encoding, data=bytes(4)))
    assert repr(encoding) in str(error.value)
    assert 'bgr8' in str(error.value)


def image_of(width: int, height: int, step: int, size: int, encoding: str = 'bgr8') -> Image:
    return Image(width=width, height=height, step=step, encoding=encoding, data=bytes(size))


@pytest.mark.parametrize(
    ('image', 'reason'),
    [
        pytest.param(image_of(0, 0, 0, 0), '0x0 bgr8 image has no pixels', id='empty'),
        pytest.param(image_of(4, 0, 12, 0), '4x0 bgr8 image has no pixels', id='no rows'),
        pytest.param(image_of(4, 2, 12, 0), '0 bytes of data.*24', id='no data'),
        pytest.param(image_of(4, 2, 12, 23), '23 bytes of data.*24', id='data too short'),
        pytest.param(image_of(4, 2, 12, 25), '25 bytes of data.*24', id='data too long'),
        pytest.param(image_of(4, 2, 11, 22), 'step of 11 bytes.*12', id='step too short'),
        pytest.param(image_of(4, 2, 0, 24), 'step of 0 bytes.*12', id='no step'),
        pytest.param(image_of(4, 2, 4, 8, 'mono16'), 'step of 4 bytes.*8', id='16 bit as 8'),
        pytest.param(image_of(3, 2, 6, 12, 'yuyv'), 'odd width', id='half a pair'),
        pytest.param(image_of(2**32 - 1, 2**32 - 1, 12, 24), 'step of 12', id='absurd size'),
    ],
)
def test_contradictions_are_refused_with_their_numbers(image, reason):
    with pytest.raises(ImageDecodingError, match=reason):
        decode_image(image)


@given(
    width=st.integers(0, 6),
    height=st.integers(0, 6),
    step=st.integers(0, 40),
    size=st.integers(0, 200),
    encoding=st.sampled_from([*ACCEPTED_ENCODINGS, 'nonsense']),
)
def test_any_message_is_decoded_or_refused(width, height, step, size, encoding):
    try:
        decoded = decode_image(image_of(width, height, step, size, encoding))
    except ImageDecodingError:
        return
    assert decoded.shape == (height, width, 3)
