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
Search for people: when, in which parts of the image, and with which result.

The detector finds people of at least 16 % of the longer side of its input. So searches alternate
between the whole image and overlapping squares of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import chain
from math import ceil
from typing import Any

import numpy as np

from pose_tracking_ros.blazepose import saved_state
from pose_tracking_ros.blazepose.association import is_at_body
from pose_tracking_ros.blazepose.detector import PersonDetector
from pose_tracking_ros.blazepose.erasing import KnownBody
from pose_tracking_ros.blazepose.geometry import letterbox_roi, roi_from_alignment_points
from pose_tracking_ros.blazepose.options import (
    AUTO,
    MAX_POSES,
    MIN_CROWD,
    PoseTrackerOptions,
    SEARCH_TILES,
)
from pose_tracking_ros.blazepose.pipelines import Pipeline
from pose_tracking_ros.blazepose.stamps import MAX_STAMP_NS
from pose_tracking_ros.blazepose.workers import Workers

# Minimum fraction of a square that the next one shares with it.
_OVERLAP = 1 / 3

# Far above the number of squares.
_MAX_TURN = 2**20

# Candidates beyond the people that are wanted: some are false detections or duplicates.
_SPARE_CANDIDATES = 2


def search_regions(size: tuple[int, int], tiles: str) -> list[np.ndarray]:
    """
    Return the regions that are searched in turn: the whole image, then the squares.

    :param size: width and height of the image in pixels
    :param tiles: the option ``search_tiles``
    """
    regions = [letterbox_roi(size)]
    for divisor in SEARCH_TILES[tiles]:
        side = max(size) / divisor
        columns, rows = (_centers(length, side) for length in size)
        regions += [
            np.array([x / size[0], y / size[1], side / size[0], side / size[1], 0.0])
            for y in rows
            for x in columns
        ]
    return regions


def _centers(length: float, side: float) -> list[float]:
    """Return the centres of overlapping intervals that cover a length."""
    if length <= side:
        return [length / 2]
    count = ceil((length - side) / (side * (1 - _OVERLAP))) + 1
    return np.linspace(side / 2, length - side / 2, count).tolist()


class SearchSchedule:
    """The order and the times of the searches, by the stamps of the images."""

    def __init__(self) -> None:
        self._last_ns: int | None = None
        self._turn = 0
        self._lost_turn = 0

    @property
    def is_fresh(self) -> bool:
        """Return whether there was no search yet."""
        return self._last_ns is None

    def request_search(self) -> None:
        """Search the whole image next, at once: a person was lost or found."""
        if self._last_ns is not None:
            self._last_ns = -MAX_STAMP_NS
        self._turn += self._turn % 2

    def is_due(self, time_ns: int, interval: float) -> bool:
        """Return whether it is time for the next search."""
        return self._last_ns is None or time_ns - self._last_ns >= interval * 1e9

    def take_turn(self, time_ns: int, count: int, squares_only: bool = False) -> int:
        """
        Return the index of the region to search now.

        Every second search is of the whole image, the others are of the squares in turn.

        :param time_ns: time of the image
        :param count: number of regions
        :param squares_only: whether the whole image has been searched already
        """
        turn = self._turn | 1 if squares_only else self._turn
        self._turn, self._last_ns = (turn + 1) % _MAX_TURN, time_ns
        return 1 + turn // 2 % (count - 1) if turn % 2 and count > 1 else 0

    def take_all(self, time_ns: int) -> None:
        """Record a search of all regions."""
        self._turn, self._last_ns = 0, time_ns

    def take_lost_turn(self) -> int:
        """Return the number of the next look at a lost person."""
        self._lost_turn = (self._lost_turn + 1) % _MAX_TURN
        return self._lost_turn

    def state(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return {'last_ns': self._last_ns, 'turn': self._turn, 'lost_turn': self._lost_turn}

    def restore(self, state: Any) -> None:
        """Restore a state."""
        fields = saved_state.fields(state, 'last_ns', 'turn', 'lost_turn')
        stamp = saved_state.optional(saved_state.integer(-MAX_STAMP_NS, MAX_STAMP_NS))
        turn = saved_state.integer(0, _MAX_TURN)
        self._last_ns = stamp(fields['last_ns'])
        self._turn, self._lost_turn = turn(fields['turn']), turn(fields['lost_turn'])


class PersonSearch:
    """
    Find candidates beside known people.

    :param detector: the person detector
    :param pipeline: the generation of BlazePose
    :param workers: run the detector on several parts of an image at the same time
    :ivar schedule: the order and the times of the searches
    """

    def __init__(self, detector: PersonDetector, pipeline: Pipeline, workers: Workers) -> None:
        self.schedule = SearchSchedule()
        self._detector = detector
        self._pipeline = pipeline
        self._workers = workers

    def __call__(
        self,
        image: np.ndarray,
        time_ns: int,
        options: PoseTrackerOptions,
        tracked: Sequence[KnownBody],
    ) -> list[np.ndarray]:
        """
        Search the parts of an image whose turn it is, and return the regions of candidates.

        :param image: uint8 (H, W, 3) RGB
        :param time_ns: time of the image
        :param options: of the tracker
        :param tracked: people to leave out
        """
        squares = _tiles(options)
        regions = search_regions(image.shape[1::-1], squares)
        if options.static_image_mode:
            return self.detect(image, options, tracked, regions)
        if tracked:
            turn = self.schedule.take_turn(time_ns, len(regions))
            return self.detect(image, options, tracked, regions[turn : turn + 1])
        if options.num_poses > 1 and self.schedule.is_fresh:
            self.schedule.take_all(time_ns)
            return self.detect(image, options, tracked, regions)
        found = self.detect(image, options, tracked, regions[:1])
        is_due = self.schedule.is_due(time_ns, options.search_interval)
        if not found and squares != 'off' and is_due:
            turn = self.schedule.take_turn(time_ns, len(regions), squares_only=True)
            found = self.detect(image, options, tracked, regions[turn : turn + 1])
        return found

    def detect(
        self,
        image: np.ndarray,
        options: PoseTrackerOptions,
        known: Sequence[KnownBody],
        searched: Sequence[np.ndarray] = (),
    ) -> list[np.ndarray]:
        """
        Return the regions of candidates in parts of an image.

        :param image: uint8 (H, W, 3) RGB
        :param options: of the tracker
        :param known: people to leave out
        :param searched: the parts, by default the whole image
        """
        size, several = image.shape[1::-1], options.num_poses > 1
        searched = searched or [letterbox_roi(size)]
        # More of the detections beside erased people are false: bodies have to be verified.
        erased = known if options.verify_tracking else ()
        most = MAX_POSES + _SPARE_CANDIDATES if several else 1
        detections = self._workers([
            partial(self._detector, image, options.min_detection_confidence, region, most, erased)
            for region in searched
        ])
        found = list(chain.from_iterable(detections))
        found.sort(key=lambda detection: -detection.score)
        most = 1
        if several:
            spare = _SPARE_CANDIDATES + (options.num_poses if len(searched) > 1 else 0)
            most = options.num_poses - len(known) + spare
        occupied = [body.roi for body in known]
        regions: list[np.ndarray] = []
        for detection in found:
            hips, end = detection.keypoints[list(self._pipeline.alignment_keypoints)]
            if len(regions) < most and not is_at_body(hips, [*occupied, *regions], size):
                scale = self._pipeline.roi_scale
                regions.append(roi_from_alignment_points(hips, end, scale, size))
        return regions


def _tiles(options: PoseTrackerOptions) -> str:
    """Return the value of ``search_tiles`` in use."""
    several, static = options.num_poses > 1, options.static_image_mode
    if not several and (static or not options.verify_tracking):
        return 'off'
    if options.search_tiles != AUTO:
        return options.search_tiles
    if options.num_poses < MIN_CROWD:
        return 'halves'
    return 'quarters' if static else 'thirds'
