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

"""Depth images come back in metres, and what holds no depths is refused."""

from __future__ import annotations

import struct

import cv2
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage

from image_decoding.image_messages import image_of, message
from pose_tracking_ros.image_decoding import (
    decode_compressed_depth_image,
    decode_depth_image,
    ImageDecodingError,
)

sizes = st.integers(1, 9)

# As compressed_depth_image_transport quantizes by default: up to 10 m, and a precision of 100.
DEPTH_MAX, QUANTIZATION = 10.0, 100.0


def millimetres(width: int, height: int, seed: int) -> np.ndarray:
    values = np.random.default_rng(seed).integers(0, 65536, (height, width, 1))
    return values.astype(np.uint16)


def metres(width: int, height: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    values = random.uniform(0.3, 9, (height, width, 1)).astype(np.float32)
    values[random.random(values.shape) < 0.2] = np.nan
    return values


def compressed(values: np.ndarray, encoding: str, kind: str = 'compressedDepth png') -> object:
    """Return a message as compressed_depth_image_transport makes it, of uint16 or float32."""
    scale = shift = 0.0
    stored = values
    if values.dtype == np.float32:
        scale = QUANTIZATION * (QUANTIZATION + 1)
        shift = 1 - scale / DEPTH_MAX
        inverse = scale / np.where(np.isnan(values), 1.0, values) + shift
        stored = np.where(np.isnan(values), 0, inverse).astype(np.uint16)
    data = struct.pack('<iff', 1, scale, shift) + cv2.imencode('.png', stored)[1].tobytes()
    return CompressedImage(format=f'{encoding}; {kind}', data=data)


@pytest.mark.parametrize('encoding', ['16UC1', 'mono16'])
@given(sizes, sizes, st.integers(0, 5), st.booleans(), st.integers(0, 1000))
def test_16_bits_are_millimetres(encoding, width, height, padding, is_bigendian, seed):
    values = millimetres(width, height, seed)
    decoded = decode_depth_image(message(values, encoding, padding, is_bigendian))
    assert decoded.dtype == np.float32
    np.testing.assert_allclose(decoded, values[:, :, 0] / 1000, rtol=1e-6)


@given(sizes, sizes, st.integers(0, 2), st.booleans(), st.integers(0, 1000))
def test_floating_point_numbers_are_metres(width, height, padding, is_bigendian, seed):
    values = metres(width, height, seed)
    decoded = decode_depth_image(message(values, '32FC1', 4 * padding, is_bigendian))
    assert decoded.dtype == np.float32
    np.testing.assert_array_equal(decoded, values[:, :, 0])


@pytest.mark.parametrize('kind', ['compressedDepth png', 'compressedDepth'])
@given(sizes, sizes, st.integers(0, 1000))
def test_compressed_millimetres_come_back(kind, width, height, seed):
    values = millimetres(width, height, seed)
    decoded = decode_compressed_depth_image(compressed(values, '16UC1', kind))
    np.testing.assert_allclose(decoded, values[:, :, 0] / 1000, rtol=1e-6)


@given(sizes, sizes, st.integers(0, 1000))
def test_compressed_metres_come_back_as_exactly_as_they_were_quantized(width, height, seed):
    values = metres(width, height, seed)[:, :, 0]
    decoded = decode_compressed_depth_image(compressed(values, '32FC1'))
    np.testing.assert_array_equal(decoded == 0, np.isnan(values))
    known = decoded != 0
    step = values[known] ** 2 / (QUANTIZATION * (QUANTIZATION + 1))
    assert (np.abs(decoded[known] - values[known]) <= 1.01 * step + 1e-6).all()


PNG = compressed(millimetres(64, 64, 0), '16UC1')


@pytest.mark.parametrize(
    ('wrong', 'reason'),
    [
        pytest.param(image_of(4, 4, 12, 48), 'encoding', id='colours'),
        pytest.param(image_of(4, 4, 7, 28, '16UC1'), 'step', id='step'),
        pytest.param(image_of(4, 4, 16, 63, '32FC1'), 'data size', id='too little'),
        pytest.param(image_of(0, 4, 0, 0, '32FC1'), 'no pixels', id='empty'),
        pytest.param(image_of(9999, 9999, 19998, 9, '16UC1'), 'too large', id='too large'),
    ],
)
def test_what_holds_no_depths_is_refused(wrong, reason):
    with pytest.raises(ImageDecodingError) as raised:
        decode_depth_image(wrong)
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    ('wrong', 'reason'),
    [
        pytest.param({'format': 'bgr8; png compressed bgr8'}, 'encoding', id='colours'),
        pytest.param({'format': '16UC1; compressedDepth rvl'}, 'encoding', id='RVL'),
        pytest.param({'data': bytes(PNG.data)[:12]}, 'cut off', id='header only'),
        pytest.param({'data': bytes(PNG.data)[:-400]}, 'cut off', id='cut off'),
        pytest.param({'data': bytes(PNG.data)[12:]}, 'not an image', id='no header'),
        pytest.param(
            {'data': bytes(12) + cv2.imencode('.png', np.zeros((4, 4), np.uint8))[1].tobytes()},
            'not an image',
            id='8 bits',
        ),
    ],
)
def test_what_is_no_compressed_depth_image_is_refused(wrong, reason):
    fields = {'format': PNG.format, 'data': bytes(PNG.data), **wrong}
    with pytest.raises(ImageDecodingError) as raised:
        decode_compressed_depth_image(CompressedImage(**fields))
    assert raised.value.reason == reason


def test_a_compressed_depth_image_is_refused_by_its_header_when_it_is_too_large():
    with pytest.raises(ImageDecodingError, match='64x64') as raised:
        decode_compressed_depth_image(PNG, max_pixels=1000)
    assert raised.value.reason == 'too large'
