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

"""Anti-aliased lines and discs of any width, at sub-pixel positions that may lie outside."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import cv2
import numpy as np

Color = Sequence[int]

Position = Sequence[float]

# OpenCV takes coordinates as fixed-point numbers with this many fractional bits.
_FRACTION_BITS = 4

_FONT = cv2.FONT_HERSHEY_SIMPLEX

# Pixels of the image in which text is drawn, for each pixel of the canvas.
_FINE = 4

# What the anti-aliasing of OpenCV adds to the width of a polygon (measured with OpenCV 4.13).
_EXTRA_WIDTH = 1.4

# Corners of a round end, as unit vectors: few suffice up to this radius in pixels.
_SMALL_RADIUS = 4
_SMALL_END, _LARGE_END = (
    np.exp(1j * np.linspace(-np.pi / 2, np.pi / 2, corners)) for corners in (5, 12)
)


class Stroke(NamedTuple):
    """
    A line with round ends, or a disc, whose start and end are the same.

    :param start: x and y in pixels; (0, 0) is the top left corner of the image
    :param end: x and y in pixels
    :param color: in the order of the channels of the image
    :param width: in pixels; the finest is 1.4
    :param dash: length of a dash and of a gap in pixels; infinite for a full line
    """

    start: Position
    end: Position
    color: Color
    width: float
    dash: float = inf


class Canvas:
    """
    An image that is drawn on in place.

    What lies outside the image is cut off, however far it is; what is not finite is not drawn.

    :param image: uint8 (H, W, 3), rows may be padded but pixels lie side by side
    :raises ValueError: when the image is of another kind, or cannot be drawn on in place
    """

    def __init__(self, image: np.ndarray) -> None:
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(
                f'the image is {image.dtype} {image.shape}, it has to be uint8 (height, width, 3)'
            )
        if image.strides[1:] != (3, 1) or not image.flags.writeable:
            raise ValueError(
                'the image cannot be drawn on in place: it is read-only or a view with reordered '
                'pixels or channels, draw on a contiguous copy'
            )
        self._image = image
        self.height, self.width = image.shape[:2]

    def draw(self, strokes: Sequence[Stroke]) -> None:
        """Draw lines and discs, each over those before it."""
        starts, ends, colors, *sizes = zip(*strokes)
        widths, dashes = np.array(sizes)
        # The margin of dashes is not the width: strokes of two widths are to have the same dashes.
        margins = np.where(np.isfinite(dashes), 2 * dashes, widths)
        start, way, rows = self._clip(np.array(starts, float), np.array(ends, float), margins)
        # An odd number of pieces, so that a dash touches either end.
        counts = (np.abs(way) / (2 * dashes[rows])).astype(int) + 1
        pieces = np.repeat(way / (2 * counts - 1), counts)
        numbers = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
        rows = np.repeat(rows, counts)
        corners = _corners(np.repeat(start, counts) + 2 * numbers * pieces, pieces, widths[rows])
        for polygon, row in zip(corners, rows.tolist()):
            cv2.fillConvexPoly(self._image, polygon, colors[row], cv2.LINE_AA, _FRACTION_BITS)

    def label(
        self, center: Position, text: str, height: float, color: Color, background: Color
    ) -> None:
        """
        Draw text on a plate with round ends and an edge in the colour of the text.

        :param center: of the plate; without it in the image there is no text
        :param height: of the plate in pixels
        """
        x, y = center
        reach = (label_width(text, height) - height) / 2
        ends = (x - reach, y), (x + reach, y)
        edge = Stroke(*ends, color, height + 2 * label_edge(height))
        self.draw([edge, Stroke(*ends, background, height)])
        if 0 <= x <= self.width and 0 <= y <= self.height:
            self._text(np.array(center, float), text, height, color)

    def _text(self, center: np.ndarray, text: str, height: float, color: Color) -> None:
        """Draw the text of a plate in a finer image, since OpenCV has whole pixels only."""
        scale, thickness, (width, cap) = _font(text, height)
        size = np.ceil([label_width(text, height), height]).astype(int)
        corner = np.floor(center - size / 2).astype(int)
        fine = np.zeros(_FINE * size[::-1], np.uint8)
        start = np.rint(_FINE * (center - corner) + (-width / 2, cap / 2)).astype(int)
        cv2.putText(fine, text, start.tolist(), _FONT, scale, 255, thickness, cv2.LINE_AA)
        opacity = cv2.resize(fine, size.tolist(), interpolation=cv2.INTER_AREA) / 255
        begin = np.maximum(corner, 0)
        end = np.minimum(corner + size, (self.width, self.height))
        inside = tuple(slice(*each) for each in zip((begin - corner)[::-1], (end - corner)[::-1]))
        part = self._image[begin[1] : end[1], begin[0] : end[0]]
        part[:] = np.rint(part + opacity[inside][..., np.newaxis] * (color - part.astype(float)))

    def _clip(
        self, starts: np.ndarray, ends: np.ndarray, margins: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """
        Return the parts of lines that lie in the image or nearer to it than a margin.

        The algorithm of Liang and Barsky, in floating point: cv2.clipLine takes integers, which
        far positions overflow.

        :param starts: float64 (N, 2)
        :param ends: float64 (N, 2)
        :param margins: float64 (N,)
        :return: start and vector of each part, as complex numbers, and the number of its line
        """
        with np.errstate(all='ignore'):
            ways = ends - starts
            crossings = np.stack([
                (-margins[:, np.newaxis] - starts) / ways,
                ((self.width, self.height) + margins[:, np.newaxis] - starts) / ways,
            ])
            enter = np.fmax(np.fmin(*crossings).max(axis=1), 0.0)[:, np.newaxis]
            leave = np.fmin(np.fmax(*crossings).min(axis=1), 1.0)[:, np.newaxis]
            parts = np.hstack([starts + enter * ways, (leave - enter) * ways])
            inside = (enter <= leave)[:, 0] & np.isfinite(parts).all(axis=1)
        start, way = parts[inside].view(complex).T
        return start, way, np.flatnonzero(inside)


def label_width(text: str, height: float) -> float:
    """Return the width of a plate with text, without its edge, in pixels."""
    return max(height, _font(text, height)[2][0] / _FINE + 0.38 * height)


def label_edge(height: float) -> float:
    """Return the width of the edge of a plate in pixels."""
    return max(1.0, height / 14)


def _font(text: str, height: float) -> tuple[float, int, tuple[int, int]]:
    """Return scale, thickness, width and height of text on a plate, in the finer image."""
    thickness = max(1, round(0.09 * _FINE * height))
    scale = cv2.getFontScaleFromHeight(_FONT, max(1, round(0.6 * _FINE * height)), thickness)
    size, _ = cv2.getTextSize(text, _FONT, scale, thickness)
    return scale, thickness, size


def _corners(starts: np.ndarray, ways: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """
    Return the outlines of lines with round ends as polygons for OpenCV: int32 (N, corners, 2).

    :param starts: complex128 (N,)
    :param ways: complex128 (N,), from start to end
    :param widths: float64 (N,) in pixels
    """
    radii = np.maximum(widths - _EXTRA_WIDTH, 0) / 2
    lengths = np.abs(ways)
    ahead = np.divide(ways, lengths, where=lengths > 0, out=np.ones_like(ways)) * radii
    end = _SMALL_END if radii.max(initial=0.0) < _SMALL_RADIUS else _LARGE_END
    around = ahead[:, np.newaxis] * end
    # For OpenCV the centre of the first pixel is (0, 0).
    starts = starts[:, np.newaxis] - (0.5 + 0.5j)
    corners = np.hstack([starts + ways[:, np.newaxis] + around, starts - around])
    fixed_point = np.rint(corners * 2**_FRACTION_BITS)
    return fixed_point.view(float).astype(np.int32).reshape(*corners.shape, 2)
