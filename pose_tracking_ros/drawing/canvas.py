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

"""Anti-aliased lines and discs at sub-pixel positions that may lie anywhere, even outside."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import cv2
import numpy as np

Color = tuple[int, int, int]

# Plain numbers: for two of them Python is several times faster than numpy.
Position = Sequence[float]

# OpenCV takes coordinates as fixed-point numbers with this many fractional bits.
_FRACTION_BITS = 4

_FONT = cv2.FONT_HERSHEY_SIMPLEX

# What the anti-aliasing of OpenCV adds to the width of a line of even thickness and to the radius
# of a disc, in pixels (measured with OpenCV 4.13).
_EXTRA_WIDTH = 1.4
_EXTRA_RADIUS = 0.7


class Canvas:
    """
    An image that is drawn on in place.

    Positions are x and y in pixels, (0, 0) is the top left corner of the image. What lies outside
    the image is cut off, however far it is; what is not finite is not drawn.

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

    def line(self, start: Position, end: Position, color: Color, width: float) -> None:
        """Draw a line with round ends."""
        ends = self._clip(start, end, margin=width)
        if ends is not None:
            start, end = map(_position, ends)
            thickness = _thickness(width)
            cv2.line(self._image, start, end, color, thickness, cv2.LINE_AA, _FRACTION_BITS)

    def dashed_line(
        self, start: Position, end: Position, color: Color, width: float, dash: float
    ) -> None:
        """Draw a line of dashes; a gap is as long as a dash, in pixels."""
        # The margin is not the width: strokes of different widths are to have the same dashes.
        ends = self._clip(start, end, margin=2 * dash)
        if ends is None:
            return
        start, end = ends
        # An odd number of pieces, so that a dash touches either end.
        pieces = 2 * int(np.linalg.norm(np.subtract(end, start)) / (2 * dash)) + 1
        knots = np.linspace(start, end, pieces + 1).tolist()
        for dash_start, dash_end in zip(knots[::2], knots[1::2]):
            self.line(dash_start, dash_end, color, width)

    def disc(self, center: Position, radius: float, color: Color) -> None:
        """Draw a filled disc."""
        self._circle(center, radius - _EXTRA_RADIUS, color, cv2.FILLED)

    def ring(self, center: Position, radius: float, color: Color, width: float) -> None:
        """Draw a circle; the radius leads to the middle of its line."""
        self._circle(center, radius, color, _thickness(width))

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
        # Ends of a line are round.
        self.line(*ends, color, height + 2 * label_edge(height))
        self.line(*ends, background, height)
        if 0 <= x <= self.width and 0 <= y <= self.height:
            scale, thickness, (width, cap) = _font(text, height)
            corner = round(x - width / 2), round(y + cap / 2 - 0.5)
            cv2.putText(self._image, text, corner, _FONT, scale, color, thickness, cv2.LINE_AA)

    def _circle(self, center: Position, radius: float, color: Color, thickness: int) -> None:
        """Draw a circle or a disc, if any of it is in the image."""
        reach = radius + max(thickness, 0) + 1
        x, y = center
        if -reach < x < self.width + reach and -reach < y < self.height + reach:
            center, radius = _position(center), _fixed_point(max(radius, 0))
            cv2.circle(self._image, center, radius, color, thickness, cv2.LINE_AA, _FRACTION_BITS)

    def _clip(
        self, start: Position, end: Position, margin: float
    ) -> tuple[Position, Position] | None:
        """
        Return the part of a line that lies in the image or nearer to it than a margin.

        The algorithm of Liang and Barsky, in floating point: cv2.clipLine takes integers, which
        far positions overflow.
        """
        if not all(map(isfinite, (*start, *end))):
            return None
        delta = end[0] - start[0], end[1] - start[1]
        enter, leave = 0.0, 1.0
        for first, step, size in zip(start, delta, (self.width, self.height)):
            if step:
                crossings = (-margin - first) / step, (size + margin - first) / step
                enter, leave = max(enter, min(crossings)), min(leave, max(crossings))
            elif not -margin <= first <= size + margin:
                return None
        if enter > leave:
            return None
        return _along(start, delta, enter), _along(start, delta, leave)


def label_width(text: str, height: float) -> float:
    """Return the width of a plate with text, without its edge, in pixels."""
    return max(height, _font(text, height)[2][0] + 0.55 * height)


def label_edge(height: float) -> float:
    """Return the width of the edge of a plate in pixels."""
    return max(1.0, height / 14)


def _font(text: str, height: float) -> tuple[float, int, tuple[int, int]]:
    """Return the scale and thickness of text on a plate, and its width and height in pixels."""
    thickness = max(1, round(0.09 * height))
    scale = cv2.getFontScaleFromHeight(_FONT, max(1, round(0.6 * height)), thickness)
    size, _ = cv2.getTextSize(text, _FONT, scale, thickness)
    return scale, thickness, size


def _along(start: Position, delta: Position, ratio: float) -> Position:
    """Return the position at a ratio of the way between start and end."""
    return start[0] + ratio * delta[0], start[1] + ratio * delta[1]


def _position(point: Position) -> tuple[int, int]:
    """Return a position for OpenCV, for which the centre of the first pixel is (0, 0)."""
    return _fixed_point(point[0] - 0.5), _fixed_point(point[1] - 0.5)


def _thickness(width: float) -> int:
    """Return the thickness for OpenCV that makes a line about as wide; from 2 on it is even."""
    return max(1, 2 * round((width - _EXTRA_WIDTH) / 2))


def _fixed_point(value: float) -> int:
    return round(value * 2**_FRACTION_BITS)
