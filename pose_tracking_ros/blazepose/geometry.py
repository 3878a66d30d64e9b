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
Regions of an image, as pure functions.

A region of interest (``roi``) is a float64 array of five numbers: centre x and y, width and height
in units of the image width and height, and a clockwise rotation in radians. Sizes of images are
``(width, height)`` in pixels. Source of the methods: the calculators AlignmentPointsRects,
RectTransformation, ImageToTensor, LandmarkProjection and WorldLandmarkProjection of MediaPipe.
"""

from __future__ import annotations

from math import atan2, cos, floor, hypot, pi, sin

import cv2
import numpy as np


def normalize_radians(angle: float) -> float:
    """Return the same angle within [-pi, pi)."""
    return angle - 2 * pi * floor((angle + pi) / (2 * pi))


def roi_from_alignment_points(
    start: np.ndarray, end: np.ndarray, scale: float, size: tuple[int, int]
) -> np.ndarray:
    """
    Return the square region around a body, turned so that the body stands upright in it.

    :param start: (2,): centre of the region (mid-hips), in units of the image width and height
    :param end: (2,): a point on the circle around the body, in the direction of its head
    :param scale: side of the region in units of the circle's diameter
    :param size: width and height of the image in pixels
    """
    width, height = size
    dx, dy = (end[0] - start[0]) * width, (end[1] - start[1]) * height
    side = 2 * hypot(dx, dy) * scale
    rotation = normalize_radians(pi / 2 - atan2(-dy, dx))
    return np.array([start[0], start[1], side / width, side / height, rotation])


def letterbox_roi(size: tuple[int, int]) -> np.ndarray:
    """Return the smallest square region around a whole image of ``size`` (width, height)."""
    width, height = size
    side = max(size)
    return np.array([0.5, 0.5, side / width, side / height, 0.0])


def crop(
    image: np.ndarray, roi: np.ndarray, side: int, border: int = cv2.BORDER_REPLICATE
) -> np.ndarray:
    """
    Return a region of an image, turned upright and scaled to a square.

    :param image: uint8 (H, W, 3), also with reversed channels: no copy of the whole is made
    :param roi: the region, square in pixels
    :param side: side of the result in pixels
    :param border: how OpenCV fills what lies outside the image
    :return: uint8 (side, side, 3), C-contiguous, channels in the order of ``image``
    """
    channels_reversed = image.strides[2] < 0
    source = image[:, :, ::-1] if channels_reversed else image
    if source.strides[1:] != (3, 1) or source.strides[0] < 0:
        source = np.ascontiguousarray(source)
    height, width = source.shape[:2]
    # In single precision and with the longer side for both, as MediaPipe does: the warp rounds
    # positions, so that the last bit of a corner can turn into a grey level.
    size = np.array([width, height, width, height], np.float32)
    x, y, *sides = roi[:4].astype(np.float32) * size
    longer_side = float(max(sides))
    degrees = float(np.float32(roi[4]) * np.float32(180)) / pi
    box = ((float(x), float(y)), (longer_side, longer_side), degrees)
    corners = np.array([[0, side], [0, 0], [side, 0], [side, side]], np.float32)
    # The perspective warp, not the affine one, which rounds differently: it is MediaPipe's, and
    # the landmarks move by up to 0.6 px with the other.
    matrix = cv2.getPerspectiveTransform(cv2.boxPoints(box), corners)
    result = cv2.warpPerspective(
        source, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=border
    )
    return cv2.cvtColor(result, cv2.COLOR_BGR2RGB) if channels_reversed else result


def points_to_image(points: np.ndarray, roi: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """
    Project points of a region onto the image.

    :param points: (N, 2): x and y in units of the region's width and height, origin at its corner
    :param roi: the region
    :param size: width and height of the image in pixels
    :return: float64 (N, 2): x and y in units of the image width and height
    """
    return (points - 0.5) @ _axes(roi, size) + roi[:2]


def points_to_region(points: np.ndarray, roi: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return points of the image in a region, the inverse of :func:`points_to_image`."""
    return (points - roi[:2]) @ np.linalg.inv(_axes(roi, size)) + 0.5


def _axes(roi: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the axes of a region, as rows, in units of the image width and height."""
    width, height = size
    region_width, region_height = roi[2] * width, roi[3] * height
    cosine, sine = cos(roi[4]), sin(roi[4])
    return np.array([
        [cosine * region_width / width, sine * region_width / height],
        [-sine * region_height / width, cosine * region_height / height],
    ])


def inside_unit_square(points: np.ndarray) -> np.ndarray:
    """Return which of points (N, 2) lie in [0, 1] x [0, 1], as bool (N,)."""
    return np.all((points >= 0) & (points <= 1), axis=1)


def rotate_world_points(points: np.ndarray, rotation: float) -> np.ndarray:
    """
    Turn points from the upright body of a region back to the axes of the camera.

    :param points: (N, 3): x, y, z in metres
    :param rotation: the region's, in radians
    :return: float64 (N, 3)
    """
    cosine, sine = cos(rotation), sin(rotation)
    return points @ np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1.0]])
