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

import cv2
import numpy as np
import pytest

from pose_tracking_ros.image_decoding import ImageDecodingError
from pose_tracking_ros.video.frames import VideoError
from pose_tracking_ros.video.image_series import series_prefixes
from pose_tracking_ros.video.source import VideoSource
from video.clips import grey_images, numbers

ORIENTATION_6 = (
    b'\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01'
    b'\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00'
)
"""Segment of a JPEG that tells that its picture is to be turned to the right."""


def write_images(folder, names):
    """Write a grey image under each name, each brighter than the one before."""
    for name, image in zip(names, grey_images(len(names))):
        cv2.imwrite(str(folder / name), image)
    return folder


def test_numbered_images_come_by_their_numbers_at_the_rate(tmp_path):
    write_images(tmp_path, ['walk_8.png', 'walk_9.png', 'walk_10.png', 'walk_12.png'])
    (tmp_path / 'notes.txt').write_text('not an image')
    with VideoSource(tmp_path, image_rate=10) as source:
        frames = list(source)
    assert (source.expected_frames, source.rate) == (4, 10)
    assert numbers(frame.image for frame in frames) == [0, 1, 2, 3]
    assert [frame.stamp_ns // 1_000_000 for frame in frames] == [0, 100, 200, 400]
    assert source.damage == ''


def test_numbers_that_are_times_in_nanoseconds_are_the_times(tmp_path):
    first = 1_403_636_579_763_555_584
    write_images(tmp_path, [f'{first + step}.png' for step in (0, 50_000_128, 99_999_999)])
    with VideoSource(tmp_path) as source:
        assert [frame.stamp_ns for frame in source] == [0, 50_000_128, 99_999_999]


def test_a_single_image_is_a_video_of_one_frame(tmp_path):
    write_images(tmp_path, ['photo.jpg'])
    with VideoSource(tmp_path / 'photo.jpg') as source:
        (frame,) = source
    assert (frame.stamp_ns, frame.image.shape) == (0, (48, 64, 3))


def test_a_photo_is_turned_as_it_tells(tmp_path):
    image = np.zeros((48, 64, 3), np.uint8)
    image[:24, :32] = 255
    jpeg = cv2.imencode('.jpg', image)[1].tobytes()
    path = tmp_path / 'photo.jpg'
    path.write_bytes(jpeg[:2] + ORIENTATION_6 + jpeg[2:])
    with VideoSource(path) as source:
        (frame,) = source
    assert frame.image.shape == (64, 48, 3)
    assert frame.image[:32, 24:].mean() > 240, 'what was top left is top right'


def test_an_image_that_is_cut_off_is_rejected_and_the_others_come(tmp_path):
    write_images(tmp_path, ['0.png', '1.png', '2.png'])
    (tmp_path / '0.png').write_bytes((tmp_path / '0.png').read_bytes()[:60])
    with VideoSource(tmp_path) as source:
        broken, *others = source
    with pytest.raises(ImageDecodingError, match=r'0\.png'):
        _ = broken.image
    assert numbers(frame.image for frame in others) == [1, 2]


def test_images_none_of_which_can_be_decoded_are_no_video(tmp_path):
    for name in ('0.png', '1.png'):
        (tmp_path / name).write_text('not an image')
    with pytest.raises(VideoError, match='holds no image that can be decoded'):
        VideoSource(tmp_path)


def test_several_series_in_a_folder_are_refused(tmp_path):
    write_images(tmp_path, ['left_1.png', 'left_2.png', 'right_1.png', 'right_2.png'])
    with pytest.raises(VideoError, match=r'several series.*left_1\.png, right_1\.png'):
        VideoSource(tmp_path)


def test_only_two_images_and_more_of_one_name_are_a_series():
    assert series_prefixes(['a.png', '1.png', 'b1.png', 'b2.jpg', 'c1.txt', 'c2.txt']) == {}
    found = series_prefixes(['x10.JPG', 'x2.JPG'])
    assert found == {('x', '.jpg'): [(2, 'x2.JPG'), (10, 'x10.JPG')]}
