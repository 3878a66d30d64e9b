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

"""Messages hold exactly what the tracker answered, and rclpy takes them back unchanged."""

from __future__ import annotations

from array import array

from builtin_interfaces.msg import Time
import numpy as np
from pose_tracking_ros.msg import PoseLandmark, PoseLandmarks
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from pose_tracking_ros.blazepose import FrameReport, FULL_BODY, Pose, UPPER_BODY
from pose_tracking_ros.node.image_decoding import decode_image
from pose_tracking_ros.node.messages import (
    bgr_copy,
    image_message,
    mask_pixels,
    pose_landmarks_message,
)

HEADER = Header(stamp=Time(sec=12, nanosec=345), frame_id='camera')
ROI = np.array([0.4, 0.6, 1.2, 0.9, -0.3])
RANDOM = np.random.default_rng(0)


def pose(count: int = 33, mask: np.ndarray | None = None) -> Pose:
    return Pose(
        landmarks=RANDOM.random((count, 5), np.float32),
        world_landmarks=RANDOM.random((33 if count == 33 else 0, 3), np.float32),
        score=0.75,
        roi=ROI,
        detector_ran=True,
        track_id=7,
        segmentation_mask=mask,
    )


def through_the_wire(message: object) -> object:
    return deserialize_message(serialize_message(message), type(message))


@pytest.mark.parametrize(
    'topology',
    [pytest.param(FULL_BODY, id='full body'), pytest.param(UPPER_BODY, id='upper body')],
)
def test_a_pose_comes_back_from_its_message(topology):
    answer = pose(len(topology.landmarks))
    report = FrameReport(detector_ran=True, score=0.75, roi=ROI)
    message = through_the_wire(
        pose_landmarks_message(HEADER, (640, 480), topology, answer, report)
    )
    fields = ('x', 'y', 'z', 'visibility', 'presence')
    landmarks = [[getattr(landmark, field) for field in fields] for landmark in message.landmarks]
    np.testing.assert_array_equal(np.float32(landmarks), answer.landmarks)
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
    answer = pose(25)
    answer.landmarks[:, 2] = np.nan
    report = FrameReport(detector_ran=False, score=0.75, roi=ROI)
    message = pose_landmarks_message(HEADER, (640, 480), UPPER_BODY, answer, report)
    assert np.isnan([landmark.z for landmark in through_the_wire(message).landmarks]).all()


def test_nobody_is_a_message_too():
    report = FrameReport(detector_ran=True, score=np.nan, roi=np.full(5, np.nan))
    message = through_the_wire(pose_landmarks_message(HEADER, (64, 48), FULL_BODY, None, report))
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


@pytest.mark.parametrize('shape', [(5, 7, 3), (1, 1, 3), (480, 640, 3)], ids=str)
def test_an_image_message_holds_its_pixels(shape):
    pixels = RANDOM.integers(0, 256, shape, np.uint8)
    message = image_message(HEADER, 'bgr8', pixels)
    np.testing.assert_array_equal(decode_image(through_the_wire(message)), pixels[:, :, ::-1])
    assert message.header == HEADER
    assert isinstance(message.data, array)


@pytest.mark.parametrize(
    'view',
    [
        pytest.param(np.s_[:, :, :], id='contiguous'),
        pytest.param(np.s_[:, :, ::-1], id='reversed channels'),
        pytest.param(np.s_[::2, 1:, :], id='part'),
    ],
)
def test_any_view_becomes_an_image_message_and_a_bgr_copy(view):
    pixels = RANDOM.integers(0, 256, (6, 9, 3), np.uint8)[view]
    message = image_message(HEADER, 'rgb8', pixels)
    np.testing.assert_array_equal(decode_image(message), pixels)
    copy = bgr_copy(pixels)
    np.testing.assert_array_equal(copy, pixels[:, :, ::-1])
    assert copy.flags.c_contiguous
    assert not np.shares_memory(copy, pixels)


def test_the_mask_is_white_on_the_person():
    mask = np.float32([[0, 0.5, 1], [0.2, 0.998, 0.001]])
    pixels = mask_pixels(pose(mask=mask), (3, 2))
    np.testing.assert_array_equal(pixels, np.rint(mask * 255))
    message = image_message(HEADER, 'mono8', pixels)
    assert (message.width, message.height, message.step) == (3, 2, 3)
    assert isinstance(through_the_wire(message), Image)


@pytest.mark.parametrize('answer', [None, pose()], ids=['nobody', 'no mask'])
def test_the_mask_is_black_without_a_person(answer):
    pixels = mask_pixels(answer, (3, 2))
    assert pixels.shape == (2, 3)
    assert not pixels.any()
