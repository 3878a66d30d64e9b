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
from pose_tracking_ros.msg import Gesture, PersonActivity
import pytest
from std_msgs.msg import Header

from messages.pose_samples import random_pose
from pose_tracking_ros.blazepose import PoseLandmark
from pose_tracking_ros.body import joint_angles
from pose_tracking_ros.messages.ros4hri import (
    body_id,
    cropped_pixels,
    gesture_messages,
    ids_message,
    joint_state_message,
    posture_message,
    roi_corners,
    roi_message,
    skeleton_message,
)

TYPES = SimpleNamespace(
    BodyPosture=SimpleNamespace,
    Gesture=SimpleNamespace,
    IdsList=SimpleNamespace,
    JointState=SimpleNamespace,
    NormalizedPointOfInterest2D=SimpleNamespace,
    NormalizedRegionOfInterest2D=SimpleNamespace,
    Skeleton2D=SimpleNamespace,
)
"""Messages that hold whatever fields they are given."""

HEADER = Header(frame_id='camera_optical_frame')
SIZE = (640, 480)

# The order of the points in hri_msgs/Skeleton2D, by the index of the landmark; the neck apart.
ORDER = [0, None, 12, 14, 16, 11, 13, 15, 24, 26, 28, 23, 25, 27, 2, 5, 7, 8]


def test_bodies_are_named_by_their_tracks():
    poses = random_pose(), replace(random_pose(), track_id=12)
    found = ids_message(TYPES, HEADER, poses)
    assert found == SimpleNamespace(header=HEADER, ids=['b7', 'b12'])
    assert body_id(poses[1]) == 'b12'


def test_the_skeleton_has_the_points_of_coco_in_their_order():
    pose = random_pose()
    skeleton = skeleton_message(TYPES, HEADER, pose).skeleton
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
    skeleton = skeleton_message(TYPES, HEADER, pose).skeleton
    points = np.array([(point.x, point.y, point.c) for point in skeleton])
    assert ((points >= 0) & (points <= 1)).all()
    for number, landmark in enumerate(ORDER):
        if landmark is None or landmark >= count:
            continue
        x, y, _, visibility, _ = pose.landmarks[landmark]
        inside = 0 <= x <= 1 and 0 <= y <= 1
        assert points[number, 2] == pytest.approx(visibility if inside else 0.0)
    roi = roi_message(TYPES, HEADER, pose, SIZE)
    assert 0 <= roi.xmin <= roi.xmax <= 1
    assert 0 <= roi.ymin <= roi.ymax <= 1
    assert roi.c == 0.75


def test_the_region_holds_the_landmarks_and_is_cropped():
    pose = random_pose()
    pose.landmarks[:, :2] = pose.landmarks[:, :2] * 0.2 + 0.4
    (left, top), (right, bottom) = roi_corners(pose, SIZE)
    assert left < pose.landmarks[:, 0].min() < pose.landmarks[:, 0].max() < right
    assert top < pose.landmarks[:, 1].min() < pose.landmarks[:, 1].max() < bottom
    rows, columns = np.mgrid[:480, :640]
    cropped = cropped_pixels(pose, np.dstack([rows, columns, rows]))
    assert cropped[0, 0, 0] == int(top * 480)
    assert cropped[-1, -1, 1] == int(np.ceil(right * 640)) - 1


def test_of_whom_nothing_is_known_there_is_no_region():
    pose = random_pose()
    pose.landmarks[:, :3] = np.nan
    roi = roi_message(TYPES, HEADER, pose, SIZE)
    assert (roi.xmin, roi.ymin, roi.xmax, roi.ymax) == (0, 0, 0, 0)
    assert cropped_pixels(pose, np.zeros((480, 640, 3))).size == 0


def test_joint_states_are_the_angles_of_the_body():
    pose = random_pose()
    state = joint_state_message(TYPES.JointState, HEADER, pose)
    angles = joint_angles(pose.world_landmarks)
    assert len(angles) == 20
    assert dict(zip(state.name, state.position)) == pytest.approx(
        {f'{joint}_b7': angle for joint, angle in angles.items()}
    )


@pytest.mark.parametrize(
    ('posture', 'number'),
    [
        (PersonActivity.POSTURE_STANDING, 1),
        (PersonActivity.POSTURE_SITTING, 2),
        (PersonActivity.POSTURE_CROUCHING, 3),
        (PersonActivity.POSTURE_LYING, 4),
        (PersonActivity.POSTURE_UNKNOWN, 0),
    ],
)
def test_postures_have_the_numbers_of_hri_msgs(posture, number):
    message = posture_message(TYPES, HEADER, PersonActivity(posture=posture))
    assert message == SimpleNamespace(header=HEADER, posture=number)


def test_gestures_have_the_numbers_of_hri_msgs():
    names = (
        Gesture.HANDS_ON_FACE, Gesture.ARMS_CROSSED, Gesture.LEFT_HAND_RAISED,
        Gesture.RIGHT_HAND_RAISED, Gesture.BOTH_HANDS_RAISED, Gesture.WAVING, Gesture.T_POSE,
    )  # fmt: skip
    activity = PersonActivity(gestures=[Gesture(name=name) for name in names])
    messages = gesture_messages(TYPES, HEADER, activity)
    assert [message.gesture for message in messages] == [1, 2, 3, 4, 5, 6, 0]
