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
Draw docs/images/space.png: the positions of a man from each of four cameras alone, from above.

``python tools/draw_space_picture.py`` needs the network once, for the clips.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
import sys

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / 'benchmark'))

from space import MAN, read_views, tracked, true_hips, View, VIEWS

from pose_tracking_ros.blazepose import Pose, PoseTrackerOptions
from pose_tracking_ros.sample_data import sample_path

TARGET = Path(__file__).parents[1] / 'docs' / 'images' / 'space.png'
SIZE, PIXELS_PER_METRE = 860, 118
CENTER = np.array([-0.55, 0.1])
"""Of the picture in the room, in metres."""

BACKGROUND, GRID, INK, TRUTH = (249, 248, 246), (228, 226, 222), (41, 37, 28), (60, 60, 60)
COLORS = ((13, 115, 217), (196, 116, 29), (111, 157, 42), (173, 68, 142))
ELLIPSE_STEP = 33
"""Images from one ellipse of two standard deviations to the next."""


def main() -> None:
    """Track the clips and draw."""
    views = read_views(sample_path('pose2sim_calibration.xml'))
    used = [views[name] for name in VIEWS]
    poses = [
        tracked(view, sample_path(MAN.format(name)), PoseTrackerOptions())
        for name, view in zip(VIEWS, used)
    ]
    picture = np.full((SIZE, SIZE, 3), BACKGROUND, np.uint8)
    for metre in range(-6, 7):
        for ends in (((metre, -9), (metre, 9)), ((-9, metre), (9, metre))):
            cv2.line(picture, *(_pixel(np.array(end)) for end in ends), GRID, 1, cv2.LINE_AA)
    for name, view, found, color in zip(VIEWS, used, poses, COLORS):
        _draw_view(picture, name, view, found, color)
    truth = true_hips(used, poses)
    _path(picture, truth[np.isfinite(truth).all(axis=1)], TRUTH, 5)
    _text(picture, 'four cameras together', (24, SIZE - 52), TRUTH)
    _text(picture, 'grid: 1 m; ellipses: two standard deviations', (24, SIZE - 24), INK)
    cv2.imwrite(str(TARGET), picture)
    print(TARGET)


def _draw_view(
    picture: np.ndarray, name: str, view: View, poses: Sequence[Pose | None], color: tuple
) -> None:
    """Draw a camera, with its path of the person and some ellipses."""
    known = [pose for pose in poses if pose is not None and pose.position_problem is None]
    for pose in known[::ELLIPSE_STEP]:
        spread = view.turn.T @ pose.position_covariance @ view.turn
        values, axes = np.linalg.eigh(spread[:2, :2])
        middle = pose.position @ view.turn + view.place
        angle = np.degrees(np.arctan2(-axes[1, 1], axes[0, 1]))
        sides = 2 * np.sqrt(values[::-1]) * PIXELS_PER_METRE
        cv2.ellipse(
            picture, _pixel(middle), np.rint(sides).astype(int).tolist(), angle, 0, 360, color, 1,
            cv2.LINE_AA,
        )
    places = np.array([pose.position for pose in known]) @ view.turn + view.place
    _path(picture, places, color, 2)
    start = _pixel(view.place)
    cv2.circle(picture, start, 9, color, -1, cv2.LINE_AA)
    cv2.arrowedLine(
        picture, start, _pixel(view.place + 0.6 * view.turn[2]), color, 2, cv2.LINE_AA, 0, 0.2
    )
    _text(picture, name, (start[0] - 30, start[1] + 34), color)


def _path(picture: np.ndarray, places: np.ndarray, color: tuple, width: int) -> None:
    pixels = np.array([_pixel(place) for place in places])
    cv2.polylines(picture, [pixels], False, color, width, cv2.LINE_AA)


def _pixel(place: np.ndarray) -> tuple[int, int]:
    """Return the pixel of a place in the room, seen from above."""
    x, y = (place[:2] - CENTER) * PIXELS_PER_METRE
    return round(SIZE / 2 + x), round(SIZE / 2 - y)


def _text(picture: np.ndarray, text: str, place: tuple[int, int], color: tuple) -> None:
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_DUPLEX, 0.6, color, 1, cv2.LINE_AA)


if __name__ == '__main__':
    main()
