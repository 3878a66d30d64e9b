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

import json

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from pose_tracking_ros.blazepose.search import search_regions, SearchSchedule

SIZES = st.tuples(st.integers(16, 4000), st.integers(16, 4000))


@given(SIZES, st.sampled_from([('halves', 2), ('thirds', 3), ('quarters', 4)]))
def test_squares_cover_the_image_and_stay_in_its_longer_side(size, tiles) -> None:
    name, divisor = tiles
    size = np.array(size)
    whole, *squares = search_regions(tuple(size), name)
    assert whole[2:4] * size == pytest.approx([max(size)] * 2)
    smallest = min(square[2] for square in squares)
    squares = [square for square in squares if square[2] == smallest]
    sides = np.array([square[2:4] * size for square in squares])
    assert sides == pytest.approx(np.full_like(sides, max(size) / divisor))
    for point in np.random.default_rng(0).random((20, 2)):
        assert any((abs(point - s[:2]) <= s[2:4] / 2 + 1e-9).all() for s in squares)


@given(SIZES)
def test_neighbours_overlap_by_a_third(size) -> None:
    _, *squares = search_regions(size, 'halves')
    columns = sorted({round(square[0] * size[0], 6) for square in squares})
    steps = np.diff(columns)
    assert (steps <= max(size) / 2 * (2 / 3) + 1e-3).all()


def test_off_is_the_whole_image() -> None:
    assert len(search_regions((640, 480), 'off')) == 1
    assert len(search_regions((640, 480), 'halves')) == 7
    assert len(search_regions((640, 480), 'thirds')) > 7


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=60), st.floats(0, 2))
def test_searches_keep_their_distance_and_take_turns(steps, interval) -> None:
    schedule, searches = SearchSchedule(), []
    for time_ns in np.cumsum(steps).tolist():
        if schedule.is_due(time_ns, interval):
            searches.append((time_ns, schedule.take_turn(time_ns, 7)))
    times = np.array([time_ns for time_ns, _ in searches])
    assert (np.diff(times) >= interval * 1e9).all()
    turns = [turn for _, turn in searches]
    assert turns[::2] == [0] * len(turns[::2])
    assert turns[1::2] == [1 + number % 6 for number in range(len(turns[1::2]))]


def test_squares_alone_take_turns_as_well() -> None:
    schedule = SearchSchedule()
    turns = [schedule.take_turn(time_ns, 7, squares_only=True) for time_ns in range(7)]
    assert turns == [1, 2, 3, 4, 5, 6, 1]
    assert SearchSchedule().take_turn(0, 1) == 0


def test_after_a_loss_the_whole_image_is_searched_at_once() -> None:
    schedule = SearchSchedule()
    schedule.take_all(0)
    assert schedule.take_turn(10**9, 7) == 0
    assert schedule.take_turn(2 * 10**9, 7) == 1
    assert not schedule.is_due(2 * 10**9 + 1, 0.2)
    schedule.request_search()
    assert schedule.is_due(2 * 10**9 + 1, 0.2)
    assert schedule.take_turn(2 * 10**9 + 1, 7) == 0
    assert schedule.take_turn(3 * 10**9, 7) == 2
    other = SearchSchedule()
    other.restore(json.loads(json.dumps(schedule.state())))
    assert other.state() == schedule.state()


def test_the_turns_of_lost_people_go_on_after_a_restart() -> None:
    schedule = SearchSchedule()
    assert [schedule.take_lost_turn() for _ in range(3)] == [1, 2, 3]
    restored = SearchSchedule()
    restored.restore(json.loads(json.dumps(schedule.state())))
    assert restored.take_lost_turn() == 4
