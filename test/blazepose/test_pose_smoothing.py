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

"""What the option ``smoothing`` does to a pose, by hand-made predictions and by a real clip."""

from __future__ import annotations

import numpy as np
import pytest

from one_person import pose_of
from pose_tracking_ros.blazepose import Pose, PoseTracker, PoseTrackerOptions
from pose_tracking_ros.blazepose.landmarker import PredictedLandmarks
from pose_tracking_ros.blazepose.pipelines import (
    FULL_BODY_PIPELINE,
    Pipeline,
    UPPER_BODY_PIPELINE,
)
from pose_tracking_ros.blazepose.pose_smoothing import PoseSmoother
from reference_answers import Reference, references

SIZE = (1000, 500)
PERIODS_NS = {'15': 66_666_667, '30': 33_333_333, '60': 16_666_667}
PIPELINES = {'full': FULL_BODY_PIPELINE, 'upper': UPPER_BODY_PIPELINE}

each_pipeline = pytest.mark.parametrize('pipeline', PIPELINES.values(), ids=PIPELINES)


def prediction(pixels: np.ndarray, metres: np.ndarray) -> PredictedLandmarks:
    """Return a prediction of a body whose circle has a diameter of 400 pixels."""
    landmarks = np.concatenate([pixels / (SIZE[0], SIZE[1], SIZE[0]), np.ones((33, 2))], axis=1)
    return PredictedLandmarks(
        score=1.0,
        landmarks=landmarks,
        alignment_points=np.array([[500.0, 250.0], [500.0, 50.0]]) / SIZE,
        world_landmarks=metres,
        inside_region=np.ones(33, bool),
        heatmap_peaks=None,
        mask=None,
    )


def trembling(length: int = 300) -> tuple[list[PredictedLandmarks], np.ndarray]:
    """Return predictions of a body at rest, as uncertain as the models are, and the truth."""
    random = np.random.default_rng(0)
    body = random.uniform(50, 450, (33, 3))
    noise = random.normal(0, 0.4, (length, 33, 3))
    return [prediction(body + step, (body + step) / 200) for step in noise], body


def run(
    pipeline: Pipeline, smoothing: str, predictions: list[PredictedLandmarks], stamps: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return filtered landmarks in pixels, world landmarks in metres, alignment points."""
    smoother = PoseSmoother(pipeline, smoothing)
    answers = [smoother(p, SIZE, int(stamp)) for p, stamp in zip(predictions, stamps)]
    landmarks, world, alignment = (np.array(values) for values in zip(*answers))
    return landmarks[:, :, :3] * (SIZE[0], SIZE[1], SIZE[0]), world, alignment


@each_pipeline
@pytest.mark.parametrize('rate', PERIODS_NS)
def test_each_strength_is_calmer_than_the_one_before(pipeline: Pipeline, rate: str) -> None:
    predictions, _ = trembling()
    stamps = np.arange(len(predictions)) * PERIODS_NS[rate]
    strengths = ('off', 'official', 'strong')
    landmarks, world, _ = zip(*(run(pipeline, s, predictions, stamps) for s in strengths))
    for values in (landmarks, world):
        off, official, strong = (positions[100:].std(axis=0).mean() for positions in values)
        assert official < 0.6 * off
        assert strong < 0.6 * official


@pytest.mark.parametrize('rate', PERIODS_NS)
@each_pipeline
def test_strong_follows_a_fast_hand_within_ten_milliseconds(
    pipeline: Pipeline, rate: str
) -> None:
    stamps = np.arange(0, 3 * 10**9, PERIODS_NS[rate])
    # From rest to rest in 0.3 s over a quarter of the body's size.
    progress = np.clip((stamps * 1e-9 - 1) / 0.3, 0, 1)
    truth = 100 * progress**3 * (10 - 15 * progress + 6 * progress**2)
    body = np.linspace(50, 450, 99).reshape(33, 3)
    predictions = [prediction(body + step, (body + step) / 200) for step in truth]
    landmarks, world, _ = run(pipeline, 'strong', predictions, stamps)
    for positions in (landmarks, world * 200):
        behind = truth[:, np.newaxis, np.newaxis] + body - positions
        assert 0 < behind.sum(axis=0).max() * PERIODS_NS[rate] * 1e-9 / 100 < 0.010


@each_pipeline
@pytest.mark.parametrize('smoothing', ['official', 'strong', '0.1,40,1'])
def test_uneven_and_repeated_stamps_keep_a_body_at_rest_at_rest(
    pipeline: Pipeline, smoothing: str
) -> None:
    predictions, body = trembling()
    random = np.random.default_rng(1)
    stamps = np.cumsum(random.choice([0, 1_000_000, 33_333_333, 400_000_000], 300))
    landmarks, _, _ = run(pipeline, smoothing, predictions, stamps)
    raw, _, _ = run(pipeline, 'off', predictions, stamps)
    assert np.abs(landmarks - body).max() <= np.abs(raw - body).max() + 1e-9


@each_pipeline
def test_the_region_does_not_depend_on_the_strength(pipeline: Pipeline) -> None:
    predictions, _ = trembling(50)
    stamps = np.arange(50) * PERIODS_NS['30']
    regions = [
        run(pipeline, smoothing, predictions, stamps)[2]
        for smoothing in ('official', 'strong', '1,1,1')
    ]
    assert (regions[0] == regions[1]).all()
    assert (regions[0] == regions[2]).all()


def test_official_constants_are_the_official_filter_of_the_full_body() -> None:
    predictions, _ = trembling(100)
    stamps = np.arange(100) * PERIODS_NS['30']
    official, official_world, _ = run(FULL_BODY_PIPELINE, 'official', predictions, stamps)
    same, _, _ = run(FULL_BODY_PIPELINE, '0.05,80,1', predictions, stamps)
    assert (same == official).all()
    _, same_world, _ = run(FULL_BODY_PIPELINE, '0.1,80,1', predictions, stamps)
    assert same_world == pytest.approx(official_world, abs=1e-12)


def answers(options: PoseTrackerOptions, reference: Reference, length: int) -> list[Pose]:
    """Return the poses in the first frames of a clip, each in the region of the recording."""
    tracker = PoseTracker(options)
    recorded = reference.load()
    poses = []
    for k, (_, image) in enumerate(reference.frames()):
        if k == length:
            break
        poses.append(pose_of(tracker.process(image, k * PERIODS_NS['30'], recorded['roi'][k])))
    return poses


@pytest.fixture(scope='module', params=['full', 'upper'])
def clip(request: pytest.FixtureRequest) -> Reference:
    """Return the recording of a man who walks."""
    return next(r for r in references(request.param) if r.name == 'pose2sim_cam01')


def test_the_tracker_hands_the_option_on(clip: Reference) -> None:
    upper = clip.configuration == 'upper'
    poses = {
        name: answers(PoseTrackerOptions(upper_body_only=upper, **options), clip, 12)
        for name, options in {
            'default': {},
            'official': {'smoothing': 'official'},
            'strong': {'smoothing': 'strong'},
            'constants': {'smoothing': '0.05,80,1,0.05'},
            'off': {'smoothing': 'off'},
            'unsmoothed': {'smooth_landmarks': False},
            'unsmoothed strong': {'smooth_landmarks': False, 'smoothing': 'strong'},
        }.items()
    }
    assert same(poses['default'], poses['official'])
    assert same(poses['strong'], poses['constants'])
    assert same(poses['off'], poses['unsmoothed'])
    assert same(poses['off'], poses['unsmoothed strong'])
    assert not same(poses['official'], poses['strong'])
    assert not same(poses['official'], poses['off'])


def same(some: list[Pose], others: list[Pose]) -> bool:
    """Return whether the landmarks of poses are equal, bit for bit."""
    return all(
        np.array_equal(a.landmarks, b.landmarks, equal_nan=True)
        and np.array_equal(a.world_landmarks, b.world_landmarks)
        for a, b in zip(some, others, strict=True)
    )
