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

"""A video at a glance: frames from its beginning to its end, in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import numpy as np

from pose_tracking_ros.video.source import VideoFrame

_FRAME_AREA = 360 * 360
_GAP = 16
_CAPTION_HEIGHT = 26
_SHEET_ASPECT = 16 / 10
"""Width to height that the grid comes close to, that of a screen."""

_BACKGROUND = (34, 29, 27)
_CAPTION = (226, 221, 218)
_OUTLINE = (84, 76, 72)


def contact_sheet(video: str | Path, count: int = 12) -> np.ndarray:
    """
    Return a grid of frames out of a video, evenly spread from the first to the last.

    :param video: a video file
    :param count: how many frames; a shorter video shows all that it has
    :returns: uint8 (H, W, 3) BGR
    :raises OSError: when the file cannot be opened
    :raises ValueError: when there is no frame in it
    """
    # Not OpenCV: it may take the colours of BT.709 for those of BT.601.
    with av.open(str(video)) as container:
        total = sum(packet.size > 0 for packet in container.demux(video=0))
    if not total:
        raise ValueError(f'{video} holds no frame')
    wanted = set(np.linspace(0, total - 1, min(count, total)).round().astype(int).tolist())
    with av.open(str(video)) as container:
        frames = [
            VideoFrame(index, round(frame.time * 1e9), _shrink(frame.to_ndarray(format='bgr24')))
            for index, frame in enumerate(container.decode(video=0))
            if index in wanted
        ]
    return lay_out(frames)


def lay_out(frames: Sequence[VideoFrame]) -> np.ndarray:
    """
    Return the frames in a grid that is read like a page, each with its time beneath it.

    :param frames: at least one; all of one size
    :returns: uint8 (H, W, 3) BGR
    """
    height, width = frames[0].image.shape[:2]
    cell_height, cell_width = height + _CAPTION_HEIGHT + _GAP, width + _GAP
    columns = _columns(len(frames), cell_width / cell_height)
    rows = -(-len(frames) // columns)
    sheet = np.full(
        (rows * cell_height + _GAP, columns * cell_width + _GAP, 3), _BACKGROUND, np.uint8
    )
    for place, frame in enumerate(frames):
        row, column = divmod(place, columns)
        top, left = _GAP + row * cell_height, _GAP + column * cell_width
        sheet[top : top + height, left : left + width] = frame.image
        corners = (left - 1, top - 1), (left + width, top + height)
        cv2.rectangle(sheet, *corners, _OUTLINE, 1)
        caption = sheet[top + height + 1 : top + height + 1 + _CAPTION_HEIGHT, left : left + width]
        _write(caption, f'{frame.stamp_ns / 1e9:.2f} s')
    return sheet


def _shrink(image: np.ndarray) -> np.ndarray:
    """Return the image at the size it has in the grid; small ones stay as they are."""
    height, width = image.shape[:2]
    scale = min(1.0, (_FRAME_AREA / (height * width)) ** 0.5)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _columns(count: int, cell_aspect: float) -> int:
    """Return how many columns: few empty places first, then an aspect like a screen's."""

    def cost(columns: int) -> float:
        rows = -(-count // columns)
        empty = (rows * columns - count) / count
        return abs(np.log(columns * cell_aspect / rows / _SHEET_ASPECT)) + 2 * empty

    return min(range(1, count + 1), key=cost)


def _write(strip: np.ndarray, text: str) -> None:
    """Write a line of text in the middle of a strip, smoothed by drawing it four times as big."""
    height, width = strip.shape[:2]
    large = np.full((4 * height, 4 * width, 3), _BACKGROUND, np.uint8)
    font, scale, thickness = cv2.FONT_HERSHEY_SIMPLEX, 1.9, 4
    (text_width, text_height), _ = cv2.getTextSize(text, font, scale, thickness)
    origin = (2 * width - text_width // 2, 2 * height + text_height // 2 + 8)
    cv2.putText(large, text, origin, font, scale, _CAPTION, thickness, cv2.LINE_AA)
    strip[:] = cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)
