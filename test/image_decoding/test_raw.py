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

import cv2
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from sensor_msgs.msg import Image

from image_decoding.image_messages import image_of, message, random_pixels
from pose_tracking_ros.image_decoding import (
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
SEMI_PLANAR = ['nv12', 'nv21', 'nv24']

sizes = st.integers(1, 9)


def test_the_tests_know_every_encoding():
    assert {*CHANNEL_ORDERS, *BAYER, *YUV, *SEMI_PLANAR} == set(ACCEPTED_ENCODINGS)


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


def color_by_definition(y: int, u: int, v: int) -> np.ndarray:
    """Return red, green and blue by ITU-R BT.601, limited range."""
    luma = 1.164 * max(y - 16, 0)
    red = luma + 1.596 * (v - 128)
    green = luma - 0.813 * (v - 128) - 0.391 * (u - 128)
    blue = luma + 2.018 * (u - 128)
    return np.clip([red, green, blue], 0, 255)


yuv_colors = st.tuples(st.integers(16, 235), st.integers(16, 240), st.integers(16, 240))


@pytest.mark.parametrize('encoding', YUV)
@given(color=yuv_colors, width=sizes, height=sizes, padding=st.integers(0, 5))
def test_yuv_becomes_the_colour_of_its_definition(encoding, color, width, height, padding):
    """Also of an odd width, whose last colour has no second pixel."""
    y, u, v = color
    layout = (u, y, v, y) if encoding in ('yuv422', 'uyvy') else (y, u, y, v)
    pixels = np.tile(np.array(layout, np.uint8), (height, (width + 1) // 2))
    image = message(pixels.reshape(height, -1, 2), encoding, padding)
    image.width = width
    decoded = decode_image(image)
    assert decoded.shape == (height, width, 3)
    expected = np.broadcast_to(color_by_definition(y, u, v), decoded.shape)
    np.testing.assert_allclose(decoded, expected, atol=1.5)


@pytest.mark.parametrize('encoding', SEMI_PLANAR)
@pytest.mark.parametrize('step', ['with padding', 'without', 'of the whole', 'of two bytes'])
@given(color=yuv_colors, half_width=sizes, half_height=sizes)
def test_planes_become_the_colour_of_their_definition(
    encoding, step, color, half_width, half_height
):
    """Whatever a driver takes for the step, which it does not need where nothing is padded."""
    width, height = 2 * half_width, 2 * half_height
    y, u, v = color
    stride = width + (6 if step == 'with padding' else 0)
    pairs = stride * height // (1 if encoding == 'nv24' else 4)
    chroma = (v, u) if encoding == 'nv21' else (u, v)
    data = bytes([y] * stride * height) + bytes(chroma) * pairs
    said = {
        'with padding': stride,
        'without': width,
        'of the whole': len(data) // height,
        'of two bytes': 2 * width,
    }[step]
    image = Image(width=width, height=height, step=said, encoding=encoding, data=data)
    decoded = decode_image(image)
    assert decoded.shape == (height, width, 3)
    expected = np.broadcast_to(color_by_definition(y, u, v), decoded.shape)
    np.testing.assert_allclose(decoded, expected, atol=1.5)


@pytest.mark.parametrize('encoding', SEMI_PLANAR)
def test_planes_of_a_picture_meet_at_the_right_place(encoding):
    """Four quarters of different colours come back where they were."""
    size = 16
    quarters = np.kron(np.array([[0, 1], [2, 3]]), np.ones((size // 2, size // 2), int))
    y = np.array([60, 120, 180, 230])[quarters]
    u, v = np.array([90, 160, 128, 100])[quarters], np.array([200, 100, 128, 80])[quarters]
    step = 1 if encoding == 'nv24' else 2
    chroma = (v, u) if encoding == 'nv21' else (u, v)
    planes = [y.ravel(), np.stack(chroma, axis=2)[::step, ::step].ravel()]
    data = np.concatenate(planes).astype(np.uint8).tobytes()
    image = Image(width=size, height=size, step=size, encoding=encoding, data=data)
    expected = np.array([color_by_definition(*color) for color in zip(y.flat, u.flat, v.flat)])
    np.testing.assert_allclose(
        decode_image(image), expected.reshape(size, size, 3), atol=1.5
    )


def test_agrees_with_opencv_on_a_picture():
    """A smooth gradient through YUYV comes back almost as it was."""
    rows, columns = np.mgrid[0:64, 0:96]
    picture = np.stack([rows * 3, columns * 2, 200 - rows], axis=2).astype(np.uint8)
    yuv = cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_YUYV)
    assert np.abs(decode_image(message(yuv, 'yuyv')).astype(int) - picture).max() < 8


@pytest.mark.parametrize(
    'encoding', ['', '16UC1', '32FC1', 'RGB8', 'jpeg', 'rgb8; jpeg compressed bgr8']
)
def test_other_encodings_are_refused_with_those_accepted(encoding):
    with pytest.raises(ImageDecodingError) as error:
        decode_image(Image(width=2, height=2, step=2, encoding=encoding, data=bytes(4)))
    assert error.value.reason == 'encoding'
    assert repr(encoding) in str(error.value)
    assert 'bgr8' in str(error.value)


def test_an_endless_encoding_fills_no_log():
    with pytest.raises(ImageDecodingError) as error:
        decode_image(Image(width=2, height=2, step=2, encoding='rgb8' * 10**6, data=bytes(4)))
    assert len(str(error.value)) < 1000


@pytest.mark.parametrize(
    ('image', 'reason', 'message'),
    [
        pytest.param(image_of(0, 0, 0, 0), 'no pixels', '0x0 bgr8 image', id='empty'),
        pytest.param(image_of(4, 0, 12, 0), 'no pixels', '4x0 bgr8 image', id='no rows'),
        pytest.param(image_of(4, 2, 12, 0), 'data size', '0 bytes of data.*24', id='no data'),
        pytest.param(image_of(4, 2, 12, 23), 'data size', '23 bytes of data.*24', id='too short'),
        pytest.param(image_of(4, 2, 14, 25), 'data size', '25 bytes of data.*28', id='cut row'),
        pytest.param(image_of(4, 2, 12, 25), 'data size', '25 bytes of data.*24', id='too long'),
        pytest.param(image_of(4, 2, 11, 22), 'step', 'step of 11 bytes.*12', id='step too short'),
        pytest.param(image_of(4, 2, 0, 24), 'step', 'step of 0 bytes.*12', id='no step'),
        pytest.param(image_of(4, 2, 4, 8, 'mono16'), 'step', '4 bytes.*8', id='16 bit as 8'),
        pytest.param(image_of(3, 2, 6, 12, 'yuyv'), 'step', '6 bytes.*8', id='half a pair'),
        pytest.param(image_of(3, 2, 3, 9, 'nv21'), 'odd size', '3x2 nv21', id='half a square'),
        pytest.param(image_of(4, 2, 4, 11, 'nv21'), 'data size', '11.*12', id='planes cut'),
        pytest.param(image_of(4, 2, 3, 9, 'nv12'), 'step', '3 bytes.*4', id='plane step'),
        pytest.param(image_of(2**32 - 1, 9, 12, 24), 'too large', 'up to 32766', id='absurd'),
    ],
)
def test_contradictions_are_refused_with_their_numbers(image, reason, message):
    with pytest.raises(ImageDecodingError, match=message) as error:
        decode_image(image)
    assert error.value.reason == reason


def test_the_padding_of_the_last_row_may_be_missing():
    pixels = random_pixels(5, 3, 3, np.uint8, 0)
    image = message(pixels, 'rgb8', padding=4)
    image.data = image.data[:-4]
    np.testing.assert_array_equal(decode_image(image), pixels)


@pytest.mark.parametrize('size', [(64, 64), (7680, 4320)], ids=['small', '8K'])
def test_size_does_not_matter(size):
    width, height = size
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[-1, -1] = (1, 2, 3)
    decoded = decode_image(message(pixels, 'bgr8'))
    assert decoded.shape == (height, width, 3)
    assert tuple(decoded[-1, -1]) == (3, 2, 1)


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
