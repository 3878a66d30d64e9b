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

"""Markers show each landmark once, on its side, and go when the person goes."""

from __future__ import annotations

from builtin_interfaces.msg import Time
import geometry_msgs.msg
import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import Header
from visualization_msgs.msg import Marker, MarkerArray

from messages.pose_samples import placed_pose
from pose_tracking_ros.blazepose import FULL_BODY, Pose, PoseLandmark, UPPER_BODY
from pose_tracking_ros.drawing import SIDE_COLORS
from pose_tracking_ros.messages.markers import (
    BONES_ID,
    JOINTS_ID,
    namespace,
    PoseMarkers,
    shown_tracks,
)
from pose_tracking_ros.node.message_types import MESSAGE_TYPES

HEADER = Header(stamp=Time(sec=3), frame_id='camera_optical_frame')


def pose(visibility: float = 1.0, track_id: int = 1) -> Pose:
    landmarks = np.full((33, 5), visibility, np.float32)
    world = np.random.default_rng(0).normal(size=(33, 3)).astype(np.float32)
    inside = np.ones(33, bool)
    return Pose(
        FULL_BODY, landmarks, world, inside, inside.copy(), 1.0, np.zeros(5), track_id
    )


def all_markers(
    *poses: Pose, shown: tuple[int, ...] = (), **style: float
) -> dict[tuple[str, int], Marker]:
    sent = PoseMarkers(MESSAGE_TYPES, **style)(HEADER, poses, shown)
    message = deserialize_message(serialize_message(sent), MarkerArray)
    markers = {(marker.ns, marker.id): marker for marker in message.markers}
    assert len(markers) == len(message.markers)
    return markers


def markers_of(answer: Pose, **style: float) -> dict[tuple[str, int], Marker]:
    """Return the markers of a person by their side and number."""
    prefix = namespace(answer.track_id, '')
    markers = all_markers(answer, **style)
    assert all(ns.startswith(prefix) for ns, _ in markers)
    return {(ns.removeprefix(prefix), number): marker for (ns, number), marker in markers.items()}


def positions(marker: Marker) -> set[tuple[float, ...]]:
    return {(point.x, point.y, point.z) for point in marker.points}


@pytest.mark.parametrize('name', SIDE_COLORS)
def test_joints_are_the_world_landmarks_of_their_side(name):
    answer = pose()
    joints = markers_of(answer)[name, JOINTS_ID]
    expected = [
        answer.world_landmarks[i]
        for i, side in zip(FULL_BODY.landmarks, FULL_BODY.sides)
        if side == name
    ]
    assert positions(joints) == {tuple(map(float, point)) for point in expected}
    assert joints.type == Marker.SPHERE_LIST


def test_people_with_a_position_stand_there_and_others_at_the_camera():
    there, nowhere = placed_pose(), pose(track_id=9)
    markers = all_markers(there, nowhere)
    for answer, points in ((there, there.camera_landmarks), (nowhere, nowhere.world_landmarks)):
        shown = set().union(
            *(positions(marker) for (ns, _), marker in markers.items()
              if ns.startswith(namespace(answer.track_id, '')))
        )  # fmt: skip
        expected = {tuple(map(float, points[i])) for i in FULL_BODY.landmarks}
        assert shown <= expected
        assert len(shown) > 20


def test_markers_stand_in_another_frame_where_that_of_the_camera_is():
    at = geometry_msgs.msg.Pose(position=geometry_msgs.msg.Point(x=1.0, y=2.0, z=3.0))
    sent = PoseMarkers(MESSAGE_TYPES)(HEADER, [pose()], (), at)
    assert {marker.pose.position.y for marker in sent.markers} == {2.0}


@pytest.mark.parametrize('name', SIDE_COLORS)
def test_bones_are_the_connections_of_their_side(name):
    answer = pose()
    bones = markers_of(answer)[name, BONES_ID]
    expected = [
        pair
        for pair, side in zip(FULL_BODY.connections, FULL_BODY.connection_sides)
        if side == name
    ]
    ends = [tuple(map(float, answer.world_landmarks[i])) for pair in expected for i in pair]
    assert [(point.x, point.y, point.z) for point in bones.points] == ends
    assert bones.type == Marker.LINE_LIST


def test_every_marker_can_be_shown_by_rviz():
    markers = markers_of(pose())
    assert set(markers) == {(name, i) for name in SIDE_COLORS for i in (JOINTS_ID, BONES_ID)}
    for (name, marker_id), marker in markers.items():
        assert marker.header == HEADER
        assert marker.action == Marker.ADD
        assert marker.pose.orientation.w == 1.0
        assert marker.scale.x > 0
        assert marker_id == BONES_ID or marker.scale.y == marker.scale.z == marker.scale.x
        assert len(marker.colors) == len(marker.points)
        assert 0 < marker.lifetime.sec + marker.lifetime.nanosec * 1e-9 <= 1
        color = [round(255 * value) for value in (marker.color.r, marker.color.g, marker.color.b)]
        assert tuple(color) == SIDE_COLORS[name]


def test_hidden_landmarks_are_translucent():
    answer = pose()
    answer.landmarks[PoseLandmark.LEFT_WRIST, 3] = 0.2
    hidden = tuple(map(float, answer.world_landmarks[PoseLandmark.LEFT_WRIST]))
    markers = markers_of(answer)
    joints = markers['left', JOINTS_ID]
    for point, color in zip(joints.points, joints.colors):
        assert (color.a < 0.5) == ((point.x, point.y, point.z) == hidden)
    bones = markers['left', BONES_ID]
    faded = sum(color.a < 0.5 for color in bones.colors)
    assert faded == 2 * sum(PoseLandmark.LEFT_WRIST in pair for pair in FULL_BODY.connections)
    assert all(color.a == 1.0 for color in markers['right', BONES_ID].colors)


def upper_body() -> Pose:
    return Pose(
        UPPER_BODY,
        np.ones((25, 5), np.float32),
        np.empty((0, 3), np.float32),
        np.ones(25, bool),
        np.ones(25, bool),
        1.0,
        np.zeros(5),
        1,
    )


@pytest.mark.parametrize('there', [(), (upper_body(),)], ids=['nobody', 'upper body'])
def test_the_markers_of_people_without_landmarks_in_metres_are_deleted(there):
    deleted = all_markers(*there, shown=(1,))
    assert set(deleted) == set(all_markers(pose()))
    assert {marker.action for marker in deleted.values()} == {Marker.DELETE}
    assert all(marker.header == HEADER for marker in deleted.values())


def test_each_person_has_markers_and_only_those_of_people_who_left_are_deleted():
    both = all_markers(pose(track_id=3), pose(track_id=5))
    assert set(both) == set(all_markers(pose(track_id=3))) | set(all_markers(pose(track_id=5)))
    after = all_markers(pose(track_id=5), shown=(3, 5))
    assert set(after) == set(both)
    for (ns, _), marker in after.items():
        leaves = ns.startswith(namespace(3, ''))
        assert marker.action == (Marker.DELETE if leaves else Marker.ADD)


def test_people_without_landmarks_in_metres_have_no_markers():
    assert all_markers() == {}
    assert all_markers(upper_body()) == {}
    assert shown_tracks([upper_body(), pose(track_id=4)]) == {4}


@pytest.mark.parametrize('field', ['inside_image', 'inside_region'])
def test_landmarks_outside_the_region_are_translucent(field):
    answer = pose()
    getattr(answer, field)[PoseLandmark.RIGHT_ANKLE] = False
    alphas = [color.a for color in markers_of(answer)['right', JOINTS_ID].colors]
    assert sorted(alphas)[:2] == [0.25, 1.0]


def test_dropped_landmarks_are_not_shown():
    answer = pose()
    for landmark in (PoseLandmark.LEFT_WRIST, PoseLandmark.RIGHT_HIP):
        answer.landmarks[landmark, :3] = answer.world_landmarks[landmark] = np.nan
    shown = [point for marker in markers_of(answer).values() for point in marker.points]
    everything = [point for marker in markers_of(pose()).values() for point in marker.points]
    gone = sum(
        PoseLandmark.LEFT_WRIST in pair or PoseLandmark.RIGHT_HIP in pair
        for pair in FULL_BODY.connections
    )
    assert np.isfinite([(point.x, point.y, point.z) for point in shown]).all()
    assert len(shown) == len(everything) - 2 - 2 * gone


def test_style_options_change_their_attributes():
    answer = pose(visibility=0.6)
    usual, thick = markers_of(answer), markers_of(answer, scale=2.0, lifetime=1.25)
    for key, marker in thick.items():
        assert marker.scale.x == pytest.approx(2 * usual[key].scale.x)
        assert (marker.lifetime.sec, marker.lifetime.nanosec) == (1, 250_000_000)
    strict = markers_of(answer, visible_from=0.7)
    assert {color.a for marker in strict.values() for color in marker.colors} == {0.25}


def test_a_lifetime_of_zero_keeps_the_markers():
    (lifetime,) = {
        (marker.lifetime.sec, marker.lifetime.nanosec)
        for marker in markers_of(pose(), lifetime=0.0).values()
    }
    assert lifetime == (0, 0)
