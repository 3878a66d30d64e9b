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
Erase known people from the input of the models.

They are trained on images of one person. Beside a clear person the detector overlooks others, even
large ones, and mixes the keypoints of people who overlap; the landmark model predicts the person
in front.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pose_tracking_ros.blazepose.geometry import points_to_region
from pose_tracking_ros.blazepose.skeleton import Skeleton

# Width of a limb and radius of a head, in sides of the region of interest. That of a full body is
# about 2.5 m: 0.1 m and 0.16 m. Wider ones would cover people nearby.
_LIMB, _HEAD = 0.04, 0.065

_ERASED = (255,)

# Limit of drawn coordinates and sizes in sides of the image.
_FAR = 100.0


@dataclass(frozen=True, eq=False)
class KnownBody:
    """
    A body that the models are not to find.

    :param skeleton: what the landmarks mean
    :param landmarks: (N, 2): x and y in units of the image width and height
    :param roi: region of interest around the body
    """

    skeleton: Skeleton
    landmarks: np.ndarray
    roi: np.ndarray


def erase_bodies(
    shown: np.ndarray, region: np.ndarray, size: tuple[int, int], bodies: Sequence[KnownBody]
) -> np.ndarray:
    """
    Return the content of a region with bodies filled by the mean colour of the rest.

    :param shown: uint8 (side, side, 3): the content of the region
    :param region: the region
    :param size: width and height of the whole image in pixels
    :param bodies: the bodies to erase
    """
    if not bodies or not region[2] * region[3] > 0:
        return shown
    erased = np.zeros(shown.shape[:2], np.uint8)
    for body in bodies:
        _draw_body(erased, region, size, body)
    if not erased.any():
        return shown
    rest = cv2.mean(shown, cv2.bitwise_not(erased))[:3]
    result = shown.copy()
    result[erased > 0] = np.rint(rest)
    return result


def _draw_body(
    canvas: np.ndarray, region: np.ndarray, size: tuple[int, int], body: KnownBody
) -> None:
    side, skeleton = canvas.shape[0], body.skeleton
    points = points_to_region(body.landmarks, region, size).clip(-_FAR, _FAR) * side
    scale = min(body.roi[2] / region[2], _FAR) * side
    width = max(round(_LIMB * scale), 1)
    places = points.astype(int).tolist()
    for start, end in skeleton.connections:
        cv2.line(canvas, places[start], places[end], _ERASED, width)
    trunk = [*skeleton.middles['shoulders'], *skeleton.middles['hips']]
    cv2.fillConvexPoly(canvas, cv2.convexHull(points[trunk].astype(np.int32)), _ERASED)
    head = points[list(skeleton.face)].mean(axis=0)
    neck = points[list(skeleton.middles['shoulders'])].mean(axis=0)
    cv2.line(canvas, head.astype(int).tolist(), neck.astype(int).tolist(), _ERASED, width)
    radius = max(round(_HEAD * scale), 1)
    cv2.circle(canvas, head.astype(int).tolist(), radius, _ERASED, cv2.FILLED)
