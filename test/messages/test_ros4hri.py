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

"""People as ROS4HRI has them say what the messages of the node say, on plain data."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from std_msgs.msg import Header

from messages.pose_samples import placed_pose, random_pose
from pose_tracking_ros.blazepose import FULL_BODY, Pose, PoseLandmark, PoseTrackerResult
from pose_tracking_ros.body import body_placement, joint_angles
from pose_tracking_ros.messages import pose_landmarks_message
from pose_tracking_ros.messages.ros4hri import (
    body_id,
    cropped_pixels,
    ids_message,
    joint_state_message,
    person_placement,
    roi_corners,
    roi_message,
    skeleton_message,
)
from pose_tracking_ros.node import message_types

TYPES = SimpleNamespace(
    IdsList=SimpleNamespace,
    JointState=SimpleNamespace,
    NormalizedPointOfInterest2D=SimpleNamespace,
    NormalizedRegionOfInterest2D=SimpleNamespace,
    Skeleton2D=SimpleNamespace,
)
"""Messages that hold whatever fields they are given."""

HEADER = Header(frame_id='camera_optical_frame')

# The order of the points in hri_msgs/Skeleton2D, by the index of the landmark; the neck apart.
ORDER = [0, None, 12, 14, 16, 11, 13, 15, 24, 26, 28, 23, 25, 27, 2, 5, 7, 8]


def landmarks_of(*poses: Pose) -> object:
    result = PoseTrackerResult(poses)
    return pose_landmarks_message(message_types, HEADER, (640, 480), FULL_BODY, result)


def test_bodies_are_named_by_their_tracks():
    message = landmarks_of(random_pose(), replace(random_pose(), track_id=12))
    assert ids_message(TYPES, message) == SimpleNamespace(header=HEADER, ids=['b7', 'b12'])
    assert body_id(message.persons[1]) == 'b12'


def test_the_skeleton_has_the_points_of_coco_in_their_order():
    pose = random_pose()
    message = landmarks_of(pose)
    skeleton = skeleton_message(TYPES, message, message.persons[0]).skeleton
    points = np.array([(point.x, point.y, point.c) for point in skeleton])
    assert len(points) == 18
    for number, landmark in enumerate(ORDER):
        if landmark is not None:
            np.testing.assert_allclose(points[number], pose.landmarks[landmark][[0, 1, 3]])
    shoulders = pose.landmarks[[PoseLandmark.LEFT_SHOULDER, PoseLandmark.RIGHT_SHOULDER]]
    np.testing.assert_allclose(points[1, :2], shoulders[:, :2].mean(axis=0), rtol=1e-6)
    assert points[1, 2] == pytest.approx(shoulders[:, 3].min())


@given(st.integers(0, 10_000), st.sampled_from([25, 33]))
def test_points_and_regions_lie_within_the_image(seed, count):
    pose = random_pose(count, seed=seed)
    pose.landmarks[:, :2] = pose.landmarks[:, :2] * 4 - 1.5
    pose.landmarks[seed % count, :2] = np.nan
    message = landmarks_of(pose)
    (person,) = message.persons
    skeleton = skeleton_message(TYPES, message, person).skeleton
    points = np.array([(point.x, point.y, point.c) for point in skeleton])
    assert ((points >= 0) & (points <= 1)).all()
    for number, landmark in enumerate(ORDER):
        if landmark is None or landmark >= count:
            continue
        x, y, _, visibility, _ = pose.landmarks[landmark]
        inside = 0 <= x <= 1 and 0 <= y <= 1
        assert points[number, 2] == pytest.approx(visibility if inside else 0.0)
    roi = roi_message(TYPES, message, person)
    assert 0 <= roi.xmin <= roi.xmax <= 1
    assert 0 <= roi.ymin <= roi.ymax <= 1
    assert roi.c == 0.75


def test_the_region_holds_the_landmarks_and_is_what_is_cropped():
    pose = random_pose()
    pose.landmarks[:, :2] = pose.landmarks[:, :2] * 0.2 + 0.4
    message = landmarks_of(pose)
    (person,) = message.persons
    (left, top), (right, bottom) = roi_corners(message, person)
    assert left < pose.landmarks[:, 0].min() < pose.landmarks[:, 0].max() < right
    assert top < pose.landmarks[:, 1].min() < pose.landmarks[:, 1].max() < bottom
    rows, columns = np.mgrid[:480, :640]
    cropped = cropped_pixels(message, person, np.dstack([rows, columns, rows]))
    assert cropped[0, 0, 0] == int(top * 480)
    assert cropped[-1, -1, 1] == int(np.ceil(right * 640)) - 1


def test_of_whom_nothing_is_known_there_is_no_region():
    pose = random_pose()
    pose.landmarks[:, :3] = np.nan
    message = landmarks_of(pose)
    (person,) = message.persons
    roi = roi_message(TYPES, message, person)
    assert (roi.xmin, roi.ymin, roi.xmax, roi.ymax) == (0, 0, 0, 0)
    assert cropped_pixels(message, person, np.zeros((480, 640, 3))).size == 0


def test_joint_states_are_the_angles_of_the_body():
    pose = random_pose()
    message = landmarks_of(pose)
    state = joint_state_message(TYPES, message, message.persons[0])
    angles = joint_angles(pose.world_landmarks)
    assert len(angles) == 20
    assert dict(zip(state.name, state.position)) == pytest.approx(
        {f'{joint}_b7': angle for joint, angle in angles.items()}
    )


@pytest.mark.parametrize('pose', [placed_pose(), random_pose()], ids=['known', 'unknown'])
def test_the_place_of_a_message_is_that_of_the_pose(pose):
    expected, found = body_placement(pose), person_placement(landmarks_of(pose).persons[0])
    if expected is None:
        assert found is None
    else:
        for name in ('position', 'rotation', 'covariance'):
            np.testing.assert_allclose(getattr(found, name), getattr(expected, name))
