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

"""The video publisher in a process of its own, and what a subscriber gets of it."""

import time

import numpy as np
import pytest
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.time import Time
from sensor_msgs.msg import Image

from pose_tracking_ros.demo.child_process import ProcessError
from pose_tracking_ros.demo.status_file import read_status


@pytest.fixture
def play(node, spin_until, start, tmp_path):
    """Return a function that plays a video and returns the images that came, with their times."""

    def play_video(video, **parameters):
        images = []
        node.create_subscription(
            Image,
            'image',
            lambda image: images.append((node.get_clock().now().nanoseconds, image)),
            # Deep enough for a test that is slower than the video.
            QoSProfile(depth=500, reliability=ReliabilityPolicy.BEST_EFFORT),
        )
        status_file = tmp_path / 'status'
        publisher = start(
            'video_publisher', video=video, status_file=status_file, **parameters
        )
        spin_until(publisher.check)
        return images, read_status(status_file)

    return play_video


def stamps_ns(images):
    """Return the stamps of images."""
    return np.array([Time.from_msg(image.header.stamp).nanoseconds for _, image in images])


def wait_for_failure(publisher):
    """Wait until a process ends, and return why."""
    deadline = time.monotonic() + 60
    try:
        while not publisher.check():
            assert time.monotonic() < deadline, 'it goes on'
            time.sleep(0.05)
    except ProcessError as error:
        return str(error)
    pytest.fail('it ended as if all were well')


def gaps_ms(images, status):
    """Return the gaps between the stamps of images in milliseconds, pauses taken away."""
    gaps = np.diff(stamps_ns(images)) / 1e6
    if status['pauses']:  # This machine was short of time.
        gaps = np.minimum(gaps, np.median(gaps))
    return gaps


def test_every_frame_arrives_as_it_is_in_the_video(play, grey_clip):
    images, status = play(grey_clip, frame_id='lens')
    assert len(images) == status['sent'] == 20
    assert status['played'] == pytest.approx(1)
    for index, (_, image) in enumerate(images):
        assert (image.width, image.height, image.step) == (160, 120, 480)
        assert (image.encoding, image.header.frame_id) == ('bgr8', 'lens')
        assert abs(np.frombuffer(image.data, np.uint8).mean() - 10 * index) < 3


def test_stamps_keep_the_rate_through_repeats_and_lie_before_reception(play, grey_clip):
    images, status = play(grey_clip, repeat=2)
    assert len(images) == 40
    assert np.allclose(gaps_ms(images, status), 50, atol=0.1)
    received_ns = np.array([received_ns for received_ns, _ in images])
    assert (received_ns > stamps_ns(images)).all()


def test_a_rate_replays_the_video_faster(play, grey_clip):
    images, status = play(grey_clip, rate=40.0)
    assert len(images) == 20
    assert np.allclose(gaps_ms(images, status), 25, atol=0.1)


def test_a_highest_rate_leaves_out_frames_and_counts_them(play, grey_clip):
    images, status = play(grey_clip, max_rate=10.0)
    assert (len(images), status['left_out']) == (10, 10)
    assert np.allclose(gaps_ms(images, status), 100, atol=0.1)


def test_a_video_that_cannot_keep_pace_pauses_and_loses_nothing(play, grey_clip):
    images, status = play(grey_clip, rate=50_000.0, repeat=20)
    assert len(images) == status['sent'] == 400
    gaps = np.diff(stamps_ns(images))
    assert (gaps >= 20_000).all()
    assert status['pauses'] == (gaps > 100_000_000).sum()
    paused_ns = (gaps - 20_000)[gaps > 100_000_000].sum()
    assert status['paused_seconds'] == pytest.approx(paused_ns / 1e9, abs=1e-6)
    assert status['pauses'] > 0


def test_the_video_can_be_cut_short(play, grey_clip):
    images, status = play(grey_clip, repeat=100, max_seconds=0.5)
    assert len(images) == status['sent'] == 10
    assert status['played'] == pytest.approx(1)


def test_without_subscribers_it_fails_and_names_the_topic(start, grey_clip):
    message = wait_for_failure(start('video_publisher', video=grey_clip, subscriber_timeout=0.5))
    assert 'nobody subscribed to /image in 0.5 s' in message


@pytest.mark.parametrize(
    ('parameters', 'reason'),
    [
        ({'video': 'nowhere.mp4'}, 'nowhere.mp4 does not exist'),
        ({'video': 99}, 'camera 99 cannot be opened'),
        ({}, 'video is not set'),
        ({'video': 'clip', 'repeat': 0}, 'repeat is 0'),
        ({'video': 'clip', 'rate': 1.0, 'max_rate': 1.0}, 'together with max_rate'),
    ],
)
def test_a_start_that_makes_no_sense_fails_with_the_reason(start, grey_clip, parameters, reason):
    if parameters.get('video') == 'clip':
        parameters = {**parameters, 'video': grey_clip}
    message = wait_for_failure(start('video_publisher', **parameters))
    assert reason in message
    assert 'Traceback' not in message
