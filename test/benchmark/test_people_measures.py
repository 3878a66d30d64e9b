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


from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip('motmetrics', reason='needs motmetrics')

from people_measures import alikeness, Count, count, Found
from people_scenes import Person

from pose_tracking_ros.blazepose import FULL_BODY

BODY = np.random.default_rng(0).uniform((0, 0), (80, 200), (33, 2))
LEFT, RIGHT = BODY + np.array([100, 50]), BODY + np.array([400, 50])
TWO = {1: Person(LEFT), 2: Person(RIGHT)}


def test_two_who_keep_their_numbers_are_two() -> None:
    frames = [(TWO, [Found(LEFT, 7), Found(RIGHT, 8)])] * 5
    assert count(frames) == Count(frames=5, complete=5, people=2, identities=2)


def test_an_exchange_is_counted_for_both() -> None:
    frames = [(TWO, [Found(LEFT, 7), Found(RIGHT, 8)])] * 5
    frames += [(TWO, [Found(LEFT, 8), Found(RIGHT, 7)])] * 5
    assert (count(frames).switches, count(frames).changed) == (2, 2)


def test_who_is_taken_for_another_for_a_moment_is_not_changed() -> None:
    frames = [({1: Person(LEFT)}, [Found(LEFT, number)]) for number in (7, 7, 8, 7, 7)]
    assert (count(frames).switches, count(frames).changed) == (2, 0)


def test_who_is_found_twice_is_a_double_and_too_many() -> None:
    counted = count([({1: Person(LEFT)}, [Found(LEFT, 1), Found(LEFT + 1, 2)])] * 4)
    assert (counted.many, counted.doubles, counted.complete) == (4, 4, 4)


def test_one_body_does_not_stand_for_two_people() -> None:
    near = {1: Person(LEFT), 2: Person(LEFT + 1)}
    assert count([(near, [Found(LEFT, 1)])]).complete == 0


def test_who_is_hidden_need_not_be_found() -> None:
    hidden = {1: Person(LEFT), 2: Person(RIGHT, shown=0.3)}
    assert count([(hidden, [Found(LEFT, 1)])]).complete == 1


def test_passers_by_of_three_frames_are_no_identities() -> None:
    frames = [(1, [Found(LEFT, 1)])] * 5 + [(1, [Found(LEFT, 1), Found(RIGHT, 2)])] * 3
    assert count(frames) == Count(
        frames=8, complete=8, many=3, people=1, identities=1
    )


def test_a_tracker_without_identities_has_none() -> None:
    counted = count([(2, [Found(LEFT), Found(RIGHT)])] * 5)
    assert (counted.complete, counted.identities, counted.switches) == (5, 0, 0)


def test_left_for_right_is_the_same_person_and_far_away_is_none() -> None:
    assert alikeness(Person(LEFT), Found(LEFT[list(FULL_BODY.mirrored)])) == 1
    assert alikeness(Person(LEFT), Found(RIGHT)) < 0.01


def test_a_box_is_of_the_body_that_fills_it() -> None:
    low, high = LEFT.min(axis=0), LEFT.max(axis=0)
    box = np.concatenate([low, high - low])
    assert alikeness(box, Found(LEFT)) == pytest.approx(1)
    assert alikeness(box, Found(RIGHT)) == 0
