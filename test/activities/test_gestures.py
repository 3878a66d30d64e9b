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

"""Gestures of bodies posed by known angles, from all sides and distances."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from pose_tracking_ros.activities import (
    ActivityOptions,
    ActivityRecognizer,
    EventKind,
    GestureName,
)
from posed_body import direction, DOWN, HANGING, OUT, PosedBody, tilted, UP

OPTIONS = ActivityOptions(postures=False, exercises=())
STANDING = PosedBody()
RAISED = {
    'straight': (UP, UP),
    'elbow out': (direction(out=1, up=0.2), UP),
    'elbow low': (direction(forward=0.9, up=-0.1), direction(up=1, out=0.2)),
}
CROSSED = (direction(forward=0.35, up=-0.9), direction(forward=0.25, out=-1, up=0.2))
ON_FACE = (direction(forward=0.6, out=0.05, up=-0.5), direction(forward=-0.3, out=-0.5, up=1))
ALL_VIEWS = {'yaw': st.floats(-180, 180), 'distance': st.floats(1.5, 8),
             'bearing': st.floats(-20, 20)}  # fmt: skip
views = st.fixed_dictionaries(ALL_VIEWS)
frontal_views = st.fixed_dictionaries(ALL_VIEWS | {'yaw': st.floats(-35, 35)})
rates = st.sampled_from([5, 12, 40])


def gestures(bodies, view, rate=12, noise=0.01, options=OPTIONS):
    """Return the names of the gestures that hold after each image."""
    recognizer, rng = ActivityRecognizer(options), np.random.default_rng(1)
    reported = []
    for k, body in enumerate(bodies):
        pose = body.seen(**view, noise=noise, rng=rng)
        (activity,) = recognizer.update([pose], round(k * 1e9 / rate)).activities
        reported.append({sighting.name for sighting in activity.gestures})
    return reported


def held(body, view, rate=12):
    """Return the gestures of a person who holds still for a second."""
    return gestures([body] * (rate + 1), view, rate)[-1]


@settings(max_examples=10)
@given(views, rates, st.sampled_from(list(RAISED)), st.sampled_from(['left', 'right', 'both']))
def test_raised_hands_are_distinguished(view, rate, how, side):
    arms = {f'{s}_arm': RAISED[how] for s in ('left', 'right') if side in (s, 'both')}
    name = f'{side}_hand_raised' if side != 'both' else 'both_hands_raised'
    assert held(replace(STANDING, **arms), view, rate) == {GestureName(name)}


@settings(max_examples=10)
@given(views, st.floats(-30, 35), st.floats(0, 25), st.floats(0, 60))
def test_arms_that_hang_or_swing_make_no_gesture(view, swing, out, bend):
    upper = tilted(out, tilted(swing), OUT)
    body = replace(STANDING, left_arm=(upper, tilted(swing + bend)), right_arm=HANGING)
    assert held(body, view) == set()


@settings(max_examples=10)
@given(views, rates, st.floats(-12, 12), st.floats(-10, 10))
def test_t_pose(view, rate, up, forward):
    arm = direction(out=1, up=np.tan(np.radians(up)), forward=np.tan(np.radians(forward)))
    assert held(STANDING.with_arms(arm, arm), view, rate) == {GestureName.T_POSE}


@settings(max_examples=10)
@given(views, rates)
def test_crossed_arms(view, rate):
    assert held(STANDING.with_arms(*CROSSED), view, rate) == {GestureName.ARMS_CROSSED}


@settings(max_examples=10)
@given(views, rates, st.sampled_from(['left', 'right', 'both']))
def test_hands_on_face(view, rate, side):
    arms = {f'{s}_arm': ON_FACE for s in ('left', 'right') if side in (s, 'both')}
    assert held(replace(STANDING, **arms), view, rate) == {GestureName.HANDS_ON_FACE}


@settings(max_examples=10)
@given(frontal_views, rates, st.sampled_from(['left', 'right']), st.floats(-15, 15))
def test_arm_stretched_to_the_camera_is_stop(view, rate, side, up):
    yaw = np.radians(view['yaw'])
    # Who is turned to the left has the camera to the right.
    out = np.sin(yaw) * (-1 if side == 'left' else 1)
    arm = direction(forward=np.cos(yaw), out=out, up=np.tan(np.radians(up)))
    view |= {'bearing': 0.0}
    body = replace(STANDING, **{f'{side}_arm': (arm, arm)})
    assert held(body, view, rate) == {GestureName.STOP}


@settings(max_examples=10)
@given(views, rates, st.sampled_from(['left', 'right']), st.floats(-20, 35))
def test_pointing_is_reported_with_its_direction(view, rate, side, up):
    # To the side of the body; seen from the side it may point at the camera.
    arm = direction(out=1, up=np.tan(np.radians(up)))
    body = replace(STANDING, **{f'{side}_arm': (arm, arm)})
    recognizer = ActivityRecognizer(OPTIONS)
    for k in range(rate + 1):
        pose = body.seen(**view)
        (activity,) = recognizer.update([pose], round(k * 1e9 / rate)).activities
    sign = 1 if side == 'left' else -1
    yaw = np.radians(view['yaw'])
    expected = np.array([np.cos(yaw) * sign * arm[1], -arm[2], np.sin(yaw) * sign * arm[1]])
    names = [sighting.name for sighting in activity.gestures]
    to_camera = np.degrees(np.arccos(np.clip(-expected[2], -1, 1)))
    if to_camera > 50:
        assert names == [GestureName.POINTING]
        assert activity.pointing.side == side
        assert not activity.pointing.metric
        np.testing.assert_allclose(activity.pointing.direction, expected, atol=1e-3)
    elif to_camera < 28:
        assert names == [GestureName.STOP]
        assert activity.pointing is None


def test_pointing_is_metric_where_the_camera_knows_the_body():
    arm = direction(out=1, forward=0.5)
    body = replace(STANDING, left_arm=(arm, arm))
    recognizer = ActivityRecognizer(OPTIONS)
    for k in range(20):
        pose = body.seen(yaw=20)
        pose.position = np.array([0.5, 0.2, 3.0])
        pose.camera_landmarks = pose.world_landmarks.astype(float) + pose.position
        (activity,) = recognizer.update([pose], k * 50_000_000).activities
    assert activity.pointing.metric
    np.testing.assert_allclose(activity.pointing.origin, pose.camera_landmarks[11])


def waving(rate, seconds, hertz=1.5, swing=30.0, elbow=None):
    """Yield the bodies of a person who waves the right hand."""
    for k in range(int(seconds * rate) + 1):
        now = swing * np.sin(2 * np.pi * hertz * k / rate)
        upper = direction(out=0.5, up=-1) if elbow is None else elbow
        yield replace(STANDING, right_arm=(upper, tilted(now, UP, OUT)))


@settings(max_examples=10)
@given(views, st.sampled_from([5, 12, 30]), st.floats(0.9, 1.9), st.floats(22, 40))
def test_waving(view, rate, hertz, swing):
    reported = gestures(waving(rate, 3.5, hertz, swing), view, rate)
    assert GestureName.WAVING in reported[-1]


@settings(max_examples=8)
@given(views, st.sampled_from([12, 30]))
def test_hand_that_is_raised_once_does_not_wave(view, rate):
    times = np.arange(0, 4, 1 / rate)
    bodies = [
        replace(STANDING, right_arm=(tilted(a, DOWN, OUT), tilted(a, DOWN, OUT)))
        for a in 170 * np.clip(np.minimum(times, 3 - times), 0, 1)
    ]
    assert all(GestureName.WAVING not in names for names in gestures(bodies, view, rate))


@settings(max_examples=8)
@given(views, st.sampled_from([10, 30]), st.floats(0.7, 1.2), st.floats(15, 35))
def test_walking_makes_no_gesture(view, rate, hertz, swing):
    bodies = []
    for k in range(4 * rate):
        phase = np.sin(2 * np.pi * hertz * k / rate)
        arms = {
            f'{side}_arm': (tilted(sign * swing * phase), tilted(sign * swing * phase + 25))
            for side, sign in (('left', 1), ('right', -1))
        }
        bodies.append(replace(STANDING, **arms))
    assert not any(gestures(bodies, view, rate))


@pytest.mark.parametrize('rate', [5, 30, 60])
def test_gesture_begins_and_ends_once(rate):
    recognizer = ActivityRecognizer(OPTIONS)
    raised = replace(STANDING, left_arm=RAISED['straight'])
    events = []
    for k in range(6 * rate):
        body = raised if 2 * rate <= k < 4 * rate else STANDING
        pose = body.seen(noise=0.01, rng=np.random.default_rng(k))
        events += recognizer.update([pose], round(k * 1e9 / rate)).events
    assert [(e.kind, e.name, e.began) for e in events] == [
        (EventKind.GESTURE, 'left_hand_raised', True),
        (EventKind.GESTURE, 'left_hand_raised', False),
    ]
    began, ended = ((e.stamp_ns * 1e-9) for e in events)
    assert 2 <= began <= 2.5
    assert 4 <= ended <= 4.6


def test_gesture_of_a_person_who_vanishes_ends():
    recognizer = ActivityRecognizer(OPTIONS)
    raised = replace(STANDING, left_arm=RAISED['straight'])
    for k in range(20):
        recognizer.update([raised.seen()], k * 50_000_000)
    events = []
    for k in range(20, 40):
        result = recognizer.update([], k * 50_000_000)
        events += result.events
    assert [(e.name, e.began) for e in events] == [('left_hand_raised', False)]
    assert result.activities == ()


def test_people_are_distinguished_by_their_ids():
    recognizer = ActivityRecognizer(OPTIONS)
    raised = replace(STANDING, right_arm=RAISED['elbow out'])
    for k in range(20):
        poses = [STANDING.seen(track_id=4, bearing=-15), raised.seen(track_id=7, bearing=15)]
        result = recognizer.update(poses, k * 50_000_000)
    assert [(a.track_id, len(a.gestures)) for a in result.activities] == [(4, 0), (7, 1)]


def test_hand_raised_beyond_the_edge_of_the_image_is_raised():
    body = replace(STANDING, right_arm=(UP, UP), hidden=('right_wrist',))
    assert GestureName.RIGHT_HAND_RAISED in held(body, {'distance': 1.3})


def test_arm_that_is_not_seen_makes_no_gesture():
    body = replace(STANDING, right_arm=(UP, UP), hidden=('right_wrist', 'right_elbow'))
    assert held(body, {}) == set()


def test_upper_body_without_depth_raises_hands_and_does_not_point():
    arm = direction(out=1)
    for body, expected in (
        (replace(STANDING, left_arm=(UP, UP)), {GestureName.LEFT_HAND_RAISED}),
        (replace(STANDING, left_arm=(arm, arm)), set()),
    ):
        recognizer = ActivityRecognizer(OPTIONS)
        for k in range(20):
            pose = body.seen()
            pose.landmarks = pose.landmarks[:25].copy()
            pose.landmarks[:, 2] = np.nan
            pose.world_landmarks = np.empty((0, 3), np.float32)
            (activity,) = recognizer.update([pose], k * 50_000_000).activities
        assert {sighting.name for sighting in activity.gestures} == expected
