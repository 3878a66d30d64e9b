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

"""Pixels come back from their messages, and masks are white on the person."""

from __future__ import annotations

from array import array

from builtin_interfaces.msg import Time
import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from messages.pose_samples import random_pose
from pose_tracking_ros.image_decoding import decode_compressed_image, decode_image
from pose_tracking_ros.messages import (
    bgr_copy,
    compressed_image_message,
    image_message,
    mask_pixels,
)
from pose_tracking_ros.node.message_types import MESSAGE_TYPES

HEADER = Header(stamp=Time(sec=12, nanosec=345), frame_id='camera')
RANDOM = np.random.default_rng(0)


def through_the_wire(message: object) -> object:
    return deserialize_message(serialize_message(message), type(message))


@pytest.mark.parametrize('shape', [(5, 7, 3), (1, 1, 3), (480, 640, 3)], ids=str)
def test_an_image_message_holds_its_pixels(shape):
    pixels = RANDOM.integers(0, 256, shape, np.uint8)
    message = image_message(MESSAGE_TYPES, HEADER, 'bgr8', pixels)
    np.testing.assert_array_equal(decode_image(through_the_wire(message)), pixels[:, :, ::-1])
    assert message.header == HEADER
    assert isinstance(message.data, array)


@pytest.mark.parametrize(
    'view',
    [
        pytest.param(np.s_[:, :, :], id='contiguous'),
        pytest.param(np.s_[:, :, ::-1], id='reversed channels'),
        pytest.param(np.s_[::2, 1:, :], id='part'),
    ],
)
def test_any_view_becomes_an_image_message_and_a_bgr_copy(view):
    pixels = RANDOM.integers(0, 256, (6, 9, 3), np.uint8)[view]
    message = image_message(MESSAGE_TYPES, HEADER, 'rgb8', pixels)
    np.testing.assert_array_equal(decode_image(message), pixels)
    copy = bgr_copy(pixels)
    np.testing.assert_array_equal(copy, pixels[:, :, ::-1])
    assert copy.flags.c_contiguous
    assert not np.shares_memory(copy, pixels)


@pytest.mark.parametrize(('quality', 'error'), [(95, 4), (30, 20)])
def test_a_compressed_image_message_looks_like_its_pixels(quality, error):
    rows, columns = np.mgrid[0:64, 0:96]
    picture = np.stack([rows * 3, columns * 2, 200 - rows], axis=2).astype(np.uint8)
    message = compressed_image_message(MESSAGE_TYPES, HEADER, picture, quality)
    decoded = decode_compressed_image(through_the_wire(message)).astype(int)
    assert np.abs(decoded[:, :, ::-1] - picture).mean() < error
    assert message.header == HEADER
    assert message.format == 'bgr8; jpeg compressed bgr8'


def test_the_mask_is_white_on_the_person():
    mask = np.float32([[0, 0.5, 1], [0.2, 0.998, 0.001]])
    pixels = mask_pixels([random_pose(mask=mask)], (3, 2))
    np.testing.assert_array_equal(pixels, np.rint(mask * 255))
    message = image_message(MESSAGE_TYPES, HEADER, 'mono8', pixels)
    assert (message.width, message.height, message.step) == (3, 2, 3)
    assert isinstance(through_the_wire(message), Image)


def test_the_masks_of_several_people_are_united():
    masks = [np.float32([[0, 0.5, 1]]), np.float32([[0.2, 0.4, 0]])]
    pixels = mask_pixels([random_pose(mask=mask) for mask in masks], (3, 1))
    np.testing.assert_array_equal(pixels, np.rint(np.max(masks, axis=0) * 255))


@pytest.mark.parametrize('poses', [[], [random_pose()]], ids=['nobody', 'no mask'])
def test_the_mask_is_black_without_a_person(poses):
    pixels = mask_pixels(poses, (3, 2))
    assert pixels.shape == (2, 3)
    assert not pixels.any()
