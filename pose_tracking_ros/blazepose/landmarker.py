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
Predict the landmarks of a person in a region of an image.

Source: the pose landmark graphs of MediaPipe 0.10 and 0.8.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pose_tracking_ros.blazepose.detector import sigmoid
from pose_tracking_ros.blazepose.erasing import erase_bodies, KnownBody
from pose_tracking_ros.blazepose.geometry import (
    crop,
    inside_unit_square,
    points_to_image,
    rotate_world_points,
)
from pose_tracking_ros.blazepose.inference import Model

# A landmark is refined with 9 x 9 cells, as in the Python package of MediaPipe; its graph file
# has 7.
_WINDOW_Y, _WINDOW_X = np.mgrid[-4:5, -4:5].reshape(2, -1)
_WINDOW_CENTER = len(_WINDOW_X) // 2
_WINDOW_MOMENTS = np.stack([np.ones_like(_WINDOW_X), _WINDOW_X, _WINDOW_Y], 1).astype(np.float64)

_MIN_CONFIDENCE_TO_REFINE = 0.5


@dataclass(frozen=True, eq=False)
class PredictedLandmarks:
    """
    The output of the landmark model for a region, unfiltered.

    :param score: probability in [0, 1] that a body is in the region
    :param landmarks: float64 (N, 5): x and y in units of the image width and height, z in units of
        the image width, visibility, presence
    :param alignment_points: float64 (2, 2): mid-hips (upper body: mid-shoulders), and a point on
        the circle around the body, from which the next region is made
    :param world_landmarks: float64 (33, 3): metres, origin mid-hips, or (0, 3)
    :param inside_region: bool (N,): which landmarks lie in the region
    :param heatmap_peaks: float64 (N,) in [0, 1]: the highest probability of each landmark's
        heatmap near the landmark, None if the model has no heatmap
    :param mask: float32 (side, side): logits of the person's mask in the region, or None
    """

    score: float
    landmarks: np.ndarray
    alignment_points: np.ndarray
    world_landmarks: np.ndarray
    inside_region: np.ndarray
    heatmap_peaks: np.ndarray | None
    mask: np.ndarray | None

    @property
    def is_finite(self) -> bool:
        """Return whether all positions are finite."""
        return all(
            np.isfinite(points).all()
            for points in (self.landmarks, self.alignment_points, self.world_landmarks)
        )


class PoseLandmarker:
    """
    Predict the landmarks in a region of an image.

    :param model: the landmark model: ``landmarks`` and ``pose_flag``, and if available
        ``heatmap``, ``world_landmarks``, ``segmentation``
    :param num_landmarks: landmarks of the skeleton; the model's next two are alignment points
    """

    def __init__(self, model: Model, num_landmarks: int) -> None:
        self._model = model
        self._num_landmarks = num_landmarks

    @property
    def world_count(self) -> int:
        """Return the number of world landmarks of the model."""
        return self._num_landmarks if 'world_landmarks' in self._model.file.outputs else 0

    @property
    def has_heatmaps(self) -> bool:
        """Return whether the model has a heatmap of each landmark."""
        return 'heatmap' in self._model.file.outputs

    def __call__(
        self, image: np.ndarray, roi: np.ndarray, known: Sequence[KnownBody] = ()
    ) -> PredictedLandmarks:
        """
        Return the landmarks of the body in a region.

        :param image: uint8 (H, W, 3) RGB
        :param roi: the region, see :mod:`pose_tracking_ros.blazepose.geometry`
        :param known: people to leave out
        """
        size = image.shape[1::-1]
        shown = erase_bodies(crop(image, roi, self._model.side), roi, size, known)
        outputs = self._model(shown)
        end = self._num_landmarks + 2
        points = decode_landmarks(outputs['landmarks'], self._model.side)[:end]
        peaks = None
        if 'heatmap' in outputs:
            points[:, :2], peaks = refine_with_heatmap(points[:, :2], outputs['heatmap'][:end])
            peaks = peaks[: self._num_landmarks]
        inside_region = inside_unit_square(points[: self._num_landmarks, :2])
        points[:, :2] = points_to_image(points[:, :2], roi, size)
        points[:, 2] *= roi[2]
        world = outputs.get('world_landmarks', np.empty(0)).reshape(-1, 3)[: self._num_landmarks]
        return PredictedLandmarks(
            score=float(outputs['pose_flag'][0]),
            landmarks=points[: self._num_landmarks],
            alignment_points=points[self._num_landmarks :, :2],
            world_landmarks=rotate_world_points(world, roi[4]),
            inside_region=inside_region,
            heatmap_peaks=peaks,
            mask=outputs.get('segmentation'),
        )


def decode_landmarks(values: np.ndarray, side: int) -> np.ndarray:
    """
    Return the model's landmarks in units of the region.

    :param values: (5 N,): x, y, z in pixels of the region, logits of visibility and presence
    :param side: side of the region in pixels
    :return: float64 (N, 5): x, y, z in units of the region's side, visibility, presence
    """
    landmarks = values.reshape(-1, 5).astype(np.float64)
    landmarks[:, :3] /= side
    landmarks[:, 3:] = sigmoid(landmarks[:, 3:])
    return landmarks


def refine_with_heatmap(points: np.ndarray, heatmap: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Move each point to the centre of mass of the heatmap around it, where the heatmap is certain.

    :param points: (N, 2): x and y in units of the region
    :param heatmap: (N, rows, columns): a layer of logits for each point
    :return: float64 (N, 2): the points; one outside its layer stays where it is. Float64 (N,): the
        highest probability around each point, 0 where there is nothing around it
    """
    count, rows, columns = heatmap.shape
    # Truncation, not rounding down: a point just outside the left or top edge is in cell 0.
    cells = (points * (columns, rows)).astype(np.intp)
    column, row = cells[:, :1] + _WINDOW_X, cells[:, 1:] + _WINDOW_Y
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    index = (np.arange(count)[:, np.newaxis] * rows + row) * columns + column
    window = sigmoid(heatmap.reshape(-1).take(index, mode='clip').astype(np.float64)) * inside
    peaks = window.max(axis=1)
    refine = inside[:, _WINDOW_CENTER] & (peaks >= _MIN_CONFIDENCE_TO_REFINE)
    moments = window @ _WINDOW_MOMENTS
    weight = np.where(refine, moments[:, 0], 1.0)[:, np.newaxis]
    centers = (cells + moments[:, 1:] / weight) / (columns, rows)
    return np.where(refine[:, np.newaxis], centers, points), peaks


def mask_to_image(mask: np.ndarray, roi: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """
    Return the mask of the whole image from that of a region.

    :param mask: float32 (side, side): probabilities in the region
    :param roi: the region
    :param size: width and height of the image in pixels
    :return: float32 (H, W) in [0, 1], 0 outside the region
    """
    width, height = size
    side = mask.shape[0]
    corners = np.array([[0, 0], [1, 0], [0, 1]], np.float64)
    target = points_to_image(corners, roi, size) * (width, height)
    matrix = cv2.getAffineTransform((corners * side).astype(np.float32), target.astype(np.float32))
    return cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_LINEAR, borderValue=(0,))
