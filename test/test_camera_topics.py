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

"""Topics of calibrations and frames of images, by their names."""

from __future__ import annotations

import pytest

from pose_tracking_ros.camera_topics import camera_info_topic, frame_problem, is_rectified


@pytest.mark.parametrize(
    ('image', 'info'),
    [
        ('/camera/image_raw', '/camera/camera_info'),
        ('/camera/color/image_raw', '/camera/color/camera_info'),
        ('/image', '/camera_info'),
        ('/camera/image/compressed', '/camera/camera_info'),
        ('/depth/image/compressedDepth', '/depth/camera_info'),
        ('/compressed', '/camera_info'),
    ],
)
def test_the_calibration_is_the_sibling_of_the_images(image, info):
    assert camera_info_topic(image) == info


@pytest.mark.parametrize(
    ('topic', 'rectified'),
    [
        ('/camera/image_rect', True),
        ('/camera/image_rect_color/compressed', True),
        ('/camera/infra1/image_rect_raw', True),
        ('/camera/image_raw', False),
        ('/rect/image', False),
        ('/camera/direct_image', False),
    ],
)
def test_rectified_images_are_known_by_their_name(topic, rectified):
    assert is_rectified(topic) == rectified


@pytest.mark.parametrize('frame', ['', '/', 'camera_link', 'base_link', 'robot/map', 'odom'])
def test_what_is_plainly_no_optical_frame_is_reported(frame):
    assert ('frame_id' if not frame.strip('/') else frame) in frame_problem(frame)


@pytest.mark.parametrize(
    'frame', ['camera_optical_frame', 'camera_link_optical', 'head_camera', 'robot/cam_1']
)
def test_what_may_be_an_optical_frame_is_not(frame):
    assert frame_problem(frame) == ''
