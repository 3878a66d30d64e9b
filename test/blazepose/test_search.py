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

"""Where people are looked for, and when."""

from __future__ import annotations

from itertools import chain
import json

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from pose_tracking_ros.blazepose import FULL_BODY
from pose_tracking_ros.blazepose.erasing import KnownBody
from pose_tracking_ros.blazepose.search import (
    image_samples,
    region_changes,
    search_regions,
    SearchSchedule,
)

SIZES = st.tuples(st.integers(16, 4000), st.integers(16, 4000))


SQUARES = 6
STILL = np.zeros((48, 48), np.int16)


@given(SIZES, st.sampled_from([('halves', 2), ('thirds', 3), ('quarters', 4)]))
def test_squares_cover_the_image_and_stay_in_its_longer_side(size, tiles) -> None:
    name, divisor = tiles
    size = np.array(size)
    [whole], *_, squares = search_regions(tuple(size), name)
    assert whole[2:4] * size == pytest.approx([max(size)] * 2)
    sides = np.array([square[2:4] * size for square in squares])
    assert sides == pytest.approx(np.full_like(sides, max(size) / divisor))
    for point in np.random.default_rng(0).random((20, 2)):
        assert any((abs(point - s[:2]) <= s[2:4] / 2 + 1e-9).all() for s in squares)


@given(SIZES)
def test_neighbours_overlap_by_a_third(size) -> None:
    _, squares = search_regions(size, 'halves')
    columns = sorted({round(square[0] * size[0], 6) for square in squares})
    steps = np.diff(columns)
    assert (steps <= max(size) / 2 * (2 / 3) + 1e-3).all()


def test_squares_come_in_sizes() -> None:
    assert [len(regions) for regions in search_regions((640, 480), 'off')] == [1]
    assert [len(regions) for regions in search_regions((640, 480), 'halves')] == [1, SQUARES]
    assert [len(regions) for regions in search_regions((640, 480), 'thirds')] == [1, SQUARES, 12]


class Turns:
    """The numbers of the regions that a schedule chooses."""

    def __init__(self, tiles: str = 'halves') -> None:
        self.regions = search_regions((640, 480), tiles)
        self.schedule = SearchSchedule()

    def next(self, time_ns: int = 0, samples: np.ndarray = STILL, squares_only=False) -> int:
        chosen = self.schedule.take_turn(time_ns, self.regions, samples, squares_only)
        everything = list(chain.from_iterable(self.regions))
        return [one is chosen for one in everything].index(True)

    def next_if_due(self, time_ns: int, interval: float) -> int | None:
        return self.next(time_ns) if self.schedule.is_due(time_ns, interval) else None


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=60), st.floats(0, 2))
def test_searches_keep_their_distance_and_take_turns(steps, interval) -> None:
    turns = Turns()
    times = np.cumsum(steps).tolist()
    searches = [time for time in times if turns.next_if_due(time, interval) is not None]
    assert searches[0] == times[0]
    assert (np.diff(searches) >= interval * 1e9).all()


@pytest.mark.parametrize('tiles', ['halves', 'thirds'])
def test_the_sizes_take_turns_and_so_do_the_regions_of_a_size(tiles) -> None:
    turns = Turns(tiles)
    sizes = [len(regions) for regions in turns.regions]
    found = [turns.next() for _ in range(2 * len(sizes) * max(sizes))]
    for size, (count, first) in enumerate(zip(sizes, np.cumsum([0, *sizes]))):
        own = found[size :: len(sizes)]
        assert [turn - first for turn in own] == [k % count for k in range(len(own))]


def test_squares_alone_take_turns_as_well() -> None:
    turns = Turns()
    found = [turns.next(squares_only=True) for _ in range(SQUARES + 1)]
    assert found == [1, 2, 3, 4, 5, 6, 1]
    assert Turns('off').next() == 0


def test_after_a_loss_the_whole_image_is_searched_at_once() -> None:
    turns = Turns()
    assert [turns.next(second * 10**9) for second in range(4)] == [0, 1, 0, 2]
    assert turns.next_if_due(3 * 10**9 + 1, 0.2) is None
    turns.schedule.request_search()
    assert turns.next_if_due(3 * 10**9 + 1, 0.2) == 0
    assert turns.next_if_due(3 * 10**9 + 2, 0.2) is None
    assert turns.next(4 * 10**9) == 3


def test_after_a_find_everything_is_searched_once_in_the_next_images() -> None:
    turns = Turns()
    turns.next(0)
    turns.schedule.request_all()
    found = [turns.next_if_due(time_ns, 0.2) for time_ns in range(1, SQUARES + 3)]
    assert found == [0, 1, 2, 3, 4, 5, 6, None]
    assert turns.next_if_due(10**9, 0.2) == 1


def test_repeated_finds_leave_no_square_out() -> None:
    turns = Turns()
    turns.next(0)
    found = []
    for time_ns in range(1, 20 * SQUARES):
        found.append(turns.next_if_due(time_ns, 0.2))
        if found[-1] in (None, 1):  # Somebody is found in the first square again and again.
            turns.schedule.request_all()
    assert min(found.count(number) for number in range(SQUARES + 1)) >= 5


@pytest.mark.parametrize('square', [1, 3, 4, 6])
def test_the_square_that_changed_the_most_is_next_and_the_others_have_their_turn(square) -> None:
    turns = Turns()
    x, y, width, height, _ = turns.regions[1][square - 1]
    column = int(48 * (x + 0.4 * width * np.sign(x - 0.5)))
    row = int(48 * (y + 0.4 * height * np.sign(y - 0.5)))
    found = []
    for number in range(8 * SQUARES):
        moving = STILL.copy()
        moving[row - 1 : row + 2, column - 1 : column + 2] = 200 * (number % 2)
        found.append(turns.next(samples=moving))
    squares = found[1::2]
    assert squares[0] == square
    assert squares.count(square) > len(squares) / 3
    assert set(squares) == set(range(1, SQUARES + 1))


def test_change_on_known_people_does_not_count() -> None:
    random = np.random.default_rng(0)
    images = random.integers(0, 255, (2, 480, 640, 3), np.uint8)
    everywhere = search_regions((640, 480), 'halves')[1]
    known = [KnownBody(FULL_BODY, np.zeros((33, 2)), np.array([0.5, 0.5, 3.0, 4.0, 0.0]))]
    free, covered = ([image_samples(image, b) for image in images] for b in ([], known))
    assert min(region_changes(*free, everywhere)) > 50
    assert region_changes(*covered, everywhere) == [0.0] * SQUARES
    assert region_changes(covered[0], free[1], everywhere) == [0.0] * SQUARES


def test_a_restored_schedule_continues() -> None:
    random = np.random.default_rng(0)
    samples = random.integers(0, 255, (40, 48, 48)).astype(np.int16)
    turns, other = Turns('thirds'), Turns('thirds')
    for number, shown in enumerate(samples[:20]):
        turns.next(number, shown)
    turns.schedule.request_all()
    turns.next(20, samples[20])
    assert turns.schedule.take_lost_turn() == 1
    other.schedule.restore(json.loads(json.dumps(turns.schedule.state())))
    assert other.schedule.state() == turns.schedule.state()
    for number, shown in enumerate(samples[20:]):
        assert other.next(number, shown) == turns.next(number, shown)
    assert other.schedule.take_lost_turn() == 2
