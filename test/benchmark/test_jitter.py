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

"""The measures of jitter and lag find what is known beforehand, and the plot shows it."""

from __future__ import annotations

from pathlib import Path

import cv2
from hypothesis import given
from hypothesis import strategies as st
from jitter import EVEN, measure, PRETENDED, UNEVEN
from jitter_measures import jitter, motion_lag, reach_lag, record, Recording, still
import numpy as np
import pytest

from pose_tracking_ros.blazepose.landmarker import PredictedLandmarks
from pose_tracking_ros.blazepose.pipelines import FULL_BODY_PIPELINE

SIZE = (1000, 500)


def recording(offsets: np.ndarray) -> Recording:
    """
    Return the recording of a body whose circle has a diameter of 400 pixels.

    :param offsets: where the landmarks are besides their places, (images, 33, 3) in pixels
    """
    body = np.random.default_rng(3).uniform(100, 400, (33, 3))
    predictions = [
        PredictedLandmarks(
            score=1.0,
            landmarks=np.hstack([pixels / (SIZE[0], SIZE[1], SIZE[0]), np.ones((33, 2))]),
            alignment_points=np.array([[500.0, 250.0], [500.0, 50.0]]) / SIZE,
            world_landmarks=pixels / 200,
            inside_region=np.ones(33, bool),
            heatmap_peaks=None,
            mask=None,
        )
        for pixels in body + offsets
    ]
    return Recording(predictions, SIZE, FULL_BODY_PIPELINE)


@pytest.fixture(scope='module')
def trembling() -> Recording:
    """Return a body at rest that trembles by a thousandth of its size."""
    return recording(np.random.default_rng(0).normal(0, 0.4, (300, 33, 3)))


@given(deviation=st.floats(0.01, 10), drift=st.floats(-0.01, 0.01))
def test_jitter_is_the_deviation_of_white_noise_and_not_a_drift(
    deviation: float, drift: float
) -> None:
    times = np.arange(600) / 60
    noise = np.random.default_rng(0).normal(0, deviation, (600, 33, 2))
    positions = noise + drift * times[:, np.newaxis, np.newaxis]
    measured = jitter(positions, times, np.ones(33, bool))
    assert measured == pytest.approx(deviation, rel=0.05)


def test_hidden_landmarks_do_not_count() -> None:
    positions = np.random.default_rng(0).normal(0, 1, (600, 33, 2))
    positions[:, 5:] *= 100
    assert jitter(positions, np.arange(600) / 60, np.arange(33) < 5) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize('cutoff', [2.0, 5.0])
def test_the_lag_of_a_low_pass_is_that_of_its_cutoff(trembling: Recording, cutoff: float) -> None:
    times = np.arange(300) / 60
    low_pass = f'{cutoff},0,1'
    expected = pytest.approx(1 / (2 * np.pi * cutoff), rel=0.05)
    assert reach_lag(trembling, low_pass, times, times) == expected
    swing = 400 * 0.3 * np.sin(2 * np.pi * 0.3 * times)
    swings = recording(np.repeat(swing, 99).reshape(-1, 33, 3))
    assert motion_lag([swings], f'{cutoff},0,1', 60) == pytest.approx(
        1 / (2 * np.pi * cutoff), rel=0.1
    )


@pytest.mark.parametrize(
    'cadence', [*EVEN.values(), *UNEVEN, *PRETENDED.values()], ids=lambda cadence: cadence.name
)
def test_strong_trembles_least_and_stays_within_ten_milliseconds(
    trembling: Recording, cadence: object
) -> None:
    off, official, strong = (
        measure([trembling], smoothing, cadence) for smoothing in ('off', 'official', 'strong')
    )
    assert off.jitter == pytest.approx(1, rel=0.1)
    assert off.lag == pytest.approx(0, abs=0.5)
    assert strong.jitter < 0.6 * official.jitter < 0.6 * off.jitter
    assert strong.world_jitter < 0.6 * official.world_jitter < 0.6 * off.world_jitter
    assert official.lag < 10
    assert strong.lag < 10


def test_a_still_scene_is_recorded_as_the_models_see_it(astronaut: np.ndarray) -> None:
    recorded = record(still(astronaut, 3), 30, upper_body_only=False)
    assert recorded.size == (960, 960)
    noses = [prediction.landmarks[0, :2] for prediction in recorded.predictions]
    assert np.ptp(noses, axis=0).max() > 0, 'noise trembles'
    assert noses == pytest.approx(np.tile([0.44, 0.21], (3, 1)), abs=0.05)


def test_a_clip_without_a_body_is_refused(coffee: np.ndarray) -> None:
    with pytest.raises(ValueError, match='no body is found in image 0'):
        record([coffee], 30, upper_body_only=False)


def test_the_plot_is_a_picture(tmp_path: Path) -> None:
    pytest.importorskip('matplotlib')
    from jitter_plot import draw

    path = tmp_path / 'images' / 'jitter.png'
    points = {rate: (rate / 10, 0.1) for rate in (15, 30, 60)}
    draw(path, {'off': points, 'official': points, 'strong': points}, points, points)
    assert cv2.imread(str(path)).std() > 10
