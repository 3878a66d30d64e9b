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

"""Several people in real clips: all of them found, one number each, none too many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
import pickle

import cv2
import numpy as np
import pytest

from pose_tracking_ros.blazepose import (
    CameraModel,
    FULL_BODY,
    NoPoseReason,
    Pose,
    PoseLandmark,
    PoseTracker,
    PoseTrackerOptions,
    PoseTrackerResult,
    PositionProblem,
)
from pose_tracking_ros.blazepose.association import Sighting, similarity
from pose_tracking_ros.blazepose.erasing import KnownBody
from pose_tracking_ros.blazepose.landmarker import PoseLandmarker, PredictedLandmarks
from pose_tracking_ros.blazepose.pipelines import pipeline
from pose_tracking_ros.blazepose.track import Track
from pose_tracking_ros.blazepose.tracker import _Body
from pose_tracking_ros.blazepose.verification import body_clarity, verification_limits
from pose_tracking_ros.blazepose.workers import Workers
from pose_tracking_ros.sample_data import sample_path
from pose_tracking_ros.video.source import VideoSource

PERIOD_NS = 33_333_333
FOUR = PoseTrackerOptions(num_poses=4)


def clip(name: str) -> list[np.ndarray]:
    with VideoSource(sample_path(name)) as video:
        return [frame.image[:, :, ::-1] for frame in video]


def clip_stamps(name: str) -> list[int]:
    with VideoSource(sample_path(name)) as video:
        return [frame.stamp_ns for frame in video]


def track(images: list[np.ndarray], options: PoseTrackerOptions = FOUR) -> list[PoseTrackerResult]:
    tracker = PoseTracker(options)
    return [tracker.process(image, k * PERIOD_NS) for k, image in enumerate(images)]


@pytest.mark.parametrize(
    ('name', 'least', 'bystander'),
    [
        ('pose2sim_people_cam01.mp4', 97, (0.06, 0.24)),
        ('pose2sim_people_cam02.mp4', 97, (0.74, 0.37)),
        ('pose2sim_people_cam03.mp4', 80, None),
        ('pose2sim_people_cam04.mp4', 97, None),
        ('pose2sim_cam01.mp4', 0, (0.06, 0.24)),
    ],
)
def test_everybody_is_found_and_keeps_the_number(
    name: str, least: int, bystander: tuple[float, float] | None
) -> None:
    tracker, stamps = PoseTracker(FOUR), clip_stamps(name)
    results = [tracker.process(image, stamp) for image, stamp in zip(clip(name), stamps)]
    people = [
        [pose for pose in result.poses if not bystander or not stands_at(pose, bystander)]
        for result in results
    ]
    count = 2 if least else 1
    assert sum(len(poses) == count for poses in people) >= (least or 100)
    assert max(map(len, people)) == count
    assert len({pose.track_id for poses in people for pose in poses}) == count
    others = [pose for result in results for pose in result.poses]
    others = [pose for pose in others if bystander and stands_at(pose, bystander)]
    if bystander:
        # Behind larger people, and a quarter of the image high.
        assert len(others) == len(results)
        assert len({pose.track_id for pose in others}) == 1
    # The searches cost a bounded share: one in 0.2 s, and all seven regions after a find.
    seconds = (stamps[-1] - stamps[0]) / 1e9
    most = 1 + 7 * (count + bool(bystander)) + seconds / FOUR.search_interval
    assert sum(result.detector_ran for result in results) <= most


def stands_at(pose: Pose, place: tuple[float, float]) -> bool:
    """Return whether the middle of the hips is at a place in the image."""
    hips = pose.landmarks[[PoseLandmark.LEFT_HIP, PoseLandmark.RIGHT_HIP], :2].mean(axis=0)
    return bool(np.abs(hips - place).max() < 0.06)


@pytest.fixture(scope='module')
def walking() -> list[np.ndarray]:
    """Return a clip of one man, small."""
    return [
        cv2.resize(np.ascontiguousarray(image), None, fx=0.3, fy=0.3)
        for image in clip('pose2sim_cam03.mp4')
    ]


def test_one_person_is_one_and_as_with_room_for_one_only(walking: list[np.ndarray]) -> None:
    one = track(walking, PoseTrackerOptions())
    four = track(walking)
    assert [len(result.poses) for result in four] == [len(result.poses) for result in one]
    for a, b in zip(one, four):
        for mine, other in zip(a.poses, b.poses):
            assert (mine.landmarks == other.landmarks).all()


def beside(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.hstack([left, right]))


def test_two_on_a_canvas_are_those_of_their_own_halves(walking: list[np.ndarray]) -> None:
    images = [beside(image, image[:, ::-1]) for image in walking[:30]]
    results = track(images)
    assert all(len(result.poses) == 2 for result in results)
    width = walking[0].shape[1]
    for result in results:
        by_number = {pose.track_id: pose for pose in result.poses}
        places = [by_number[n].landmarks[:, 0].mean() * 2 * width for n in sorted(by_number)]
        assert (places[0] < width) != (places[1] < width)
    first = [np.mean({p.track_id: p for p in r.poses}[1].landmarks[:, 0]) < 0.5 for r in results]
    assert len(set(first)) == 1


def test_a_person_returning_in_time_keeps_the_id_and_later_gets_another(
    walking: list[np.ndarray],
) -> None:
    empty = np.full_like(walking[0], 127)
    for away, same in ((20, True), (80, False)):
        images = [beside(image, walking[k]) for k, image in enumerate(walking[:10])]
        images += [beside(walking[10], empty)] * away
        images += [beside(image, image) for image in walking[10:35]]
        results = track(images)
        assert {pose.track_id for pose in results[9].poses} == {1, 2}
        assert len(results[10 + away // 2].poses) == 1
        numbers = {pose.track_id for pose in results[-1].poses}
        assert len(numbers) == 2
        assert (numbers == {1, 2}) == same
        assert same or max(numbers) == 3


def darkened(image: np.ndarray) -> np.ndarray:
    return image // 3


def ids_by_place(result: PoseTrackerResult) -> list[int]:
    return [pose.track_id for pose in sorted(result.poses, key=lambda pose: pose.landmarks[0, 0])]


@pytest.mark.parametrize('other', [darkened, np.ascontiguousarray])
def test_exchanged_ids_follow_the_clothes_if_these_differ(
    walking: list[np.ndarray], other: Callable[[np.ndarray], np.ndarray]
) -> None:
    pairs = [(image, other(image)) for image in walking[:20]]
    results = track([beside(*(pair if k < 8 else pair[::-1])) for k, pair in enumerate(pairs)])
    before = ids_by_place(results[7])
    assert ids_by_place(results[9]) == before
    assert ids_by_place(results[-1]) == (before[::-1] if other is darkened else before)


WHITE, RED = np.array([200.0, 128, 128] * 2), np.array([90.0, 180, 150] * 2)


def seen_track(number: int, *colors: np.ndarray) -> Track:
    """Return the track of a person who is covered after ten images with the first color."""
    one = Track(pipeline(FOUR), 'off', verification_limits(FOUR))
    one.id, one.roi = number, np.array([0.5, 0.5, 0.2, 0.2, 0.0])
    for k in range(30):
        sighting = Sighting(k * PERIOD_NS, np.zeros(2), 200.0, colors[0 if k < 10 else -1])
        one.update_sighting(sighting, is_alone=k < 10)
    return one


def test_clothes_are_not_learned_while_another_person_may_cover_them() -> None:
    one = seen_track(1, WHITE, RED)
    assert one.sighting is not None
    assert (one.sighting.color == WHITE).all()
    assert one.color_now == pytest.approx(RED, abs=3)


@pytest.mark.parametrize(
    ('first', 'second', 'is_lost', 'exchanged'),
    [
        ((WHITE, RED), (RED, WHITE), False, True),
        ((WHITE, RED), (RED,), True, True),
        ((WHITE, WHITE), (RED, RED), False, False),
        # A person who turns shows other clothes, but the other one the same.
        ((WHITE, RED), (RED, RED), False, False),
        ((WHITE, (WHITE + RED) / 2), (RED,), True, False),
    ],
)
def test_the_clothes_of_two_people_decide_whether_their_ids_are_exchanged(
    first: tuple[np.ndarray, ...],
    second: tuple[np.ndarray, ...],
    is_lost: bool,
    exchanged: bool,
) -> None:
    one, other = seen_track(1, *first), seen_track(2, *second)
    if is_lost:
        other.lose()
    one.exchange_identity(other)
    assert (one.id, other.id) == ((2, 1) if exchanged else (1, 2))
    for body, colors in ((one, first), (other, second)):
        assert body.sighting is not None
        own = colors[0] if not exchanged else (RED if colors is first else WHITE)
        assert (body.sighting.color == own).all()


def meeting_tracks(first: np.ndarray, second: np.ndarray, apart: bool = True) -> list[Track]:
    """Return the tracks of people who meet, from the left and the right, in these clothes."""
    tracks = [Track(pipeline(FOUR), 'off', verification_limits(FOUR)) for _ in range(2)]
    for number, (track, clothes) in enumerate(zip(tracks, (first, second)), 1):
        track.id, track.roi = number, np.array([0.5, 0.5, 0.2, 0.2, 0.0])
        for k in range(20):
            place = np.array([5.0 * (k - 19) * (3 - 2 * number), 0])
            track.update_sighting(Sighting(k * PERIOD_NS, place, 200.0, clothes), is_alone=apart)
    return tracks


def walk_on(track: Track, step: float, frames: int, color: np.ndarray = WHITE) -> None:
    for k in range(20, 20 + frames):
        seen = Sighting(k * PERIOD_NS, np.array([step * (k - 19), 0]), 200.0, color)
        track.update_sighting(seen, is_alone=False)


@pytest.mark.parametrize(
    ('step', 'merged', 'apart', 'exchanged'),
    [
        (-5, True, True, True),
        # The person walks on, stops, or the other one was not on the same body, or never apart.
        (5, True, True, False),
        (0, True, True, False),
        (-5, False, True, False),
        (-5, True, False, False),
    ],
)
def test_of_people_in_the_same_clothes_the_motion_decides(
    step: int, merged: bool, apart: bool, exchanged: bool
) -> None:
    one, other = meeting_tracks(WHITE, WHITE, apart)
    other.merged_into = one.id if merged else 0
    other.lose()
    walk_on(one, step, 16)
    one.exchange_identity(other)
    assert (one.id, other.id) == ((2, 1) if exchanged else (1, 2))
    assert not (one.merged_into or other.merged_into) or not exchanged


@pytest.mark.parametrize('step', [5, -5])
def test_motion_weighs_against_clothes_that_differ_little(step: int) -> None:
    greyish = WHITE - [35, 0, 0] * 2
    one, other = meeting_tracks(WHITE, greyish)
    other.merged_into = one.id
    other.lose()
    walk_on(one, step, 16, greyish)
    one.exchange_identity(other)
    assert (one.id, other.id) == ((1, 2) if step > 0 else (2, 1))


@pytest.mark.parametrize('step', [5, -5])
def test_a_person_found_beside_the_visible_one_is_decided_jointly(step: int) -> None:
    one, other = meeting_tracks(WHITE, WHITE)
    other.merged_into = one.id
    other.lose()
    (found,) = meeting_tracks(WHITE, WHITE)[1:]
    found.continue_person(other)
    assert found.may_be_exchanged(one)
    walk_on(one, step, 16)
    walk_on(found, -step, 16)
    one.exchange_identity(found)
    assert (one.id, found.id) == ((1, 2) if step > 0 else (2, 1))
    # Decided: from now on only the clothes can show an exchange.
    assert not found.may_be_exchanged(one)


@pytest.mark.parametrize('merged', [True, False])
def test_the_body_beside_the_visible_person_may_wear_the_clothes_of_either(merged: bool) -> None:
    tracker = PoseTracker(FOUR)
    one, other = meeting_tracks(WHITE, RED)
    other.merged_into = one.id if merged else 0
    other.lose()
    tracker._tracks = [one]
    costs = [
        tracker._return_cost(other, Sighting(20 * PERIOD_NS, np.zeros(2), 200.0, clothes))
        for clothes in (RED, WHITE)
    ]
    assert [cost is not None for cost in costs] == [True, merged]


def test_of_two_tracks_on_one_body_the_clearer_one_stays_and_a_duplicate_never(
    walking: list[np.ndarray],
) -> None:
    tracker = PoseTracker(FOUR)
    (pose,) = tracker.process(walking[0], 0).poses
    bodies = []
    for offset in (0.3, 0.0):
        (track, _) = meeting_tracks(WHITE, WHITE)
        shift = np.array([offset * pose.roi[2], 0, 0, 0, 0])
        body = _Body(track, pose.roi + shift)
        body.prediction = tracker._landmarker(walking[0], body.region)
        seen = tracker._sighting(body, walking[0], 20 * PERIOD_NS)
        track.sighting = track.alone = seen
        bodies.append(body)
    blurred, clear = bodies
    for first, second in (bodies, bodies[::-1]):
        assert tracker._drifted(first, second, walking[0], 20 * PERIOD_NS) is blurred
    clear.track.alone = None
    assert tracker._drifted(blurred, clear, walking[0], 20 * PERIOD_NS) is clear


def test_a_lost_person_is_expected_where_last_apart_as_well() -> None:
    one, _ = meeting_tracks(WHITE, WHITE)
    walk_on(one, 40, 16)
    one.lose()
    places = [np.array([x, 0.0]) for x in (0, 640, -900)]
    seen = [Sighting(36 * PERIOD_NS, place, 200.0, WHITE) for place in places]
    assert [one.may_be_near(each) for each in seen] == [True, True, False]


@pytest.mark.parametrize('period_ns', [PERIOD_NS // 2, PERIOD_NS, 3 * PERIOD_NS])
def test_velocity_and_colour_are_averaged_over_seconds_not_images(period_ns: int) -> None:
    one = Track(pipeline(FOUR), 'off', verification_limits(FOUR))
    for time_ns in range(0, 12 * PERIOD_NS + 3, period_ns):
        place = np.array([120.0 * time_ns * 1e-9, 0])
        color = RED if time_ns else WHITE
        one.update_sighting(Sighting(time_ns, place, 200.0, color), is_alone=True)
    assert one.velocity == pytest.approx([120 * (1 - np.exp(-0.4 / 0.2)), 0], abs=0.1)
    assert one.color_now == pytest.approx(RED + np.exp(-0.4 / 0.08) * (WHITE - RED), abs=0.1)


@pytest.mark.parametrize(('gap', 'kept'), [(1.5, True), (2.5, False)])
def test_a_gap_in_the_stamps_ends_an_id_only_after_track_memory(
    walking: list[np.ndarray], gap: float, kept: bool
) -> None:
    images = [beside(image, image[:, ::-1]) for image in walking[:16]]
    tracker = PoseTracker(FOUR)
    late = round(gap * 1e9)
    before = [tracker.process(image, k * PERIOD_NS) for k, image in enumerate(images[:8])]
    after = [
        tracker.process(image, late + k * PERIOD_NS) for k, image in enumerate(images[8:], 8)
    ]
    assert after[0].detector_ran
    assert {pose.track_id for pose in before[-1].poses} == {1, 2}
    assert {pose.track_id for pose in after[-1].poses} == ({1, 2} if kept else {3, 4})


def test_the_state_of_several_gives_the_same_bytes(walking: list[np.ndarray]) -> None:
    images = [beside(image, image[:, ::-1]) for image in walking[:12]]
    whole = PoseTracker(FOUR)
    for k in range(6):
        whole.process(images[k], k * PERIOD_NS)
    second = PoseTracker(FOUR, models=whole.models)
    second.load_state(whole.save_state())
    assert second.save_state() == whole.save_state()
    for k in range(6, 12):
        a, b = (tracker.process(images[k], k * PERIOD_NS) for tracker in (whole, second))
        assert pickle.dumps(a) == pickle.dumps(b)
        assert len(a.poses) == 2


def test_the_number_of_cores_changes_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """With several, people are searched for while the landmarks of others are predicted."""
    images = clip('pose2sim_people_cam02.mp4')[:15]
    states = []
    for cores in (1, 2, 5):
        monkeypatch.setattr(f'{Workers.__module__}.usable_cores', partial(int, cores))
        tracker = PoseTracker(replace(FOUR, model_complexity=0))
        searched = [
            tracker.process(image, k * PERIOD_NS).detector_ran for k, image in enumerate(images)
        ]
        assert 2 <= sum(searched) < len(images)
        states.append(tracker.save_state())
    assert states[0] == states[1] == states[2]


def test_with_more_people_asked_for_the_detector_runs_once_beside_the_tracked_one(
    walking: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = PoseTracker()
    tracker.process(walking[0], 0)
    runs: list[np.ndarray] = []
    detector = tracker._search._detector

    def counted(image: np.ndarray, confidence: float, region: np.ndarray, *others):
        runs.append(region)
        return detector(image, confidence, region, *others)

    monkeypatch.setattr(tracker._search, '_detector', counted)
    tracker.options = replace(tracker.options, num_poses=4)
    for k, image in enumerate(walking[1:9], 1):
        assert tracker.process(image, k * PERIOD_NS).detector_ran == (len(runs) > 0)
        assert len(runs) <= 1
        runs.clear()


def test_fewer_are_followed_from_the_next_image_on(walking: list[np.ndarray]) -> None:
    tracker = PoseTracker(FOUR)
    image = beside(walking[0], walking[0][:, ::-1])
    assert len(tracker.process(image, 0).poses) == 2
    tracker.options = replace(FOUR, num_poses=1)
    (left,) = tracker.process(image, PERIOD_NS).poses
    assert left.track_id == 1


def test_static_images_have_their_people_each(walking: list[np.ndarray]) -> None:
    options = replace(FOUR, static_image_mode=True)
    tracker = PoseTracker(options)
    image = beside(walking[0], walking[0][:, ::-1])
    counts = [len(tracker.process(view, 0).poses) for view in (image, walking[0], image)]
    assert counts == [2, 1, 2]


@pytest.mark.parametrize('verify', [True, False])
def test_a_lost_person_is_found_again_at_the_same_place_without_the_detector(
    walking: list[np.ndarray], verify: bool
) -> None:
    options = replace(FOUR, search_interval=100.0, verify_tracking=verify)
    hidden = range(10, 25)
    images = [
        beside(image, np.full_like(image, 90) if k in hidden else image[:, ::-1])
        for k, image in enumerate(walking[:40])
    ]
    results = track(images, options)
    before, after = (results[k].poses for k in (hidden.start - 1, len(images) - 1))
    assert len(before) == 2
    assert [len(results[k].poses) for k in hidden[3:]] == [1] * len(hidden[3:])
    assert not any(result.detector_ran for result in results[hidden.stop :])
    if verify:
        assert {pose.track_id for pose in after} == {pose.track_id for pose in before}
        assert len(results[hidden.stop + 4].poses) == 2
    else:
        assert len(after) == 1


def clearness(tracker: PoseTracker, image: np.ndarray, region: np.ndarray) -> float:
    prediction = PoseLandmarker(tracker.models.landmark_model, 33)(image, region)
    return prediction.score * body_clarity(prediction.heatmap_peaks, FULL_BODY)


def test_static_images_of_several_are_clearer_than_the_images_of_a_stream() -> None:
    """The region of a detection is coarse, and the best of the next ones is kept."""
    options = replace(FOUR, smooth_landmarks=False, verify_tracking=False)
    clear = []
    for image in clip('pose2sim_people_cam01.mp4')[::20]:
        tracker = PoseTracker(replace(options, static_image_mode=True))
        clear.append([
            [
                clearness(tracker, image, pose.roi)
                for pose in sorted(result.poses, key=lambda pose: pose.landmarks[0, 0])
                if not stands_at(pose, (0.06, 0.24))
            ]
            for result in (tracker.process(image, 0), *track([image] * 3, options))
        ])
    static, *stream = np.array(clear).transpose(1, 0, 2).reshape(4, -1)
    assert (static.mean() > np.mean(stream, axis=1)).all()
    # More than one prediction in the region of landmarks is compared.
    assert (static > np.max(stream[:2], axis=0) + 1e-6).sum() >= 2


def test_in_static_images_of_many_small_people_smaller_squares_are_searched(
    walking: list[np.ndarray],
) -> None:
    person = cv2.resize(walking[0][60:440, 60:310], None, fx=0.4, fy=0.4)
    height, width = person.shape[:2]
    canvas = np.full((1080, 1920, 3), 120, np.uint8)
    for k in range(6):
        x, y = 150 + 300 * k, 200 + 260 * (k % 3)
        canvas[y : y + height, x : x + width] = person
    options = PoseTrackerOptions(num_poses=8, static_image_mode=True)
    counts = [
        len(PoseTracker(replace(options, search_tiles=tiles)).process(canvas, 0).poses)
        for tiles in ('thirds', 'quarters', 'auto')
    ]
    assert counts[0] < counts[1] == counts[2] == 6


@pytest.mark.parametrize('leaving', ['left', 'right'])
@pytest.mark.parametrize('gap', [-25, -30])
def test_the_track_of_a_leaving_person_ends_and_the_other_keeps_the_id(
    walking: list[np.ndarray], gap: int, leaving: str
) -> None:
    """Also if the region of the one who leaves moves onto the other first."""
    (pose,) = track(walking[:1], PoseTrackerOptions())[0].poses
    height, width = walking[0].shape[:2]
    x = pose.landmarks[:, 0] * width
    left, right = int(x.min() - 25), int(x.max() + 25)
    side = right - left

    def canvas(image: np.ndarray, shown: tuple[str, ...]) -> np.ndarray:
        pixels = np.full((height, 3 * width, 3), 127, np.uint8)
        body = image[:, left:right]
        if 'left' in shown:
            pixels[:, width : width + side] = body
        if 'right' in shown:
            pixels[:, width + side + gap : width + 2 * side + gap] = body[:, ::-1]
        return pixels

    both = [canvas(image, ('left', 'right')) for image in walking[:8]]
    staying = 'left' if leaving == 'right' else 'right'
    results = track([*both, *(canvas(image, (staying,)) for image in walking[8:12])])
    by_place = sorted(results[7].poses, key=lambda pose: float(pose.landmarks[0, 0]))
    expected = by_place[0 if staying == 'left' else 1]
    assert len(by_place) == 2
    (stayed,) = results[-1].poses
    assert stayed.track_id == expected.track_id


def test_of_several_candidates_on_a_body_the_clearest_is_kept() -> None:
    tracker, count = PoseTracker(FOUR), 0
    for image in clip('pose2sim_people_cam01.mp4')[::5]:
        tracker.reset()
        result = tracker.process(image, 0)
        for rejected in result.rejected:
            if rejected.reason is NoPoseReason.DUPLICATE:
                away = [np.hypot(*(pose.roi - rejected.roi)[:2]) for pose in result.poses]
                kept = clearness(tracker, image, result.poses[int(np.argmin(away))].roi)
                assert kept >= clearness(tracker, image, rejected.roi)
                count += 1
    assert count


def test_an_additional_person_is_predicted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    tracker = PoseTracker(replace(FOUR, num_poses=2))
    regions: list[np.ndarray] = []
    landmarker = tracker._landmarker

    def recorded(
        image: np.ndarray, region: np.ndarray, erased: Sequence[KnownBody]
    ) -> PredictedLandmarks:
        regions.append(region)
        return landmarker(image, region, erased)

    monkeypatch.setattr(tracker, '_landmarker', recorded)
    image = clip('pose2sim_people_cam01.mp4')[0]
    poses = tracker.process(image, 0).poses
    assert len(poses) == 2
    *candidates, again = regions
    near = min(candidates, key=lambda region: np.hypot(*(region - again)[:2]))
    clear = [clearness(tracker, image, region) for region in (near, again)]
    (additional,) = (pose for pose in poses if pose.track_id == 2)
    assert (additional.roi == (near, again)[int(np.argmax(clear))]).all()
    assert clear[1] > clear[0]


@pytest.mark.parametrize(
    ('again', 'count'), [({}, 2), ({'score': 0.3}, 1), ({'heatmap_peaks': np.zeros(33)}, 1)]
)
def test_an_additional_person_is_clear_in_both_predictions(
    again: dict, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = PoseTracker(replace(FOUR, num_poses=2))
    refine = tracker._refine

    def changed(image: np.ndarray, bodies: list[_Body], times: int) -> list[_Body]:
        last = refine(image, bodies, times)
        for one in last:
            one.prediction = replace(one.prediction, **again)
        return last

    monkeypatch.setattr(tracker, '_refine', changed)
    result = tracker.process(clip('pose2sim_people_cam01.mp4')[0], 0)
    assert len(result.poses) == count
    reasons = [rejected.reason for rejected in result.rejected]
    assert reasons.count(NoPoseReason.UNCONFIRMED) >= 2 - count


def test_a_region_is_of_one_body(walking: list[np.ndarray]) -> None:
    with pytest.raises(ValueError, match='num_poses is above 1'):
        PoseTracker(FOUR).process(walking[0], 0, [0.5, 0.5, 1.0, 1.0, 0.0])


def test_a_distant_person_is_found_in_a_square(walking: list[np.ndarray]) -> None:
    canvas = np.full((720, 960, 3), 120, np.uint8)
    small = cv2.resize(walking[0], (113, 200), interpolation=cv2.INTER_AREA)
    canvas[400:600, 600:713] = small
    images = [canvas] * 50
    whole = track(images, PoseTrackerOptions(search_tiles='off'))
    squares = track(images, PoseTrackerOptions())
    official = track(images, PoseTrackerOptions(verify_tracking=False))
    assert not any(result.poses for result in (*whole, *official))
    assert squares[-1].poses


def test_of_several_people_each_has_a_place_of_its_own() -> None:
    images = clip('pose2sim_people_cam02.mp4')[:3]
    camera = CameraModel(1088, 1920, [1674, 0, 534, 0, 1674, 963, 0, 0, 1])
    tracker, plain = PoseTracker(FOUR), PoseTracker(FOUR)
    for k, image in enumerate(images):
        found = tracker.process(image, k * PERIOD_NS, camera=camera).poses
        # What is seen in the image does not depend on what is known of the camera.
        for pose, other in zip(found, plain.process(image, k * PERIOD_NS).poses, strict=True):
            for name in ('landmarks', 'world_landmarks', 'roi'):
                assert (getattr(pose, name) == getattr(other, name)).all()
            assert other.position_problem is PositionProblem.NO_CAMERA
            assert np.isnan(other.camera_landmarks).all()
    places = [pose.position for pose in found if pose.position_problem is None]
    assert len(places) == 3
    assert min(np.linalg.norm(one - two) for one, two in combinations(places, 2)) > 0.3


def test_a_lost_person_may_be_at_the_last_place_or_have_walked_on() -> None:
    lost = Track(pipeline(FOUR), 'off', verification_limits(FOUR))
    assert lost.possible_regions((640, 480), 0, memory=2.0) == []
    lost.sighting = lost.alone = Sighting(0, np.array([320.0, 240.0]), 200.0, None)
    lost.velocity = np.array([100.0, 0.0])
    second = 1_000_000_000
    walked, stayed = lost.possible_regions((640, 480), second, memory=2.0)
    assert walked[:2] * (640, 480) == pytest.approx((420, 240))
    assert stayed[:2] * (640, 480) == pytest.approx((320, 240))
    assert walked[2:4] * (640, 480) == pytest.approx((250, 250))
    # Who walked out of the image comes back at its edge.
    walked, _ = lost.possible_regions((640, 480), 5 * second, memory=9.0)
    assert walked[:2] * (640, 480) == pytest.approx((640, 240))
    assert lost.possible_regions((640, 480), 3 * second, memory=2.0) == []


@pytest.mark.parametrize('blur', [0, 9, 15, 18])
def test_a_static_image_has_no_region_twice(walking: list[np.ndarray], blur: int) -> None:
    image = cv2.blur(walking[0], (blur, blur)) if blur else walking[0]
    result = PoseTracker(replace(FOUR, static_image_mode=True)).process(image, 0)
    regions = [one.roi for one in (*result.poses, *result.rejected)]
    apart = [np.abs(a - b).max() for k, a in enumerate(regions) for b in regions[:k]]
    assert all(distance > 1e-3 for distance in apart)


@pytest.mark.parametrize('is_alone', [False, True])
def test_an_unclear_body_is_not_taken_for_a_lost_person(
    walking: list[np.ndarray], is_alone: bool
) -> None:
    """Neither beside a tracked person, nor in an image in which that one is lost as well."""
    tracker = PoseTracker(replace(FOUR, search_interval=100.0))
    images = [beside(image, image[:, ::-1]) for image in walking[:12]]
    for k, image in enumerate(images):
        assert len(tracker.process(image, k * PERIOD_NS).poses) == 2
    gray = np.full_like(walking[0], 90)
    image = beside(walking[12], gray)
    for k in range(12, 16):
        ids = {pose.track_id for pose in tracker.process(image, k * PERIOD_NS).poses}
    assert len(ids) == 1
    # The lost one is back, but out of focus.
    back = cv2.blur(np.ascontiguousarray(walking[11][:, ::-1]), (25, 25))
    image = beside(gray if is_alone else walking[12], back)
    result = tracker.process(image, 16 * PERIOD_NS)
    assert {pose.track_id for pose in result.poses} == (set() if is_alone else ids)


def only_person(image: np.ndarray) -> Pose:
    options = PoseTrackerOptions(static_image_mode=True, enable_segmentation=True)
    (pose,) = PoseTracker(options).process(image, 0).poses
    return pose


def known(pose: Pose) -> KnownBody:
    return KnownBody(FULL_BODY, pose.landmarks[:, :2].astype(float), pose.roi)


@pytest.mark.parametrize('offset', [0, 20, 40])
def test_without_the_person_in_front_the_one_behind_is_predicted(
    walking: list[np.ndarray], offset: int
) -> None:
    height, width = walking[0].shape[:2]
    front, other = walking[5], np.ascontiguousarray(walking[12][:, ::-1])
    behind = cv2.warpAffine(other, np.float32([[1, 0, -offset], [0, 1, 0]]), (width, height))
    persons = only_person(front), only_person(behind)
    mask = persons[0].segmentation_mask
    assert mask is not None
    image = np.where(mask[..., np.newaxis] > 0.5, front, behind)
    predict = PoseLandmarker(PoseTracker(FOUR).models.landmark_model, 33)
    similarities = []
    for erased in ([], [known(persons[0])]):
        prediction = predict(image, persons[1].roi, erased)
        points = [one.landmarks[:, :2] * (width, height) for one in (prediction, *persons)]
        similarities.append([
            similarity(points[0], truth, 300.0, FULL_BODY) for truth in points[1:]
        ])
    (front_before, behind_before), (front_after, behind_after) = similarities
    assert front_after < front_before
    assert behind_after > behind_before


def test_a_lost_person_is_looked_for_behind_a_tracked_one_if_nowhere_else(
    walking: list[np.ndarray],
) -> None:
    tracker = PoseTracker(FOUR)
    for k, image in enumerate(walking[:12]):
        tracker.process(beside(image, image[:, ::-1]), k * PERIOD_NS)
    for k in range(12, 16):
        tracker.process(beside(walking[k], np.full_like(walking[k], 90)), k * PERIOD_NS)
    (tracked,), (lost,) = tracker._tracks, tracker._lost
    (beside_it,) = tracker._lost_body(16 * PERIOD_NS)
    assert not beside_it.hidden_by
    assert tracked.sighting is not None
    assert lost.sighting is not None
    lost.velocity = np.zeros(2)
    lost.sighting = lost.alone = replace(lost.sighting, place=tracked.sighting.place)
    (behind,) = tracker._lost_body(16 * PERIOD_NS)
    (front,) = behind.hidden_by
    assert (front.landmarks == tracked.landmarks).all()


def test_the_rest_of_an_erased_person_is_not_a_person_behind(walking: list[np.ndarray]) -> None:
    tracker = PoseTracker(FOUR)
    tracker.process(walking[0], 0)
    (track,) = tracker._tracks
    assert track.roi is not None
    front, candidate = (_Body(track, track.roi, is_new=is_new) for is_new in (False, True))
    front.prediction = tracker._landmarker(walking[0], track.roi)
    moved = front.prediction.landmarks + np.array([0.09, 0, 0, 0, 0])
    candidate.prediction = replace(front.prediction, landmarks=moved)
    assert 0.2 < tracker._similarity(candidate, front) < 0.4
    assert not tracker._is_duplicate(candidate, [front])
    candidate.hidden_by = [front.known]
    assert tracker._is_duplicate(candidate, [front])


def test_one_person_is_not_a_second_one_upside_down() -> None:
    tracker = PoseTracker(FOUR)
    for k, image in enumerate(clip('pose2sim_cam04.mp4')[1::3] * 2):
        assert len(tracker.process(image, k * PERIOD_NS).poses) == 1
