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

"""Placement of the labels of several people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pose_tracking_ros.blazepose.pose import Pose
from pose_tracking_ros.drawing.canvas import label_edge, label_width, Position

# Height of a label: in line widths of the person, between a minimum and a maximum in fractions of
# the shorter side of the image, and at least some pixels.
_IN_LINES = 5.5
_SMALLEST, _LARGEST, _MIN_PIXELS = 1 / 32, 1 / 20, 14.0

# From the middle of the face to the crown of the head: in sizes of the face, and, for a face that
# is turned away, in lengths of the trunk.
_CROWN_BY_FACE, _CROWN_BY_TRUNK = 0.9, 0.33

# Offsets from an occupied place, in sizes of the label.
_ASIDE = [(0, 0), (0, -1), (1, 0), (-1, 0), (1, -1), (-1, -1), (0, 1), (0, -2), (2, 0), (-2, 0)]


@dataclass(frozen=True)
class Label:
    """
    The label of a person.

    :param track_id: of the person
    :param center: x and y of its middle in pixels
    :param height: in pixels
    """

    track_id: int
    center: Position
    height: float

    @property
    def text(self) -> str:
        """Return its text."""
        return str(self.track_id)


def place_labels(poses: Sequence[Pose], size: tuple[int, int], scale: float = 1.0) -> list[Label]:
    """
    Return a label above the head of each person, inside the image and without overlap.

    A person whose landmarks are all dropped has no label.

    :param poses: the people; the first ones get the best places
    :param size: width and height of the image in pixels
    :param scale: height of the labels in multiples of the usual one
    """
    extent = np.array(size, float)
    labels: list[Label] = []
    taken: list[tuple[np.ndarray, np.ndarray]] = []
    for pose in poses:
        places = np.float64(pose.landmarks[:, :2]) * extent
        crown = _crown(pose, places)
        if crown is None:
            continue
        low = max(_MIN_PIXELS, _SMALLEST * extent.min())
        height = np.clip(_IN_LINES * line_width(places, extent), low, max(
            low, _LARGEST * extent.min())) * scale
        half = np.array([label_width(str(pose.track_id), height), height]) / 2 + label_edge(height)
        center = _free_place(crown - (0, half[1]), half, extent, taken)
        taken.append((center, half))
        labels.append(Label(pose.track_id, tuple(center.tolist()), float(height)))
    return labels


def _crown(pose: Pose, places: np.ndarray) -> np.ndarray | None:
    """Return the top of the head in pixels, or of the landmarks of a person without a face."""
    known = np.isfinite(places).all(axis=1)
    face = [landmark for landmark in pose.skeleton.face if known[landmark]]
    if not face:
        return places[known][places[known][:, 1].argmin()] if known.any() else None
    points = places[face]
    middle = points.mean(axis=0)
    shoulders, hips = (
        places[list(pose.skeleton.middles[name])].mean(axis=0) for name in ('shoulders', 'hips')
    )
    radii = (
        _CROWN_BY_FACE * np.linalg.norm(np.ptp(points, axis=0)),
        _CROWN_BY_TRUNK * np.linalg.norm(shoulders - hips),
    )
    return np.array([middle[0], middle[1] - np.fmax(*radii)])


def _free_place(
    wanted: np.ndarray,
    half: np.ndarray,
    extent: np.ndarray,
    taken: list[tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    """Return a free place in the image for a label, near the wanted one."""
    room = np.maximum(half, extent - half)
    places = [np.clip(wanted + 2 * half * aside, half, room) for aside in _ASIDE]
    for place in places:
        if all((np.abs(place - other) >= half + size).any() for other, size in taken):
            return place
    return places[0]


def line_width(points: np.ndarray, size: np.ndarray) -> float:
    """Return the width of lines in pixels, by the size of the person and of the image."""
    finite = points[np.isfinite(points).all(axis=1)]
    extent = np.linalg.norm(np.ptp(finite, axis=0)) if len(finite) else 0.0
    return float(np.clip(extent / 110, max(1.4, size.min() / 300), max(1.4, size.min() / 70)))
