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

"""Postures of bodies posed by known angles, from all sides and distances."""

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
    Posture,
)
from posed_body import DOWN, FORWARD, PosedBody, squat, tilted

OPTIONS = ActivityOptions(gestures=False, exercises=())
views = st.fixed_dictionaries(
    {
        'yaw': st.floats(-180, 180),
        'distance': st.floats(1.5, 8),
        'bearing': st.floats(-25, 25),
    }
)
rates = st.sampled_from([5, 12, 40])


def held(body, view, rate=10, options=OPTIONS, seconds=1.2, noise=0.015):
    """Return the activity of a still body."""
    recognizer, rng = ActivityRecognizer(options), np.random.default_rng(1)
    for k in range(int(seconds * rate) + 1):
        pose = body.seen(**view, noise=noise, rng=rng)
        result = recognizer.update([pose], round(k * 1e9 / rate))
    return result.activities[0]


@settings(max_examples=10)
@given(views, rates, st.floats(-10, 70), st.floats(-20, 20), st.floats(0, 25))
def test_straight_legs_are_standing(view, rate, lean, step, swing):
    legs = {'left_leg': (tilted(step), tilted(step)), 'right_leg': (tilted(-step), tilted(-swing))}
    assert held(PosedBody(lean, **legs), view, rate).posture is Posture.STANDING


@settings(max_examples=10)
@given(views, rates, st.floats(80, 100), st.floats(0, 25), st.floats(-15, 12))
def test_weight_behind_the_feet_is_sitting(view, rate, thigh, shin, lean):
    body = PosedBody(lean).with_legs(tilted(thigh), tilted(shin))
    assert held(body, view, rate).posture is Posture.SITTING


@settings(max_examples=10)
@given(views, st.floats(-15, 25))
def test_stretched_legs_on_the_floor_are_sitting(view, lean):
    body = PosedBody(lean).with_legs(tilted(88), tilted(85))
    assert held(body, view).posture is Posture.SITTING


@settings(max_examples=10)
@given(views, rates, st.floats(70, 105), st.floats(20, 35))
def test_weight_over_the_feet_is_crouching(view, rate, thigh, shin):
    assert held(squat(thigh, shin), view, rate).posture is Posture.CROUCHING


@settings(max_examples=10)
@given(views, st.floats(0, 15))
def test_kneeling_is_crouching(view, lean):
    body = PosedBody(lean).with_legs(DOWN, tilted(-88))
    assert held(body, view).posture is Posture.CROUCHING


@settings(max_examples=10)
@given(views, rates, st.sampled_from([-90, 90, 'side']), st.floats(-12, 12), st.floats(0, 40))
def test_along_the_ground_is_lying(view, rate, onto, slope, bend):
    body = PosedBody().with_legs(tilted(bend / 2), tilted(-bend / 2))
    body = replace(body, roll=90 + slope) if onto == 'side' else replace(body, tumble=onto + slope)
    assert held(body, view, rate).posture is Posture.LYING


@settings(max_examples=10)
@given(views, st.floats(15, 40), st.sampled_from([-25, 20]))
def test_camera_that_looks_down_is_reported(view, pitch, roll):
    view |= {'bearing': 0.0, 'pitch': pitch, 'roll': roll}
    options = replace(OPTIONS, camera_pitch=pitch, camera_roll=roll)
    chair = PosedBody().with_legs(FORWARD, DOWN)
    for body, posture in ((PosedBody(), Posture.STANDING), (chair, Posture.SITTING),
                          (squat(90), Posture.CROUCHING)):
        assert held(body, view, options=options).posture is posture


@pytest.mark.parametrize('body', [PosedBody(), squat(90)])
def test_hidden_legs_are_no_posture(body):
    hidden = tuple(f'{s}_{j}' for s in ('left', 'right') for j in ('knee', 'ankle'))
    assert held(replace(body, hidden=hidden), {}).posture is Posture.UNKNOWN


def test_one_side_that_is_seen_is_enough():
    hidden = tuple(f'right_{j}' for j in ('shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle'))
    assert held(replace(squat(95), hidden=hidden), {'yaw': 90}).posture is Posture.CROUCHING


def falling(seconds, rate, afterwards=1.5, new_id_after=None):
    """Yield the stamps and poses of a person who stands, then tips over, then lies."""
    for k in range(int((1.5 + seconds + afterwards) * rate)):
        now = k / rate - 1.5
        body = PosedBody(tumble=float(np.clip(90 * now / seconds, 0, 90)))
        track_id = 1 if new_id_after is None or now < new_id_after else 2
        yield round(k * 1e9 / rate), body.seen(track_id=track_id)


@pytest.mark.parametrize('rate', [5, 10, 30, 60])
@pytest.mark.parametrize('seconds', [0.5, 1.0])
def test_lying_soon_after_standing_is_a_fall(seconds, rate):
    recognizer = ActivityRecognizer(OPTIONS)
    events = []
    for stamp_ns, pose in falling(seconds, rate):
        result = recognizer.update([pose], stamp_ns)
        events += result.events
    assert result.activities[0].posture is Posture.LYING
    assert result.activities[0].fell
    assert [e.began for e in events if e.kind is EventKind.FALL] == [True]


def test_lying_down_from_the_floor_is_no_fall():
    recognizer = ActivityRecognizer(OPTIONS)
    on_floor = PosedBody().with_legs(tilted(88), tilted(85))
    for k in range(150):
        body = PosedBody() if k < 40 else on_floor if k < 100 else PosedBody(tumble=-90)
        (activity,) = recognizer.update([body.seen(yaw=60)], k * 50_000_000).activities
    assert activity.posture is Posture.LYING
    assert not activity.fell


@settings(max_examples=10)
@given(views, rates, st.floats(70, 88), st.floats(0.3, 1.0))
def test_getting_down_fast_to_a_plank_is_no_fall(view, rate, slope, seconds):
    recognizer = ActivityRecognizer(OPTIONS)
    plank = PosedBody(tumble=slope).with_arms(tilted(slope), tilted(slope))
    for k in range(int((2.5 + seconds) * rate)):
        now = k / rate - 1.5
        body = PosedBody() if now < 0 else squat(110) if now < seconds else plank
        result = recognizer.update([body.seen(**view)], round(k * 1e9 / rate))
    assert result.activities[0].posture is Posture.LYING
    assert not result.activities[0].fell


def test_who_gets_up_has_fallen_no_more():
    recognizer = ActivityRecognizer(OPTIONS)
    for stamp_ns, pose in falling(0.8, 20):
        recognizer.update([pose], stamp_ns)
    for k in range(1, 30):
        result = recognizer.update([PosedBody().seen()], stamp_ns + k * 50_000_000)
    assert not result.activities[0].fell


def test_fall_is_reported_for_a_person_lost_while_falling():
    recognizer = ActivityRecognizer(OPTIONS)
    for stamp_ns, pose in falling(0.8, 20, new_id_after=0.5):
        result = recognizer.update([pose], stamp_ns)
    assert result.activities[0].track_id == 2
    assert result.activities[0].fell


def test_posture_began_when_it_was_first_seen():
    recognizer = ActivityRecognizer(OPTIONS)
    chair = PosedBody().with_legs(FORWARD, DOWN)
    for k in range(60):
        result = recognizer.update([(PosedBody() if k < 30 else chair).seen()], k * 50_000_000)
    assert result.activities[0].posture_since_ns == 30 * 50_000_000


def test_single_wrong_image_changes_no_posture():
    for rate in (5, 60):
        recognizer = ActivityRecognizer(OPTIONS)
        events = []
        for k in range(4 * rate):
            body = squat(90) if k == 2 * rate else PosedBody()
            events += recognizer.update([body.seen()], round(k * 1e9 / rate)).events
        assert [event.name for event in events] == ['standing']
