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

"""Recordings whose file is whole, and whose messages are damaged, each made from a seed."""

from __future__ import annotations

from pathlib import Path
from random import Random

from mcap.writer import Writer as McapWriter

from fuzzing.recordings import check_says_why, damage, MutatedRecording, small_images
from pose_tracking_ros.image_decoding import ImageDecodingError
from pose_tracking_ros.replay.inputs.bag import Bag
from pose_tracking_ros.replay.inputs.bag_images import BagImages
from pose_tracking_ros.replay.inputs.images import Window
from pose_tracking_ros.replay.problems import ProblemKind, Problems
from replay.recordings import COMPRESSED, compressed_image, IMAGE, raw_image, stamps, TOPIC


def recording_of_mutated_messages(folder: Path, seed: int) -> MutatedRecording:
    """
    Write a file with images of which most are damaged.

    :param folder: an empty folder for it
    :param seed: the same seed gives the same recording
    """
    random = Random(seed)
    images = small_images(random)
    encoding = random.choice(('cdr', 'ros1'))
    type_name = IMAGE if encoding == 'ros1' else random.choice((IMAGE, COMPRESSED))
    path, done = folder / 'bag.mcap', []
    with path.open('wb') as file:
        writer = McapWriter(file)
        writer.start('')
        schema = writer.register_schema(type_name, 'ros2msg', b'uint8[] data')
        channel = writer.register_channel(TOPIC, encoding, schema)
        for image, stamp in zip(images, stamps(len(images))):
            if type_name == COMPRESSED:
                data = bytearray(compressed_image(image, stamp, random.choice(('.png', '.jpg'))))
            else:
                data = bytearray(raw_image(image, stamp, ros1=encoding == 'ros1'))
            for _ in range(random.choice((0, 1, 1, 3))):
                if data:
                    done.append(damage(data, random))
            writer.add_message(channel, stamp, bytes(data), stamp)
        writer.finish()
    return MutatedRecording(path, f'{encoding} {type_name}', tuple(done), len(images))


def check_each_is_accounted_for(recording: MutatedRecording) -> str:
    """
    Read a recording, and check that each message is an image, or counted with a reason.

    :return: what came of it: ``read`` or ``partly``
    :raises AssertionError: when a message is missing
    """
    problems = Problems()
    read = rejected = 0
    for image in BagImages(Bag(recording.path, problems), problems).images(Window()):
        try:
            pixels = image.decode()
            assert pixels.dtype == 'uint8'
            assert pixels.ndim == 3
            read += 1
        except ImageDecodingError as error:
            check_says_why(error)
            rejected += 1
    unreadable = problems.count(ProblemKind.UNREADABLE_MESSAGE)
    assert read + rejected + unreadable == recording.images, (read, rejected, unreadable)
    return 'read' if read == recording.images else 'partly'
