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

"""A person is told from what the networks imagine by heatmaps and the detector together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
import numpy as np
import pytest

from pose_tracking_ros.blazepose import (
    FULL_BODY,
    Pose,
    PoseLandmark,
    PoseTracker,
    PoseTrackerOptions,
)
from pose_tracking_ros.blazepose.geometry import points_to_image
from pose_tracking_ros.blazepose.verification import (
    body_clarity,
    BodyVerifier,
    detector_regions,
    MAX_DETECTOR_INTERVAL,
    MIN_DETECTOR_INTERVAL,
    UNDECIDED_SECONDS,
    Verdict,
    VERIFICATION_LIMITS,
    verification_limits,
)
from pose_tracking_ros.video.source import VideoSource

PERIOD_NS = 33_333_333
UPPER = PoseTrackerOptions(upper_body_only=True)
UP, LEFT = (0, -1), (-1, 0)
NOSE, HIPS = PoseLandmark.NOSE, [PoseLandmark.LEFT_HIP, PoseLandmark.RIGHT_HIP]

peaks = hnp.arrays(np.float64, 33, elements=st.floats(0, 1))

CLEAR, DOUBTFUL, BLURRED = (np.full(33, peak) for peak in (0.9, 0.65, 0.2))

# A model, and its heatmaps of a body of which it is in doubt.
IN_DOUBT = {'heatmaps': ('full', DOUBTFUL), 'no heatmaps': ('upper', None)}


RATES = (5, 10, 15, 30, 60)


class Detector:
    """Answers with a score, and keeps when it was asked."""

    def __init__(self, score: float) -> None:
        """Keep the score."""
        self.score = score
        self.asked_ns: list[int] = []
        self.now_ns = 0

    def __call__(self) -> float:
        """Return the score."""
        self.asked_ns.append(self.now_ns)
        return self.score


class Body:
    """A body that is verified in images that come at a rate."""

    def __init__(self, model: str = 'full', rate: float = 30) -> None:
        """Begin at some time."""
        self.verifier = BodyVerifier(FULL_BODY, VERIFICATION_LIMITS[model])
        self.rate = rate
        self.images = 0

    def see(
        self,
        found: np.ndarray | None,
        detector: Detector | float,
        seconds: float = 0.0,
        score: float = 1.0,
    ) -> list[Verdict]:
        """Return the verdicts of one image, and of those that come within some seconds."""
        if not isinstance(detector, Detector):
            detector = Detector(detector)
        verdicts = []
        for _ in range(1 + round(seconds * self.rate)):
            detector.now_ns = 10**18 + round(self.images * 1e9 / self.rate)
            verdicts.append(self.verifier(found, score, detector.now_ns, detector))
            self.images += 1
        return verdicts


SEES_ONE, SEES_NOBODY = 0.9, 0.1


@given(peaks)
def test_clarity_lies_between_the_dimmest_and_the_clearest_landmark(found: np.ndarray) -> None:
    clarity = body_clarity(found, FULL_BODY)
    assert found.min() - 1e-9 <= clarity <= found.max() + 1e-9


@given(peaks, st.integers(0, 32), st.floats(0, 1))
def test_a_clearer_landmark_never_makes_the_body_less_clear(
    found: np.ndarray, index: int, value: float
) -> None:
    clearer = found.copy()
    clearer[index] = max(value, found[index])
    assert body_clarity(clearer, FULL_BODY) >= body_clarity(found, FULL_BODY) - 1e-9


@pytest.mark.parametrize('hidden', [slice(23, 33), slice(11, 23), slice(0, 11)])
def test_a_person_of_whom_a_part_is_hidden_is_clear(hidden: slice) -> None:
    found = CLEAR.copy()
    found[hidden] = 0.1
    assert Body().see(found, SEES_NOBODY) == [Verdict.PERSON]


def test_a_clear_body_is_a_person_without_a_look_of_the_detector() -> None:
    detector = Detector(0.0)
    assert set(Body().see(CLEAR, detector, seconds=2)) == {Verdict.PERSON}
    assert detector.asked_ns == []


@pytest.mark.parametrize('doubt', IN_DOUBT)
def test_in_doubt_a_body_is_a_person_where_the_detector_sees_one(doubt: str) -> None:
    model, found = IN_DOUBT[doubt]
    assert Body(model).see(found, SEES_ONE) == [Verdict.PERSON]


@pytest.mark.parametrize('rate', RATES)
@pytest.mark.parametrize('doubt', IN_DOUBT)
def test_a_body_that_stays_undecided_is_given_up_after_a_time(doubt: str, rate: float) -> None:
    model, found = IN_DOUBT[doubt]
    verdicts = Body(model, rate).see(found, SEES_NOBODY, seconds=1)
    images = verdicts.index(Verdict.NO_PERSON)
    assert verdicts[:images] == [Verdict.UNDECIDED] * images
    assert UNDECIDED_SECONDS <= images / rate < UNDECIDED_SECONDS + 1.5 / rate


@pytest.mark.parametrize('rate', RATES)
@pytest.mark.parametrize('doubt', IN_DOUBT)
def test_a_person_is_given_up_when_the_detector_no_longer_sees_one(
    doubt: str, rate: float
) -> None:
    model, found = IN_DOUBT[doubt]
    body = Body(model, rate)
    body.see(found, SEES_ONE)
    verdicts = body.see(found, SEES_NOBODY, seconds=1)
    assert verdicts[0] is Verdict.PERSON
    assert verdicts.index(Verdict.NO_PERSON) / rate < 0.25 + 2 / rate


@pytest.mark.parametrize('rate', RATES)
@pytest.mark.parametrize('doubt', IN_DOUBT)
def test_one_look_that_misses_a_person_does_not_lose_it(doubt: str, rate: float) -> None:
    model, found = IN_DOUBT[doubt]
    body = Body(model, rate)
    body.see(found, SEES_ONE, seconds=0.5)

    class MissesOnce(Detector):
        def __call__(self) -> float:
            self.score = 0.9 if self.asked_ns else 0.1
            return super().__call__()

    detector = MissesOnce(0.0)
    assert set(body.see(found, detector, seconds=3 * MAX_DETECTOR_INTERVAL)) == {Verdict.PERSON}
    assert len(detector.asked_ns) > 1


def test_a_person_is_not_given_up_on_the_word_of_the_heatmaps_alone() -> None:
    body = Body()
    body.see(CLEAR, SEES_ONE)
    assert set(body.see(BLURRED, SEES_ONE, seconds=1)) == {Verdict.PERSON}
    assert Verdict.NO_PERSON in body.see(BLURRED, SEES_NOBODY, seconds=1)


@pytest.mark.parametrize('model', ['lite', 'full', 'heavy'])
def test_a_person_who_vanishes_is_given_up_in_the_first_image(model: str) -> None:
    body = Body(model)
    body.see(CLEAR, SEES_ONE, seconds=1)
    assert body.see(BLURRED, SEES_NOBODY) == [Verdict.NO_PERSON]


@pytest.mark.parametrize('rate', [15, 30, 60])
def test_who_was_seen_clearly_is_kept_in_doubt_for_longer(rate: float) -> None:
    """A man who falls is blurred for a moment; a thing that has just passed is given up."""
    def seconds_until_given_up(before: np.ndarray, look: float, seconds: float) -> float:
        body = Body(rate=rate)
        body.see(before, look, seconds)
        return body.see(DOUBTFUL, 0.2, seconds=2).index(Verdict.NO_PERSON) / rate

    just_passed = VERIFICATION_LIMITS['full'].min_sum - 0.65 + 0.01
    clear = seconds_until_given_up(CLEAR, SEES_ONE, seconds=1)
    assert seconds_until_given_up(DOUBTFUL, just_passed, seconds=0) < clear < 1


@pytest.mark.parametrize('rate', RATES)
def test_the_longer_a_person_was_seen_the_less_often_the_detector_is_asked(rate: float) -> None:
    detector = Detector(0.9)
    Body(rate=rate).see(DOUBTFUL, detector, seconds=4)
    gaps = np.diff(detector.asked_ns) * 1e-9
    assert (np.diff(gaps) >= -1e-6).all()
    assert gaps[0] >= min(MIN_DETECTOR_INTERVAL, 1 / rate) - 1e-6
    assert MAX_DETECTOR_INTERVAL - 1e-6 <= gaps[-1] < MAX_DETECTOR_INTERVAL + 1 / rate


def test_the_detector_is_not_asked_more_often_at_a_higher_rate() -> None:
    asked = {}
    for rate in (30, 60, 120):
        detector = Detector(SEES_NOBODY)
        Body(rate=rate).see(DOUBTFUL, detector, seconds=UNDECIDED_SECONDS)
        asked[rate] = len(detector.asked_ns)
    assert max(asked.values()) <= UNDECIDED_SECONDS / MIN_DETECTOR_INTERVAL + 1


@given(
    st.lists(st.tuples(st.floats(0.2, 0.9), st.floats(0, 1)), min_size=3, max_size=8),
    st.sampled_from(['full', 'lite', 'heavy']),
)
def test_verdicts_are_the_same_at_every_rate(
    scenes: list[tuple[float, float]], model: str
) -> None:
    # Half a second of each scene is long enough for a verdict at every rate.
    bodies = {rate: Body(model, rate) for rate in (10, 30, 60)}
    for peak, score in scenes:
        limit = VERIFICATION_LIMITS[model]
        gap = abs(peak + score - limit.min_sum)
        last = {}
        for rate, body in bodies.items():
            last[rate] = body.see(np.full(33, peak), score, seconds=1)[-1]
        # Where the sum lies close to the limits it depends on the past.
        if gap > 0.1 and abs(peak - limit.min_clarity) > 0.05:
            assert len(set(last.values())) == 1


def test_the_usual_time_passes_where_stamps_are_repeated() -> None:
    verifier = Body().verifier
    verdicts = [verifier(DOUBTFUL, 1.0, 7, Detector(SEES_NOBODY)) for _ in range(12)]
    assert verdicts.index(Verdict.NO_PERSON) / 30 == pytest.approx(UNDECIDED_SECONDS, abs=0.04)


def test_a_person_who_was_seen_for_long_is_given_up_later() -> None:
    def images_until_given_up(seconds: float) -> int:
        body = Body()
        body.see(DOUBTFUL, SEES_ONE, seconds)
        return body.see(DOUBTFUL, SEES_NOBODY, seconds=3).index(Verdict.NO_PERSON)

    # Just after a look.
    assert images_until_given_up(0) < images_until_given_up(0.5)


def test_reset_clears_the_person() -> None:
    body = Body()
    body.see(DOUBTFUL, SEES_ONE)
    body.verifier.reset()
    assert body.see(DOUBTFUL, SEES_NOBODY) == [Verdict.UNDECIDED]


def test_the_limits_are_those_of_the_landmark_model() -> None:
    chosen = [verification_limits(PoseTrackerOptions(model_complexity=k)) for k in range(3)]
    assert chosen == [VERIFICATION_LIMITS[name] for name in ('lite', 'full', 'heavy')]
    assert verification_limits(UPPER) is VERIFICATION_LIMITS['upper']
    # The smaller the model, the more its heatmaps are blurred.
    certain = [limits.min_clarity for limits in chosen]
    assert certain == sorted(certain)


sizes = st.tuples(st.integers(16, 4000), st.integers(16, 4000))


@given(sizes, st.floats(-1, 2), st.floats(-1, 2), st.floats(0.01, 20), st.floats(-3.1, 3.1))
def test_the_crop_for_the_detector_lies_in_the_image_as_far_as_possible(
    size: tuple[int, int], x: float, y: float, share: float, rotation: float
) -> None:
    side = share * max(size)
    roi = np.array([x, y, side / size[0], side / size[1], rotation])
    for region in detector_regions(roi, size):
        assert region[2] * size[0] == pytest.approx(region[3] * size[1])
        assert region[2] * size[0] <= max(size) * (1 + 1e-9)
        upright = region * [1, 1, 1, 1, 0]
        corners = points_to_image(np.array([[0.0, 0.0], [1.0, 1.0]]), upright, size)
        for axis in (0, 1):
            covers = region[2 + axis] >= 1 - 1e-9
            inside = corners[0, axis] >= -1e-9 and corners[1, axis] <= 1 + 1e-9
            assert covers or inside


def test_a_body_that_lies_is_shown_upright_and_as_it_lies() -> None:
    roi = np.array([0.5, 0.5, 0.3, 0.3, np.pi / 2])
    assert [region[4] for region in detector_regions(roi, (640, 640))] == [np.pi / 2, 0.0]
    assert len(detector_regions(roi * [1, 1, 1, 1, 0], (640, 640))) == 1


def _dim(images: list[np.ndarray]) -> list[np.ndarray]:
    """Return images as a camera takes them in dim light, with its noise."""
    random = np.random.default_rng(0)
    dark = [image * 0.15 + random.normal(0, 2, image.shape) for image in images]
    return [image.clip(0, 255).astype(np.uint8) for image in dark]


def _lying(images: list[np.ndarray]) -> list[np.ndarray]:
    """Return images of a person who stands as of one who lies."""
    return [np.ascontiguousarray(np.rot90(image)) for image in images]


def _close_up(woman: np.ndarray) -> list[np.ndarray]:
    """Return images of a face that fills the image, while the camera moves."""
    views = [woman[10 + k : 190 + k, 130 + 2 * k : 310 + 2 * k] for k in range(8)]
    return [cv2.resize(view, (320, 320)) for view in views]


def _behind_a_hand(woman: np.ndarray) -> list[np.ndarray]:
    """Return images of a face with a hand before the mouth."""
    skin = tuple(int(value) for value in woman[120:130, 215:225].mean(axis=(0, 1)) * 0.9)
    views = _close_up(woman)
    for k, view in enumerate(views):
        cv2.ellipse(view, (190, 235 - 2 * k), (32, 44), 20, 0, 360, skin, -1)
        for finger in range(4):
            start, end = (166 + 16 * finger, 215 - 2 * k), (146 + 20 * finger, 165 - 2 * k)
            cv2.line(view, start, end, skin, 13, cv2.LINE_AA)
    return [cv2.GaussianBlur(view, (0, 0), 0.8) for view in views]


@pytest.fixture(scope='module')
def standing_man(walking_man: Path) -> list[np.ndarray]:
    """Return images of a man, full body, (960, 544, 3) RGB."""
    with VideoSource(walking_man) as video:
        images = [frame.image[:, :, ::-1] for frame, _ in zip(video, range(24))][::3]
    return [cv2.resize(image, (544, 960), interpolation=cv2.INTER_AREA) for image in images]


MODELS = {
    'lite': PoseTrackerOptions(model_complexity=0),
    'full': PoseTrackerOptions(model_complexity=1),
    'upper': UPPER,
}
SCENES: dict[str, Callable] = {
    'dim light': _dim, 'lying': _lying, 'close-up': _close_up, 'behind a hand': _behind_a_hand
}


def _is_right_way(pose: Pose, up: tuple[int, int]) -> bool:
    """Return whether the head of a body is at its upper end."""
    return bool((pose.landmarks[NOSE, :2] - pose.landmarks[HIPS, :2].mean(axis=0)) @ up > 0)


def _found(options: PoseTrackerOptions, images: list[np.ndarray], kind: str) -> list[bool]:
    """Return in which images a pose is found, the right way round."""
    tracker, up = PoseTracker(options), LEFT if kind == 'lying' else UP
    return [
        any(_is_right_way(pose, up) for pose in tracker.process(image, k * PERIOD_NS).poses)
        for k, image in enumerate(images)
    ]


@pytest.mark.parametrize('verify_tracking', [False, True])
def test_a_pose_the_wrong_way_round_is_turned(
    verify_tracking: bool, standing_man: list[np.ndarray]
) -> None:
    tracker = PoseTracker(PoseTrackerOptions(model_complexity=0, verify_tracking=verify_tracking))
    directions = [
        _is_right_way(pose, UP)
        for k, image in enumerate(_dim(standing_man))
        for pose in tracker.process(image, k * PERIOD_NS).poses
    ]
    assert len(directions) > len(standing_man) / 2
    assert all(directions) is verify_tracking


@pytest.mark.parametrize('model', MODELS)
@pytest.mark.parametrize('kind', SCENES)
def test_people_who_are_hard_to_see_are_kept(
    model: str, kind: str, standing_man: list[np.ndarray], astronaut: np.ndarray
) -> None:
    if (model, kind) == ('upper', 'dim light'):
        pytest.skip('the detector of the upper body does not find him either')
    made_of = standing_man if kind in ('dim light', 'lying') else astronaut
    images = SCENES[kind](made_of)
    unverified = _found(replace(MODELS[model], verify_tracking=False), images, kind)
    verified = _found(MODELS[model], images, kind)
    assert sum(verified) > len(images) / 2
    if (model, kind) == ('lite', 'dim light'):
        # The man is upside down at first, until he is turned.
        assert sum(verified) > sum(unverified)
    else:
        assert verified == unverified


@pytest.mark.parametrize('model', MODELS)
@pytest.mark.parametrize('picture', ['chelsea.png', 'coffee.png', 'rocket.jpg'])
def test_a_scene_without_a_person_stays_empty(
    model: str, picture: str, sample_image: Callable[[str], np.ndarray]
) -> None:
    image = sample_image(picture)
    height, width = image.shape[:2]
    tracker = PoseTracker(MODELS[model])
    for k in range(6):
        # As if the tracker had been led there: the body of the picture's middle, and what is near.
        share = 0.5 + 0.1 * k
        region = np.array([0.5, 0.5, share * height / width, share, 0.2 * k])
        assert not tracker.process(image, k * PERIOD_NS, region).poses
