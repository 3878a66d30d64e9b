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

"""Bags with H.264 and H.265 topics are read from the first key frame on, and what is lost told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rosbags.rosbag1 import Writer as Writer1
from rosbags.rosbag2 import StoragePlugin
from rosbags.rosbag2 import Writer as Writer2
from rosbags.typesys import get_types_from_msg, get_typestore, Stores

from pose_tracking_ros.replay.analysis import analyse
from pose_tracking_ros.replay.inputs.bag import Bag
from pose_tracking_ros.replay.inputs.bag_images import BagImages
from pose_tracking_ros.replay.inputs.images import SourceError, Window
from pose_tracking_ros.replay.options import Outputs
from pose_tracking_ros.replay.problems import ProblemKind
from pose_tracking_ros.video.packets import VIDEO_DEFINITIONS
from replay.recordings import header, LATENCY_NS, stamps
from video.video_messages import (
    CODECS,
    encode,
    ffmpeg_message,
    foxglove_message,
    GOP,
    number_of,
    textured_images,
)

FOXGLOVE, FFMPEG = VIDEO_DEFINITIONS
TOPIC = '/camera/image/video'
NEWER = VIDEO_DEFINITIONS[FOXGLOVE] + 'string message_id\n'
"""Newer versions of a type have more fields behind those that are known."""


def write_video(path, packets, codec='h264', kind=FOXGLOVE, definition='', ros1=False, **options):
    """Write a bag of packets; None stands for a message that was not recorded."""
    store = get_typestore(Stores.ROS1_NOETIC if ros1 else Stores.ROS2_HUMBLE)
    store.register(get_types_from_msg(definition or VIDEO_DEFINITIONS[kind], kind))
    more = {'message_id': 'some text'} if definition else {}
    with Writer1(path) if ros1 else Writer2(path, version=9, **options) as writer:
        connection = writer.add_connection(TOPIC, kind, typestore=store)
        for data, stamp_ns in zip(packets, stamps(len(packets))):
            if data is None:
                continue
            head = header(stamp_ns, ros1=ros1)
            if kind == FOXGLOVE:
                fields = foxglove_message(data, codec, head.stamp)
            else:
                fields = ffmpeg_message(data, codec, head)
            fields.data = np.frombuffer(data, np.uint8)
            message = store.types[kind](**vars(fields), **more)
            serialize = store.serialize_ros1 if ros1 else store.serialize_cdr
            writer.write(connection, stamp_ns + LATENCY_NS, bytes(serialize(message, kind)))
    return path


def read(path, problems, window=Window(), **options):  # noqa: B008 (it is frozen)
    """Return the images of a bag, and which of the textured ones each is, None without pixels."""
    images, numbers = list(BagImages(Bag(path, problems), problems, **options).images(window)), []
    for image in images:
        try:
            numbers.append(number_of(image.decode()))
        except ValueError:
            numbers.append(None)
    return images, numbers


@pytest.mark.parametrize('codec', CODECS)
@pytest.mark.parametrize('kind', [FOXGLOVE, FFMPEG])
@pytest.mark.parametrize('storage', list(StoragePlugin), ids=lambda item: item.name)
def test_every_packet_is_an_image_with_its_stamp(tmp_path, problems, codec, kind, storage):
    packets = encode(textured_images(), codec)
    path = write_video(tmp_path / 'bag', packets, codec, kind, storage_plugin=storage)
    images, numbers = read(path, problems)
    assert numbers == list(range(2 * GOP))
    assert [image.index for image in images] == numbers
    assert sorted(image.stamp_ns for image in images) == stamps(2 * GOP)
    if 'B-frames' not in codec:
        assert [image.stamp_ns for image in images] == stamps(2 * GOP)
    assert {image.frame_id for image in images} == {'camera'}
    assert all(image.nbytes for image in images)
    assert not list(problems)


@pytest.mark.parametrize('kind', [FOXGLOVE, FFMPEG])
def test_ros_1_bags_of_video_are_read(tmp_path, problems, kind):
    path = write_video(tmp_path / 'old.bag', encode(textured_images()), kind=kind, ros1=True)
    images, numbers = read(path, problems)
    assert numbers == list(range(2 * GOP))
    assert [image.stamp_ns for image in images] == stamps(2 * GOP)


def test_messages_of_a_newer_version_of_their_type_are_read(tmp_path, problems):
    path = write_video(tmp_path / 'bag', encode(textured_images()), definition=NEWER)
    assert read(path, problems)[1] == list(range(2 * GOP))
    assert not list(problems)


def test_packets_before_the_first_key_frame_are_counted_once_and_no_loss(tmp_path, problems):
    path = write_video(tmp_path / 'bag', encode(textured_images())[2:])
    images, numbers = read(path, problems)
    assert numbers == list(range(GOP, 2 * GOP))
    assert images[0].index == 0
    assert problems.count(ProblemKind.BEFORE_KEY_FRAME) == GOP - 2
    assert not problems.lost_something


def test_a_damaged_packet_is_undecodable_and_the_next_are_damaged(tmp_path, problems):
    packets = encode(textured_images())
    packets[3] = b'no video'
    _, numbers = read(write_video(tmp_path / 'bag', packets), problems)
    assert numbers[:3] == [0, 1, 2]
    assert numbers[3] is None
    assert numbers[GOP:] == list(range(GOP, 2 * GOP))
    assert problems.count(ProblemKind.DAMAGED_IMAGE) == GOP - 4
    assert problems.lost_something


def test_missing_packets_lose_images_up_to_the_next_key_frame(tmp_path, problems):
    packets = encode(textured_images(), 'h265')
    packets[3] = None
    _, numbers = read(write_video(tmp_path / 'bag', packets, 'h265'), problems)
    assert numbers == [0, 1, 2, None, None, *range(GOP, 2 * GOP)]


def test_images_of_h264_behind_a_packet_that_was_not_recorded_are_damaged(tmp_path, problems):
    packets = encode(textured_images())
    packets[3] = None
    _, numbers = read(write_video(tmp_path / 'bag', packets), problems)
    assert len(numbers) == 2 * GOP - 1
    assert problems.count(ProblemKind.DAMAGED_IMAGE) == GOP - 4


@pytest.mark.parametrize(
    ('window', 'expected'),
    [
        (Window(start=0.15), range(5, 12)),
        (Window(end=0.1), range(4)),
        (Window(start=0.06, end=0.3, every=3), range(2, 10, 3)),
    ],
    ids=str,
)
def test_a_part_of_a_video_begins_where_it_is_asked_to(tmp_path, problems, window, expected):
    path = write_video(tmp_path / 'bag', encode(textured_images()))
    images, numbers = read(path, problems, window)
    assert numbers == list(expected)
    assert [image.index for image in images] == list(range(len(numbers)))


def test_larger_frames_than_allowed_are_refused(tmp_path, problems):
    path = write_video(tmp_path / 'bag', encode(textured_images()))
    images, numbers = read(path, problems, max_pixels=64 * 48 - 1)
    assert numbers == 2 * GOP * [None]
    with pytest.raises(ValueError, match='max_image_pixels'):
        images[0].decode()


def test_video_topics_are_among_those_that_are_offered(tmp_path, problems):
    path = write_video(tmp_path / 'bag', encode(textured_images(1)))
    with pytest.raises(SourceError, match=f'{TOPIC} .CompressedVideo, 1 messages.'):
        BagImages(Bag(path, problems), problems, '/camera/other')


def test_a_message_that_is_no_packet_is_counted(tmp_path, problems):
    path = write_video(tmp_path / 'bag', encode(textured_images()))
    source = BagImages(Bag(path, problems), problems)
    (message, *_) = source.bag.messages([TOPIC])
    for data in (b'', b'\0\1\0\0', message.data[:20], b'\xff' * 100):
        assert source._content(message._replace(data=data)) is None
    assert problems.count(ProblemKind.UNREADABLE_MESSAGE) == 4


@pytest.mark.parametrize('codec', ['h264', 'h265'])
def test_an_analysis_finds_the_same_in_a_video_each_time(tmp_path, walk, options, codec):
    path = write_video(tmp_path / 'bag', encode(walk, codec, gop=8)[3:], codec)
    options = replace(options, outputs=Outputs(report=False, bag=False))
    summary = analyse(path, tmp_path / 'one', options)
    assert summary['exit_code'] == 0
    assert summary['result']['images_with_pose'] > 10
    (told,) = summary['problems']
    assert told['kind'] == 'before_key_frame'
    analyse(path, tmp_path / 'two', options)
    tables = [(tmp_path / name / 'landmarks.csv').read_bytes() for name in ('one', 'two')]
    assert tables[0] == tables[1]
