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

from dataclasses import fields, replace

from builtin_interfaces.msg import Time
import numpy as np
from pose_tracking_ros.msg import NormalizedRect, Person, PoseLandmark, PoseLandmarks
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
    SKELETONS,
    UPPER_BODY,
)
from pose_tracking_ros.messages import (
    landmark_info_message,
    pose_landmarks_message,
    read_pose_landmarks,
)
from pose_tracking_ros.node.message_types import landmarks_and_header, MESSAGE_TYPES
from pose_tracking_ros.replay.message_types import RosbagsMessageTypes, typestore

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


@pytest.fixture(params=[FULL_BODY, UPPER_BODY], ids=['full body', 'upper body'])
def info(request):
    return landmark_info_message(MESSAGE_TYPES, request.param, 'finder', 'pointer', 'CPU')


def test_names_are_at_the_indices_of_the_constants(info):
    for index, name in enumerate(info.names):
        assert getattr(PoseLandmark, name.upper()) == index
    assert info.skeleton in SKELETONS
    assert tuple(info.names) == SKELETONS[info.skeleton].names
    assert len(info.names) == len(info.sides)


def test_sides_are_those_in_the_names(info):
    for name, side in zip(info.names, info.sides):
        assert side == next((word for word in ('left', 'right') if word in name), 'center')


def test_connections_join_landmarks_that_there_are(info):
    pairs = {(connection.start, connection.end) for connection in info.connections}
    assert len(pairs) == len(info.connections)
    assert all(0 <= index < len(info.names) for pair in pairs for index in pair)
    arm = PoseLandmark.LEFT_SHOULDER, PoseLandmark.LEFT_ELBOW
    assert arm in pairs


def test_models_and_provider_are_reported(info):
    assert (info.detector_model, info.landmark_model) == ('finder', 'pointer')
    assert info.execution_provider == 'CPU'


NAME = 'pose_tracking_ros/msg/PoseLandmarks'
# What no message has, or in another form.
NOT_SENT = {'segmentation_mask'}


def by_ros(skeleton, result) -> PoseLandmarks:
    return pose_landmarks_message(MESSAGE_TYPES, Header(), (640, 480), skeleton, result)


def read_by_ros(skeleton, result) -> tuple:
    return read(by_ros(skeleton, result))


def read_by_rosbags(skeleton, result) -> tuple:
    types = RosbagsMessageTypes()
    message = pose_landmarks_message(types, types.header(0, ''), (640, 480), skeleton, result)
    return read_pose_landmarks(typestore().serialize_cdr(message, NAME)).poses


def read(message: PoseLandmarks) -> tuple:
    return read_pose_landmarks(serialize_message(message)).poses


WAYS = [read_by_ros, read_by_rosbags]


@pytest.mark.parametrize(
    'pose',
    [random_pose(), random_pose(25), placed_pose()],
    ids=['full body', 'upper body', 'with a position'],
)
@pytest.mark.parametrize('way', WAYS)
def test_every_field_of_a_pose_comes_back(way, pose):
    (found,) = way(pose.skeleton, PoseTrackerResult((pose,)))
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


@pytest.mark.parametrize('way', WAYS)
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
    (found,) = way(pose.skeleton, PoseTrackerResult((pose,)))
    for name in ('position', 'position_covariance', 'camera_landmarks', 'landmark_sources'):
        np.testing.assert_array_equal(getattr(found, name), getattr(pose, name), name)
    assert found.position_problem is None


@pytest.mark.parametrize('way', WAYS)
@pytest.mark.parametrize('problem', PositionProblem)
def test_why_it_is_not_known_where_a_person_is_comes_back(problem, way):
    pose = replace(random_pose(), position_problem=problem)
    (found,) = way(pose.skeleton, PoseTrackerResult((pose,)))
    assert found.position_problem is problem
    assert np.isnan(found.position).all()
    assert np.isnan(found.camera_landmarks).all()


@pytest.mark.parametrize('way', WAYS)
def test_a_message_without_people_gives_no_poses(way):
    assert way(FULL_BODY, PoseTrackerResult()) == ()


def people_in_message(frame_id: str) -> PoseLandmarks:
    """Return people whose fields begin at different alignments."""
    lost = [replace(random_pose(), position_problem=problem) for problem in PositionProblem]
    result = PoseTrackerResult((placed_pose(), *lost))
    header = Header(stamp=Time(sec=-12, nanosec=345), frame_id=frame_id)
    return through_the_wire(
        pose_landmarks_message(MESSAGE_TYPES, header, (640, 480), FULL_BODY, result)
    )


@pytest.mark.parametrize('frame_id', ['', 'camera', *('é' * k for k in range(1, 5))])
@pytest.mark.parametrize('little_endian', [True, False])
def test_people_are_read_from_a_message_of_any_encoding(frame_id, little_endian):
    message = people_in_message(frame_id)
    rosbags_message = typestore().deserialize_cdr(serialize_message(message), NAME)
    data = typestore().serialize_cdr(rosbags_message, NAME, little_endian=little_endian)
    landmarks, header = landmarks_and_header(bytes(data))
    assert header == message.header
    assert landmarks.image_size == (message.image_width, message.image_height)
    result = PoseTrackerResult(landmarks.poses)
    again = pose_landmarks_message(MESSAGE_TYPES, header, (640, 480), FULL_BODY, result)
    assert repr(again) == repr(message)  # NaN equals nothing


def test_a_message_of_another_encoding_is_rejected():
    with pytest.raises(ValueError, match='its encoding'):
        read_pose_landmarks(bytes(100))


def test_a_serialized_message_that_is_cut_off_is_rejected():
    data = serialize_message(people_in_message('camera'))
    for length in range(4, len(data) - 4, 5):
        with pytest.raises(ValueError, match='cut off'):
            read_pose_landmarks(data[:length])


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
        read(message)


def test_a_place_that_was_not_sent_is_not_known():
    """As of somebody who fills in landmarks alone: all other numbers are 0."""
    pose = placed_pose()
    message = by_ros(pose.skeleton, PoseTrackerResult((pose,)))
    empty = Person()
    for name in ('position', 'position_covariance', 'camera_landmarks', 'landmark_sources'):
        setattr(message.persons[0], name, getattr(empty, name))
    (found,) = read(message)
    assert np.isnan(found.position).all()
    assert np.isnan(found.camera_landmarks).all()
    assert found.position_problem is not None


def test_a_region_that_was_not_sent_is_empty():
    pose = random_pose()
    message = by_ros(pose.skeleton, PoseTrackerResult((pose,)))
    message.persons[0].roi = NormalizedRect()
    (found,) = read(message)
    assert not found.roi.any()
