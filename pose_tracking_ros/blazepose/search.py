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
Schedule of the searches for people.

The detector finds people of at least 16 % of the longer side of its input. So searches alternate
between the whole image and overlapping squares of it.
"""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np

from pose_tracking_ros.blazepose import saved_state
from pose_tracking_ros.blazepose.geometry import letterbox_roi
from pose_tracking_ros.blazepose.options import SEARCH_TILES
from pose_tracking_ros.blazepose.stamps import MAX_STAMP_NS

# Minimum fraction of a square that the next one shares with it.
_OVERLAP = 1 / 3

# Far above the number of squares.
_MAX_TURN = 2**20


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
