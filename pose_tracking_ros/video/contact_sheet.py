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

"""A contact sheet of a video: a grid of frames from its beginning to its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

_FRAME_AREA = 360 * 360
_MAX_SIDE = 1200
_GAP = 16
_CAPTION_HEIGHT = 26
_MIN_CAPTION_WIDTH = 90
_SHEET_ASPECT = 16 / 10  # desired ratio of width to height, that of a screen

_BACKGROUND = (34, 29, 27)
_CAPTION = (226, 221, 218)
_OUTLINE = (84, 76, 72)


class Picture(NamedTuple):
    """
    A frame in the grid.

    :param seconds: its time, for the caption
    :param image: uint8 (H, W, 3) BGR
    """

    seconds: float
    image: np.ndarray


class ContactSheet:
    """
    A grid of frames, evenly spread over a video of unknown length.

    :param count: number of frames; a shorter video shows all its frames
    """

    def __init__(self, count: int = 12) -> None:
        self._count = count
        self._total = 0
        self._step = 1
        self._kept: list[tuple[int, Picture]] = []
        self._last: tuple[float, Callable[[], np.ndarray]] | None = None

    def add(self, seconds: float, draw: Callable[[], np.ndarray]) -> None:
        """
        Append a frame.

        :param seconds: its time
        :param draw: returns its image, uint8 (H, W, 3) BGR; called only if the grid may need it
        """
        if self._total % self._step == 0:
            self._kept.append((self._total, Picture(seconds, _shrink(draw()))))
            if len(self._kept) > 4 * self._count:
                self._kept = self._kept[::2]
                self._step *= 2
        self._last = seconds, draw
        self._total += 1

    def pictures(self) -> list[Picture]:
        """Return the frames of the grid."""
        if self._last is None:
            return []
        kept, last = dict(self._kept), self._total - 1
        if last not in kept:
            kept[last] = Picture(self._last[0], _shrink(self._last[1]()))
        numbers = np.array(list(kept))
        wanted = np.linspace(0, last, min(self._count, len(kept)))
        # More than two are kept per wanted one, so that no frame is the nearest to two.
        return [kept[int(numbers[np.abs(numbers - number).argmin()])] for number in wanted]

    def save(self, path: str | Path) -> None:
        """
        Write the grid as PNG; nothing without a frame.

        :raises OSError: if it cannot be written
        """
        pictures = self.pictures()
        if pictures:
            _, data = cv2.imencode('.png', lay_out(pictures))
            Path(path).write_bytes(data.tobytes())


def lay_out(pictures: Sequence[Picture]) -> np.ndarray:
    """
    Return frames in a grid, row by row, each with its time below it.

    :param pictures: at least one; smaller ones are centred in their cell
    :returns: uint8 (H, W, 3) BGR
    """
    height = max(picture.image.shape[0] for picture in pictures)
    width = max(picture.image.shape[1] for picture in pictures)
    # Room for the caption of a narrow frame.
    cell_height = height + _CAPTION_HEIGHT + _GAP
    cell_width = max(width, _MIN_CAPTION_WIDTH) + _GAP
    columns = _columns(len(pictures), cell_width / cell_height)
    rows = -(-len(pictures) // columns)
    sheet = np.full(
        (rows * cell_height + _GAP, columns * cell_width + _GAP, 3), _BACKGROUND, np.uint8
    )
    for place, (seconds, image) in enumerate(pictures):
        row, column = divmod(place, columns)
        own_height, own_width = image.shape[:2]
        cell_left = _GAP + column * cell_width
        top = _GAP + row * cell_height + (height - own_height) // 2
        left = cell_left + (cell_width - _GAP - own_width) // 2
        sheet[top : top + own_height, left : left + own_width] = image
        corners = (left - 1, top - 1), (left + own_width, top + own_height)
        cv2.rectangle(sheet, *corners, _OUTLINE, 1)
        bottom = _GAP + row * cell_height + height + 1
        caption = sheet[
            bottom : bottom + _CAPTION_HEIGHT, cell_left : cell_left + cell_width - _GAP
        ]
        _write(caption, f'{seconds:.2f} s')
    return sheet


def _shrink(image: np.ndarray) -> np.ndarray:
    """Return the image at its size in the grid; small ones are not enlarged."""
    height, width = image.shape[:2]
    scale = min(1.0, (_FRAME_AREA / (height * width)) ** 0.5, _MAX_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _columns(count: int, cell_aspect: float) -> int:
    """Return the number of columns: few empty cells first, then the aspect of a screen."""

    def cost(columns: int) -> float:
        rows = -(-count // columns)
        empty = (rows * columns - count) / count
        return abs(np.log(columns * cell_aspect / rows / _SHEET_ASPECT)) + 2 * empty

    return min(range(1, count + 1), key=cost)


def _write(strip: np.ndarray, text: str) -> None:
    """Write a centred line of text, drawn four times as large and scaled down for smoothness."""
    height, width = strip.shape[:2]
    large = np.full((4 * height, 4 * width, 3), _BACKGROUND, np.uint8)
    font, scale, thickness = cv2.FONT_HERSHEY_SIMPLEX, 1.9, 4
    (text_width, text_height), _ = cv2.getTextSize(text, font, scale, thickness)
    origin = (2 * width - text_width // 2, 2 * height + text_height // 2 + 8)
    cv2.putText(large, text, origin, font, scale, _CAPTION, thickness, cv2.LINE_AA)
    strip[:] = cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)
