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

"""The replay plays a bag for the node, and ends with the recording of all that comes of it."""

from __future__ import annotations

from contextlib import closing
from runpy import run_path

import numpy as np
import pytest
from rclpy.qos import qos_profile_sensor_data
from rclpy.serialization import serialize_message
from rosbags.highlevel import AnyReader

from pose_tracking_ros.demo.bag_writer import BagWriter
from ros_graph import image_message

LAUNCH_FILE = 'replay.launch.py'


@pytest.fixture
def bag(tmp_path):
    """Return a bag of 20 grey images on /robot/camera/image_raw, 20 a second."""
    with closing(BagWriter(tmp_path / 'bag')) as writer:
        topic = '/robot/camera/image_raw'
        writer.add_topic(topic, 'sensor_msgs/msg/Image', [qos_profile_sensor_data])
        for index in range(20):
            image = image_message(np.full((120, 160, 3), 90, np.uint8), second=1 + index)
            writer.write(topic, 10**9 + index * 50_000_000, serialize_message(image))
    return tmp_path / 'bag'


def test_every_argument_is_described(launch_file):
    description = run_path(str(launch_file(LAUNCH_FILE)))['generate_launch_description']()
    for argument in description.get_launch_arguments():
        assert len(argument.description) > 20


def test_all_images_are_processed_and_recorded_before_the_end(start_launch, log_of, bag, tmp_path):
    arguments = (
        *(f'bag:={bag}', f'record:={tmp_path / "out"}', 'namespace:=robot', 'rate:=100'),
        *('image:=camera/image_raw', 'model_complexity:=0'),
    )
    log = log_of(start_launch(LAUNCH_FILE, *arguments))
    assert 'All 20 images processed' in log
    with AnyReader([tmp_path / 'out']) as reader:
        counts = {item.topic: item.msgcount for item in reader.connections}
    assert counts['/robot/pose_landmarks'] == 20
    assert counts['/robot/landmark_info'] == 1
    assert '/robot/annotated_image/compressed' in counts


def test_it_can_be_interrupted_twice(start_launch, interrupted, bag, tmp_path):
    arguments = (
        *(f'bag:={bag}', f'record:={tmp_path / "out"}', 'namespace:=robot', 'loop:=true'),
        *('image:=camera/image_raw', 'model_complexity:=0'),
    )
    log = interrupted(start_launch(LAUNCH_FILE, *arguments), 'Playing', times=2)
    assert 'Interrupted after' in log
    assert (tmp_path / 'out' / 'metadata.yaml').is_file()


def test_an_existing_folder_is_refused_and_the_launch_ends(start_launch, log_of, bag, tmp_path):
    (tmp_path / 'out').mkdir()
    log = log_of(start_launch(LAUNCH_FILE, f'bag:={bag}', f'record:={tmp_path / "out"}'), 1)
    assert 'out exists: name a new folder' in log
    assert 'has failed with exit code 1' in log
