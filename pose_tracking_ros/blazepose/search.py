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

The detector finds people of at least 16 % of the longer side of its input. So the whole image and
overlapping squares of it are searched in turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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

# Samples of the brightness in each direction; the channel that stands for it; the value on people.
_GRID, _GREEN, _UNKNOWN = 48, 1, -1
# The change gathered in an image that does not change, and of a square to be searched at once.
_LEAST_CHANGE, _URGENT = 1e-3, 1e9

# Limits of saved states, far above real ones.
_MAX_TURN, _MAX_REGIONS = 2**20, 1000

# Candidates beyond the people that are wanted: some are false detections or duplicates.
_SPARE_CANDIDATES = 2


def search_regions(size: tuple[int, int], tiles: str) -> list[list[np.ndarray]]:
    """
    Return the regions to search, by their sizes: the whole image, then squares.

    :param size: width and height of the image in pixels
    :param tiles: the option ``search_tiles``
    """
    regions = [[letterbox_roi(size)]]
    for divisor in SEARCH_TILES[tiles]:
        side = max(size) / divisor
        columns, rows = (_centers(length, side) for length in size)
        regions.append([
            np.array([x / size[0], y / size[1], side / size[0], side / size[1], 0.0])
            for y in rows
            for x in columns
        ])
    return regions


def _centers(length: float, side: float) -> list[float]:
    """Return the centres of overlapping intervals that cover a length."""
    if length <= side:
        return [length / 2]
    count = ceil((length - side) / (side * (1 - _OVERLAP))) + 1
    return np.linspace(side / 2, length - side / 2, count).tolist()


def image_samples(image: np.ndarray, known: Sequence[KnownBody]) -> np.ndarray:
    """
    Return the brightness of an image at the points of a grid.

    :param image: uint8 (H, W, 3) RGB
    :param known: people, in whose regions of interest the samples are -1
    :return: int16 (48, 48)
    """
    places = (np.arange(_GRID) + 0.5) / _GRID
    rows, columns = ((places * length).astype(int) for length in image.shape[:2])
    samples = image[rows[:, None], columns, _GREEN].astype(np.int16)
    for body in known:
        x, y, width, height, _ = body.roi
        across, down = (places - x) * height, (places - y) * width
        is_inside = across**2 + (down**2)[:, None] < (width * height / 2) ** 2
        samples[is_inside] = _UNKNOWN
    return samples


def region_changes(
    before: np.ndarray, now: np.ndarray, regions: Iterable[np.ndarray]
) -> list[float]:
    """
    Return the mean change of the brightness in each region, outside people in either image.

    :param before: samples of the earlier image, int16 (48, 48)
    :param now: of the later one
    :param regions: in units of the image size
    """
    change = np.where(np.minimum(before, now) == _UNKNOWN, 0, np.abs(now - before))
    found = []
    for x, y, width, height, _ in regions:
        left, right = (max(round((x + half * width) * _GRID), 0) for half in (-0.5, 0.5))
        top, bottom = (max(round((y + half * height) * _GRID), 0) for half in (-0.5, 0.5))
        found.append(float(change[top:bottom, left:right].mean()))
    return found


class SearchSchedule:
    """
    The order and the times of the searches, by the stamps of the images.

    The whole image and the sizes of squares take turns. Of the squares of a size, the one that
    has changed the most since it was searched is next: somebody may have come. Where all change
    alike, because the camera moves or nothing does, they take turns as well.
    """

    def __init__(self) -> None:
        self._last_ns: int | None = None
        self._next_size = 0
        self._is_requested = False
        self._samples: np.ndarray | None = None
        self._change: list[float] = []
        self._lost_turn = 0

    @property
    def is_fresh(self) -> bool:
        """Return whether there was no search yet."""
        return self._last_ns is None

    def request_search(self) -> None:
        """Search the whole image next, at once: a person was lost."""
        self._is_requested = True

    def request_all(self) -> None:
        """Search the whole image next, and then each square, one per image: a person was found."""
        self._is_requested = True
        # Squares that still wait from the find before stay ahead.
        self._change = [one if one >= _URGENT else one + _URGENT for one in self._change]

    def is_due(self, time_ns: int, interval: float) -> bool:
        """Return whether it is time for the next search."""
        waits = self._is_requested or self._is_urgent
        return self._last_ns is None or waits or time_ns - self._last_ns >= interval * 1e9

    @property
    def _is_urgent(self) -> bool:
        """Return whether squares are to be searched at once."""
        return max(self._change[1:], default=0.0) >= _URGENT

    def take_turn(
        self,
        time_ns: int,
        regions: Sequence[Sequence[np.ndarray]],
        samples: np.ndarray,
        squares_only: bool = False,
    ) -> np.ndarray:
        """
        Return the region to search now.

        :param time_ns: time of the image
        :param regions: by their sizes, from :func:`search_regions`
        :param samples: of the image, from :func:`image_samples`
        :param squares_only: whether the whole image has been searched already
        """
        everything = list(chain.from_iterable(regions))
        self._gather_changes(everything, samples)
        self._last_ns = time_ns
        if self._is_urgent and not self._is_requested:
            numbers = range(1, len(everything))
        else:
            size = 0 if self._is_requested else self._next_size % len(regions)
            size = max(size, int(squares_only))
            first = sum(map(len, regions[:size]))
            numbers = range(first, first + len(regions[size]))
            self._next_size, self._is_requested = (size + 1) % len(regions), False
        number = max(numbers, key=self._change.__getitem__)
        self._change[number] = 0.0
        return everything[number]

    def take_all(
        self, time_ns: int, regions: Sequence[Sequence[np.ndarray]], samples: np.ndarray
    ) -> None:
        """Record a search of all regions."""
        self._last_ns, self._next_size, self._samples = time_ns, 0, samples
        self._is_requested = False
        self._change = [0.0] * sum(map(len, regions))

    def _gather_changes(self, regions: Sequence[np.ndarray], samples: np.ndarray) -> None:
        before, self._samples = self._samples, samples
        if before is None or len(self._change) != len(regions):
            self._change = [_LEAST_CHANGE] * len(regions)
            return
        new = region_changes(before, samples, regions)
        # The change of the whole image is added to each square, so that all have their turns.
        least = new[0] + _LEAST_CHANGE
        gathered = (old + change + least for old, change in zip(self._change[1:], new[1:]))
        self._change = [0.0, *gathered]

    def take_lost_turn(self) -> int:
        """Return the number of the next look at a lost person."""
        self._lost_turn = (self._lost_turn + 1) % _MAX_TURN
        return self._lost_turn

    def state(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return {
            'last_ns': self._last_ns,
            'next_size': self._next_size,
            'is_requested': self._is_requested,
            'samples': saved_state.optional_array_text(self._samples),
            'change': self._change,
            'lost_turn': self._lost_turn,
        }

    def restore(self, state: Any) -> None:
        """Restore a state."""
        fields = saved_state.fields(state, *self.state())
        stamp = saved_state.integer(-MAX_STAMP_NS, MAX_STAMP_NS)
        change = saved_state.sequence(saved_state.number(0.0, 10 * _URGENT), _MAX_REGIONS)
        self._last_ns = saved_state.optional(stamp)(fields['last_ns'])
        self._next_size = saved_state.integer(0, len(SEARCH_TILES))(fields['next_size'])
        self._is_requested = saved_state.boolean(fields['is_requested'])
        samples = saved_state.optional(saved_state.array((_GRID, _GRID), np.int16, limit=255))
        self._samples, self._change = samples(fields['samples']), change(fields['change'])
        self._lost_turn = saved_state.integer(0, _MAX_TURN)(fields['lost_turn'])


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
        regions = search_regions(image.shape[1::-1], _tiles(options))
        everything = list(chain.from_iterable(regions))
        if options.static_image_mode:
            return self.detect(image, options, tracked, everything)
        several = options.num_poses > 1
        if several and self.schedule.is_fresh and not tracked:
            self.schedule.take_all(time_ns, regions, image_samples(image, tracked))
            return self.detect(image, options, tracked, everything)
        if several:
            samples = image_samples(image, tracked)
            region = self.schedule.take_turn(time_ns, regions, samples)
            return self.detect(image, options, tracked, [region])
        found = self.detect(image, options, tracked, regions[0])
        is_due = self.schedule.is_due(time_ns, options.search_interval)
        if not found and regions[1:] and is_due:
            samples = image_samples(image, tracked)
            square = self.schedule.take_turn(time_ns, regions, samples, squares_only=True)
            found = self.detect(image, options, tracked, [square])
        return found

    def again(
        self, image: np.ndarray, options: PoseTrackerOptions, known: Sequence[KnownBody]
    ) -> list[np.ndarray]:
        """
        Search the first image once more, without the people found in it.

        :param image: uint8 (H, W, 3) RGB
        :param options: of the tracker
        :param known: people to leave out
        """
        regions = search_regions(image.shape[1::-1], _tiles(options))
        # In a static image the squares were measured to add nobody here, at twice the time.
        searched = regions[:1] if options.static_image_mode else regions
        return self.detect(image, options, known, list(chain.from_iterable(searched)))

    def detect(
        self,
        image: np.ndarray,
        options: PoseTrackerOptions,
        known: Sequence[KnownBody],
        searched: Sequence[np.ndarray],
    ) -> list[np.ndarray]:
        """
        Return the regions of candidates in parts of an image.

        :param image: uint8 (H, W, 3) RGB
        :param options: of the tracker
        :param known: people to leave out
        :param searched: the parts
        """
        size, several = image.shape[1::-1], options.num_poses > 1
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
