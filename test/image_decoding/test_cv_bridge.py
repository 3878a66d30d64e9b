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
Images are read as cv_bridge reads them, that of a distribution or its port on PyPI, where it can.

The port ignores the step and the module shears some of them, so rows have no padding here. The
port cannot turn bayer_grbg8, yuv422 and 16 bits into colours: of the latter, what is stored is
compared.
"""

from __future__ import annotations

import numpy as np
import pytest

from image_decoding.image_messages import message, random_pixels
from pose_tracking_ros.image_decoding import decode_image

cv_bridge = pytest.importorskip('cv_bridge', reason='cv_bridge is not there')

CHANNELS = {
    'rgb8': 3,
    'bgr8': 3,
    'rgba8': 4,
    'bgra8': 4,
    'mono8': 1,
    'bayer_rggb8': 1,
    'bayer_bggr8': 1,
    'bayer_gbrg8': 1,
}

each_size = pytest.mark.parametrize('size', [(64, 48), (10, 6)], ids=str)


@pytest.mark.parametrize('encoding', CHANNELS)
@each_size
def test_8_bits_become_the_same_colours(encoding, size):
    image = message(random_pixels(*size, CHANNELS[encoding], np.uint8, seed=1), encoding)
    expected = cv_bridge.CvBridge().imgmsg_to_cv2(image, 'rgb8')
    np.testing.assert_array_equal(decode_image(image), expected)


@pytest.mark.parametrize(('encoding', 'order'), [('rgb16', [0, 1, 2]), ('bgra16', [2, 1, 0])])
@each_size
def test_16_bits_are_the_same_values_scaled(encoding, order, size):
    image = message(random_pixels(*size, len(encoding) - 2, np.uint16, seed=1), encoding)
    stored = cv_bridge.CvBridge().imgmsg_to_cv2(image, 'passthrough')
    np.testing.assert_array_equal(decode_image(image), np.rint(stored[:, :, order] / 257))
