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

"""The tracker against the recorded answers of official MediaPipe."""

from __future__ import annotations

import numpy as np
import pytest

from one_person import pose_of
from parity_measures import (
    answers,
    distances_px,
    frames_agree,
    FREE_RUNNING_NOISE_FLOORS,
    ILL_CONDITIONED,
    mask_errors,
    MASK_MEAN_LEVELS,
    MASKS,
    MIN_AGREEMENT,
    official_tracker,
    OPEN_LOOP_MAX_VISIBILITY,
    OPEN_LOOP_MEAN_PX,
    OPEN_LOOP_MEAN_VISIBILITY,
    OPEN_LOOP_MEAN_WORLD_M,
    OPEN_LOOP_PERCENTILE_99_PX,
    STATIC,
    STATIC_MEAN_PX,
    STATIC_PERCENTILE_99_PX,
    USUAL_MIN_AGREEMENT,
    VIDEO,
    visibility_errors,
    world_errors_m,
)
from reference_answers import NOISE_FLOOR_PX, Reference

# How far regions from the two differ.
REGION_ROUNDING = 2e-6


@pytest.mark.parametrize('reference', STATIC, ids=str)
def test_static_mode_agrees_with_mediapipe(reference: Reference) -> None:
    poses = answers(reference, forced_regions=False)
    assert frames_agree(reference, poses).all()
    distances = distances_px(reference, poses, without=ILL_CONDITIONED.get(str(reference), ()))
    if distances.size:
        assert distances.mean() <= STATIC_MEAN_PX[reference.configuration]
        assert np.percentile(distances, 99) <= STATIC_PERCENTILE_99_PX[reference.configuration]


@pytest.mark.parametrize(
    'reference', [r for r in STATIC if str(r) in ILL_CONDITIONED], ids=str
)
def test_differences_in_static_mode_come_from_the_last_bits_of_the_region(
    reference: Reference,
) -> None:
    recorded = reference.load()
    tracker = official_tracker(reference)
    random = np.random.default_rng(0)
    for k, (frame, image) in enumerate(reference.frames()):
        if frame in ILL_CONDITIONED[str(reference)]:
            rounding = random.uniform(-REGION_ROUNDING, REGION_ROUNDING, (8, 5))
            regions = recorded['roi'][k] + rounding
            poses = [
                pose_of(tracker.process(image, 0, roi))
                for roi in (recorded['roi'][k], *regions)
            ]
            spread = [
                np.linalg.norm(
                    (pose.landmarks[:, :2] - recorded['landmarks'][k][:, :2]) * recorded['size'],
                    axis=-1,
                ).mean()
                for pose in poses
            ]
            assert spread[0] <= 0.01
            assert max(spread) > STATIC_MEAN_PX[reference.configuration]


@pytest.mark.parametrize('reference', VIDEO, ids=str)
def test_open_loop_agrees_with_mediapipe(reference: Reference) -> None:
    poses = answers(reference, forced_regions=True)
    assert frames_agree(reference, poses).all()
    distances = distances_px(reference, poses)
    if not distances.size:
        return
    assert distances.mean() <= OPEN_LOOP_MEAN_PX
    assert np.percentile(distances, 99) <= OPEN_LOOP_PERCENTILE_99_PX
    errors = visibility_errors(reference, poses)
    assert errors.mean() <= OPEN_LOOP_MEAN_VISIBILITY
    assert errors.max() <= OPEN_LOOP_MAX_VISIBILITY
    if not reference.configuration.startswith('upper'):
        assert world_errors_m(reference, poses).mean() <= OPEN_LOOP_MEAN_WORLD_M


@pytest.mark.parametrize('reference', VIDEO, ids=str)
def test_free_running_stays_within_the_noise_floor_of_mediapipe(reference: Reference) -> None:
    poses = answers(reference, forced_regions=False)
    minimum = MIN_AGREEMENT.get(str(reference), USUAL_MIN_AGREEMENT)
    assert frames_agree(reference, poses).mean() >= minimum
    if reference.configuration == 'full' and reference.name in NOISE_FLOOR_PX:
        distances = distances_px(reference, poses)
        median, percentile_95 = NOISE_FLOOR_PX[reference.name]
        assert np.median(distances) <= FREE_RUNNING_NOISE_FLOORS * median
        assert np.percentile(distances, 95) <= FREE_RUNNING_NOISE_FLOORS * percentile_95


@pytest.mark.parametrize('reference', MASKS, ids=str)
def test_masks_agree_with_mediapipe(reference: Reference) -> None:
    errors = mask_errors(reference, answers(reference, forced_regions=True))
    assert len(errors) == len(reference.load()['mask_frame'])
    assert errors.max() <= MASK_MEAN_LEVELS
