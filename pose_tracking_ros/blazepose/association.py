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
Associate bodies with people from image to image, as pure functions.

Bodies are distinguished by their landmarks, because the regions of people who stand close
together mostly overlap. Thresholds are measured on clips with a known number of people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, inf, log

import numpy as np

from pose_tracking_ros.blazepose.skeleton import Skeleton

# Maximum distance of the mid-hips of a detection from those of the same tracked body, as a
# fraction of the region's side.
SAME_PLACE = 0.12

# Object keypoint similarity at which a new body is a tracked one, and two tracks are merged. A
# body that is predicted behind tracked ones may be the rest of these after erasing.
DUPLICATE_SIMILARITY = 0.4
HIDDEN_SIMILARITY = 0.2
MERGED_SIMILARITY = 0.55

# The area of a body in units of the square of its circle's diameter.
_BODY_AREA = 0.17

# Reach, the maximum distance of a returning person from the predicted place, in body circle
# diameters (about two metres): at once, and in addition per second.
_REACH = 0.25
_REACH_PER_SECOND = 1.0

# The part by which a person of exactly the same clothes colour may be farther away: people run.
_REACH_BY_COLOR = 0.5

# Maximum ratio of sizes, and maximum difference of clothes colours, of one person.
_MAX_SIZE_RATIO = 1.6
_MAX_COLOR_DISTANCE = 40.0

# Weights of lightness and the two hues in the difference of clothes colours: the lightness of a
# person who moves varies several times as much as the hue, by shading and folds.
_COLOR_WEIGHTS = np.array([0.4, 1.0, 1.0] * 2)

# Differences that decide between two people: of ways in body circle diameters and of colours from
# one image to the next, and of colour distances after an exchange of two people.
_WAY_MARGIN = 0.1
_COLOR_MARGIN = 8.0
EXCHANGE_MARGIN = 12.0

# Distance of the mid-hips, in body circle diameters, within which one body may cover another.
_COVER = 0.3

# Cosine of the angle between bodies below which they point in opposite directions: 120 degrees.
_OPPOSITE = -0.5

# Ratio of the sizes of a false body and of the real one of which it is a part; end of the head and
# half of the width of a body, in radii of the circle around it.
_PART = 0.5
_HEAD_END, _HALF_WIDTH = 0.85, 0.2

# Ratio by which another person must be better to become the main person.
_HYSTERESIS = 1.25


@dataclass(frozen=True, eq=False)
class Sighting:
    """
    The appearance of a body in an image.

    :param time_ns: time of the image in nanoseconds
    :param place: float64 (2,): mid-hips in pixels
    :param diameter: of the circle around the body, of about two metres, in pixels
    :param color: float64 (6,): colour of the clothes, None if not visible
    """

    time_ns: int
    place: np.ndarray
    diameter: float
    color: np.ndarray | None


def similarity(
    first: np.ndarray, second: np.ndarray, diameter: float, skeleton: Skeleton
) -> float:
    """
    Return the object keypoint similarity of two bodies, in [0, 1], as in COCO.

    :param first: (N, 2): landmarks in pixels
    :param second: the same of the other body
    :param diameter: of the circle around the larger body in pixels
    :param skeleton: what the landmarks mean
    """
    indices, sigmas = skeleton.keypoint_sigmas
    squares = ((first[indices, :2] - second[indices, :2]) ** 2).sum(axis=1)
    area = max(_BODY_AREA * diameter**2, 1.0)
    return float(np.exp(-squares / (8 * area * sigmas**2)).mean())


def is_reversed(first: np.ndarray, second: np.ndarray) -> bool:
    """
    Return whether two bodies are at one place, head to feet: one body, seen the wrong way round.

    :param first: (2, 2): alignment points in pixels: mid-hips (upper body: mid-shoulders), and the
        point on the circle around the body
    :param second: the same of the other body
    """
    (a, b), (c, d) = first, second
    up, other = b - a, d - c
    lengths = hypot(*up), hypot(*other)
    opposite = float(up @ other) < _OPPOSITE * lengths[0] * lengths[1]
    return opposite and hypot(*(a - c)) < _COVER * 2 * max(lengths)


def is_part(first: np.ndarray, second: np.ndarray) -> bool:
    """
    Return whether the trunk of a body lies on the trunk and head of one at least twice as large.

    :param first: (2, 2): alignment points in pixels, as in :func:`is_reversed`
    :param second: the same of the other body
    """
    (a, b), (c, d) = first, second
    up = d - c
    radius = hypot(*up)
    if hypot(*(b - a)) > _PART * radius:
        return False

    def is_on_other(point: np.ndarray) -> bool:
        along = min(max(float((point - c) @ up) / max(radius**2, 1e-9), 0.0), _HEAD_END)
        return hypot(*(point - c - along * up)) < _HALF_WIDTH * radius

    return is_on_other(a) and is_on_other((a + b) / 2)


def is_at_body(
    hips: np.ndarray, regions: Sequence[np.ndarray], size: tuple[int, int]
) -> bool:
    """
    Return whether mid-hips belong to the body in one of several regions of interest.

    :param hips: (2,): x and y in units of the image width and height
    :param regions: the regions
    :param size: width and height of the image in pixels
    """
    return any(
        hypot(*(hips * size - roi[:2] * size)) < SAME_PLACE * roi[2] * size[0] for roi in regions
    )


def change(before: Sighting | None, seen: Sighting) -> float:
    """
    Return the change of place and clothes since the previous image, 0 without one.

    A difference of 1 decides which of two tracks has moved onto another body.
    """
    if before is None:
        return 0.0
    way = hypot(*(seen.place - before.place)) / (_WAY_MARGIN * max(before.diameter, 1.0))
    if before.color is None or seen.color is None:
        return way
    return way + color_distance(before.color, seen.color) / _COLOR_MARGIN


def reidentification_cost(
    lost: Sighting, velocity: np.ndarray, found: Sighting, memory: float
) -> float | None:
    """
    Return the cost of matching a new body to a lost person, None for another person.

    It depends on the place, the size and the colour of the clothes.

    :param lost: the last sighting of the person
    :param velocity: float64 (2,): the person's last velocity, in pixels per second
    :param found: the sighting of the body
    :param memory: the option ``track_memory``
    """
    if found.time_ns - lost.time_ns > memory * 1e9:
        return None
    ratio = abs(log(max(found.diameter, 1.0) / max(lost.diameter, 1.0)))
    if ratio > log(_MAX_SIZE_RATIO):
        return None
    # Clothes that are not visible neither extend the reach nor count as much as different ones.
    reach, color_cost = 1.0, 1.0
    if lost.color is not None and found.color is not None:
        color = color_distance(lost.color, found.color) / _MAX_COLOR_DISTANCE
        if color > 1:
            return None
        reach, color_cost = 1.0 + _REACH_BY_COLOR * (1.0 - color), 2.0 * color
    distance = _distance(lost, velocity, found)
    return None if distance > reach else distance + ratio / log(_MAX_SIZE_RATIO) + color_cost


def _distance(lost: Sighting, velocity: np.ndarray, found: Sighting) -> float:
    """Return the distance of a body from a lost person, in units of the reach without colours."""
    seconds = (found.time_ns - lost.time_ns) * 1e-9
    if seconds < 0:
        return inf
    reach = (_REACH + _REACH_PER_SECOND * seconds) * max(lost.diameter, found.diameter, 1.0)
    # A person out of sight may have stopped or walked on.
    there = (lost.place, lost.place + velocity * seconds)
    return min(hypot(*(found.place - place)) for place in there) / reach


def may_be_near(lost: Sighting, velocity: np.ndarray, seen: Sighting) -> bool:
    """Return whether a lost person may be at the place of a body."""
    return _distance(lost, velocity, seen) <= 1


def may_cover(first: Sighting, second: Sighting) -> bool:
    """Return whether two bodies are so close that one may cover the other."""
    return hypot(*(first.place - second.place)) < _COVER * max(first.diameter, second.diameter)


def color_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return the distance of two clothes colours (6,)."""
    return float(np.linalg.norm(_COLOR_WEIGHTS * (first - second)))


def assign(costs: Sequence[Sequence[float | None]]) -> list[int | None]:
    """
    Return for each row the column that it is paired with, or None.

    Pairs are made in the order of their costs; a cost of None forbids a pair.
    """
    pairs = sorted(
        (cost, row, column)
        for row, columns in enumerate(costs)
        for column, cost in enumerate(columns)
        if cost is not None
    )
    chosen: list[int | None] = [None] * len(costs)
    for _, row, column in pairs:
        if chosen[row] is None and column not in chosen:
            chosen[row] = column
    return chosen


def main_person(
    rule: str, people: Sequence[tuple[int, Sighting]], before: int, size: tuple[int, int]
) -> int:
    """
    Return the track id of the main person.

    :param rule: the option ``main_person``
    :param people: track ids and sightings, at least one
    :param before: track id of the main person in the previous image
    :param size: width and height of the image in pixels
    """
    if rule == 'first':
        return min(number for number, _ in people)
    center = np.array(size) / 2
    if rule == 'largest':
        merits = {number: seen.diameter for number, seen in people}
    else:
        # Near the centre, within a tenth of the image, distances differ little.
        margin = 0.1 * min(size)
        merits = {number: 1 / (margin + hypot(*(seen.place - center))) for number, seen in people}
    best = max(merits, key=lambda number: (merits[number], -number))
    stays = before in merits and merits[best] < _HYSTERESIS * merits[before]
    return before if stays else best
