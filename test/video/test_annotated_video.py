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

"""Videos that players show, at true times and in true colours."""

from fractions import Fraction

import av
import numpy as np
import pytest

from pose_tracking_ros.video.annotated_video import AnnotatedVideo

IMAGE = np.zeros((48, 64, 3), np.uint8)


def written(path, stamps_ns, images=None, rate=60):
    """Write a video of some stamps and return its path."""
    with AnnotatedVideo(path, rate) as video:
        for image, stamp_ns in zip(images or [IMAGE] * len(stamps_ns), stamps_ns):
            video.write(image, stamp_ns)
    return path


@pytest.mark.parametrize('first_ns', [0, 1_800_000_000_123_456_789])
def test_frames_keep_the_gaps_between_their_stamps(tmp_path, first_ns):
    offsets = np.array([0, 16_666_667, 33_333_333, 250_000_000, 266_666_667, 1_000_000_000])
    path = written(tmp_path / 'video.mp4', (first_ns + offsets).tolist())
    with av.open(str(path)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert np.allclose(times, offsets / 1e9, atol=1 / 90_000)


def test_the_last_frame_is_shown_for_one_period(tmp_path):
    path = written(tmp_path / 'video.mp4', [k * 10**9 // 60 for k in range(90)], rate=60)
    with av.open(str(path)) as container:
        (stream,) = container.streams
        assert stream.frames == 90
        assert stream.average_rate == 60
        assert stream.duration * stream.time_base == Fraction(90, 60)


def test_a_video_is_of_the_kind_that_browsers_play(tmp_path):
    path = written(tmp_path / 'video.mp4', [0, 10**8])
    with av.open(str(path)) as container:
        codec = container.streams.video[0].codec_context
        assert (codec.name, codec.pix_fmt) == ('h264', 'yuv420p')
    data = path.read_bytes()
    assert data.index(b'moov') < data.index(b'mdat'), 'a browser waits for the whole file'


@pytest.mark.parametrize(
    'color', [(250, 10, 10), (10, 250, 10), (10, 10, 250), (30, 140, 240), (255, 255, 255)]
)
def test_colours_survive(tmp_path, color):
    image = np.full((48, 64, 3), color, np.uint8)
    path = written(tmp_path / 'video.mp4', [0, 10**8], images=[image, image])
    with av.open(str(path)) as container:
        decoded = next(container.decode(video=0)).to_ndarray(format='bgr24')
    assert np.abs(decoded.astype(int) - image).max() <= 8


@pytest.mark.parametrize(('shape', 'size'), [((49, 65), (64, 48)), ((48, 65), (64, 48))])
def test_an_odd_size_loses_a_row_or_a_column(tmp_path, shape, size):
    image = np.full((*shape, 3), 120, np.uint8)
    path = written(tmp_path / 'video.mp4', [0, 10**8], images=[image, image])
    with av.open(str(path)) as container:
        codec = container.streams.video[0].codec_context
        assert (codec.width, codec.height) == size


@pytest.mark.parametrize(
    ('shape', 'size'),
    [
        pytest.param((1, 1), (16, 16), id='one pixel'),
        pytest.param((100, 20_000), (8192, 40), id='wider than players show'),
        pytest.param((20_000, 3), (16, 8192), id='a line'),
        pytest.param((17, 9), (16, 16), id='tiny'),
    ],
)
def test_a_size_that_no_player_shows_is_scaled(tmp_path, shape, size):
    image = np.full((*shape, 3), 120, np.uint8)
    path = written(tmp_path / 'video.mp4', [0, 10**8], images=[image, image])
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    assert [(frame.width, frame.height) for frame in frames] == [size] * 2
    assert all(abs(frame.to_ndarray(format='bgr24').mean() - 120) < 3 for frame in frames)


def test_a_single_frame_is_a_video(tmp_path):
    path = written(tmp_path / 'video.mp4', [5], rate=10)
    with av.open(str(path)) as container:
        assert len(list(container.decode(video=0))) == 1
        assert container.duration == pytest.approx(100_000, abs=50)


def test_a_change_of_size_is_refused(tmp_path):
    with AnnotatedVideo(tmp_path / 'video.mp4', 30) as video:
        video.write(IMAGE, 0)
        with pytest.raises(ValueError, match='64 x 24 pixels, the previous ones had 64 x 48'):
            video.write(IMAGE[:24], 10**8)


@pytest.mark.parametrize('stamp_ns', [10**9, 10**9 - 1, 0])
def test_time_that_does_not_advance_is_refused(tmp_path, stamp_ns):
    with AnnotatedVideo(tmp_path / 'video.mp4', 30) as video:
        video.write(IMAGE, 10**9)
        with pytest.raises(ValueError, match='is not later than'):
            video.write(IMAGE, stamp_ns)
