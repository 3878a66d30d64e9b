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

"""The colour of clothes, to identify people who return into view."""

from __future__ import annotations

import cv2
import numpy as np

from pose_tracking_ros.blazepose.skeleton import Skeleton

# Places on the trunk between the shoulders (0) and the hips (1), and from left to right.
_ALONG, _ACROSS = np.meshgrid(np.linspace(0.1, 0.9, 8), np.linspace(0.2, 0.8, 6), indexing='ij')
_WEIGHTS = np.stack(
    [along * across for along in (1 - _ALONG, _ALONG) for across in (1 - _ACROSS, _ACROSS)], -1
).reshape(-1, 4)


def clothes_color(
    image: np.ndarray, landmarks: np.ndarray, skeleton: Skeleton
) -> np.ndarray | None:
    """
    Return the median colours of the upper and the lower half of the trunk.

    :param image: uint8 (H, W, 3) RGB
    :param landmarks: (N, 2): landmarks in pixels
    :param skeleton: of the landmarks
    :return: float64 (6,): Lab values in [0, 255] of both halves; None if the trunk is not
        inside the image
    """
    height, width = image.shape[:2]
    corners = landmarks[[*skeleton.middles['shoulders'], *skeleton.middles['hips']], :2]
    places = (_WEIGHTS @ corners).astype(np.intp)
    inside = ((places >= 0) & (places < (width, height))).all(axis=1)
    if not inside.all():
        return None
    pixels = image[places[:, 1], places[:, 0]]
    colors = cv2.cvtColor(pixels[np.newaxis], cv2.COLOR_RGB2Lab)[0]
    # A sort of few numbers is faster than numpy's median.
    ordered = np.sort(colors.reshape(2, -1, 3), axis=1)
    middle = ordered.shape[1] // 2
    return ordered[:, middle - 1 : middle + 1].mean(axis=1).ravel()
