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

"""What people do in a recording is told as the node tells it, counted, and shown in lanes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
import csv
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from rosbags.highlevel import AnyReader

from pose_tracking_ros.activities import ActivityOptions, ActivityRecognizer, EventKind
from pose_tracking_ros.blazepose import Pose, PoseTrackerResult
from pose_tracking_ros.command_line.pose_bag import main
from pose_tracking_ros.messages import read_pose_landmarks
from pose_tracking_ros.replay.activities import ActivityCounts, FrameActivities
from pose_tracking_ros.replay.frames import AnalysedFrame
from pose_tracking_ros.replay.report.series import collect
from pose_tracking_ros.replay.tables import TableFiles
from standing_people import sequence, SIZE, standing

RAISES_A_HAND_TWICE = sequence(
    *(
        (1.0, [standing(right=arm), standing(left='aside', track_id=2)])
        for arm in ('down', 'up', 'down', 'up', 'down')
    ),
    (1.0, [standing()]),
    rate=10.0,
)


def frames_of(images: list[tuple[int, tuple[Pose, ...]]]) -> Iterator[AnalysedFrame]:
    """Yield images after their analysis; each other one also has one that cannot be decoded."""
    tell = FrameActivities(ActivityOptions())
    for index, (stamp_ns, poses) in enumerate(images):
        result = PoseTrackerResult(poses)
        yield tell(AnalysedFrame(index, stamp_ns, stamp_ns + 7, 'camera', SIZE, result))


@pytest.fixture(scope='module')
def frames() -> list[AnalysedFrame]:
    return list(frames_of(RAISES_A_HAND_TWICE))


def counted(frames: list[AnalysedFrame]) -> ActivityCounts:
    counts = ActivityCounts()
    for frame in frames:
        counts.add(frame)
    return counts


def test_messages_of_the_bag_make_its_activities(walk_results):
    """As the node does with them: in single precision, and with the regions of the messages."""
    with AnyReader([walk_results / 'bag']) as reader:
        messages = {topic: [] for topic in reader.topics}
        for connection, _, data in reader.messages():
            message = reader.deserialize(data, connection.msgtype)
            messages[connection.topic].append((message, data))
    rows = pq.read_table(walk_results / 'activities.parquet').to_pylist()
    assert len(messages['/activities']) == len(messages['/pose_landmarks']) == 24
    recognizer, postures = ActivityRecognizer(ActivityOptions()), []
    for (landmarks, data), (activities, _) in zip(
        messages['/pose_landmarks'], messages['/activities']
    ):
        assert activities.header == landmarks.header
        stamp = landmarks.header.stamp
        stamp_ns = stamp.sec * 10**9 + stamp.nanosec
        result = recognizer.update(read_pose_landmarks(data).poses, stamp_ns)
        postures += [(stamp_ns, person.posture.value) for person in result.activities]
        assert [person.posture for person in activities.persons] == [
            person.posture.value for person in result.activities
        ]
    assert [(row['stamp_ns'], row['posture']) for row in rows] == postures
    assert len(rows) > 20


def test_frames_that_cannot_be_decoded_are_passed_over():
    tell = FrameActivities(ActivityOptions())
    damaged = AnalysedFrame(0, 0, 0, '', (0, 0), PoseTrackerResult(), problem='damaged')
    assert tell(damaged) is damaged


def test_activities_are_counted_with_their_durations(frames):
    counts = counted(frames).as_dict()
    assert list(counts) == [kind.value for kind in EventKind]
    assert counts['posture']['standing']['times'] == 2
    # From when it is told to the end; the second person has left a second before.
    assert 8 < counts['posture']['standing']['seconds'] < 12
    raised = counts['gesture']['right_hand_raised']
    assert raised['times'] == 2
    assert 1.5 < raised['seconds'] < 2.5
    assert counts['gesture']['pointing']['times'] == 1
    assert counts['exercise'] == counts['repetition'] == counts['fall'] == {}


def test_tables_hold_activities_and_events(frames, tmp_path):
    with closing(TableFiles(tmp_path, 'scene', csv=True, parquet=True)) as tables:
        tables.write(frames[:30])
        tables.write(frames[30:])
    rows = pq.read_table(tmp_path / 'activities.parquet').to_pylist()
    assert [(row['frame'], row['track_id']) for row in rows] == [
        (frame.index, pose.track_id) for frame in frames for pose in frame.poses
    ]
    up = [row for row in rows if row['track_id'] == 1 and row['frame'] in range(14, 20)]
    assert all(row['right_hand_raised'] > 0.5 for row in up)
    assert {row['left_hand_raised'] for row in rows} == {None}
    points = next(row for row in rows if row['pointing_side'])
    assert (points['track_id'], points['pointing_side']) == (2, 'left')
    assert points['pointing_metric'] is False
    direction = [points[f'pointing_direction_{axis}'] for axis in 'xyz']
    np.testing.assert_allclose(direction, [1, 0, 0], atol=0.05)
    events = pq.read_table(tmp_path / 'activity_events.parquet').to_pylist()
    assert [
        (event['track_id'], event['kind'], event['name'], event['began'])
        for event in events
        if event['name'] == 'right_hand_raised'
    ] == [(1, 'gesture', 'right_hand_raised', began) for began in (True, False) * 2]
    with (tmp_path / 'activities.csv').open(newline='') as file:
        lines = list(csv.DictReader(file))
    assert [line['posture'] for line in lines] == [row['posture'] for row in rows]
    assert {line['waving'] for line in lines} == {''}


def test_lanes_show_the_activities_of_each_person(frames):
    counts = counted(frames)
    stamps = [frame.stamp_ns for frame in frames]
    result = {
        'images': len(frames),
        'images_per_second': 10.0,
        'first_stamp_ns': stamps[0],
        'seconds': (stamps[-1] - stamps[0]) / 1e9,
    }
    series = collect(frames, result, by_recording=False, timeout=1.0, events=counts.events)
    first, second = series.people
    raised = EventKind.GESTURE, 'right_hand_raised'
    lane = first.lanes[raised]
    assert first.times[raised] == 2
    # A bin for each image: the arm is up in the second and in the fourth second.
    assert lane[15:20].tolist() == lane[35:40].tolist() == [1] * 5
    assert not lane[:10].any()
    assert not lane[25:30].any()
    assert raised not in second.lanes
    assert (EventKind.GESTURE, 'pointing') in second.lanes
    # Who is not in the image is not shown there, until the track is forgotten or after.
    assert not second.lanes[EventKind.POSTURE, 'standing'][50:].any()


@pytest.mark.parametrize(
    ('arguments', 'reason'),
    [
        (['--exercises', 'squats,juggling'], 'juggling'),
        (['--pose-classes', 'missing.csv'], 'missing.csv'),
        (['--gesture-delay', '99'], 'gesture_delay is 99.0, accepted is a number, 0 to 10'),
    ],
)
def test_wrong_options_are_reported(walk_bag, tmp_path, capsys, arguments, reason):
    try:
        code = main([str(walk_bag), '--output', str(tmp_path / 'out'), *arguments])
    except SystemExit as error:
        code = error.code
    assert code == 2
    assert reason in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


def test_a_file_of_parameters_of_both_nodes_sets_their_options(tmp_path):
    from pose_tracking_ros.replay.params_file import read_parameters

    file = Path(tmp_path, 'robot.yaml')
    file.write_text(
        'pose_tracking: {ros__parameters: {model_complexity: 0}}\n'
        'front/pose_activity: {ros__parameters: {exercises: [squats], marker_scale: 2.0}}\n'
    )
    assert read_parameters(file) == {'model_complexity': 0, 'exercises': ['squats']}
