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

"""The message of the landmarks holds exactly what the tracker answered."""

from __future__ import annotations

from dataclasses import replace

from builtin_interfaces.msg import Time
import numpy as np
from pose_tracking_ros.msg import Person, PoseLandmark, PoseLandmarks
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import Header

from messages.pose_samples import placed_pose, random_pose, ROI
from pose_tracking_ros.blazepose import (
    FULL_BODY,
    LandmarkSource,
    NoPoseReason,
    PoseTrackerResult,
    PositionProblem,
    RejectedRegion,
    UPPER_BODY,
)
from pose_tracking_ros.messages import pose_landmarks_message
from pose_tracking_ros.node.message_types import MESSAGE_TYPES

HEADER = Header(stamp=Time(sec=12, nanosec=345), frame_id='camera')


def through_the_wire(message: object) -> object:
    return deserialize_message(serialize_message(message), type(message))


@pytest.mark.parametrize(
    'skeleton',
    [pytest.param(FULL_BODY, id='full body'), pytest.param(UPPER_BODY, id='upper body')],
)
@pytest.mark.parametrize('count', [1, 3])
def test_people_come_back_from_their_message(skeleton, count):
    poses = tuple(
        replace(random_pose(len(skeleton.landmarks), seed=seed), track_id=7 + seed)
        for seed in range(count)
    )
    result = PoseTrackerResult(poses, detector_ran=True)
    message = through_the_wire(
        pose_landmarks_message(MESSAGE_TYPES, HEADER, (640, 480), skeleton, result)
    )
    assert message.header == HEADER
    assert (message.image_width, message.image_height) == (640, 480)
    assert message.skeleton == skeleton.name
    assert message.detector_ran
    assert message.no_pose_reason == ''
    for pose, person in zip(poses, message.persons, strict=True):
        fields = ('x', 'y', 'z', 'visibility', 'presence')
        landmarks = [[getattr(at, field) for field in fields] for at in person.landmarks]
        np.testing.assert_array_equal(np.float32(landmarks), pose.landmarks)
        inside_image = [at.inside_image for at in person.landmarks]
        np.testing.assert_array_equal(inside_image, pose.inside_image)
        inside_region = [at.inside_region for at in person.landmarks]
        np.testing.assert_array_equal(inside_region, pose.inside_region)
        world = np.float32([[point.x, point.y, point.z] for point in person.world_landmarks])
        np.testing.assert_array_equal(world.reshape(-1, 3), pose.world_landmarks)
        roi = person.roi
        np.testing.assert_array_equal(
            np.float32([roi.x_center, roi.y_center, roi.width, roi.height, roi.rotation]),
            np.float32(ROI),
        )
        assert person.track_id == pose.track_id
        assert person.score == 0.75


def person_of(pose: object) -> object:
    message = pose_landmarks_message(
        MESSAGE_TYPES, HEADER, (640, 480), pose.skeleton, PoseTrackerResult((pose,))
    )
    return through_the_wire(message).persons[0]


def test_the_position_comes_back_from_its_message():
    pose = placed_pose()
    person = person_of(pose)
    position = person.position
    np.testing.assert_array_equal([position.x, position.y, position.z], pose.position)
    np.testing.assert_array_equal(
        np.reshape(person.position_covariance, (3, 3)), pose.position_covariance
    )
    places = [[point.x, point.y, point.z] for point in person.camera_landmarks]
    np.testing.assert_array_equal(places, pose.camera_landmarks)
    np.testing.assert_array_equal(list(person.landmark_sources), pose.landmark_sources)
    assert person.position_problem == ''


@pytest.mark.parametrize('problem', PositionProblem)
def test_a_position_that_is_not_known_is_nan_with_the_reason(problem):
    person = person_of(replace(random_pose(), position_problem=problem))
    assert np.isnan([person.position.x, person.position.y, person.position.z]).all()
    assert np.isnan(person.position_covariance).all()
    assert np.isnan([[p.x, p.y, p.z] for p in person.camera_landmarks]).all()
    assert list(person.landmark_sources) == [Person.SOURCE_UNKNOWN] * 33
    assert person.position_problem == problem.value


def test_constants_of_the_message_are_the_sources_of_landmarks():
    for source in LandmarkSource:
        assert getattr(Person, f'SOURCE_{source.name}') == source.value


def test_depth_of_the_upper_body_is_unknown():
    pose = random_pose(25)
    pose.landmarks[:, 2] = np.nan
    message = through_the_wire(
        pose_landmarks_message(
            MESSAGE_TYPES, HEADER, (640, 480), UPPER_BODY, PoseTrackerResult((pose,))
        )
    )
    assert np.isnan([landmark.z for landmark in message.persons[0].landmarks]).all()


@pytest.mark.parametrize('reason', [r for r in NoPoseReason if r is not NoPoseReason.DUPLICATE])
def test_a_message_without_people_has_the_reason(reason):
    rejected = () if reason is NoPoseReason.NOT_DETECTED else (RejectedRegion(ROI, 0.4, reason),)
    message = through_the_wire(
        pose_landmarks_message(
            MESSAGE_TYPES, HEADER, (64, 48), FULL_BODY, PoseTrackerResult((), True, rejected)
        )
    )
    assert message.header == HEADER
    assert list(message.persons) == []
    assert message.skeleton == PoseLandmarks.SKELETON_FULL_BODY
    assert message.detector_ran
    assert message.no_pose_reason == reason.value == getattr(PoseLandmarks, reason.name)


def test_constants_of_the_message_are_the_landmarks_of_the_model():
    named = {
        landmark.name: getattr(PoseLandmark, landmark.name) for landmark in FULL_BODY.landmarks
    }
    assert named == {landmark.name: landmark.value for landmark in FULL_BODY.landmarks}
    assert FULL_BODY.name == PoseLandmarks.SKELETON_FULL_BODY
    assert UPPER_BODY.name == PoseLandmarks.SKELETON_UPPER_BODY
