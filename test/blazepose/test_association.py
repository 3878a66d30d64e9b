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

"""Who is who: similarity of bodies, returns, and the main person."""

from __future__ import annotations

from dataclasses import replace
from math import cos, radians, sin

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from pose_tracking_ros.blazepose import FULL_BODY, UPPER_BODY
from pose_tracking_ros.blazepose.association import (
    assign,
    change,
    color_distance,
    DUPLICATE_SIMILARITY,
    is_part,
    is_reversed,
    main_person,
    MERGED_SIMILARITY,
    reidentification_cost,
    Sighting,
    similarity,
)

SIZE = (640, 480)
STILL = np.zeros(2)


def body(x: float = 300.0, y: float = 200.0, diameter: float = 200.0, seed: int = 0):
    random = np.random.default_rng(seed)
    return np.array([x, y]) + diameter * random.uniform(-0.3, 0.3, (33, 2))


def sighting(x: float = 300.0, seconds: float = 0.0, diameter: float = 200.0, color: float = 90.0):
    return Sighting(round(seconds * 1e9), np.array([x, 200.0]), diameter, np.full(6, color))


PLACES = st.floats(-1e4, 1e4)


@given(PLACES, PLACES, st.floats(1, 1e4), st.integers(0, 9), st.integers(0, 9))
def test_similarity_is_symmetric_and_within_the_unit_interval(x, y, diameter, one, other) -> None:
    a, b = body(x, y, diameter, one), body(x, y, diameter, other)
    found = similarity(a, b, diameter, FULL_BODY)
    assert 0 <= found <= 1
    assert found == similarity(b, a, diameter, FULL_BODY)
    assert similarity(a, a, diameter, FULL_BODY) == 1


@given(PLACES, PLACES, st.floats(0.1, 10))
def test_similarity_does_not_depend_on_place_and_scale(x, y, scale) -> None:
    a, b = body(seed=1), body(x=310.0, seed=1)
    there = [points * scale + (x, y) for points in (a, b)]
    expected = similarity(a, b, 200.0, FULL_BODY)
    assert similarity(*there, 200.0 * scale, FULL_BODY) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize('skeleton', [FULL_BODY, UPPER_BODY])
def test_neighbours_are_two_and_a_trembling_body_is_one(skeleton) -> None:
    a = body()[: len(skeleton.landmarks)]
    tremble = a + np.random.default_rng(3).normal(0, 2.0, a.shape)
    assert similarity(a, tremble, 200.0, skeleton) > MERGED_SIMILARITY
    # Shoulder to shoulder: half a metre, of two metres.
    assert similarity(a, a + np.array([50, 0]), 200.0, skeleton) < DUPLICATE_SIMILARITY


@given(st.floats(0, 2), st.floats(-60, 60), st.floats(0.75, 1.3), st.floats(-10, 10))
def test_a_person_returning_in_the_same_clothes_keeps_the_id(seconds, way, scale, color) -> None:
    lost = sighting()
    found = sighting(300 + way * 0.8, seconds, 200 * scale, 90 + color)
    assert reidentification_cost(lost, STILL, found, 2.0) is not None


@pytest.mark.parametrize(
    'found',
    [
        sighting(seconds=2.1),
        sighting(seconds=-0.1),
        sighting(x=900.0, seconds=0.5),
        sighting(seconds=0.5, diameter=400.0),
        sighting(seconds=0.5, color=180.0),
    ],
    ids=['too late', 'before', 'far', 'another size', 'other clothes'],
)
def test_another_person_does_not_get_the_id_of_a_lost_one(found) -> None:
    assert reidentification_cost(sighting(), STILL, found, 2.0) is None


def test_a_lost_person_is_expected_in_the_direction_of_walking() -> None:
    walking = np.array([300.0, 0.0])
    on, back = sighting(750.0, 1.0), sighting(-150.0, 1.0)
    assert reidentification_cost(sighting(), walking, on, 2.0) is not None
    assert reidentification_cost(sighting(), walking, back, 2.0) is None


def test_a_person_in_the_same_clothes_may_have_run() -> None:
    place = sighting(480.0, 0.5)
    known, unlike = (sighting(480.0, 0.5, color=color) for color in (90.0, 105.0))
    assert reidentification_cost(sighting(), STILL, known, 2.0) is not None
    for found in (unlike, replace(place, color=None)):
        assert reidentification_cost(sighting(), STILL, found, 2.0) is None
    assert reidentification_cost(sighting(), STILL, sighting(530.0, 0.5), 2.0) is None


@pytest.mark.parametrize(
    ('angle', 'away', 'expected'),
    [(180, 0, True), (130, 50, True), (100, 0, False), (0, 0, False), (180, 150, False)],
)
def test_a_body_that_is_seen_the_wrong_way_round_is_the_same(angle, away, expected) -> None:
    turned = np.array([sin(radians(angle)), -cos(radians(angle))])
    first = np.array([[300.0, 200.0], [300.0, 100.0]])
    hips = np.array([300.0 + away, 200.0])
    second = np.array([hips, hips + 110 * turned])
    assert is_reversed(first, second) is expected
    assert is_reversed(second, first) is expected


@pytest.mark.parametrize(
    ('x', 'y', 'radius', 'expected'),
    [
        (300, 130, 40, True),  # the hips on the chest, the trunk on the head
        (300, 190, 30, True),
        (300, 130, 60, False),  # more than half as large
        (300, 115, 80, False),
        (300, 90, 40, False),  # above the head
        (330, 150, 40, False),  # beside
        (300, 260, 40, False),  # before the legs
    ],
)
@pytest.mark.parametrize('degrees', [0, 75, 180])
def test_a_small_body_on_a_trunk_is_a_part_of_the_large_one(
    x: float, y: float, radius: float, expected: bool, degrees: float
) -> None:
    large = np.array([[300.0, 200.0], [300.0, 100.0]])
    small = np.array([[x, y], [x, y - radius]])
    turn = np.exp(1j * radians(degrees))
    turned = [
        np.stack([at.real, at.imag], axis=1)
        for at in (turn * (body @ (1, 1j)) for body in (small, large))
    ]
    assert is_part(*turned) is expected
    assert not is_part(*turned[::-1])


def test_without_a_colour_place_and_size_decide() -> None:
    near, far = (replace(sighting(x, 0.5), color=None) for x in (310.0, 380.0))
    costs = [reidentification_cost(sighting(), STILL, found, 2.0) for found in (near, far)]
    assert None not in costs
    assert costs[0] < costs[1]


def test_clothes_that_are_not_visible_fit_better_than_different_ones() -> None:
    unseen, different = (replace(sighting(), color=color) for color in (None, np.full(6, 105.0)))
    found = sighting(seconds=0.5)
    costs = [reidentification_cost(lost, STILL, found, 2.0) for lost in (unseen, different)]
    assert None not in costs
    assert costs[0] < costs[1]


def test_the_hue_of_clothes_counts_more_than_their_lightness() -> None:
    """A person who turns away from the light does not change the clothes."""
    grey = np.array([120.0, 128, 128] * 2)
    shaded, reddish = grey - [20, 0, 0] * 2, grey + [0, 20, 0] * 2
    assert color_distance(grey, reddish) > 2 * color_distance(grey, shaded) > 0


def test_a_jump_and_other_clothes_are_changes_alike() -> None:
    before = sighting()
    jump, clothes = sighting(x=330.0), sighting(color=110.0)
    assert change(before, before) == change(None, jump) == 0
    assert change(before, jump) > 1 < change(before, clothes)
    both = replace(jump, color=clothes.color)
    assert change(before, both) == change(before, jump) + change(before, clothes)
    # Clothes outside the image decide nothing.
    assert change(before, replace(both, color=None)) == change(before, jump)


COSTS = st.lists(
    st.lists(st.none() | st.floats(0, 9), min_size=3, max_size=3), min_size=0, max_size=4
)


@given(COSTS)
def test_no_person_is_assigned_twice_or_against_a_veto(costs) -> None:
    chosen = assign(costs)
    assert len(chosen) == len(costs)
    columns = [column for column in chosen if column is not None]
    assert len(set(columns)) == len(columns)
    assert all(costs[row][column] is not None for row, column in enumerate(chosen)
               if column is not None)
    free = set(range(3)) - set(columns)
    for row, column in enumerate(chosen):
        assert column is not None or all(costs[row][other] is None for other in free)


def test_the_lowest_cost_comes_first() -> None:
    assert assign([[2.0, 3.0], [1.0, None]]) == [1, 0]


def test_the_main_person_stays_until_another_is_clearly_better() -> None:
    def people(second: float) -> list[tuple[int, Sighting]]:
        return [(3, sighting(diameter=100.0)), (7, sighting(diameter=second))]

    assert main_person('first', people(300.0), 7, SIZE) == 3
    assert main_person('largest', people(110.0), 3, SIZE) == 3
    assert main_person('largest', people(140.0), 3, SIZE) == 7
    assert main_person('largest', people(90.0), 7, SIZE) == 7
    assert main_person('largest', people(60.0), 7, SIZE) == 3
    assert main_person('largest', people(110.0), 0, SIZE) == 7


@given(st.lists(st.floats(0, 640), min_size=2, max_size=2))
def test_the_main_person_does_not_flicker(places) -> None:
    people = [(number, sighting(x)) for number, x in enumerate(places, start=1)]
    now = main_person('center', people, 0, SIZE)
    assert main_person('center', people, now, SIZE) == now
