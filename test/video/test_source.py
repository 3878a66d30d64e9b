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

"""Frames and their times out of files, and what is said when there are none."""

from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from pose_tracking_ros.video.annotated_video import AnnotatedVideo
from pose_tracking_ros.video.source import VideoError, VideoSource


@pytest.fixture
def small_clip(tmp_path: Path) -> Path:
    """Return a clip whose frame k is as bright as 20 k, shown at 0, 40, 80, 200 and 240 ms."""
    path = tmp_path / 'small.mp4'
    with AnnotatedVideo(path, rate=25) as video:
        for index, time_ms in enumerate((0, 40, 80, 200, 240)):
            video.write(np.full((48, 64, 3), 20 * index, np.uint8), time_ms * 1_000_000)
    return path


def brightness(frames):
    """Return the number that each frame of the small clip was made with."""
    return [round(frame.image.mean() / 20) for frame in frames]


def test_a_file_gives_the_pixels_that_opencv_decodes(walking_man):
    capture = cv2.VideoCapture(str(walking_man))
    with VideoSource(walking_man) as source:
        for frame in islice(source, 5):
            assert np.array_equal(frame.image, capture.read()[1])


def test_a_file_gives_all_frames_with_the_times_that_its_container_tells(walking_man):
    with av.open(str(walking_man)) as container:
        expected = [frame.time for frame in container.decode(video=0)]
    with VideoSource(walking_man) as source:
        frames = [(frame.index, frame.stamp_ns / 1e9) for frame in source]
    indices, times = zip(*frames)
    assert list(indices) == list(range(len(expected)))
    assert np.allclose(times, np.array(expected) - expected[0], atol=1e-6)


def test_a_file_tells_rate_size_and_length(walking_man):
    with VideoSource(walking_man) as source:
        assert (source.rate, source.width, source.height) == (60, 1088, 1920)
        assert source.expected_frames == 100
        assert not source.is_camera


def test_unequal_gaps_between_frames_are_kept(small_clip):
    with VideoSource(small_clip) as source:
        assert [frame.stamp_ns // 1_000_000 for frame in source] == [0, 40, 80, 200, 240]


def test_a_repeated_file_begins_again_while_numbers_and_times_continue(small_clip):
    with VideoSource(small_clip, repeat=3) as source:
        assert source.expected_frames == 15
        frames = list(source)
    assert brightness(frames) == [0, 1, 2, 3, 4] * 3
    assert [frame.index for frame in frames] == list(range(15))
    stamps = np.array([frame.stamp_ns for frame in frames])
    assert (np.diff(stamps) > 0).all()
    first_pass = stamps[:5]
    for one_pass in stamps[5:10], stamps[10:]:
        assert np.array_equal(one_pass - one_pass[0], first_pass)
    assert stamps[5] - stamps[4] == round(1e9 / source.rate)


@pytest.mark.parametrize(
    ('max_rate', 'indices'),
    [
        pytest.param(30, range(0, 100, 2), id='every other frame'),
        pytest.param(20, range(0, 100, 3), id='every third frame'),
        pytest.param(
            45, [k for k in range(100) if k % 4 != 1], id='three of four frames'
        ),
        pytest.param(60, range(100), id='its own rate'),
        pytest.param(100, range(100), id='more than it has'),
    ],
)
def test_a_highest_rate_leaves_out_frames_evenly_and_keeps_the_times(
    walking_man, max_rate, indices
):
    with VideoSource(walking_man, max_rate=max_rate) as source:
        frames = [(frame.index, frame.stamp_ns) for frame in source]
    assert [index for index, _ in frames] == list(indices)
    assert all(abs(stamp_ns - index * 1e9 / 60) < 1000 for index, stamp_ns in frames)
    assert source.left_out == 100 - len(frames)


def test_a_highest_rate_continues_through_repeats(small_clip):
    with VideoSource(small_clip, repeat=2, max_rate=10) as source:
        frames = list(source)
    # A frame is due every 100 ms: the first pass has them at 0, 40, 80, 200 and 240 ms.
    assert [frame.stamp_ns // 1_000_000 for frame in frames[:3]] == [0, 200, 240]
    assert len(frames) <= frames[-1].stamp_ns / 1e9 * 10 + 1
    assert len(frames) + source.left_out == 10


def test_frames_do_not_share_their_pixels(small_clip):
    with VideoSource(small_clip) as source:
        frames = list(source)
    frames[0].image[:] = 255
    assert brightness(frames[1:]) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    'option', [{'repeat': 0}, {'repeat': -1}, {'max_rate': -1}, {'image_rate': 0.0}]
)
def test_an_option_out_of_its_range_is_refused(small_clip, option):
    ((name, value),) = option.items()
    with pytest.raises(ValueError, match=f'{name} is {value}'):
        VideoSource(small_clip, **option)


def test_a_missing_file_is_named():
    with pytest.raises(VideoError, match=r'nowhere\.mp4 does not exist'):
        VideoSource('nowhere.mp4')


def test_a_folder_without_images_is_no_video(tmp_path):
    with pytest.raises(VideoError, match='holds no numbered images'):
        VideoSource(tmp_path)


def test_a_file_that_is_no_video_is_refused(tmp_path):
    text = tmp_path / 'text.mp4'
    text.write_text('not a video')
    with pytest.raises(VideoError, match=r'text\.mp4 is not a video'):
        VideoSource(text)


def test_a_video_without_frames_is_refused(tmp_path, small_clip):
    truncated = tmp_path / 'truncated.mp4'
    # The index of the file is at its front: all frames are announced and none is there.
    data = small_clip.read_bytes()
    truncated.write_bytes(data[: data.index(b'mdat') + 4])
    with pytest.raises(VideoError, match=r'truncated\.mp4'):
        VideoSource(truncated)


@pytest.mark.parametrize('name', ['99', '/dev/video99'])
def test_a_camera_that_is_not_there_is_named(name):
    with pytest.raises(VideoError, match=r'camera 99 cannot be opened.*/dev/video99'):
        VideoSource(name)


def test_a_device_that_is_no_camera_is_refused_with_what_to_do():
    with pytest.raises(VideoError, match=r'/dev/null is a device.*use the index of the camera'):
        VideoSource('/dev/null')


@pytest.mark.parametrize('scheme', ['rtsp', 'http', 'rtmp'])
def test_a_stream_is_refused_with_what_to_do_and_without_its_password(scheme):
    with pytest.raises(VideoError, match=f'{scheme}://camera/live is a stream.*record it') as info:
        VideoSource(f'{scheme}://me:secret@camera/live?token=secret')
    assert 'secret' not in str(info.value)
