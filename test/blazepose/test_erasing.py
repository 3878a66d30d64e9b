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

"""Known people are erased from the detector's input, so that it finds those beside them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from pose_tracking_ros.blazepose import FULL_BODY, PoseTracker, PoseTrackerOptions
from pose_tracking_ros.blazepose.detector import PersonDetector
from pose_tracking_ros.blazepose.erasing import erase_bodies, KnownBody
from pose_tracking_ros.blazepose.geometry import crop, letterbox_roi, points_to_region
from pose_tracking_ros.blazepose.inference import InferenceOptions, Model
from pose_tracking_ros.blazepose.models import find_model
from pose_tracking_ros.blazepose.pipelines import FULL_BODY_PIPELINE
from pose_tracking_ros.sample_data import sample_path
from pose_tracking_ros.video.source import VideoSource

SIZE = (640, 480)
SIDE = 224


def body(seed: int, x: float, y: float, height: float) -> KnownBody:
    """Return a body with landmarks at random places in a box of a height, around a place."""
    random = np.random.default_rng(seed)
    landmarks = (x, y) + (random.random((33, 2)) - 0.5) * (0.5 * height, height)
    roi = np.array([x, y, 1.25 * height * SIZE[1] / SIZE[0], 1.25 * height, 0.0])
    return KnownBody(FULL_BODY, landmarks, roi)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10**6), st.floats(0.2, 0.8), st.floats(0.3, 0.7), st.floats(0.2, 0.5),
    st.floats(-0.5, 0.5),
)
def test_a_body_is_filled_with_the_mean_of_the_rest(
    seed: int, x: float, y: float, height: float, rotation: float
) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (*SIZE[::-1], 3), np.uint8)
    region = letterbox_roi(SIZE)
    region[4] = rotation
    known = body(seed, x, y, height)
    shown = crop(image, region, SIDE)
    erased = erase_bodies(shown, region, SIZE, [known])
    filled = (erased != shown).any(axis=2)
    points = (points_to_region(known.landmarks, region, SIZE) * SIDE).astype(int)
    limbs = points[[15, 16, 27, 28]]
    inside = ((limbs >= 0) & (limbs < SIDE)).all(axis=1)
    color = erased[limbs[inside][:, 1], limbs[inside][:, 0]]
    # Untouched pixels may have that colour by chance, so the mean is a little uncertain.
    assert np.abs(color - shown[~filled].mean(axis=0)).max(initial=0.0) <= 1.0
    # Nothing far from the landmarks changes.
    rows, columns = np.nonzero(filled)
    reach = 0.07 * known.roi[2] / region[2] * SIDE + 2
    assert columns.min() >= points[:, 0].min() - reach
    assert columns.max() <= points[:, 0].max() + reach
    assert rows.min() >= points[:, 1].min() - reach
    assert rows.max() <= points[:, 1].max() + reach


@pytest.mark.parametrize('side', [0.0, 1e-12, 1e3])
@pytest.mark.parametrize('roi_side', [0.0, 1e-12, 1e3])
def test_regions_of_any_size_are_accepted(side: float, roi_side: float) -> None:
    shown = np.zeros((SIDE, SIDE, 3), np.uint8)
    known = body(0, 0.5, 0.5, 0.5)
    known = KnownBody(FULL_BODY, known.landmarks, np.array([0.5, 0.5, roi_side, roi_side, 0.0]))
    region = np.array([0.5, 0.5, side, side, 0.1])
    assert erase_bodies(shown, region, SIZE, [known]).shape == shown.shape


def test_without_a_body_in_the_region_nothing_changes() -> None:
    shown = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    corner = np.array([0.2, 0.2, 0.3, 0.4, 0.0])
    for known in ([], [body(0, 0.8, 0.8, 0.2)], [body(0, 1e6, -1e6, 0.2)]):
        assert (erase_bodies(shown, corner, SIZE, known) == shown).all()


@pytest.mark.parametrize('number', [0, 40])
def test_the_detector_finds_a_person_beside_a_clear_one_that_is_erased(number: int) -> None:
    with VideoSource(sample_path('pose2sim_people_cam02.mp4')) as video:
        image = next(f.image for k, f in enumerate(video) if k == number)[:, :, ::-1]
    model = Model(find_model('pose_detection'), InferenceOptions('cpu'))
    detector = PersonDetector(model, FULL_BODY_PIPELINE.detector_strides)
    (clear,) = detector(image, 0.5, max_count=4)
    (pose,) = PoseTracker(PoseTrackerOptions(static_image_mode=True)).process(image, 0).poses
    known = KnownBody(FULL_BODY, pose.landmarks[:, :2].astype(float), pose.roi)
    (other,) = detector(image, 0.5, max_count=4, known=[known])
    assert other.score > 0.9
    assert np.abs(other.keypoints[0] - clear.keypoints[0]).max() > 0.1
