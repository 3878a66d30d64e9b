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

"""The messages of activities hold exactly what the recognizer answered."""

from __future__ import annotations

from builtin_interfaces.msg import Time
import numpy as np
from pose_tracking_ros.msg import ActivityEvent, Gesture, PersonActivity, PointingRay
import pytest
from rclpy.serialization import serialize_message
from std_msgs.msg import Header
from visualization_msgs.msg import Marker

from messages.test_landmarks import through_the_wire
from pose_tracking_ros import activities as core
from pose_tracking_ros.messages import (
    activities_message,
    activity_event_messages,
    ActivityMarkers,
)
from pose_tracking_ros.messages.activity_markers import activity_words, ARROW_ID, WORDS_ID
from pose_tracking_ros.node.message_types import MESSAGE_TYPES as RCLPY_TYPES
from pose_tracking_ros.replay.message_types import RosbagsMessageTypes, typestore
from standing_people import standing

SECOND = 1_000_000_000
HEADER = Header(stamp=Time(sec=12, nanosec=345), frame_id='camera')
RAY = core.PointingRay(np.array([0.1, -0.5, 2.0]), np.array([0.0, 0.6, 0.8]), 'left', True)
BUSY = core.PersonActivity(
    track_id=7,
    posture=core.Posture.STANDING,
    posture_since_ns=3 * SECOND + 5,
    gestures=(
        core.GestureSighting(core.GestureName.POINTING, 0.75, 11 * SECOND),
        core.GestureSighting(core.GestureName.WAVING, 0.5, 10 * SECOND),
    ),
    pointing=RAY,
    exercise='squats',
    repetitions=12,
    phase='squats_up',
)
IDLE = core.PersonActivity(track_id=8)
EVENTS = (
    core.ActivityEvent(12 * SECOND, 7, core.EventKind.REPETITION, 'squats', True),
    core.ActivityEvent(12 * SECOND, 7, core.EventKind.GESTURE, 'stop', False),
    core.ActivityEvent(12 * SECOND, 9, core.EventKind.REPETITION, 'squats', True),
)
RESULT = core.ActivityResult((BUSY, IDLE), EVENTS)


def test_people_come_back_in_their_order():
    message = through_the_wire(activities_message(RCLPY_TYPES, HEADER, RESULT))
    assert message.header == HEADER
    busy, idle = message.persons
    assert (busy.track_id, busy.posture, busy.fell) == (7, 'standing', False)
    assert busy.posture_since == Time(sec=3, nanosec=5)
    assert [(item.name, item.confidence, item.since.sec) for item in busy.gestures] == [
        ('pointing', 0.75, 11),
        ('waving', 0.5, 10),
    ]
    (ray,) = busy.pointing
    assert (ray.side, ray.metric) == ('left', True)
    assert [ray.origin.x, ray.origin.y, ray.origin.z] == RAY.origin.tolist()
    assert [ray.direction.x, ray.direction.y, ray.direction.z] == RAY.direction.tolist()
    assert (busy.exercise, busy.repetitions, busy.phase) == ('squats', 12, 'squats_up')
    assert idle == PersonActivity(track_id=8, posture=PersonActivity.POSTURE_UNKNOWN)


def test_events_come_back_with_the_count_of_a_repetition():
    messages = activity_event_messages(RCLPY_TYPES, 'camera', RESULT)
    found = [
        (item.track_id, item.kind, item.name, item.began, item.repetitions)
        for item in map(through_the_wire, messages)
    ]
    assert found == [
        (7, 'repetition', 'squats', True, 12),
        (7, 'gesture', 'stop', False, 0),
        (9, 'repetition', 'squats', True, 0),  # who is not there any more
    ]
    assert messages[0].header == Header(stamp=Time(sec=12), frame_id='camera')


def test_messages_without_ros_are_the_same_bytes():
    types = RosbagsMessageTypes()
    pairs = [
        (make(types, types.header(12 * SECOND + 345, 'camera')), make(RCLPY_TYPES, HEADER))
        for make in (
            lambda types, header: activities_message(types, header, RESULT),
            lambda types, header: activity_event_messages(types, 'camera', RESULT)[0],
            lambda types, header: ActivityMarkers(types)(
                header, [standing(track_id=7), standing(track_id=8)], RESULT, shown={5}
            ),
        )
    ]
    for without_ros, with_ros in pairs:
        name = without_ros.__msgtype__
        data = serialize_message(with_ros)
        # With zeros where ROS leaves gaps as they are.
        data = typestore().serialize_cdr(typestore().deserialize_cdr(data, name), name)
        assert bytes(typestore().serialize_cdr(without_ros, name)) == bytes(data)


@pytest.mark.parametrize(
    ('message_type', 'prefix', 'enum'),
    [
        (PersonActivity, 'POSTURE_', core.Posture),
        (Gesture, '', core.GestureName),
        (ActivityEvent, 'KIND_', core.EventKind),
    ],
)
def test_constants_of_the_messages_are_the_values_of_the_recognizer(message_type, prefix, enum):
    for item in enum:
        assert getattr(message_type, prefix + item.name) == item.value
    constants = [name for name in vars(type(message_type)) if not name.startswith('_')]
    named = [name for name in constants if name.isupper() and name.startswith(prefix)]
    assert len(named) == len(enum)
    assert (PointingRay.SIDE_LEFT, PointingRay.SIDE_RIGHT) == ('left', 'right')


def markers_of(*people, shown=()) -> dict[tuple[str, int], Marker]:
    poses = [standing(track_id=person.track_id) for person in people]
    array = ActivityMarkers(RCLPY_TYPES)(HEADER, poses, core.ActivityResult(people), shown)
    markers = {(marker.ns, marker.id): marker for marker in through_the_wire(array).markers}
    assert all(marker.header == HEADER for marker in markers.values())
    return markers


def test_words_stand_over_the_head():
    words = markers_of(BUSY)['person_7/activity', WORDS_ID]
    assert (words.action, words.type) == (Marker.ADD, Marker.TEXT_VIEW_FACING)
    assert words.text.splitlines() == ['standing', 'pointing', 'waving', 'squats: 12']
    top = standing().world_landmarks[:, 1].min()
    assert -1 < words.pose.position.y - top < 0
    assert words.scale.z > 0
    assert words.color.a == 1


def test_an_arrow_shows_where_a_person_points():
    arrow = markers_of(BUSY)['person_7/activity', ARROW_ID]
    assert (arrow.action, arrow.type) == (Marker.ADD, Marker.ARROW)
    start, end = (np.array([at.x, at.y, at.z]) for at in arrow.points)
    np.testing.assert_array_equal(start, RAY.origin)
    way = end - start
    np.testing.assert_allclose(way / np.linalg.norm(way), RAY.direction)


def test_outdated_markers_are_deleted():
    markers = markers_of(IDLE, shown=[5])
    assert set(markers) == {
        (f'person_{track_id}/activity', number)
        for track_id in (5, 8)
        for number in (WORDS_ID, ARROW_ID)
    }
    assert {marker.action for marker in markers.values()} == {Marker.DELETE}


def test_a_fall_is_described():
    fallen = core.PersonActivity(1, core.Posture.LYING, fell=True)
    assert activity_words(fallen) == ['lying, fell']
    assert activity_words(IDLE) == []
