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

"""Image messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from pose_tracking_ros.blazepose import Pose
from pose_tracking_ros.messages.types import MessageTypes


def image_message(types: MessageTypes, header: Any, encoding: str, pixels: np.ndarray) -> Any:
    """
    Return a sensor_msgs/Image.

    :param types: the message types
    :param header: header of the message
    :param encoding: ``bgr8`` or ``mono8``
    :param pixels: uint8 (H, W, 3) or (H, W)
    """
    pixels = np.ascontiguousarray(pixels)
    return types.Image(
        header=header,
        height=pixels.shape[0],
        width=pixels.shape[1],
        encoding=encoding,
        is_bigendian=0,
        step=pixels.strides[0],
        data=types.byte_array(memoryview(pixels).cast('B')),
    )


def compressed_image_message(
    types: MessageTypes, header: Any, bgr: np.ndarray, quality: int
) -> Any:
    """
    Return a sensor_msgs/CompressedImage, as JPEG.

    :param types: the message types
    :param header: header of the message
    :param bgr: uint8 (H, W, 3) BGR
    :param quality: of the JPEG, 1 to 100
    """
    _, data = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return types.CompressedImage(
        header=header,
        # As by image_transport: the encoding of the pixels, and that in the file.
        format='bgr8; jpeg compressed bgr8',
        data=types.byte_array(memoryview(data.ravel())),
    )


def bgr_copy(rgb: np.ndarray) -> np.ndarray:
    """
    Return a contiguous BGR copy.

    :param rgb: uint8 (H, W, 3); a reversed view of a BGR array is copied without conversion
    """
    if rgb.strides[2] < 0:
        return np.array(rgb[:, :, ::-1], order='C')
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)


def mask_pixels(poses: Sequence[Pose], image_size: tuple[int, int]) -> np.ndarray:
    """
    Return the union of the masks of people, in 8 bits.

    :param poses: the people, with or without a mask
    :param image_size: width and height of the image in pixels
    :return: uint8 (H, W), 255 on a person
    """
    masks = [pose.segmentation_mask for pose in poses if pose.segmentation_mask is not None]
    if not masks:
        return np.zeros(image_size[::-1], np.uint8)
    return cv2.convertScaleAbs(masks[0] if len(masks) == 1 else np.max(masks, axis=0), alpha=255)
