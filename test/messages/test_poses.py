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

"""The people come back from a message of landmarks as they went in."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from pose_tracking_ros.msg import NormalizedRect, Person, PoseLandmarks
import pytest
from std_msgs.msg import Header

from messages.pose_samples import placed_pose, random_pose
from messages.test_landmarks import through_the_wire
from pose_tracking_ros.blazepose import PoseTrackerResult, PositionProblem
from pose_tracking_ros.messages import pose_landmarks_message, poses_of_message
from pose_tracking_ros.node.message_types import MESSAGE_TYPES as RCLPY_TYPES
from pose_tracking_ros.replay.message_types import RosbagsMessageTypes, typestore

# What no message has, or in another form.
NOT_SENT = {'segmentation_mask'}


def by_ros(skeleton, result) -> object:
    message = pose_landmarks_message(RCLPY_TYPES, Header(), (640, 480), skeleton, result)
    return through_the_wire(message)


def by_rosbags(skeleton, result) -> object:
    types = RosbagsMessageTypes()
    message = pose_landmarks_message(types, types.header(0, ''), (640, 480), skeleton, result)
    data = typestore().serialize_cdr(message, message.__msgtype__)
    return typestore().deserialize_cdr(data, message.__msgtype__)


@pytest.mark.parametrize(
    'pose',
    [random_pose(), random_pose(25), placed_pose()],
    ids=['full body', 'upper body', 'with a position'],
)
@pytest.mark.parametrize('way', [by_ros, by_rosbags])
def test_every_field_of_a_pose_comes_back(way, pose):
    (found,) = poses_of_message(way(pose.skeleton, PoseTrackerResult((pose,))))
    for field in fields(pose):
        if field.name in NOT_SENT:
            continue
        value, expected = getattr(found, field.name), getattr(pose, field.name)
        if isinstance(expected, np.ndarray):
            assert value.dtype == expected.dtype, field.name
            # A region is sent in single precision.
            expected = np.float32(expected) if field.name == 'roi' else expected
            np.testing.assert_array_equal(value, expected, field.name)
        else:
            assert value == expected, field.name


@pytest.mark.parametrize('way', [by_ros, by_rosbags])
def test_where_a_person_is_comes_back(way):
    random = np.random.default_rng(1)
    pose = replace(
        random_pose(),
        position=random.random(3),
        position_covariance=random.random((3, 3)),
        camera_landmarks=random.random((33, 3)),
        landmark_sources=random.integers(0, 3, 33, np.uint8),
        position_problem=None,
    )
    (found,) = poses_of_message(way(pose.skeleton, PoseTrackerResult((pose,))))
    for name in ('position', 'position_covariance', 'camera_landmarks', 'landmark_sources'):
        np.testing.assert_array_equal(getattr(found, name), getattr(pose, name), name)
    assert found.position_problem is None


@pytest.mark.parametrize('problem', PositionProblem)
def test_why_it_is_not_known_where_a_person_is_comes_back(problem):
    pose = replace(random_pose(), position_problem=problem)
    (found,) = poses_of_message(by_ros(pose.skeleton, PoseTrackerResult((pose,))))
    assert found.position_problem is problem
    assert np.isnan(found.position).all()
    assert np.isnan(found.camera_landmarks).all()


def test_a_message_without_people_gives_no_poses():
    pose = random_pose()
    assert poses_of_message(by_ros(pose.skeleton, PoseTrackerResult())) == ()


def without_a_landmark(message: PoseLandmarks) -> None:
    message.persons[0].landmarks = message.persons[0].landmarks[:-1]


def without_a_world_landmark(message: PoseLandmarks) -> None:
    message.persons[0].world_landmarks = message.persons[0].world_landmarks[:-1]


def without_a_source(message: PoseLandmarks) -> None:
    message.persons[0].landmark_sources = message.persons[0].landmark_sources[:-1]


def of_another_skeleton(message: PoseLandmarks) -> None:
    message.skeleton = 'hand'


@pytest.mark.parametrize(
    ('change', 'reason'),
    [
        (without_a_landmark, 'person 7 has 32 landmarks, the skeleton blazepose_full_body has 33'),
        (without_a_world_landmark, 'person 7 has 32 world_landmarks'),
        (without_a_source, 'person 7 has 32 landmark_sources'),
        (of_another_skeleton, "its skeleton is 'hand', known are blazepose_full_body and"),
    ],
)
def test_a_message_that_contradicts_itself_is_refused_with_the_reason(change, reason):
    pose = random_pose()
    message = by_ros(pose.skeleton, PoseTrackerResult((pose,)))
    change(message)
    with pytest.raises(ValueError, match=reason):
        poses_of_message(message)


def test_a_place_that_was_not_sent_is_not_known():
    """As of somebody who fills in landmarks alone: all other numbers are 0."""
    pose = placed_pose()
    message = by_ros(pose.skeleton, PoseTrackerResult((pose,)))
    empty = Person()
    for name in ('position', 'position_covariance', 'camera_landmarks', 'landmark_sources'):
        setattr(message.persons[0], name, getattr(empty, name))
    (found,) = poses_of_message(message)
    assert np.isnan(found.position).all()
    assert np.isnan(found.camera_landmarks).all()
    assert found.position_problem is not None


def test_a_region_that_was_not_sent_is_empty():
    pose = random_pose()
    message = by_ros(pose.skeleton, PoseTrackerResult((pose,)))
    message.persons[0].roi = NormalizedRect()
    (found,) = poses_of_message(message)
    assert not found.roi.any()
