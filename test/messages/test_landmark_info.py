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

"""A consumer needs no table of ours: the message tells what the landmarks mean."""

from __future__ import annotations

from pose_tracking_ros.msg import PoseLandmark
import pytest

from pose_tracking_ros.blazepose import FULL_BODY, SKELETONS, UPPER_BODY
from pose_tracking_ros.messages import landmark_info_message
from pose_tracking_ros.node.message_types import MESSAGE_TYPES


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
