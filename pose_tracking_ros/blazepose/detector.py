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
Find people in an image.

Source: the pose detection graphs of MediaPipe 0.10 and 0.8.3, an SSD whose anchors all have the
size of the image, so that boxes are decoded without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from pose_tracking_ros.blazepose.erasing import erase_bodies, KnownBody
from pose_tracking_ros.blazepose.geometry import crop, letterbox_roi, points_to_image
from pose_tracking_ros.blazepose.inference import Model

# Detections that overlap the best one by more than this are the same person.
_MIN_SIMILARITY = 0.3

# Keeps the exponential within float32; probabilities beyond are below 1e-34.
_MAX_LOGIT = 80.0

_ANCHORS_PER_CELL = 2

# Keypoints of the ends of the trunk, mid-hips and mid-shoulders; the box is that of the face.
_TRUNK = [0, 2]

# Weight of a detection elsewhere, or of another direction, as evidence for a body.
ELSEWHERE_WEIGHT = 0.5

# Cosine of the angle between the trunks of a body and of a detection of it the wrong way round,
# and the minimum length of each in sides of the region. Most trunks have 0.13; one that points at
# the camera has no certain direction in the image.
_OPPOSITE, _MIN_TRUNK, _MIN_DETECTED_TRUNK = -0.5, 0.02, 0.06

# An image is dim if its bright parts, in every fourth pixel and row, are below this grey level. A
# higher gain adds little but noise.
_BRIGHT = 128.0
_BRIGHT_PERCENTILE = 99
_PIXEL_STEP = 4
_MAX_GAIN = 4.0


@dataclass(frozen=True, eq=False)
class Detection:
    """
    A person in an image.

    :param score: probability in [0, 1]
    :param keypoints: float64 (4, 2), x and y in units of the image width and height: mid-hips, a
        point on the circle around the whole body, mid-shoulders, a point on the circle around the
        upper body
    """

    score: float
    keypoints: np.ndarray


class Evidence(NamedTuple):
    """
    The answer of the detector for a known body.

    :param score: evidence for the body in [0, 1]
    :param turned: a detection of it the wrong way round, with a higher score; None without one
    """

    score: float
    turned: Detection | None = None


class PersonDetector:
    """
    Find people in an image.

    :param model: the detector: ``boxes`` (N, 12) and ``scores`` (N, 1)
    :param strides: pixels between the anchors of each layer of the model
    """

    def __init__(self, model: Model, strides: tuple[int, ...]) -> None:
        self._model = model
        self._anchors = anchor_centers(model.side, strides)

    def __call__(
        self,
        image: np.ndarray,
        min_confidence: float,
        region: np.ndarray | None = None,
        max_count: int = 1,
        known: Sequence[KnownBody] = (),
    ) -> list[Detection]:
        """
        Return the people, the most certain first.

        :param image: uint8 (H, W, 3) RGB
        :param min_confidence: minimum score in [0, 1] of a detection
        :param region: the region to search, by default the whole image
        :param max_count: maximum number of people
        :param known: people to leave out
        """
        size = image.shape[1::-1]
        roi = letterbox_roi(size) if region is None else region
        shown = crop(image, roi, self._model.side, cv2.BORDER_CONSTANT)
        outputs = self._model(erase_bodies(shown, roi, size, known))
        found = detections(
            *decode_boxes(outputs['boxes'] / self._model.side, self._anchors),
            sigmoid(outputs['scores'][:, 0]),
            min_confidence,
            max_count,
        )
        return [Detection(one.score, points_to_image(one.keypoints, roi, size)) for one in found]

    def evidence(
        self,
        image: np.ndarray,
        region: np.ndarray,
        face: np.ndarray,
        trunk: np.ndarray,
        reach: float,
        known: Sequence[KnownBody] = (),
    ) -> Evidence:
        """
        Return the evidence for a known body: the highest score of its detections.

        A detection of the body has its face or its trunk within ``reach``. One elsewhere shows
        another person, or a thing, and counts for less; it counts because the detector may miss a
        person beside a clearer one. So does one with the hips at the shoulders: the landmarks of
        a lying person may be the wrong way round. A dim image is brightened first: the detector
        finds few people in the dark.

        :param image: uint8 (H, W, 3) RGB
        :param region: the region to search, around the body
        :param face: (2,): centre of the face, in units of the image width and height
        :param trunk: (2, 2): mid-hips and mid-shoulders, likewise
        :param reach: in pixels
        :param known: other people
        """
        size = image.shape[1::-1]
        shown = crop(image, region, self._model.side, cv2.BORDER_CONSTANT)
        outputs = self._model(_brightened(erase_bodies(shown, region, size, known)))
        scores = sigmoid(outputs['scores'][:, 0])
        elsewhere = ELSEWHERE_WEIGHT * scores.max()
        # A lower score does not count, wherever it is.
        likely = scores > elsewhere
        scores, boxes = scores[likely], outputs['boxes'][likely] / self._model.side
        corners, keypoints = decode_boxes(boxes, self._anchors[likely])
        faces = (corners[:, np.newaxis, :2] + corners[:, np.newaxis, 2:]) / 2
        points = np.concatenate([faces, keypoints], axis=1)
        found = points_to_image(points.reshape(-1, 2), region, size).reshape(points.shape)
        faces, keypoints = found[:, :1], found[:, 1:]
        ends = np.concatenate([faces, keypoints[:, _TRUNK]], axis=1)
        offsets = (ends - np.concatenate([face[np.newaxis], trunk])) * size
        distances = np.hypot(offsets[..., 0], offsets[..., 1])
        is_near = np.minimum(distances[:, 0], distances[:, 1:].mean(axis=1)) <= reach
        trunks, up = (ends[:, 2] - ends[:, 1]) * size, (trunk[1] - trunk[0]) * size
        lengths, length = np.hypot(*trunks.T), np.hypot(*up)
        is_turned = trunks @ up < _OPPOSITE * lengths * length
        side = region[2] * size[0]
        is_turned &= (lengths > _MIN_DETECTED_TRUNK * side) & (length > _MIN_TRUNK * side)
        score = float(scores[is_near & ~is_turned].max(initial=elsewhere))
        turned = np.where(is_near & is_turned, scores, 0.0)
        if turned.max(initial=0.0) <= score:
            return Evidence(score)
        best = int(turned.argmax())
        return Evidence(score, Detection(float(turned[best]), keypoints[best]))


def _brightened(image: np.ndarray) -> np.ndarray:
    """Return a dim image with a higher brightness, any other unchanged."""
    brightest = np.percentile(image[::_PIXEL_STEP, ::_PIXEL_STEP], _BRIGHT_PERCENTILE)
    gain = min(_BRIGHT / max(brightest, 1.0), _MAX_GAIN)
    return image if gain <= 1 else cv2.convertScaleAbs(image, alpha=gain)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Return the probabilities of logits."""
    return 1 / (1 + np.exp(np.minimum(-logits, _MAX_LOGIT)))


def anchor_centers(side: int, strides: tuple[int, ...]) -> np.ndarray:
    """
    Return the centres of the anchors in the order of the model's outputs.

    Layers of equal stride share a grid, and interleave their anchors in each of its cells.

    :param side: side of the model's input in pixels
    :param strides: pixels between the anchors of each layer
    :return: float32 (N, 2): x and y in units of the input's side
    """
    grids = []
    for stride in dict.fromkeys(strides):
        cells = -(-side // stride)
        centers = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        grid = np.stack(np.meshgrid(centers, centers), axis=-1).reshape(-1, 2)
        grids.append(np.repeat(grid, _ANCHORS_PER_CELL * strides.count(stride), axis=0))
    return np.concatenate(grids)


def decode_boxes(boxes: np.ndarray, anchors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Place the model's boxes and keypoints, which are relative to the anchors.

    :param boxes: (N, 12): centre x and y, width, height, then x and y of 4 keypoints, in units of
        the input's side
    :param anchors: (N, 2): centres of the anchors
    :return: corners (N, 4) as left, top, right, bottom, and keypoints (N, 4, 2)
    """
    centers, half_sizes = boxes[:, :2] + anchors, boxes[:, 2:4] / 2
    corners = np.concatenate([centers - half_sizes, centers + half_sizes], axis=1)
    return corners, boxes[:, 4:].reshape(-1, 4, 2) + anchors[:, np.newaxis]


def detections(
    corners: np.ndarray,
    keypoints: np.ndarray,
    scores: np.ndarray,
    min_confidence: float,
    max_count: int,
) -> list[Detection]:
    """
    Return the most certain people: weighted non-maximum suppression.

    :param corners: (N, 4): left, top, right, bottom
    :param keypoints: (N, 4, 2)
    :param scores: (N,) in [0, 1]
    :param min_confidence: minimum score of a detection
    :param max_count: maximum number of people
    :return: means of the best detections and the ones that overlap them, weighted by scores; the
        most certain first
    """
    found: list[Detection] = []
    left = (scores >= min_confidence) & (corners[:, 2:] >= corners[:, :2]).all(axis=1)
    while left.any() and len(found) < max_count:
        corners, keypoints, scores = corners[left], keypoints[left], scores[left]
        best = scores.argmax()
        same = intersection_over_union(corners[best], corners) > _MIN_SIMILARITY
        same[best] = True
        found.append(
            Detection(
                float(scores[best]), np.average(keypoints[same], axis=0, weights=scores[same])
            )
        )
        left = ~same
    return found


def intersection_over_union(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """
    Return the overlap of each of ``boxes`` (N, 4) with ``box`` (4,), in [0, 1].

    Boxes are left, top, right, bottom. Two boxes without an area do not overlap.
    """
    overlap = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    intersection = overlap.clip(0).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    union = areas + (box[2:] - box[:2]).prod() - intersection
    return np.divide(intersection, union, out=np.zeros_like(union), where=union > 0)
