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

from itertools import islice
from pathlib import Path

import numpy as np
from people import labelled
from people_scenes import (
    Actor,
    ARRIVING,
    BESIDE,
    coming_and_going,
    composed,
    mirrored,
    Placed,
    PLAYED,
    RATE,
    returning,
    scene,
)
import pytest

from pose_tracking_ros.blazepose import PoseLandmark, PoseTrackerOptions

BACKGROUND = np.full((120, 160, 3), 10, np.uint8)


@pytest.fixture
def actor() -> Actor:
    """Return a person who is a grey box of 20 x 60 pixels, with landmarks at its borders."""
    images = np.full((3, 70, 40, 3), 200, np.uint8)
    masks = np.zeros((3, 70, 40), np.uint8)
    masks[:, 5:65, 10:30] = 255
    along = np.linspace(0, 1, 33)
    landmarks = np.stack([10 + 20 * (np.arange(33) % 2), 5 + 60 * along], axis=-1)
    return Actor(images, masks, np.repeat(landmarks[np.newaxis], 3, axis=0))


def test_who_is_placed_stands_there_in_that_height(actor: Actor) -> None:
    image, people = composed(BACKGROUND, [actor], [Placed(0, 0.25, 0.9, 0.5)], 0.0)
    rows, columns = np.nonzero((image > 100).all(axis=2))
    assert (columns.min(), columns.max()) == pytest.approx((30, 50), abs=1.5)
    assert (rows.min(), rows.max()) == pytest.approx((48, 108), abs=1.5)
    low, high = people[1].landmarks.min(axis=0), people[1].landmarks.max(axis=0)
    assert (*low, *high) == pytest.approx((30, 48, 50, 108), abs=1.5)
    assert people[1].shown == pytest.approx(1)


def test_who_is_behind_somebody_or_outside_is_shown_in_part(actor: Actor) -> None:
    behind = [Placed(0, 0.5, height=0.5), Placed(1, 0.5625, height=0.5)]
    _, people = composed(BACKGROUND, [actor, actor], behind, 0.0)
    assert people[1].shown == pytest.approx(0.5, abs=0.06)
    assert people[2].shown == pytest.approx(1)
    _, people = composed(BACKGROUND, [actor, actor], [Placed(0, 0.0), Placed(1, 2.0)], 0.0)
    assert set(people) == {1}
    assert people[1].shown == pytest.approx(0.5, abs=0.06)


def test_in_a_mirror_left_is_right(actor: Actor) -> None:
    twice = mirrored(mirrored(actor))
    assert np.array_equal(twice.landmarks, actor.landmarks)
    assert np.array_equal(twice.images, actor.images)
    x, y = actor.landmarks[0, PoseLandmark.RIGHT_SHOULDER]
    left = mirrored(actor).landmarks[0, PoseLandmark.LEFT_SHOULDER]
    assert left == pytest.approx((39 - x, y))


@pytest.mark.parametrize('kind', [*PLAYED, *ARRIVING, *BESIDE])
def test_a_scene_has_its_people_and_is_the_same_again(actor: Actor, kind: str) -> None:
    first, again = (next(scene(kind, 5, [actor], [BACKGROUND])) for _ in range(2))
    assert np.array_equal(first[0], again[0])
    assert len(first[1]) == (1 if kind in ARRIVING else (PLAYED.get(kind) or BESIDE[kind])[0])


def test_who_arrives_walks_in_from_the_edge_within_three_seconds(actor: Actor) -> None:
    (kind, *_) = ARRIVING
    shown = [
        people[2].shown if 2 in people else 0.0
        for _, people in islice(scene(kind, 5, [actor], [BACKGROUND]), 4 * round(RATE))
    ]
    begin = next(k for k, share in enumerate(shown) if share >= 0.5)
    assert RATE < begin < 3 * RATE
    assert 0 in [round(share, 6) for share in shown[:begin]]
    assert min(shown[begin:]) >= 0.5


@pytest.mark.parametrize('seed', range(5))
def test_who_returns_is_out_of_sight_for_less_than_the_memory(actor: Actor, seed: int) -> None:
    place = returning(np.random.default_rng(seed))
    shown = []
    for k in range(0, 200, 2):
        _, people = composed(BACKGROUND, [actor, actor], place(k / RATE), 0.0)
        shown.append(people[2].shown if 2 in people else 0.0)
    assert shown[0] == shown[-1] == pytest.approx(1)
    assert min(shown) == 0
    assert sum(share < 0.5 for share in shown) / (RATE / 2) < PoseTrackerOptions().track_memory


def test_people_come_and_go_over_and_over() -> None:
    place = coming_and_going(4, 12.0)
    inside = [sum(0 < one.x < 1 for one in place(second)) for second in np.arange(0, 12, 0.1)]
    assert (min(inside), max(inside)) == (0, 4)
    assert place(0.5)[2].x == pytest.approx(place(12.5)[2].x)


def test_what_is_no_label_is_reported_with_its_line(tmp_path: Path) -> None:
    labels = tmp_path / 'labels.txt'
    labels.write_text('1,1,10,20,30,40\n2,1,ten\n')
    with pytest.raises(ValueError, match=r'line 2: .*is no label'):
        list(labelled(tmp_path / 'none.mp4', labels))
