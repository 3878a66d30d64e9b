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
The tracker against the recorded answers of official MediaPipe.

Static mode and open loop (the region is the official one) are compared landmark by landmark. A
free-running tracker feeds its regions back, which amplifies rounding on hard frames: it is held to
the distance that the official pipeline has from itself under noise of one grey level.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import cv2
import numpy as np
import pytest

from pose_tracking_ros.blazepose import Pose, PoseTracker, PoseTrackerOptions
from reference_answers import NOISE_FLOOR_PX, Reference, references

OPTIONS = {
    'full': {'model_complexity': 1},
    'full_raw': {'model_complexity': 1, 'smooth_landmarks': False},
    'lite': {'model_complexity': 0},
    'heavy': {'model_complexity': 2},
    'full_static': {'model_complexity': 1, 'static_image_mode': True},
    'lite_static': {'model_complexity': 0, 'static_image_mode': True},
    'heavy_static': {'model_complexity': 2, 'static_image_mode': True},
    'upper': {'upper_body_only': True},
    'upper_raw': {'upper_body_only': True, 'smooth_landmarks': False},
    'upper_static': {'upper_body_only': True, 'static_image_mode': True},
    # The Python package of MediaPipe does not hand its option to the graph: it never mixes masks.
    'full_seg': {'enable_segmentation': True, 'smooth_segmentation': False},
}

STATIC = references('full_static', 'lite_static', 'heavy_static', 'upper_static')
VIDEO = references('full', 'full_raw', 'lite', 'heavy', 'upper', 'upper_raw')
MASKS = references('full_seg')

STATIC_MEAN_PX = {
    'full_static': 0.05,
    'lite_static': 0.05,
    'heavy_static': 0.05,
    'upper_static': 0.1,
}
STATIC_PERCENTILE_99_PX = {
    'full_static': 0.5,
    'lite_static': 0.5,
    'heavy_static': 0.5,
    'upper_static': 1.0,
}

# Frames on which the answer hangs on the last bits of the region, in which ONNX Runtime and
# XNNPACK differ. On the clip, the window of the heatmap refinement falls on one side or the other:
# the mean distance is 6.5 px, with the official region 0.002 px. The other is a cup, in which the
# upper-body models see a person: 0.15 px, with the official region 0.0001 px.
ILL_CONDITIONED = {'pose2sim_cam02-full_static': (60,), 'coffee-upper_static': (0,)}

# How far regions from the two differ.
REGION_ROUNDING = 2e-6

# Free-running, the frames with a pose agree on this share. With the heavy model on two people of
# whom one leaves, our tracker agrees with itself on no more than 0.970 to 0.978 of the frames when
# each pixel carries one grey level of noise.
MIN_AGREEMENT = {'sports2d_demo-heavy': 0.97}


@lru_cache(maxsize=2)
def answers(reference: Reference, forced_regions: bool) -> list[Pose | None]:
    """Return the tracker's answer to each recorded frame."""
    recorded = reference.load()
    tracker = PoseTracker(PoseTrackerOptions(**OPTIONS[reference.configuration]))
    poses = []
    for k, (_, image) in enumerate(reference.frames()):
        forced = forced_regions and np.isfinite(recorded['roi'][k]).all()
        stamp_ns = int(recorded['stamp_us'][k]) * 1000
        poses.append(tracker.process(image, stamp_ns, recorded['roi'][k] if forced else None))
    return poses


def distances_px(
    reference: Reference, poses: list[Pose | None], without: Collection[int] = ()
) -> np.ndarray:
    """Return the distance of each landmark where both have a pose, (frames, landmarks)."""
    recorded = reference.load()
    both = [
        k
        for k, pose in enumerate(poses)
        if pose is not None and recorded['detected'][k] and recorded['frame'][k] not in without
    ]
    theirs = recorded['landmarks'][both][:, :, :2]
    ours = np.array([poses[k].landmarks[:, :2] for k in both]).reshape(theirs.shape)
    return np.linalg.norm((ours - theirs) * recorded['size'], axis=-1)


def frames_agree(reference: Reference, poses: list[Pose | None]) -> np.ndarray:
    """Return for each frame whether both have a pose or both have none."""
    return np.array([pose is not None for pose in poses]) == reference.load()['detected']


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
def test_where_static_mode_disagrees_the_answer_hangs_on_the_last_bit_of_the_region(
    reference: Reference,
) -> None:
    recorded = reference.load()
    tracker = PoseTracker(PoseTrackerOptions(**OPTIONS[reference.configuration]))
    random = np.random.default_rng(0)
    for k, (frame, image) in enumerate(reference.frames()):
        if frame in ILL_CONDITIONED[str(reference)]:
            rounding = random.uniform(-REGION_ROUNDING, REGION_ROUNDING, (8, 5))
            regions = recorded['roi'][k] + rounding
            poses = [tracker.process(image, 0, roi) for roi in (recorded['roi'][k], *regions)]
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
    recorded = reference.load()
    poses = answers(reference, forced_regions=True)
    assert frames_agree(reference, poses).all()
    distances = distances_px(reference, poses)
    if not distances.size:
        return
    assert distances.mean() <= 0.01
    assert np.percentile(distances, 99) <= 0.1
    found = [pose for pose in poses if pose is not None]
    visibility = np.array([pose.landmarks[:, 3] for pose in found])
    errors = np.abs(visibility - recorded['landmarks'][recorded['detected']][:, :, 3])
    assert errors.mean() <= 0.001
    assert errors.max() <= 0.01
    if 'world' in recorded:
        world = np.array([pose.world_landmarks for pose in found])
        errors = np.linalg.norm(world - recorded['world'][recorded['detected']], axis=-1)
        assert errors.mean() <= 1e-4


@pytest.mark.parametrize('reference', VIDEO, ids=str)
def test_free_running_stays_within_the_noise_floor_of_mediapipe(reference: Reference) -> None:
    poses = answers(reference, forced_regions=False)
    assert frames_agree(reference, poses).mean() >= MIN_AGREEMENT.get(str(reference), 0.99)
    if reference.configuration == 'full' and reference.name in NOISE_FLOOR_PX:
        distances = distances_px(reference, poses)
        median, percentile_95 = NOISE_FLOOR_PX[reference.name]
        assert np.median(distances) <= 1.25 * median
        assert np.percentile(distances, 95) <= 1.25 * percentile_95


@pytest.mark.parametrize('reference', MASKS, ids=str)
def test_masks_agree_with_mediapipe(reference: Reference) -> None:
    recorded = reference.load()
    options = dict(OPTIONS['full_seg'], static_image_mode=len(recorded['frame']) == 1)
    tracker = PoseTracker(PoseTrackerOptions(**options))
    masks = dict(zip(recorded['mask_frame'].tolist(), recorded['mask64']))
    for k, (frame, image) in enumerate(reference.frames()):
        stamp_ns = int(recorded['stamp_us'][k]) * 1000
        pose = tracker.process(image, stamp_ns, recorded['roi'][k])
        if frame in masks:
            mask = cv2.resize(pose.segmentation_mask, (64, 64), interpolation=cv2.INTER_AREA)
            assert np.abs(mask * 255 - masks[frame]).mean() <= 2
