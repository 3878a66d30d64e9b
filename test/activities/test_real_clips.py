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

"""Activities of real people: recorded landmarks of real clips, with what the eye sees in them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from pose_tracking_ros.activities import (
    ActivityOptions,
    ActivityRecognizer,
    GestureName,
    Posture,
)
from reference_answers import references

OPTIONS = ActivityOptions(exercises=())
RAISED = {
    GestureName.LEFT_HAND_RAISED,
    GestureName.RIGHT_HAND_RAISED,
    GestureName.BOTH_HANDS_RAISED,
}
CLIPS = {f'{r.name}.{r.configuration}': r for r in references('full', 'lite')}


def reported(name, options=OPTIONS):
    """Return the seconds of each image of a clip with a pose, and what the person does in it."""
    if name not in CLIPS:
        pytest.skip(f'needs {name} in POSE_TRACKING_TEST_DATA')
    answers = CLIPS[name].load()
    recognizer = ActivityRecognizer(options)
    found = []
    for k, stamp_us in enumerate(answers['stamp_us'].tolist()):
        poses = []
        if answers['detected'][k]:
            poses = [
                SimpleNamespace(
                    landmarks=answers['landmarks'][k],
                    world_landmarks=answers['world'][k],
                    roi=answers['roi'][k],
                    track_id=1,
                )
            ]
        result = recognizer.update(poses, stamp_us * 1000)
        found += [(int(answers['frame'][k]), activity) for activity in result.activities]
    return found


@pytest.mark.parametrize('model', ['full', 'lite'])
@pytest.mark.parametrize('camera', [1, 2, 3, 4])
def test_man_who_walks_and_balances_stands(camera, model):
    # The camera of the last clip is rolled by 30 degrees.
    options = replace(OPTIONS, camera_roll=30.0 if camera == 4 else 0.0)
    found = reported(f'pose2sim_cam0{camera}.{model}', options)
    postures = [activity.posture for _, activity in found]
    assert set(postures) <= {Posture.STANDING, Posture.UNKNOWN}
    assert postures.count(Posture.STANDING) >= 0.6 * len(postures)


@pytest.mark.parametrize('camera', [1, 2, 3, 4])
def test_man_who_walks_and_balances_raises_no_hand(camera):
    found = reported(f'pose2sim_cam0{camera}.full')
    names = {sighting.name for _, activity in found for sighting in activity.gestures}
    # He swings an arm out when he balances; nothing else.
    assert names <= {GestureName.POINTING}


def frames_with(found, names):
    """Return the frames in which one of some gestures holds."""
    return {
        frame
        for frame, activity in found
        if any(sighting.name in names for sighting in activity.gestures)
    }


def test_raised_hands_of_a_man_who_swings_his_arms_are_seen():
    # By eye both hands are over the head in frames 20 to 31 and 55 to 66; in between, and until
    # the man begins to run at frame 75, they hang or swing below the shoulders.
    frames = frames_with(reported('sports2d_demo.full'), RAISED)
    assert frames & set(range(20, 36))
    assert frames & set(range(55, 71))
    assert not frames & {*range(20), *range(40, 55), *range(74, 110)}


def test_raised_hands_of_a_woman_who_balances_are_seen():
    # By eye both hands are over the head from frame 38 to 80, and below the face else.
    found = reported('pose_1.full')
    both = frames_with(found, {GestureName.BOTH_HANDS_RAISED})
    assert set(range(48, 78)) <= both
    assert frames_with(found, RAISED) <= set(range(38, 92))


def test_hands_that_sign_before_the_chest_make_no_gesture():
    # By eye the hands of the signing man never reach his chin, and point nowhere.
    assert frames_with(reported('asl_again.full'), set(GestureName)) == set()
