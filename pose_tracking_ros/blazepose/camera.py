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
A calibrated camera: rays of image points, and projection of points in metres.

The fields are those of ``sensor_msgs/CameraInfo``, with the same meaning as there and in
``image_geometry``; OpenCV computes the distortion.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

_FISHEYE = ('equidistant', 'fisheye')
_MODELS = ('plumb_bob', 'rational_polynomial', *_FISHEYE)

# Accepted numbers of coefficients; a model without any has no distortion.
_COUNTS = {name: (4,) if name in _FISHEYE else (4, 5, 8, 12, 14) for name in _MODELS}

# Termination criteria of the iterative inversion of the distortion.
_STEPS = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-9)

# Maximum reprojection error in pixels; above it the model of the lens has no inverse there.
_MAX_ERROR = 1.0

# Codecs pad or crop sides to a multiple of this many pixels.
_CODEC_BLOCK = 16

# Maximum relative difference of the aspect ratio of an image of the same view.
_MAX_ASPECT_ERROR = 0.005

# Minimum z of points in front of the lens, in metres.
_NEAREST = 1e-6

_IDENTITY, _ZERO = np.eye(3), np.zeros(3)

# Points in an image and around it: with an inverse of the distortion there, it is not checked for
# points in the image.
_GRID = np.stack(np.meshgrid(*[np.linspace(-0.1, 1.1, 13)] * 2), axis=-1).reshape(-1, 2)


class CameraModel:
    """
    The projection of a camera.

    Metres are in the optical frame of the camera messages: x right, y down, z forward. As in
    ``image_geometry``, this is the frame of the rectified image; ``r`` rotates the axes of the
    lens to it.

    :param width: of the full image in pixels, as calibrated
    :param height: of the full image in pixels, as calibrated
    :param k: nine numbers, row by row, or (3, 3): focal lengths and principal point of the raw
        image in pixels; all zero if the camera is not calibrated
    :param d: coefficients of the distortion in OpenCV's order; empty without distortion
    :param distortion_model: plumb_bob, rational_polynomial, or equidistant (also called fisheye)
    :param r: (3, 3): rotation from the axes of the raw image to those of the rectified one
    :param p: twelve numbers, row by row, or (3, 4): projects into the rectified image
    :param binning_x: pixels of the full image per pixel of the image, in a row; 0 is 1
    :param binning_y: the same in a column
    :param roi: the published part of the full image, before binning: ``x_offset``, ``y_offset``,
        ``width``, ``height``, or an object with these attributes; all zero is the full image
    :param rectified: whether images are rectified, so that ``p`` replaces ``k`` and ``d``
    :raises ValueError: if a value is not valid; with its name
    """

    def __init__(
        self,
        width: int,
        height: int,
        k: Sequence[float] | np.ndarray,
        d: Sequence[float] | np.ndarray = (),
        distortion_model: str = 'plumb_bob',
        r: Sequence[float] | np.ndarray | None = None,
        p: Sequence[float] | np.ndarray | None = None,
        binning_x: int = 1,
        binning_y: int = 1,
        roi: Any = None,
        rectified: bool = False,
    ) -> None:
        self.width, self.height = _integer('width', width), _integer('height', height)
        self.rectified = bool(rectified)
        matrix = _matrix('k', k, (3, 3))
        projection = None if p is None else _matrix('p', p, (3, 4))
        turn = None if r is None else _matrix('r', r, (3, 3))
        if rectified and projection is not None:
            matrix = projection[:, :3].copy()
        self.is_calibrated = bool(matrix[0, 0] != 0)
        """Whether the camera matrix of the image is known."""
        self.image_size = self.width, self.height
        """Width and height in pixels of the published images."""
        self._offset = np.zeros(3)
        self._turn: np.ndarray | None = None
        self._distortion, self._fisheye = np.zeros(0), False
        self._is_invertible = False  # Everywhere in the image.
        if not self.is_calibrated:
            return
        name = 'p' if rectified and projection is not None else 'k'
        _check_intrinsics(name, matrix)
        if not (self.width and self.height):
            raise ValueError(
                f'width and height are {self.width} and {self.height}, although the camera is '
                'calibrated: they specify for which images'
            )
        if rectified:
            if projection is not None:
                # Position of the lens in the frame: not zero for the second camera of a stereo
                # pair, whose frame is that of the first.
                self._offset[:2] = -projection[:2, 3] / (matrix[0, 0], matrix[1, 1])
        else:
            self._distortion, self._fisheye = _distortion(d, distortion_model)
            if turn is not None and turn.any() and not np.array_equal(turn, np.eye(3)):
                if not np.allclose(turn @ turn.T, np.eye(3), atol=1e-3):
                    raise ValueError(f'r is no rotation: {turn.ravel().tolist()}')
                self._turn = turn
        x, y, *size = self._region(roi)
        bins = [max(_integer(*named), 1) for named in (
            ('binning_x', binning_x), ('binning_y', binning_y))]
        self.image_size = size[0] // bins[0], size[1] // bins[1]
        if not all(self.image_size):
            raise ValueError(f'binning by {bins} leaves nothing of {size[0]} x {size[1]} pixels')
        matrix[:2, 2] -= x, y
        matrix[:2] /= np.array(bins)[:, np.newaxis]
        self._matrix = matrix
        self._focal, self._center = matrix[[0, 1], [0, 1]], matrix[:2, 2]
        self._is_invertible = bool(np.isfinite(self.rays(_GRID)).all())
        self.is_in_frame = self._turn is None and not self._offset.any()
        """Whether the axes of the image, with the lens as origin, are those of the frame."""

    @classmethod
    def from_camera_info(cls, info: Any, rectified: bool = False) -> CameraModel:
        """
        Return the model of a ``sensor_msgs/CameraInfo``, of either generation of ROS.

        :param info: anything with its attributes
        :param rectified: whether the images are rectified, as on ``image_rect``
        :raises ValueError: if a value is not valid; with its name
        """
        names = ('width', 'height', 'distortion_model', 'binning_x', 'binning_y', 'roi')
        fields = {name: getattr(info, name) for name in names}
        for name in 'dkrp':
            fields[name] = getattr(info, name if hasattr(info, name) else name.upper())
        return cls(**fields, rectified=rectified)

    def shows(self, size: tuple[int, int]) -> bool:
        """
        Return whether this camera can have images of a size.

        They may be scaled with the same aspect ratio, or padded or cropped by a codec.

        :param size: width and height of the image in pixels
        """
        (width, height), (own_width, own_height) = size, self.image_size
        if self._is_cut(size):
            return True
        stretch = width * own_height / (height * own_width)
        rounding = 1 / min(size) + 1 / min(self.image_size)
        return abs(stretch - 1) <= _MAX_ASPECT_ERROR + rounding

    def _is_cut(self, size: tuple[int, int]) -> bool:
        """Return whether the image is unscaled, perhaps padded or cropped by a codec."""
        (width, height), (own_width, own_height) = size, self.image_size
        return abs(width - own_width) < _CODEC_BLOCK and abs(height - own_height) < _CODEC_BLOCK

    def _pixels(self, size: tuple[int, int] | None) -> tuple[int, int]:
        """Return the width and height of an image of a size, in pixels of this camera."""
        return size if size is not None and self._is_cut(size) else self.image_size

    def focal_lengths(self, size: tuple[int, int] | None = None) -> np.ndarray:
        """Return the focal lengths in units of the image width and height, as :meth:`rays`."""
        return self._focal / self._pixels(size)

    def rays(self, points: np.ndarray, size: tuple[int, int] | None = None) -> np.ndarray:
        """
        Return the intersections of the rays of image points with the plane at z = 1.

        :param points: (N, 2): x and y in units of the image width and height
        :param size: width and height of the image in pixels, where they are not ``image_size``
        :return: float64 (N, 2): x and y along the axes of the image, see ``to_frame``; NaN if the
            distortion has no inverse there
        """
        points = np.asarray(points, np.float64)
        pixels = points * self._pixels(size)
        if not (len(pixels) and len(self._distortion)):
            return (pixels - self._center) / self._focal
        source = pixels[:, np.newaxis]
        if self._fisheye:
            found = cv2.fisheye.undistortPoints(
                source, self._matrix, self._distortion, criteria=_STEPS
            )
        else:
            found = cv2.undistortPointsIter(
                source, self._matrix, self._distortion, _IDENTITY, _IDENTITY, _STEPS
            )
        rays: np.ndarray = found[:, 0]
        if not (self._is_invertible and cv2.checkRange(points, True, 0, 1)[0]):
            error = np.abs(self._distorted(rays) - pixels).max(axis=1)
            rays[~(error <= _MAX_ERROR)] = np.nan
        return rays

    def _distorted(self, rays: np.ndarray) -> np.ndarray:
        """Return the pixels of points (N, 2) on the plane at z = 1."""
        if self._fisheye:
            return cv2.fisheye.distortPoints(
                rays[:, np.newaxis], self._matrix, self._distortion
            )[:, 0]
        points = cv2.convertPointsToHomogeneous(rays)
        return cv2.projectPoints(points, _ZERO, _ZERO, self._matrix, self._distortion)[0][:, 0]

    def to_frame(self, points: np.ndarray) -> np.ndarray:
        """
        Return points in the camera's frame.

        :param points: (..., 3) in metres along the axes of the image, origin at the lens
        """
        if self._turn is not None:
            points = points @ self._turn.T
        return points + self._offset

    def covariance_to_frame(self, covariance: np.ndarray) -> np.ndarray:
        """Rotate a covariance (3, 3) from the axes of the image to those of the frame."""
        return covariance if self._turn is None else self._turn @ covariance @ self._turn.T

    def project(self, points: np.ndarray, size: tuple[int, int] | None = None) -> np.ndarray:
        """
        Return the image points of points in the camera's frame.

        :param points: (N, 3) in metres
        :param size: width and height of the image in pixels, where they are not ``image_size``
        :return: float64 (N, 2): x and y in units of the image width and height; NaN if a point
            is not in front of the lens
        """
        points = np.asarray(points, np.float64).reshape(-1, 3) - self._offset
        if self._turn is not None:
            points = points @ self._turn
        result = np.full((len(points), 2), np.nan)
        ahead = points[:, 2] > _NEAREST
        if ahead.any():
            pixels = self._distorted(points[ahead, :2] / points[ahead, 2:])
            result[ahead] = pixels / self._pixels(size)
        return result

    def _region(self, roi: Any) -> tuple[int, int, int, int]:
        """Return offset and size of the published part of the full image."""
        names = ('x_offset', 'y_offset', 'width', 'height')
        if roi is None:
            values = [0] * 4
        elif isinstance(roi, Sequence | np.ndarray):
            values = list(roi)
        else:
            values = [getattr(roi, name) for name in names]
        if len(values) != 4:
            raise ValueError(f'roi is {roi!r}, accepted are {", ".join(names)}')
        x, y, width, height = (
            _integer(f'roi.{name}', value) for name, value in zip(names, values)
        )
        if not (x or y or width or height):
            return 0, 0, self.width, self.height
        if not (width and height and x + width <= self.width and y + height <= self.height):
            raise ValueError(
                f'roi of {width} x {height} pixels from ({x}, {y}) on does not lie inside the '
                f'full image of {self.width} x {self.height}'
            )
        return x, y, width, height


def _integer(name: str, value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        number = -1
    if number < 0 or number != value:
        raise ValueError(f'{name} is {value!r:.80}, accepted is a whole number from 0 on')
    return number


def _matrix(name: str, values: Any, shape: tuple[int, int]) -> np.ndarray:
    try:
        matrix: np.ndarray = np.array(values, np.float64).reshape(shape)
    except (TypeError, ValueError):
        matrix = np.array(np.nan)
    if not np.isfinite(matrix).all():
        raise ValueError(
            f'{name} is {values!r:.200}, accepted are {shape[0] * shape[1]} finite numbers'
        )
    return matrix


def _check_intrinsics(name: str, matrix: np.ndarray) -> None:
    focal = matrix[0, 0], matrix[1, 1]
    zeros = matrix[0, 1], matrix[1, 0], matrix[2, 0], matrix[2, 1]
    if min(focal) <= 0 or any(zeros) or matrix[2, 2] != 1:
        raise ValueError(
            f'{name} is {matrix.tolist()}, accepted are focal lengths above 0 and a principal '
            'point: [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]'
        )


def _distortion(d: Any, model: str) -> tuple[np.ndarray, bool]:
    """Return the coefficients, and whether the lens is a fisheye."""
    try:
        values: np.ndarray = np.array(d, np.float64).ravel()
    except (TypeError, ValueError):
        values = np.array([np.nan])
    if not np.isfinite(values).all():
        raise ValueError(f'd is {d!r:.200}, accepted are finite numbers')
    if model in _FISHEYE and not values.size:
        values = np.zeros(4)
    if not values.any() and model not in _FISHEYE:
        # No distortion, whatever the model.
        return np.zeros(0), False
    if model not in _MODELS:
        raise ValueError(
            f'distortion_model is {model!r:.80}, accepted is one of {", ".join(_MODELS)}'
        )
    if len(values) not in _COUNTS[model]:
        counts = ', '.join(map(str, _COUNTS[model]))
        raise ValueError(f'd has {len(values)} numbers, accepted for {model} are {counts}')
    return values, model in _FISHEYE
