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

from builtin_interfaces.msg import Time
import numpy as np
from pose_tracking_ros.msg import PoseLandmark, PoseLandmarks
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import Header

from messages.pose_samples import random_pose, ROI
from pose_tracking_ros.blazepose import FrameReport, FULL_BODY, UPPER_BODY
from pose_tracking_ros.messages import pose_landmarks_message
from pose_tracking_ros.node import message_types

HEADER = Header(stamp=Time(sec=12, nanosec=345), frame_id='camera')


def through_the_wire(message: object) -> object:
    return deserialize_message(serialize_message(message), type(message))


@pytest.mark.parametrize(
    'topology',
    [pytest.param(FULL_BODY, id='full body'), pytest.param(UPPER_BODY, id='upper body')],
)
def test_a_pose_comes_back_from_its_message(topology):
    answer = random_pose(len(topology.landmarks))
    report = FrameReport(detector_ran=True, score=0.75, roi=ROI)
    message = through_the_wire(
        pose_landmarks_message(message_types, HEADER, (640, 480), topology, answer, report)
    )
    fields = ('x', 'y', 'z', 'visibility', 'presence')
    landmarks = [[getattr(landmark, field) for field in fields] for landmark in message.landmarks]
    np.testing.assert_array_equal(np.float32(landmarks), answer.landmarks)
    inside_image = [landmark.inside_image for landmark in message.landmarks]
    np.testing.assert_array_equal(inside_image, answer.inside_image)
    inside_region = [landmark.inside_region for landmark in message.landmarks]
    np.testing.assert_array_equal(inside_region, answer.inside_region)
    world = np.float32([[point.x, point.y, point.z] for point in message.world_landmarks])
    np.testing.assert_array_equal(world.reshape(-1, 3), answer.world_landmarks)
    roi = message.roi
    np.testing.assert_array_equal(
        np.float32([roi.x_center, roi.y_center, roi.width, roi.height, roi.rotation]),
        np.float32(ROI),
    )
    assert message.header == HEADER
    assert (message.image_width, message.image_height) == (640, 480)
    assert message.topology == len(topology.landmarks)
    assert message.track_id == 7
    assert message.score == 0.75
    assert message.detector_ran


def test_depth_of_the_upper_body_is_unknown():
    answer = random_pose(25)
    answer.landmarks[:, 2] = np.nan
    report = FrameReport(detector_ran=False, score=0.75, roi=ROI)
    message = pose_landmarks_message(
        message_types, HEADER, (640, 480), UPPER_BODY, answer, report
    )
    assert np.isnan([landmark.z for landmark in through_the_wire(message).landmarks]).all()


def test_nobody_is_a_message_too():
    report = FrameReport(detector_ran=True, score=np.nan, roi=np.full(5, np.nan))
    message = through_the_wire(
        pose_landmarks_message(message_types, HEADER, (64, 48), FULL_BODY, None, report)
    )
    assert message.header == HEADER
    assert list(message.landmarks) == list(message.world_landmarks) == []
    assert message.track_id == 0
    assert message.topology == PoseLandmarks.TOPOLOGY_FULL_BODY
    assert message.detector_ran
    assert np.isnan([message.score, message.roi.x_center, message.roi.rotation]).all()


def test_constants_of_the_message_are_the_landmarks_of_the_model():
    named = {
        landmark.name: getattr(PoseLandmark, landmark.name) for landmark in FULL_BODY.landmarks
    }
    assert named == {landmark.name: landmark.value for landmark in FULL_BODY.landmarks}
    assert len(FULL_BODY.landmarks) == PoseLandmarks.TOPOLOGY_FULL_BODY
    assert len(UPPER_BODY.landmarks) == PoseLandmarks.TOPOLOGY_UPPER_BODY
