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

from pathlib import Path
import signal
import time

import cv2
import numpy as np
import pytest
from rclpy.qos import qos_profile_sensor_data, QoSProfile, ReliabilityPolicy
from rclpy.time import Time
from sensor_msgs.msg import Image

from pose_tracking_ros.demo.child_process import ProcessError, read_status
from pose_tracking_ros.video.annotated_video import AnnotatedVideo
from pose_tracking_ros.video.source import VideoSource
from ros_graph import NodeProcess
from video.clips import turn, write_clip


@pytest.fixture
def play(node, spin_until, start, tmp_path):
    """Return a function that plays a video and returns the images that came, with their times."""

    def play_video(video, **parameters):
        images = []
        node.create_subscription(
            Image,
            'image',
            lambda image: images.append((node.get_clock().now().nanoseconds, image)),
            # Reliable would not match; deep enough for a test that is slower than the video.
            QoSProfile(depth=500, reliability=ReliabilityPolicy.BEST_EFFORT),
        )
        status_file = tmp_path / 'status'
        publisher = start(
            'video_publisher', video=video, status_file=status_file, **parameters
        )
        spin_until(publisher.check)
        status = read_status(status_file)
        # What is still in the middleware when the publisher has ended.
        spin_until(lambda: len(images) == status['sent'])
        return images, status

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


def assert_gaps(images, status, milliseconds):
    """Make sure that the stamps of images keep a rate, but for the pauses that are told of."""
    gaps_ns, expected_ns = np.diff(stamps_ns(images)), milliseconds * 1_000_000
    kept = np.abs(gaps_ns - expected_ns) <= 100_000
    # A pause is longer than what is tolerated; a machine that is short of time makes some.
    assert (gaps_ns[~kept] > expected_ns + 100_000_000).all()
    assert (~kept).sum() == status['pauses']
    paused_s = (gaps_ns[~kept] - expected_ns).sum() / 1e9
    assert paused_s == pytest.approx(status['paused_seconds'], abs=0.001 * len(images))


def test_images_of_any_width_arrive_whole(play, tmp_path):
    # FFmpeg leaves gaps between the rows of most widths.
    path = tmp_path / 'odd.mp4'
    with AnnotatedVideo(path, 20) as video:
        for index in range(3):
            video.write(np.full((90, 150, 3), 100, np.uint8), index * 50_000_000)
    with VideoSource(path) as source:
        expected = [frame.image for frame in source]
    images, _ = play(path)
    assert len(images) == len(expected) == 3
    # By default that of a camera's optics, as REP 103 names it.
    assert {image.header.frame_id for _, image in images} == {'camera_optical_frame'}
    for (_, image), pixels in zip(images, expected):
        assert (image.width, image.height, image.step) == (150, 90, 450)
        assert bytes(image.data) == pixels.tobytes()


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
    assert_gaps(images, status, 50)
    received_ns = np.array([received_ns for received_ns, _ in images])
    assert (received_ns > stamps_ns(images)).all()


def test_a_rate_replays_the_video_faster(play, grey_clip):
    images, status = play(grey_clip, rate=40.0)
    assert len(images) == 20
    assert_gaps(images, status, 25)


def test_a_highest_rate_leaves_out_frames_and_counts_them(play, grey_clip):
    images, status = play(grey_clip, max_rate=10.0)
    assert (len(images), status['left_out']) == (10, 10)
    assert_gaps(images, status, 100)


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


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_two_signals_end_it_well(node, spin_until, ros_environment, tmp_path, grey_clip, number):
    came = []
    node.create_subscription(Image, 'image', came.append, qos_profile_sensor_data)
    arguments = ['--ros-args', '-p', f'video:={grey_clip}', '-p', 'repeat:=1000']
    publisher = NodeProcess(tmp_path / 'log', arguments, 'video_publisher')
    try:
        spin_until(lambda: came)
        assert publisher.stop(number, times=2) == 0, publisher.log
    finally:
        publisher.close()
    assert 'Traceback' not in publisher.log
    assert 'interrupted: ' in publisher.log


@pytest.mark.parametrize('executable', ['video_publisher', 'demo_recorder', 'live_replay'])
def test_a_signal_while_a_process_is_loading_ends_it_well(ros_environment, tmp_path, executable):
    loading = NodeProcess(tmp_path / 'log', [], executable)
    try:
        # Its interpreter has opened the script: what follows is its import of the rest.
        while 'rclpy' not in Path(f'/proc/{loading.pid}/maps').read_text():
            assert loading.runs, loading.log
        assert loading.stop(signal.SIGINT, times=2) == 0, loading.log
    finally:
        loading.close()
    assert 'Traceback' not in loading.log


def test_a_folder_of_images_plays_at_the_rate_without_those_that_cannot_be_decoded(
    play, tmp_path
):
    folder = tmp_path / 'images'
    folder.mkdir()
    for index in range(6):
        cv2.imwrite(str(folder / f'{index}.png'), np.full((48, 64, 3), 40 * index, np.uint8))
    (folder / '2.png').write_text('not an image')
    images, status = play(folder, rate=20.0)
    assert (status['sent'], status['rejected']) == (5, 1)
    levels = [round(np.frombuffer(image.data, np.uint8).mean() / 40) for _, image in images]
    assert levels == [0, 1, 3, 4, 5]


def test_a_portrait_video_of_a_phone_is_published_upright(play, tmp_path):
    image = np.zeros((48, 64, 3), np.uint8)
    image[:24, :32] = 250
    path = turn(write_clip(tmp_path / 'phone.mp4', [image] * 5), (0, 1, -1, 0))
    images, _ = play(path)
    assert len(images) == 5
    for _, message in images:
        assert (message.width, message.height) == (48, 64)
        pixels = np.frombuffer(message.data, np.uint8).reshape(64, 48, 3)
        assert pixels[:32, 24:].mean() > 200, 'what is stored top left is shown top right'


def test_without_subscribers_it_fails_and_names_the_topic(start, grey_clip):
    message = wait_for_failure(start('video_publisher', video=grey_clip, subscriber_timeout=0.5))
    assert 'no subscriber to /image in 0.5 s' in message


@pytest.mark.parametrize(
    ('parameters', 'reason'),
    [
        ({'video': 'nowhere.mp4'}, 'nowhere.mp4 does not exist'),
        ({'video': 99}, 'camera 99 cannot be opened'),
        ({'video': '/dev/video99'}, 'camera 99 cannot be opened'),
        ({'video': '/dev/null'}, 'use the index of the camera'),
        ({'video': 'rtsp://me:secret@127.0.0.1/cam'}, 'rtsp://127.0.0.1/cam is a stream'),
        ({}, 'video is not set'),
        ({'video': 'clip', 'repeat': 0}, 'repeat is 0'),
        ({'video': 'clip', 'repaet': 2}, 'there is no parameter repaet, did you mean repeat?'),
        ({'video': 'clip', 'rate': 1.0, 'max_rate': 1.0}, 'together with max_rate'),
    ],
)
def test_a_start_that_makes_no_sense_fails_with_the_reason(start, grey_clip, parameters, reason):
    if parameters.get('video') == 'clip':
        parameters = {**parameters, 'video': grey_clip}
    message = wait_for_failure(start('video_publisher', **parameters))
    assert reason in message
    assert 'Traceback' not in message
