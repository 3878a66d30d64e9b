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

"""Classes of poses by their samples: the shipped ones, files, and the check of them."""

from __future__ import annotations

import numpy as np
import pytest

from pose_tracking_ros.activities import PoseClassError, PoseClasses
from pose_tracking_ros.activities.confusion import (
    confusion_picture,
    leave_one_recording_out,
)
from pose_tracking_ros.activities.learning import Interval, learn
from pose_tracking_ros.activities.pose_classes import PoseSample
from pose_tracking_ros.blazepose import FULL_BODY, PoseTracker, PoseTrackerOptions
from posed_body import PosedBody, squat, tilted


@pytest.fixture(scope='module')
def shipped():
    """Return the classes of the package."""
    return PoseClasses.shipped()


def test_shipped_classes_are_reported_by_samples_of_other_recordings(shipped):
    confusion = leave_one_recording_out(shipped)
    assert confusion.counts.sum() == len(shipped.samples) == 812
    assert confusion.accuracy >= 0.97


def test_shipped_exercises_rest_up(shipped):
    phases = {name: exercise.phases for name, exercise in shipped.exercises.items()}
    assert phases == {'squats': ('up', 'down'), 'pushups': ('up', 'down')}


@pytest.mark.parametrize('yaw', [-90, -45, 0, 45, 90])
def test_posed_bodies_are_reported(shipped, yaw):
    for body, name in ((PosedBody(), 'squats_up'), (squat(95), 'squats_down')):
        ratios = shipped.classify(body.seen(yaw=yaw))
        assert max(ratios, key=ratios.get) == name


@pytest.mark.parametrize(('bend', 'phase'), [(20, 'pushups_up'), (90, 'pushups_down')])
def test_bent_arms_are_the_lower_phase_of_a_pushup(shipped, bend, phase):
    up = next(sample for sample in shipped.samples if sample.name == 'pushups_up')
    assert shipped.classify_points(up.points)['pushups_up'] == 1.0
    # The samples have no world landmarks: those of a body in the same posture.
    pose = PosedBody(tumble=80).with_arms(tilted(90 - bend), tilted(90)).seen(yaw=90)
    pose.landmarks[:, :3] = up.points
    pose.roi = np.array([0.5, 0.5, 1.0, 1.0, 0.0])
    ratios = shipped.classify(pose)
    assert ratios[phase] == sum(ratios.values())


def test_a_single_class_with_the_name_of_an_exercise_has_no_phases(shipped):
    held = [s._replace(name='pushups') for s in shipped.samples if s.name == 'pushups_up']
    classes = PoseClasses(held)
    pose = PosedBody(tumble=80).with_arms(tilted(0), tilted(90)).seen(yaw=90)
    assert set(classes.classify(pose)) <= {'pushups'}


@pytest.mark.parametrize('names', [('bottom', 'top'), ('up', 'hold', 'down')])
def test_custom_phases_of_pushups_keep_their_meaning(shipped, names):
    up, down = (
        next(s for s in shipped.samples if s.name == name)
        for name in ('pushups_up', 'pushups_down')
    )
    points = {'bottom': down, 'top': up, 'up': up, 'hold': up, 'down': down}
    classes = PoseClasses(
        PoseSample('a recording', f'pushups_{name}', points[name].points) for name in names
    )
    pose = PosedBody(tumble=80).with_arms(tilted(0), tilted(90)).seen(yaw=90)
    pose.landmarks[:, :3] = down.points
    pose.roi = np.array([0.5, 0.5, 1.0, 1.0, 0.0])
    ratios = classes.classify(pose)
    assert max(ratios, key=ratios.get) == f'pushups_{"bottom" if "top" in names else "down"}'


def test_shares_are_the_same_in_a_mirror_at_any_place_and_size(shipped):
    for sample in shipped.samples[::80]:
        ratios = shipped.classify_points(sample.points)
        mirrored = sample.points[list(FULL_BODY.mirrored)] * (-1, 1, 1)
        for points in (mirrored, sample.points * 700 + (300, 200, 0)):
            assert shipped.classify_points(points) == pytest.approx(ratios, abs=0.11)


def test_unknown_landmarks_cost_nothing_as_long_as_the_others_tell(shipped):
    pose = squat(95).seen(yaw=80)
    pose.landmarks[[13, 15, 17, 19, 21], :3] = np.nan
    ratios = shipped.classify(pose)
    assert max(ratios, key=ratios.get) == 'squats_down'
    pose.landmarks[[23, 24]] = np.nan
    assert shipped.classify(pose) == {}


def test_upper_body_is_no_exercise(shipped):
    pose = PosedBody().seen()
    pose.landmarks = pose.landmarks[:25]
    assert shipped.classify(pose) == {}


@pytest.mark.parametrize('name', ['squats', 'Squats', 'push-ups', 'push_ups', 'pushups'])
def test_exercises_have_names_as_people_write_them(shipped, name):
    assert shipped.exercise(name).name in ('squats', 'pushups')


def test_unknown_exercise_is_refused_with_those_there_are(shipped):
    with pytest.raises(PoseClassError, match='squats, pushups'):
        shipped.exercise('burpees')


def test_file_is_read_as_it_was_written(shipped, tmp_path):
    path = tmp_path / 'my.csv'
    path.write_text(shipped.text())
    again = PoseClasses.load(path)
    assert again.text() == shipped.text()
    assert again.names == shipped.names


def test_only_the_exercises_asked_for_are_kept(shipped):
    assert set(shipped.only(['push-ups']).names) == {'pushups_up', 'pushups_down'}


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda text: '', 'first line'),
        (lambda text: text.replace('recording', 'recordings', 1), 'first line'),
        (lambda text: text + 'a,b,1\n', 'has 3 values'),
        (lambda text: text.splitlines()[0], 'no samples'),
        (lambda text: text.replace(',squats_up,', ',,', 1), 'no name of a class'),
        (lambda text: text.rpartition(',')[0] + ',nan\n', 'not finite'),
        (lambda text: text.rpartition(',')[0] + ',word\n', 'word'),
        (lambda text: text + '\0', 'pose classes'),
    ],
)
def test_damaged_file_is_refused_with_the_reason(shipped, tmp_path, change, message):
    path = tmp_path / 'my.csv'
    path.write_text(change(shipped.text()))
    with pytest.raises(PoseClassError, match=message):
        PoseClasses.load(path)


def test_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / 'my.csv'
    path.write_bytes(bytes(range(256)))
    with pytest.raises(PoseClassError, match='no file of pose classes'):
        PoseClasses.load(path)


def samples(*names):
    """Return classes of posed bodies, which lean more from name to name."""
    rng = np.random.default_rng(0)
    return PoseClasses(
        PoseSample(
            f'clip {k}', name, PosedBody(20.0 * i).seen(noise=0.01, rng=rng).world_landmarks
        )
        for i, name in enumerate(names)
        for k in range(4)
    )


@pytest.mark.parametrize(
    ('names', 'exercises'),
    [
        (['lunges_up', 'lunges_down'], {'lunges': ('up', 'down')}),
        (['lunges_down', 'lunges_up'], {'lunges': ('up', 'down')}),
        (['situps_raised', 'situps_rest'], {'situps': ('rest', 'raised')}),
        (['burpees_up', 'burpees_plank', 'burpees_jump'], {'burpees': ('up', 'plank', 'jump')}),
        (['tree', 'other'], {'tree': ('held',)}),
    ],
)
def test_names_of_classes_tell_exercises_and_phases(names, exercises):
    classes = samples(*names)
    assert {e.name: e.phases for e in classes.exercises.values()} == exercises


def test_confusion_tells_what_is_taken_for_what():
    points = PosedBody().seen().world_landmarks
    other = squat(90).seen().world_landmarks
    # One of the samples of a class is in truth of the other.
    classes = PoseClasses(
        [
            *(PoseSample(f'a{k}', 'up', points) for k in range(12)),
            *(PoseSample(f'b{k}', 'down', other) for k in range(12)),
            PoseSample('wrong', 'down', points),
        ]
    )
    confusion = leave_one_recording_out(classes)
    assert confusion.wrong == (('wrong', 'down', 'up'),)
    assert confusion.counts.tolist() == [[12, 0, 0], [1, 12, 0]]
    assert confusion.unchecked == ()
    picture = confusion_picture(confusion)
    assert picture.dtype == np.uint8
    assert picture.std() > 10
    assert (picture[:, -4:] == 255).all(), 'the text reaches the edge'


def test_class_with_one_recording_is_not_checked():
    points, other = (body.seen().world_landmarks for body in (PosedBody(), squat(90)))
    confusion = leave_one_recording_out(PoseClasses([
        *(PoseSample(f'a{k}', 'up', points) for k in range(12)),
        *(PoseSample('b', 'down', other) for _ in range(12)),
    ]))  # fmt: skip
    assert confusion.unchecked == ('down',)
    assert confusion.wrong == ()
    assert confusion.counts.tolist() == [[12, 0, 0], [0, 0, 0]]


def test_interruption_ends_learning_without_a_word(tmp_path):
    def frames(path):
        raise InterruptedError('stopped')

    said = []
    intervals = [Interval(tmp_path / f'{k}.mp4', 'bows') for k in range(3)]
    tracker = PoseTracker(PoseTrackerOptions(model_complexity=0))
    assert learn(intervals, tracker, tracker, frames, 0.2, lambda *line: said.append(line)) == []
    assert said == []
