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

"""The detector-tracker: when it detects, what it forgets, what it rejects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from one_person import pose_of
from pose_tracking_ros.blazepose import (
    NoPoseReason,
    Pose,
    PoseLandmark,
    PoseTracker,
    PoseTrackerOptions,
)
from pose_tracking_ros.blazepose.models import find_model
from pose_tracking_ros.video.source import VideoSource

PERIOD_NS = 33_333_333


@pytest.fixture(scope='module')
def tracker() -> PoseTracker:
    """Return one tracker for all tests; each resets it."""
    return PoseTracker()


def _detector_runs(tracker: PoseTracker, images: list[np.ndarray]) -> list[bool]:
    runs = []
    for k, image in enumerate(images):
        runs.append(tracker.process(image, k * PERIOD_NS).detector_ran)
    return runs


def _same(a: Pose, b: Pose) -> bool:
    return np.array_equal(a.landmarks, b.landmarks) and np.array_equal(
        a.world_landmarks, b.world_landmarks
    )


def test_a_pose_has_the_documented_shapes_and_ranges(
    tracker: PoseTracker, astronaut: np.ndarray
) -> None:
    tracker.reset()
    pose = pose_of(tracker.process(astronaut, 0))
    assert pose.landmarks.shape == (33, 5)
    assert pose.world_landmarks.shape == (33, 3)
    assert pose.landmarks.dtype == pose.world_landmarks.dtype == np.float32
    assert ((pose.landmarks[:, 3:] >= 0) & (pose.landmarks[:, 3:] <= 1)).all()
    assert 0.5 < pose.score <= 1
    assert pose.roi.shape == (5,)
    hips = pose.world_landmarks[[PoseLandmark.LEFT_HIP, PoseLandmark.RIGHT_HIP]]
    assert hips.mean(axis=0) == pytest.approx([0, 0, 0], abs=0.02)


def test_left_and_right_are_those_of_the_person(
    tracker: PoseTracker, astronaut: np.ndarray
) -> None:
    tracker.reset()
    pose = pose_of(tracker.process(astronaut, 0))
    # She faces the camera, so that her left is on the right of the image.
    x = pose.landmarks[:, 0]
    assert x[PoseLandmark.LEFT_SHOULDER] > x[PoseLandmark.RIGHT_SHOULDER]
    assert x[PoseLandmark.LEFT_EYE] > x[PoseLandmark.RIGHT_EYE]


def test_the_detector_runs_on_the_first_image_and_without_a_track(
    tracker: PoseTracker, astronaut: np.ndarray
) -> None:
    tracker.reset()
    nobody = np.zeros_like(astronaut)
    images = [nobody, astronaut, astronaut, nobody, nobody, astronaut, astronaut]
    # On the fourth image the tracker looks where the body was, and only then knows that it left.
    assert _detector_runs(tracker, images) == [True, True, False, False, True, True, False]


def test_each_image_is_detected_in_static_image_mode(astronaut: np.ndarray) -> None:
    tracker = PoseTracker(PoseTrackerOptions(static_image_mode=True))
    assert _detector_runs(tracker, [astronaut] * 3) == [True] * 3


def test_an_image_without_a_person_has_no_pose_and_a_reason(
    tracker: PoseTracker, coffee: np.ndarray
) -> None:
    tracker.reset()
    result = tracker.process(coffee, 0)
    assert result.poses == result.rejected == ()
    assert result.detector_ran
    assert result.no_pose_reason is NoPoseReason.NOT_DETECTED


def test_a_track_keeps_its_number_until_the_body_is_detected_again(
    tracker: PoseTracker, astronaut: np.ndarray
) -> None:
    tracker.reset()
    nobody = np.zeros_like(astronaut)
    images = [astronaut, astronaut, nobody, astronaut]
    poses = [pose_of(tracker.process(image, k * PERIOD_NS)) for k, image in enumerate(images)]
    first = poses[0].track_id
    assert [pose and pose.track_id for pose in poses] == [first, first, None, first + 1]


def test_the_same_images_give_the_same_poses_after_reset(
    tracker: PoseTracker, astronaut: np.ndarray
) -> None:
    shaken = [np.roll(astronaut, 3 * k, axis=1) for k in range(6)]

    def run() -> list[Pose]:
        tracker.reset()
        return [pose_of(tracker.process(image, k * PERIOD_NS)) for k, image in enumerate(shaken)]

    assert all(_same(a, b) for a, b in zip(run(), run()))


def test_a_view_of_a_bgr_array_gives_the_same_pose(
    tracker: PoseTracker, astronaut: np.ndarray
) -> None:
    tracker.reset()
    pose = pose_of(tracker.process(astronaut, 0))
    tracker.reset()
    bgr = np.ascontiguousarray(astronaut[:, :, ::-1])
    assert _same(pose_of(tracker.process(bgr[:, :, ::-1], 0)), pose)


def test_a_given_region_replaces_detector_and_tracker(
    tracker: PoseTracker, astronaut: np.ndarray
) -> None:
    tracker.reset()
    region = pose_of(tracker.process(astronaut, 0)).roi
    tracker.reset()
    result = tracker.process(astronaut, 0, roi=region)
    assert not result.detector_ran
    assert (result.poses[0].roi == region).all()


@pytest.mark.parametrize('change', ['stamp goes back', 'size changes', 'gap'])
def test_the_tracker_starts_over_where_its_past_is_no_guide(
    tracker: PoseTracker, astronaut: np.ndarray, change: str
) -> None:
    image = astronaut[:-2] if change == 'size changes' else astronaut
    tracker.reset()
    fresh = pose_of(tracker.process(image, 5 * PERIOD_NS))
    tracker.reset()
    for k in range(4):
        tracker.process(np.roll(astronaut, 5 * k, axis=0), (k + 6) * PERIOD_NS)
    stamps_ns = {'stamp goes back': 5, 'size changes': 10, 'gap': 9 + 31}
    result = tracker.process(image, stamps_ns[change] * PERIOD_NS)
    assert result.detector_ran
    assert _same(result.poses[0], fresh)


@pytest.mark.parametrize(('timeout', 'starts_over'), [(0.2, True), (2.0, False)])
def test_the_timeout_is_counted_in_the_time_of_the_stamps(
    astronaut: np.ndarray, timeout: float, starts_over: bool
) -> None:
    tracker = PoseTracker(PoseTrackerOptions(tracking_timeout=timeout))
    tracker.process(astronaut, 10**18)
    assert tracker.process(astronaut, 10**18 + 10**9).detector_ran == starts_over


def test_a_body_that_only_the_networks_see_is_reported_far_less(
    sample_image: Callable[[str], np.ndarray],
) -> None:
    motorcycle = sample_image('motorcycle_left.png')
    # The scene as a camera sees it that comes nearer: official MediaPipe sees a person in it.
    views = [motorcycle[4 * k : 496 - 4 * k, 5 * k : 741 - 5 * k] for k in range(40)]
    views = [cv2.resize(view, (741, 496)) for view in views]

    def poses(verify_tracking: bool) -> int:
        tracker = PoseTracker(PoseTrackerOptions(verify_tracking=verify_tracking))
        return sum(len(tracker.process(v, k * PERIOD_NS).poses) for k, v in enumerate(views))

    official = poses(verify_tracking=False)
    assert official > 20
    assert poses(verify_tracking=True) < official / 3


@pytest.mark.parametrize('shift', [(0.43, 0.25), (0.0, 0.5), (-0.5, 0.0), (0.0, -0.7)])
def test_a_person_is_no_evidence_for_a_body_beside(
    walking_man: Path, shift: tuple[float, float]
) -> None:
    with VideoSource(walking_man) as video:
        image = cv2.resize(next(iter(video)).image[:, :, ::-1], (540, 960))
    tracker = PoseTracker(PoseTrackerOptions(model_complexity=0, verify_tracking=False))
    beside = pose_of(tracker.process(image, 0)).roi.copy()
    beside[:2] += shift * beside[2:4]

    def reported(verify_tracking: bool) -> bool:
        tracker.options = replace(tracker.options, verify_tracking=verify_tracking)
        tracker.reset()
        return bool(tracker.process(image, 0, roi=beside).poses)

    assert reported(verify_tracking=False)
    assert not reported(verify_tracking=True)


def test_verification_that_is_switched_off_and_on_starts_again(
    tracker: PoseTracker, astronaut: np.ndarray
) -> None:
    tracker.reset()
    tracker.process(astronaut, 0)
    tracker.options = replace(tracker.options, verify_tracking=False)
    mirrored = np.ascontiguousarray(astronaut[:, ::-1])
    tracker.process(mirrored, PERIOD_NS)
    unverified = pose_of(tracker.process(mirrored, 2 * PERIOD_NS))
    tracker.options = replace(tracker.options, verify_tracking=True)
    verified = pose_of(tracker.process(mirrored, 3 * PERIOD_NS))
    # She is seen in a mirror now: the sides are not put where they were before.
    for pose in (unverified, verified):
        x = pose.landmarks[:, 0]
        assert x[PoseLandmark.LEFT_SHOULDER] > x[PoseLandmark.RIGHT_SHOULDER]


def test_another_smoothing_applies_to_the_next_image(
    tracker: PoseTracker, astronaut: np.ndarray
) -> None:
    shaken = [np.roll(astronaut, 3 * k, axis=1) for k in range(3)]
    tracker.reset()
    usual = tracker.options
    raw = PoseTracker(replace(usual, smoothing='off'), models=tracker.models)
    same = []
    for k, image in enumerate(shaken):
        if k == 2:
            tracker.options = replace(usual, smoothing='off')
        pose, unsmoothed = (pose_of(t.process(image, k * PERIOD_NS)) for t in (tracker, raw))
        same.append(_same(pose, unsmoothed))
    tracker.options = usual
    assert same == [True, False, True]


@pytest.mark.parametrize(
    ('name', 'value'),
    [('model_complexity', 2), ('upper_body_only', True), ('landmark_model', 'mine.onnx')],
)
def test_options_that_ask_for_other_models_are_rejected(
    tracker: PoseTracker, astronaut: np.ndarray, name: str, value: object
) -> None:
    before = tracker.options
    with pytest.raises(ValueError, match=f'{name} cannot change.*create a new tracker'):
        tracker.options = replace(before, **{name: value})
    assert tracker.options is before


def test_landmarks_outside_the_image_are_marked(
    tracker: PoseTracker, astronaut: np.ndarray
) -> None:
    tracker.reset()
    pose = pose_of(tracker.process(astronaut, 0))
    # Her legs are below the image.
    assert pose.inside_image[PoseLandmark.NOSE]
    assert not pose.inside_image[[PoseLandmark.LEFT_ANKLE, PoseLandmark.RIGHT_ANKLE]].any()
    assert pose.inside_region.all()


def test_landmarks_outside_the_region_are_marked(walking_man: Path) -> None:
    with VideoSource(walking_man) as video:
        image = next(iter(video)).image[:, :, ::-1]
    tracker = PoseTracker(PoseTrackerOptions(smooth_landmarks=False))
    whole = pose_of(tracker.process(image, 0))
    assert whole.inside_region.all()
    x, y, width, height, rotation = whole.roi
    part = np.array([x, y + 0.1 * height, 0.8 * width, 0.8 * height, rotation])
    pose = pose_of(tracker.process(image, PERIOD_NS, part))
    size = np.array(image.shape[1::-1])
    box = cv2.boxPoints((part[:2] * size, part[2:4] * size, np.degrees(rotation)))
    inside = [
        cv2.pointPolygonTest(box, point, False) >= 0
        for point in (pose.landmarks[:, :2] * size).tolist()
    ]
    assert not all(inside)
    assert pose.inside_region.tolist() == inside


def test_landmarks_that_are_not_seen_are_dropped_where_it_is_asked_for(
    tracker: PoseTracker, astronaut: np.ndarray
) -> None:
    tracker.reset()
    everything = pose_of(tracker.process(astronaut, 0))
    assert np.isfinite(everything.landmarks).all()
    seeing = PoseTracker(PoseTrackerOptions(min_landmark_visibility=0.5))
    visible = pose_of(seeing.process(astronaut, 0))
    seen = (everything.landmarks[:, 3] >= 0.5) & everything.inside_image & everything.inside_region
    assert seen[PoseLandmark.NOSE]
    assert not seen[PoseLandmark.LEFT_ANKLE]
    assert (np.isfinite(visible.landmarks[:, :3]).all(axis=1) == seen).all()
    assert (np.isfinite(visible.world_landmarks).all(axis=1) == seen).all()
    assert (visible.landmarks[seen] == everything.landmarks[seen]).all()
    assert (visible.landmarks[:, 3:] == everything.landmarks[:, 3:]).all()


def test_trackers_share_their_models(tracker: PoseTracker, astronaut: np.ndarray) -> None:
    tracker.reset()
    other = PoseTracker(models=tracker.models)
    assert _same(pose_of(other.process(astronaut, 0)), pose_of(tracker.process(astronaut, 0)))
    # The state of each is its own.
    assert not other.process(np.zeros_like(astronaut), PERIOD_NS).poses
    assert tracker.process(astronaut, PERIOD_NS).poses


def test_custom_models_replace_those_of_the_package(astronaut: np.ndarray) -> None:
    lite = PoseTracker(PoseTrackerOptions(model_complexity=0))
    own = PoseTracker(
        PoseTrackerOptions(
            landmark_model=str(find_model('pose_landmark_lite').path),
            detector_model=str(find_model('pose_detection').path),
        )
    )
    assert _same(pose_of(own.process(astronaut, 0)), pose_of(lite.process(astronaut, 0)))


def test_a_repeated_stamp_is_survived(tracker: PoseTracker, astronaut: np.ndarray) -> None:
    tracker.reset()
    poses = [pose_of(tracker.process(astronaut, 7)) for _ in range(3)]
    assert all(np.isfinite(pose.landmarks).all() for pose in poses)


def test_smoothing_calms_the_landmarks_of_a_still_image_under_noise(astronaut: np.ndarray) -> None:
    random = np.random.default_rng(0)
    noise = random.integers(-8, 9, (12, *astronaut.shape))
    images = (astronaut + noise).clip(0, 255).astype(np.uint8)
    spread = {}
    for smooth in (False, True):
        tracker = PoseTracker(PoseTrackerOptions(smooth_landmarks=smooth))
        poses = [pose_of(tracker.process(image, k * PERIOD_NS)) for k, image in enumerate(images)]
        head = [pose.landmarks[: PoseLandmark.LEFT_SHOULDER, :2] for pose in poses[2:]]
        spread[smooth] = np.std(head, axis=0).mean()
    assert spread[True] < 0.7 * spread[False]


def test_the_upper_body_has_25_landmarks_and_no_depth(astronaut: np.ndarray) -> None:
    tracker = PoseTracker(PoseTrackerOptions(upper_body_only=True))
    for k in range(2):
        pose = pose_of(tracker.process(astronaut, k * PERIOD_NS))
    assert pose.landmarks.shape == (25, 5)
    assert np.isnan(pose.landmarks[:, 2]).all()
    assert np.isfinite(pose.landmarks[:, [0, 1, 3, 4]]).all()
    assert pose.world_landmarks.shape == (0, 3)
    x = pose.landmarks[:, 0]
    assert x[PoseLandmark.LEFT_SHOULDER] > x[PoseLandmark.RIGHT_SHOULDER]


def test_a_mask_covers_the_person_and_only_where_it_was_asked_for(
    tracker: PoseTracker, astronaut: np.ndarray
) -> None:
    tracker.reset()
    assert pose_of(tracker.process(astronaut, 0)).segmentation_mask is None
    segmenting = PoseTracker(PoseTrackerOptions(enable_segmentation=True))
    pose = pose_of(segmenting.process(astronaut, 0))
    mask = pose.segmentation_mask
    assert mask.shape == astronaut.shape[:2]
    assert mask.dtype == np.float32
    nose = (pose.landmarks[PoseLandmark.NOSE, :2] * 512).astype(int)
    assert mask[nose[1], nose[0]] > 0.9
    assert mask[20, 20] < 0.1


@pytest.mark.parametrize(
    ('image', 'reason'),
    [
        (None, 'image is a NoneType'),
        ([[0, 0, 0]], 'image is a list'),
        (np.zeros((10, 10, 3), np.float32), 'image is a float32 array'),
        (np.zeros((10, 10), np.uint8), r'shape \(10, 10\)'),
        (np.zeros((10, 10, 4), np.uint8), r'shape \(10, 10, 4\)'),
        (np.zeros((0, 10, 3), np.uint8), r'shape \(0, 10, 3\)'),
    ],
)
def test_an_invalid_image_is_rejected(tracker: PoseTracker, image: object, reason: str) -> None:
    with pytest.raises(ValueError, match=f'{reason}.*accepted is'):
        tracker.process(image, 0)


@pytest.mark.parametrize(
    'stamp_ns', [float('nan'), float('inf'), None, '0', True, 0.5, 1e9 + 0.25, 2**63]
)
def test_an_invalid_stamp_is_rejected(tracker: PoseTracker, stamp_ns: object) -> None:
    with pytest.raises(ValueError, match=r'stamp_ns is .*, accepted .* nanoseconds'):
        tracker.process(np.zeros((10, 10, 3), np.uint8), stamp_ns)


@pytest.mark.parametrize(
    'roi',
    [[0.5] * 4, [0.5, 0.5, 0, 1, 0], [0.5, 0.5, 1, -1, 0], [np.nan] * 5, [1, 1, 1, 1, np.inf]],
)
def test_an_invalid_region_is_rejected(tracker: PoseTracker, roi: list[float]) -> None:
    with pytest.raises(ValueError, match=r'roi is .*, accepted are five finite numbers'):
        tracker.process(np.zeros((10, 10, 3), np.uint8), 0, roi)


def test_rejected_input_does_not_affect_the_track(
    tracker: PoseTracker, astronaut: np.ndarray
) -> None:
    tracker.reset()
    tracker.process(astronaut, 10 * PERIOD_NS)
    with pytest.raises(ValueError, match='roi is'):
        tracker.process(astronaut, 0, [0.5] * 4)
    assert not tracker.process(astronaut, 11 * PERIOD_NS).detector_ran


@pytest.mark.parametrize('size', [(1, 1), (1, 300), (300, 1), (3, 2)])
def test_the_smallest_images_are_survived(tracker: PoseTracker, size: tuple[int, int]) -> None:
    tracker.reset()
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    assert tracker.process(image, 0).poses == ()
