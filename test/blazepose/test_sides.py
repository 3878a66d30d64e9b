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

"""Left and right stay where they were, unless the model insists."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from pose_tracking_ros.blazepose import FULL_BODY, UPPER_BODY
from pose_tracking_ros.blazepose.landmarker import PredictedLandmarks
from pose_tracking_ros.blazepose.sides import SideKeeper

PERIOD_NS = 33_333_333
SIZE = (640, 480)
MIRRORED = list(FULL_BODY.mirrored)


def _body(count: int = 33) -> PredictedLandmarks:
    """Return a body whose landmarks all differ."""
    random = np.random.default_rng(0)
    return PredictedLandmarks(
        score=1.0,
        landmarks=random.uniform(0.2, 0.8, (count, 5)),
        alignment_points=random.uniform(0.2, 0.8, (2, 2)),
        world_landmarks=random.uniform(-1, 1, (33 if count == 33 else 0, 3)),
        inside_region=random.random(count) < 0.5,
        heatmap_peaks=None,
        mask=None,
    )


def _exchanged(body: PredictedLandmarks) -> PredictedLandmarks:
    mirrored = MIRRORED[: len(body.landmarks)]
    world = body.world_landmarks
    return replace(
        body,
        landmarks=body.landmarks[mirrored],
        world_landmarks=world[mirrored] if len(world) else world,
        inside_region=body.inside_region[mirrored],
    )


@pytest.mark.parametrize('count', [33, 25])
def test_sides_that_the_model_exchanges_briefly_are_corrected(count: int) -> None:
    keeper, body = SideKeeper(FULL_BODY if count == 33 else UPPER_BODY), _body(count)
    for k in range(30):
        wrong = k in (5, 6, 7, 15, 28)
        kept = keeper(_exchanged(body) if wrong else body, SIZE, k * PERIOD_NS)
        assert (kept.landmarks == body.landmarks).all()
        assert (kept.world_landmarks == body.world_landmarks).all()
        assert (kept.inside_region == body.inside_region).all()


@pytest.mark.parametrize(('seconds', 'limit'), [(0.5, 0.5), (1.5, 1.5), (60.0, 2.0)])
def test_a_model_that_insists_is_followed_after_as_long_as_it_was_trusted(
    seconds: float, limit: float
) -> None:
    keeper, body, period = SideKeeper(FULL_BODY), _body(), 1 / 50
    for k in range(round(seconds / period) + 1):
        keeper(body, SIZE, round(k * period * 1e9))
    for n in range(1, 200):
        kept = keeper(_exchanged(body), SIZE, round((k + n) * period * 1e9))
        if (kept.landmarks != body.landmarks).any():
            break
    assert n * period == pytest.approx(limit, abs=2 * period)
    # From then on it is trusted with these sides.
    kept = keeper(_exchanged(body), SIZE, round((k + n + 1) * period * 1e9))
    assert (kept.landmarks == _exchanged(body).landmarks).all()


def test_after_a_reset_the_model_is_followed_at_once() -> None:
    keeper, body = SideKeeper(FULL_BODY), _body()
    for k in range(30):
        keeper(body, SIZE, k * PERIOD_NS)
    keeper.reset()
    kept = keeper(_exchanged(body), SIZE, 30 * PERIOD_NS)
    assert (kept.landmarks == _exchanged(body).landmarks).all()


@given(st.lists(st.floats(-0.02, 0.02), min_size=2, max_size=2), st.integers(0, 10**9))
def test_a_moving_body_is_not_changed(step: list[float], gap_ns: int) -> None:
    keeper, body = SideKeeper(FULL_BODY), _body()
    for k in range(10):
        landmarks = body.landmarks.copy()
        landmarks[:, :2] += k * np.array(step)
        kept = keeper(replace(body, landmarks=landmarks), SIZE, k * gap_ns)
        assert kept.landmarks is landmarks
