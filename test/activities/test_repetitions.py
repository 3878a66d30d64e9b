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

"""Repetitions counted in sequences made of samples, at any rate, with noise, gaps and pauses."""

from __future__ import annotations

from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from pose_tracking_ros.activities import (
    ActivityOptions,
    ActivityRecognizer,
    EventKind,
    PoseClassError,
    PoseClasses,
    RepetitionCounter,
)
from pose_tracking_ros.activities.pose_classes import PoseSample, sample_points
from pose_tracking_ros.blazepose import FULL_BODY
from posed_body import direction, DOWN, PosedBody, squat, tilted


@pytest.fixture(scope='module')
def shipped():
    """Return the classes of the package."""
    return PoseClasses.shipped()


def pose_of(points, track_id=1):
    """Return a pose with the points of a sample."""
    landmarks = np.ones((33, 5), np.float32)
    landmarks[:, :3] = points
    return SimpleNamespace(
        skeleton=FULL_BODY,
        landmarks=landmarks,
        # Samples have none; their depth is too coarse for angles of joints.
        world_landmarks=np.zeros((0, 3), np.float32),
        roi=np.array([0.5, 0.5, 1.0, 1.0, 0.0]),
        track_id=track_id,
        score=1.0,
    )


SUPPORTS = {'squats': [27, 28], 'pushups': [15, 16]}
SHOULDERS = [11, 12]


def in_place(joints, points, of):
    """Return points, moved in the image so that joints are where others have theirs."""
    moved = np.array(points)
    moved[:, :2] += (np.asarray(of)[joints, :2] - moved[joints, :2]).mean(axis=0)
    return moved


def pairs(classes, exercise, count=3):
    """
    Return samples up and down, of recordings that have both, with the support in one place.

    Without those whose trunk leans to the camera: they are scaled by its length in the image.
    """
    found = {}
    for sample in classes.samples:
        if sample.name.startswith(exercise) and not sample.recording.startswith('screenshots'):
            found.setdefault(sample.recording, {})[sample.name.rpartition('_')[2]] = sample.points
    both = [
        (parts['up'], in_place(SUPPORTS[exercise], parts['down'], parts['up']))
        for _, parts in sorted(found.items())
        if len(parts) == 2
    ]
    if exercise == 'squats':
        both = [(up, down) for up, down in both if down[11, 1] - up[11, 1] > 0.2]
    return both[:: len(both) // count][:count]


def sequence(up, down, count, rate, period=2.0, noise=0.01, pause=1.0, seed=0):
    """
    Yield the seconds and poses of a person who does an exercise.

    :param up, down: points of both ends
    :param count: of repetitions
    :param period: seconds of each
    :param pause: seconds of rest before the first, after the last, and in the middle of each
    """
    rng = np.random.default_rng(seed)
    cycle = period + pause
    for k in range(int((pause + count * cycle) * rate) + 1):
        now = max(k / rate - pause, 0.0) % cycle if k / rate < pause + count * cycle else 0.0
        # Down, a pause there, and up again.
        half = period / 2
        way = now / half if now < half else 1.0 if now < half + pause else (cycle - now) / half
        ratio = (1 - np.cos(np.pi * np.clip(way, 0, 1))) / 2
        points = (1 - ratio) * up + ratio * down
        yield k / rate, pose_of(points + rng.normal(0, noise, points.shape))
    for k in range(int(0.6 * rate)):
        yield (pause + count * cycle) + (k + 1) / rate, pose_of(up)


@pytest.mark.parametrize('rate', [5, 10, 30, 60])
@pytest.mark.parametrize('exercise', ['squats', 'pushups'])
def test_count_is_exact_at_any_rate(shipped, exercise, rate):
    for up, down in pairs(shipped, exercise, 12 if rate == 5 else 2):
        counter = RepetitionCounter(exercise)
        for seconds, pose in sequence(up, down, 3, rate, period=1.4, pause=0.3):
            counter.update(pose, round(seconds * 1e9))
        assert counter.repetitions == 3
        assert counter.phase == 'up'


@pytest.mark.parametrize('exercise', ['squats', 'pushups'])
def test_limbs_that_bend_without_a_rise_of_the_body_are_not_counted(shipped, exercise):
    for up, down in pairs(shipped, exercise):
        counter = RepetitionCounter(exercise)
        hanging = in_place(SHOULDERS, down, up)
        for seconds, pose in sequence(up, hanging, 3, 10, period=1.4, pause=0.3):
            counter.update(pose, round(seconds * 1e9))
        assert counter.phase == 'up'
        assert counter.repetitions == 0


def test_other_exercises_are_not_counted(shipped):
    for exercise, other in (('squats', 'pushups'), ('pushups', 'squats')):
        counter = RepetitionCounter(other)
        for seconds, pose in sequence(*pairs(shipped, exercise)[0], 3, 10, pause=0.3):
            counter.update(pose, round(seconds * 1e9))
        assert counter.repetitions == 0


@pytest.mark.parametrize('rate', [10, 30])
@pytest.mark.parametrize('exercise', ['squats', 'pushups'])
def test_count_is_exact_with_gaps_and_images_without_a_pose(shipped, exercise, rate):
    rng = np.random.default_rng(5)
    up, down = pairs(shipped, exercise)[0]
    counter = RepetitionCounter(exercise)
    for seconds, pose in sequence(up, down, 4, rate, period=1.6, pause=1.5, noise=0.02):
        # Every third image is dropped, every sixth has no pose; for 0.7 s of each 5 nothing comes.
        if rng.random() < 0.3 or seconds % 5 < 0.7:
            continue
        jitter = rng.uniform(-0.3, 0.3) / rate
        counter.update(None if rng.random() < 0.15 else pose, round((seconds + jitter) * 1e9))
    assert counter.repetitions == 4


def test_single_wrong_images_count_nothing(shipped):
    up, down = pairs(shipped, 'squats')[0]
    for rate in (5, 30):
        counter = RepetitionCounter('squats')
        for k in range(6 * rate):
            is_wrong = k % (2 * rate) == rate
            counter.update(pose_of(down if is_wrong else up), round(k * 1e9 / rate))
        assert counter.repetitions == 0


def test_getting_up_first_is_no_repetition(shipped):
    up, down = pairs(shipped, 'squats')[0]
    counter = RepetitionCounter('squats')
    for k in range(40):
        counter.update(pose_of(down if k < 20 else up), k * 50_000_000)
    assert counter.repetitions == 0
    assert counter.phase == 'up'


STANDING = PosedBody().seen().landmarks
TWO_SQUATS = [(1 - np.cos(2 * np.pi * max(k - 8, 0) / 40)) / 2 for k in range(91)]


def squats_of_a_posed_body(yaw, leg_visibility=1.0):
    """Return how many of two squats are counted, seen from a side."""
    counter, rng = RepetitionCounter('squats'), np.random.default_rng(0)
    for k, way in enumerate(TWO_SQUATS):
        pose = squat(100 * way, 28 * way).seen(yaw=yaw, noise=0.01, rng=rng)
        pose.landmarks = in_place(SUPPORTS['squats'], pose.landmarks, STANDING)
        pose.landmarks[25:29, 3] = leg_visibility
        counter.update(pose, k * 60_000_000)
    return counter.repetitions


@pytest.mark.parametrize('yaw', [-80, -30, 0, 45, 90])
def test_squats_of_a_posed_body_are_counted_from_all_sides(yaw):
    assert squats_of_a_posed_body(yaw) == 2


@pytest.mark.parametrize('yaw', [-80, -30, 0, 45, 90])
@pytest.mark.parametrize(
    ('legs', 'seconds', 'feet_visibility', 'count'),
    [
        ('on a chair', 0.5, 1.0, 1),
        ('on a chair', 8, 1.0, 0),
        # With hidden feet both look the same.
        ('on a chair', 8, 0.2, 1),
        ('squatting', 8, 0.2, 1),
        ('squatting', 8, 1.0, 1),
    ],
)
def test_a_person_who_sits_for_long_does_no_squat(yaw, legs, seconds, feet_visibility, count):
    counter, rng, rate = RepetitionCounter('squats'), np.random.default_rng(0), 20
    for k in range(int((6 + seconds) * rate)):
        # Stands for 1.5 seconds, goes down in 1.5, and gets up.
        way = np.clip(min(k / rate - 1.5, 4.5 + seconds - k / rate) / 1.5, 0, 1)
        on_chair = PosedBody(lean=10 * way).with_legs(tilted(92 * way), tilted(0))
        body = on_chair if legs == 'on a chair' else squat(100 * way, 28 * way)
        pose = body.seen(yaw=yaw, noise=0.01, rng=rng)
        pose.landmarks = in_place(SUPPORTS['squats'], pose.landmarks, STANDING)
        pose.landmarks[27:, 3] = feet_visibility
        counter.update(pose, round(k * 1e9 / rate))
    assert counter.repetitions == count
    assert counter.phase == 'up'


def test_stamps_that_start_over_without_a_pose_are_no_step_back(shipped):
    counter = RepetitionCounter('squats')
    poses = [pose for _, pose in sequence(*pairs(shipped, 'squats')[0], 2, 10, pause=0.3)]
    for start_ns in (0, 200_000_000_000, 0):
        counter.update(None, start_ns)
        for k, pose in enumerate(poses):
            counter.update(pose, start_ns + (k + 1) * 100_000_000)
    assert counter.repetitions == 6


def test_a_custom_pose_that_is_held_needs_no_motion_whatever_its_name(shipped):
    names = {'pushups_up': 'pushups', 'squats_up': 'other'}
    classes = PoseClasses([
        sample._replace(name=names[sample.name])
        for sample in shipped.samples
        if sample.name in names
    ])
    (held, _), (away, _) = (pairs(shipped, name)[0] for name in ('pushups', 'squats'))
    counter = RepetitionCounter(classes)
    for k in range(220):
        counter.update(pose_of(held if k // 20 % 2 else away), k * 100_000_000)
    assert counter.repetitions == 5


def test_squats_with_hidden_legs_are_not_counted():
    assert squats_of_a_posed_body(30, leg_visibility=0.2) == 0


@pytest.mark.parametrize('rate', [5, 15, 60])
@pytest.mark.parametrize('speed', [(0.6, 0), (0, 0.6), (-0.4, 0.4)])
def test_a_person_who_walks_does_no_squat(shipped, rate, speed):
    counter = RepetitionCounter('squats')
    for seconds, pose in sequence(*pairs(shipped, 'squats')[0], 3, rate, pause=0.3):
        pose.landmarks[:, :2] += np.multiply(seconds, speed)
        counter.update(pose, round(seconds * 1e9))
    assert counter.repetitions == 0


@pytest.mark.parametrize(
    ('exercise', 'hidden', 'is_for_good'),
    [
        *(('squats', k, False) for k in (27, 28, 11)),
        *(('squats', k, True) for k in (27, 28)),
        *(('pushups', k, False) for k in (15, 16, 12)),
        *(('pushups', k, True) for k in (15, 16)),
    ],
)
def test_a_landmark_that_is_not_visible_changes_nothing(shipped, exercise, hidden, is_for_good):
    # A pair in which each hand and foot is in one place.
    pair = pairs(shipped, exercise, 6)[1]
    for speed, count in ((0, 3), (0.6, 0)):
        counter = RepetitionCounter(exercise)
        for k, (seconds, pose) in enumerate(sequence(*pair, 3, 15)):
            pose.landmarks[:, 0] += np.float32(seconds) * speed
            if k > 10 if is_for_good else k % 10 < 4:
                pose.landmarks[hidden, :3] = np.nan
            counter.update(pose, round(seconds * 1e9))
        assert counter.repetitions == count


@pytest.mark.parametrize('yaw', [-80, 0, 45])
def test_legs_that_seem_to_bend_below_shoulders_at_rest_do_no_squat(yaw):
    counter, rng = RepetitionCounter('squats'), np.random.default_rng(0)
    for k, way in enumerate(TWO_SQUATS):
        pose = squat(100 * way, 28 * way).seen(yaw=yaw, noise=0.01, rng=rng)
        pose.landmarks[:, :2] -= pose.landmarks[[11, 12], :2].mean(axis=0) - 0.4
        counter.update(pose, k * 60_000_000)
    assert counter.repetitions == 0


STRAIGHT = (tilted(0), tilted(0))
LEGS = {
    'lunge': ((tilted(90), tilted(0)), (tilted(-10), tilted(-85))),
    'split squat': ((tilted(55), tilted(10)), (tilted(10), tilted(-60))),
    'balance on one leg': ((tilted(80), tilted(0)), STRAIGHT),
    'bow': (STRAIGHT, STRAIGHT),
}


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(sorted(LEGS)), st.floats(-180, 180), st.booleans(), st.floats(3, 6))
def test_legs_that_do_not_both_bend_alike_are_no_squat(name, yaw, is_mirrored, distance):
    counter, rng = RepetitionCounter('squats'), np.random.default_rng(0)
    for k in range(60):
        way = (1 - np.cos(2 * np.pi * k / 30)) / 2
        moved = [
            tuple(direction(*((1 - way) * DOWN + way * part)) for part in leg)
            for leg in LEGS[name][:: -1 if is_mirrored else 1]
        ]
        arms = tilted(90 * way), tilted(90 * way)
        body = PosedBody(60 * way * (name == 'bow'), arms, arms, *moved)
        pose = body.seen(yaw=yaw, distance=distance, noise=0.01, rng=rng)
        counter.update(pose, k * 60_000_000)
    assert counter.repetitions == 0


def test_repeated_and_stepping_stamps_cost_nothing(shipped):
    up, down = pairs(shipped, 'pushups')[0]
    counter = RepetitionCounter('pushups')
    for seconds, pose in sequence(up, down, 3, 20, pause=0.5):
        stamp_ns = round(seconds * 1e9)
        counter.update(pose, stamp_ns)
        counter.update(pose, stamp_ns)
        counter.update(pose, stamp_ns - 1_000_000)
    assert counter.repetitions == 3


def test_reset_counts_from_zero(shipped):
    up, down = pairs(shipped, 'squats')[0]
    counter = RepetitionCounter('squats')
    for seconds, pose in sequence(up, down, 2, 20):
        counter.update(pose, round(seconds * 1e9))
    counter.reset()
    assert counter.repetitions == 0


def test_counter_of_classes_wants_a_single_exercise(shipped):
    with pytest.raises(PoseClassError, match='of 2 exercises'):
        RepetitionCounter(shipped)
    assert RepetitionCounter(shipped.only(['pushups'])).repetitions == 0
    with pytest.raises(PoseClassError, match='no exercise'):
        RepetitionCounter('sleeping')


def test_recognizer_counts_people_apart_and_tells_events(shipped):
    recognizer = ActivityRecognizer(ActivityOptions(postures=False, gestures=False))
    squatter = list(sequence(*pairs(shipped, 'squats')[0], 2, 15, pause=0.5))
    pusher = list(sequence(*pairs(shipped, 'pushups')[0], 3, 15, pause=0.1))
    events = []
    for k in range(max(len(squatter), len(pusher)) + 15 * 7):
        poses = [
            pose_of(clip[min(k, len(clip) - 1)][1].landmarks[:, :3], track_id)
            for track_id, clip in ((3, squatter), (8, pusher))
        ]
        result = recognizer.update(poses, round(k * 1e9 / 15))
        events += result.events
    reported = {
        track_id: [(e.kind, e.name, e.began) for e in events if e.track_id == track_id]
        for track_id in (3, 8)
    }
    for track_id, name, count in ((3, 'squats', 2), (8, 'pushups', 3)):
        assert reported[track_id] == [
            (EventKind.EXERCISE, name, True),
            *[(EventKind.REPETITION, name, True)] * count,
            (EventKind.EXERCISE, name, False),
        ]
    assert [a.repetitions for a in result.activities] == [2, 3]
    assert [a.exercise for a in result.activities] == ['', '']
    recognizer.reset_counts()
    assert [a.repetitions for a in recognizer.update(poses, round(1e12)).activities] == [0, 0]


def counts_of(recognizer, clip, rate, shown):
    """
    Return the latest repetitions of each track.

    :param clip: seconds and poses
    :param shown: for each image the tracks and the indices of their poses in the clip
    """
    counts = {}
    for k, tracks in enumerate(shown):
        poses = [pose_of(clip[i][1].landmarks[:, :3], track_id) for track_id, i in tracks.items()]
        result = recognizer.update(poses, round(k * 1e9 / rate))
        counts |= {a.track_id: a.repetitions for a in result.activities}
    return counts


@pytest.fixture
def squats(shipped):
    """Return seconds and poses of four squats at 15 Hz, and the image after the first two."""
    return list(sequence(*pairs(shipped, 'squats')[0], 4, 15, pause=0.3)), 73


@pytest.mark.parametrize(
    ('gap', 'beside', 'count'), [(1, {}, 4), (12, {}, 4), (20, {}, 2), (1, {9: 0}, 2)]
)
def test_counts_go_on_if_a_lone_person_is_detected_again(squats, gap, beside, count):
    clip, lost = squats
    recognizer = ActivityRecognizer(ActivityOptions(postures=False, gestures=False))
    before = [{1: i} | beside for i in range(lost)]
    after = [{2: i} | beside for i in range(lost, len(clip))]
    assert counts_of(recognizer, clip, 15, [*before, *[beside] * gap, *after])[2] == count


def test_counts_follow_a_person_through_several_breaks_and_back_to_the_first_id(squats):
    clip, lost = squats
    recognizer = ActivityRecognizer(ActivityOptions(postures=False, gestures=False))
    tracks = [1] * lost + [2] * 5 + [3] * 5 + [1] * (len(clip) - lost - 10)
    shown = [{track_id: i} for i, track_id in enumerate(tracks)]
    assert counts_of(recognizer, clip, 15, shown) == {1: 4, 2: 2, 3: 2}


def test_counts_of_two_people_lost_together_are_not_mixed_up(squats):
    clip, lost = squats
    recognizer = ActivityRecognizer(ActivityOptions(postures=False, gestures=False))
    shown = [{1: i, 2: 0} for i in range(lost)] + [{}] + [{3: 0}] * 3
    assert counts_of(recognizer, clip, 15, shown) == {1: 2, 2: 0, 3: 0}


def test_recognizer_counts_with_classes_of_ones_own(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / 'my.csv'
    bodies = {'bows_up': PosedBody(), 'bows_down': PosedBody(lean=80)}
    lines = []
    for name, body in bodies.items():
        for yaw in range(-90, 91, 15):
            pose = body.seen(yaw=yaw, noise=0.01, rng=rng)
            lines.append(PoseSample(f'yaw {yaw}', name, sample_points(pose).astype(float)))
    path.write_text(PoseClasses(lines).text())
    options = ActivityOptions(pose_classes=str(path), exercises=('bows',))
    recognizer = ActivityRecognizer(options)
    for k in range(81):
        body = PosedBody(lean=40 - 40 * np.cos(2 * np.pi * k / 40))
        result = recognizer.update([body.seen(yaw=20)], k * 50_000_000)
    assert result.activities[0].exercise == 'bows'
    assert result.activities[0].repetitions == 2
