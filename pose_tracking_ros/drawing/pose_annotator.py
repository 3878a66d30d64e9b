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

"""Draw people on an image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import NamedTuple

import numpy as np

from pose_tracking_ros.blazepose.pose import Pose
from pose_tracking_ros.drawing.canvas import Canvas, Position, Stroke
from pose_tracking_ros.drawing.labels import line_width, place_labels

COLOR_ORDERS = ('rgb', 'bgr')

# RGB. Orange and blue stay apart for every common kind of colour blindness; the left is warm.
SIDE_COLORS = {'left': (255, 150, 30), 'right': (40, 190, 255), 'center': (245, 245, 245)}

# Minimum visibility of a landmark that is drawn as seen.
VISIBLE_FROM = 0.5

_OUTLINE_COLOR = (20, 22, 28)


def seen_landmarks(pose: Pose, visible_from: float) -> np.ndarray:
    """
    Return a mask of the landmarks that are drawn as seen: bool (N,).

    The others are hidden, or outside the image or the region of interest, where their position is
    a guess of the model.

    :param visible_from: minimum visibility of a landmark that is not hidden
    """
    visible = pose.landmarks[:, 3] >= visible_from
    return visible & pose.inside_image & pose.inside_region


@dataclass(frozen=True)
class PoseAnnotator:
    """
    Draws people on an image: left orange, right blue, as seen from the person.

    Visible landmarks are drawn as full lines and discs; those hidden (visibility below
    ``visible_from``) or outside the region of interest as thin dashes and rings; dropped ones not
    at all. Widths follow the size of the person. Several people have their ``track_id`` above the
    head, the main person dark on white.

    .. code-block:: python

        annotator = PoseAnnotator()
        picture = annotator.annotate(image, tracker.process(image, stamp_ns).poses)

    :param color_order: order of the channels of the images, ``rgb`` or ``bgr``
    :param draw_roi: whether to draw the region of interest of the landmark model
    :param visible_from: minimum visibility of a landmark that is drawn as seen
    :param scale: width of lines and joints in multiples of the usual one
    :raises ValueError: if the colour order is another one
    """

    color_order: str = 'rgb'
    draw_roi: bool = False
    visible_from: float = VISIBLE_FROM
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Check the order of the channels."""
        if self.color_order not in COLOR_ORDERS:
            raise ValueError(f'color_order is {self.color_order!r}, accepted are {COLOR_ORDERS}')

    def annotate(self, image: np.ndarray, poses: Sequence[Pose]) -> np.ndarray:
        """
        Draw people on an image, in place.

        :param image: uint8 (H, W, 3), contiguous except for padding at the end of rows
        :param poses: the people; the first one is drawn last, over the others
        :return: the same image
        :raises ValueError: if the image cannot be drawn on
        """
        canvas = Canvas(image)
        for pose in reversed(poses):
            self._draw(canvas, pose)
        if len(poses) > 1:
            self._label(canvas, poses)
        return image

    def _label(self, canvas: Canvas, poses: Sequence[Pose]) -> None:
        """Draw the labels; that of the main person is light, the others are dark."""
        channels = slice(None) if self.color_order == 'rgb' else slice(None, None, -1)
        light, dark = SIDE_COLORS['center'][channels], _OUTLINE_COLOR[channels]
        size = canvas.width, canvas.height
        # The main person's comes last, over the others.
        for label in reversed(place_labels(poses, size, self.scale)):
            is_main = label.track_id == poses[0].track_id
            text, plate = (dark, light) if is_main else (light, dark)
            canvas.label(label.center, label.text, label.height, text, plate)

    def _draw(self, canvas: Canvas, pose: Pose) -> None:
        skeleton = pose.skeleton
        size = np.array([canvas.width, canvas.height], float)
        places = np.float64(pose.landmarks[:, :2]) * size
        width = self.scale * line_width(places, size)
        points = places.tolist()
        seen = seen_landmarks(pose, self.visible_from).tolist()
        brush = _Brush(width, self.color_order)
        strokes = []
        if self.draw_roi and np.isfinite(pose.roi).all():
            corners = _roi_corners(pose.roi, size).tolist()
            strokes += brush.lines([_Line(*ends, 'center', 0.5) for ends in pairwise(corners)])
        strokes += brush.lines([
            _Line(
                points[start],
                points[end],
                side,
                0.6 if end in skeleton.face else 1.0,
                dashed=not (seen[start] and seen[end]),
            )
            for (start, end), side in zip(skeleton.connections, skeleton.connection_sides)
        ])
        for landmark, side in zip(skeleton.landmarks, skeleton.sides):
            # Face, hands and heels lie close together: smaller joints keep them apart.
            scale = 1.0 if landmark in skeleton.limbs else 0.55
            strokes += brush.joint(points[landmark], side, scale, hollow=not seen[landmark])
        canvas.draw(strokes)


class _Line(NamedTuple):
    """A line to draw; scale multiplies the width of lines."""

    start: Position
    end: Position
    side: str
    scale: float
    dashed: bool = False


class _Brush:
    """Strokes in the colours of the sides, each over a dark outline."""

    def __init__(self, width: float, color_order: str) -> None:
        self._width = width
        self._outline = max(1.0, 0.3 * width)
        channels = slice(None) if color_order == 'rgb' else slice(None, None, -1)
        self._colors = {name: color[channels] for name, color in SIDE_COLORS.items()}
        self._dark = _OUTLINE_COLOR[channels]

    def lines(self, lines: list[_Line]) -> Iterator[Stroke]:
        """Yield lines; all outlines lie under all lines, so that a skeleton has one contour."""
        for outline in (True, False):
            for line in lines:
                width = self._width * line.scale * (0.6 if line.dashed else 1.0)
                width = max(1.0, width) + 2 * self._outline * outline
                color = self._dark if outline else self._colors[line.side]
                dash = 4.0 + 2.0 * self._width if line.dashed else inf
                yield Stroke(line.start, line.end, color, width, dash)

    def joint(self, center: Position, side: str, scale: float, hollow: bool) -> Iterator[Stroke]:
        """Yield the discs of a joint; it is filled, or a hollow ring."""
        width = max(5.0, 2.6 * self._width) * scale
        ring = max(1.0, 0.7 * self._width * scale)
        yield Stroke(center, center, self._dark, width + 2 * self._outline)
        yield Stroke(center, center, self._colors[side], width + ring * hollow)
        if hollow:
            yield Stroke(center, center, self._dark, width - ring)


def _roi_corners(roi: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return the corners of a region in pixels, the first one again at the end."""
    center, extent, rotation = roi[:2] * size, roi[2:4] * size, roi[4]
    along = np.array([np.cos(rotation), np.sin(rotation)]) * extent[0] / 2
    across = np.array([-np.sin(rotation), np.cos(rotation)]) * extent[1] / 2
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])
    return center + signs @ np.array([along, across])
