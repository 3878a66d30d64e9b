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

"""Thumbnails for the report."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from pose_tracking_ros.blazepose import Pose
from pose_tracking_ros.drawing import PoseAnnotator

_MAX_HEIGHT, _MAX_WIDTH = 216, 288
_QUALITY = 72

_WANTED = 96
_STEP_WITHOUT_END = 15
"""Interval of thumbnails in images, if the number of images is unknown."""

_ANNOTATOR = PoseAnnotator(color_order='bgr')


def thumbnail_step(expected_images: int | None) -> int:
    """Return the interval of thumbnails in images."""
    if expected_images is None:
        return _STEP_WITHOUT_END
    return max(1, -(-expected_images // _WANTED))


def thumbnail(rgb: np.ndarray, poses: Sequence[Pose]) -> bytes:
    """
    Return a small annotated image as JPEG.

    :param rgb: uint8 (H, W, 3), not written to
    :param poses: the people in it
    """
    height, width = rgb.shape[:2]
    scale = min(1.0, _MAX_HEIGHT / height, _MAX_WIDTH / width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # Undo a view with reversed channels, which OpenCV would copy.
    is_view = rgb.strides[2] < 0
    small = cv2.resize(rgb[:, :, ::-1] if is_view else rgb, size, interpolation=cv2.INTER_AREA)
    bgr = small if is_view else np.ascontiguousarray(small[:, :, ::-1])
    picture = _ANNOTATOR.annotate(bgr, poses)
    _, data = cv2.imencode('.jpg', picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return data.tobytes()
