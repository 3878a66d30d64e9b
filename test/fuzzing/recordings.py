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

"""Recordings of every kind with damage or malicious content, each made from a seed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
import sqlite3
from typing import NamedTuple

from backports import zstd
from mcap.writer import CompressionType
from mcap.writer import Writer as McapWriter
import numpy as np
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import CompressionMode, StoragePlugin

from pose_tracking_ros.image_decoding import ImageDecodingError
from pose_tracking_ros.replay.inputs.bag import Bag, BagError
from pose_tracking_ros.replay.inputs.bag_images import BagImages
from pose_tracking_ros.replay.inputs.images import SourceError, Window
from pose_tracking_ros.replay.problems import LOSSES, ProblemKind, Problems
from replay.recordings import (
    IMAGE,
    image_entries,
    LATENCY_NS,
    raw_image,
    ROS1,
    stamps,
    TOPIC,
    write_bag,
)

_EXTREMES = (0, 1, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)


def _zeros(mebibytes: int) -> bytes:
    """Return zeros, compressed by Zstandard with their number in front."""
    compressor = zstd.ZstdCompressor()
    compressor.set_pledged_input_size(mebibytes << 20)
    pieces = [compressor.compress(bytes(1 << 20)) for _ in range(mebibytes)]
    return b''.join([*pieces, compressor.flush()])


BOMB = _zeros(600)
"""20 kB that decompress to 600 MiB."""


class MutatedRecording(NamedTuple):
    """
    A recording, and what was done to it.

    :param path: a file or folder
    :param kind: what kind of recording it is
    :param mutations: what was done to it, in words
    :param images: how many images were recorded
    """

    path: Path
    kind: str
    mutations: tuple[str, ...]
    images: int


def small_images(random: Random) -> list[np.ndarray]:
    """Return a few small images, of noise or of one colour."""
    noise = np.random.default_rng(random.randrange(1 << 30))
    count, is_noise = random.randint(6, 12), random.random() < 0.7
    shape = (12, 16, 3)
    return [
        noise.integers(0, 256, shape, np.uint8) if is_noise
        else np.full(shape, noise.integers(0, 256), np.uint8)
        for _ in range(count)
    ]


def _rosbag2(storage: StoragePlugin, compression: CompressionMode) -> Callable[..., Path]:
    def write(folder: Path, images: list[np.ndarray]) -> Path:
        return write_bag(folder / 'bag', image_entries(images), storage, compression)

    return write


def _mcap(compression: CompressionType, **options: bool) -> Callable[..., Path]:
    """Return what writes an MCAP file in chunks of about two images."""

    def write(folder: Path, images: list[np.ndarray]) -> Path:
        path = folder / 'bag.mcap'
        with path.open('wb') as file:
            writer = McapWriter(
                file, chunk_size=2 * images[0].nbytes, compression=compression, **options)
            writer.start('ros2')
            schema = writer.register_schema(IMAGE, 'ros2msg', b'uint8[] data')
            channel = writer.register_channel(TOPIC, 'cdr', schema)
            for _, _, received_ns, data in image_entries(images):
                writer.add_message(channel, received_ns, data, received_ns)
            writer.finish()
        return path

    return write


def _ros1(compression: Ros1Writer.CompressionFormat | None) -> Callable[..., Path]:
    def write(folder: Path, images: list[np.ndarray]) -> Path:
        path = folder / 'bag.bag'
        writer = Ros1Writer(path)
        if compression:
            writer.set_compression(compression)
        with writer:
            writer.chunk_threshold = 2 * images[0].nbytes
            connection = writer.add_connection(TOPIC, IMAGE, typestore=ROS1)
            for image, stamp in zip(images, stamps(len(images))):
                data = raw_image(image, stamp, ros1=True)
                writer.write(connection, stamp + LATENCY_NS, data)
        return path

    return write


KINDS: dict[str, Callable[[Path, list[np.ndarray]], Path]] = {
    f'rosbag2 {storage.name.lower()} {compression.name.lower()}': _rosbag2(storage, compression)
    for storage in StoragePlugin
    for compression in CompressionMode
    if (storage, compression) != (StoragePlugin.SQLITE3, CompressionMode.STORAGE)
}
KINDS |= {
    'mcap': _mcap(CompressionType.NONE),
    'mcap lz4': _mcap(CompressionType.LZ4),
    'mcap zstd': _mcap(CompressionType.ZSTD),
    'mcap without chunks': _mcap(CompressionType.NONE, use_chunking=False),
    'mcap without checksums': _mcap(CompressionType.NONE, enable_crcs=False),
    'ros1': _ros1(None),
    'ros1 bz2': _ros1(Ros1Writer.CompressionFormat.BZ2),
    'ros1 lz4': _ros1(Ros1Writer.CompressionFormat.LZ4),
}


def _flip(data: bytearray, random: Random) -> str:
    count = random.choice((1, 1, 1, 3, 20))
    for _ in range(count):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return f'{count} bits flipped'


def _overwrite(data: bytearray, random: Random) -> str:
    begin, length = random.randrange(len(data)), random.choice((1, 4, 16, 200, 4096))
    length = min(length, len(data) - begin)
    data[begin : begin + length] = random.choice(
        (bytes(length), b'\xff' * length, random.randbytes(length), b'[' * length))
    return f'{length} bytes at {begin} overwritten'


def _set_number(data: bytearray, random: Random) -> str:
    size = random.choice((1, 2, 4, 8))
    begin = random.randrange(max(1, len(data) - size))
    value = random.choice(_EXTREMES) % (1 << 8 * size)
    data[begin : begin + size] = value.to_bytes(size, random.choice(('little', 'big')))
    return f'number {value} set at {begin}'


def _cut(data: bytearray, random: Random) -> str:
    end = len(data) - random.randrange(1, max(2, random.choice((40, len(data)))))
    del data[end:]
    return f'cut off at {end}'


def _remove(data: bytearray, random: Random) -> str:
    begin, length = random.randrange(len(data)), random.choice((1, 8, 100, 4096))
    del data[begin : begin + length]
    return f'{length} bytes at {begin} removed'


def _repeat(data: bytearray, random: Random) -> str:
    begin, length = random.randrange(len(data)), random.choice((1, 8, 100, 4096))
    at = random.randrange(len(data))
    data[at:at] = data[begin : begin + length]
    return f'{length} bytes at {begin} repeated at {at}'


def _bomb(data: bytearray, random: Random) -> str:
    at = data.find(b'\x28\xb5\x2f\xfd', random.randrange(len(data)))
    if at < 0:
        return _flip(data, random)
    data[at : at + len(BOMB)] = BOMB
    return f'a bomb put at {at}'


_MUTATIONS = (_flip, _flip, _overwrite, _set_number, _set_number, _cut, _remove, _repeat)


def damage(data: bytearray, random: Random) -> str:
    """Do something to data that is not empty; return what, in words."""
    return random.choice(_MUTATIONS)(data, random)


_STATEMENTS = (
    "UPDATE messages SET data = 'text' WHERE id = 2",
    'UPDATE messages SET data = 7 WHERE id = 3',
    'UPDATE messages SET data = 1.5, timestamp = 2.5 WHERE id = 3',
    "UPDATE messages SET timestamp = 'soon' WHERE id = 2",
    'UPDATE messages SET timestamp = -5 WHERE id = 1',
    'UPDATE messages SET timestamp = 9223372036854775807 WHERE id = 4',
    'UPDATE messages SET topic_id = 99 WHERE id = 2',
    "UPDATE messages SET topic_id = 'x' WHERE id = 2",
    'UPDATE messages SET data = zeroblob(400000000) WHERE id = 2',
    'UPDATE messages SET id = -id WHERE id > 3',
    'UPDATE messages SET id = id + 4000000000000',
    "UPDATE topics SET name = x'ff00fe'",
    'UPDATE topics SET type = 5',
    'DELETE FROM topics',
    'DROP TABLE topics',
    'DROP TABLE messages',
    'DROP INDEX timestamp_idx',
    'ALTER TABLE messages RENAME TO m; CREATE VIEW messages AS WITH RECURSIVE r(i) AS '
    '(SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT i AS id, 1 AS topic_id, i AS timestamp, '
    'zeroblob(900000000) AS data FROM r',
    'ALTER TABLE topics RENAME TO t; CREATE VIEW topics AS WITH RECURSIVE r(i) AS '
    "(SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT i AS id, 'a' AS name, 'b' AS type FROM r",
    'ALTER TABLE messages RENAME TO m; CREATE TABLE messages (id INTEGER PRIMARY KEY, topic_id, '
    'timestamp, data AS (zeroblob(900000000))); INSERT INTO messages VALUES (1, 1, 1)',
)

_METADATA = (
    '[' * 100_000,
    '- ' * 100_000,
    'a: &a [1]\nrosbag2_bagfile_information: *a',
    'rosbag2_bagfile_information:\n  relative_file_paths: .inf\n',
    'rosbag2_bagfile_information:\n  relative_file_paths: [.., /etc/passwd, "", .]\n'
    '  topics_with_message_count: []\n',
    'rosbag2_bagfile_information: {relative_file_paths: [NAME], topics_with_message_count: '
    '[{message_count: .inf, topic_metadata: {name: a, type: b}}]}',
    'rosbag2_bagfile_information: {relative_file_paths: [NAME], topics_with_message_count: '
    '[{message_count: 99999999999999999999, topic_metadata: {name: [], type: {}}}]}',
    '\ufeff\u2028', '\0', 'a: b: c', '!!python/object/apply:os.system [true]',
)


def mutated_recording(folder: Path, seed: int) -> MutatedRecording:
    """
    Write a recording of a few images, and damage it.

    :param folder: an empty folder for it
    :param seed: the same seed gives the same recording
    """
    random = Random(seed)
    kind = random.choice(sorted(KINDS))
    images = small_images(random)
    path = KINDS[kind](folder, images)
    file = path
    if path.is_dir():
        file = next(item for item in path.iterdir() if item.suffix != '.yaml')
    done = []
    if path.is_dir() and random.random() < 0.15:
        text = random.choice(_METADATA).replace('NAME', file.name)
        (path / 'metadata.yaml').write_text(text, encoding='utf-8')
        done.append(f'metadata {text[:40]!r}')
    elif path.is_dir() and random.random() < 0.15:
        data = bytearray((path / 'metadata.yaml').read_bytes())
        done.append(f'metadata: {damage(data, random)}')
        (path / 'metadata.yaml').write_bytes(data)
    if file.suffix == '.db3' and random.random() < 0.4:
        statement = random.choice(_STATEMENTS)
        with closing(sqlite3.connect(file)) as database:
            database.executescript(statement)
        done.append(statement)
    if not done or random.random() < 0.2:
        data = bytearray(file.read_bytes())
        for _ in range(random.choice((1, 1, 1, 2, 5))):
            mutation = _bomb if random.random() < 0.01 else random.choice(_MUTATIONS)
            done.append(mutation(data, random))
            if not data:
                break
        file.write_bytes(data)
    return MutatedRecording(path, kind, tuple(done), len(images))


def check_says_why(error: Exception) -> None:
    """
    Check that an error has words for what is wrong.

    :raises AssertionError: when it has none
    """
    assert str(error), repr(error)


def check_is_accounted_for(recording: MutatedRecording) -> str:
    """
    Read a recording, decode its images, and check that nothing is lost without a word.

    :return: what came of it: ``read``, ``partly`` or ``refused``
    :raises AssertionError: when images are missing, and nothing is reported
    """
    problems = Problems()
    found = set()
    rejected = 0
    try:
        source = BagImages(Bag(recording.path, problems), problems)
        for image in source.images(Window()):
            assert 0 <= image.received_ns < 2**63
            found.add((image.stamp_ns, image.received_ns))
            try:
                assert image.decode().dtype == np.uint8
            except ImageDecodingError as error:
                check_says_why(error)
                rejected += 1
    except (BagError, SourceError) as error:
        check_says_why(error)
        return 'refused'
    reported = [problem for problem in problems if ProblemKind(problem.kind) in LOSSES]
    assert all(problem.first for problem in reported)
    if len(found) >= recording.images:
        return 'partly' if rejected else 'read'
    assert reported, f'{len(found)} of {recording.images} images, and nothing is reported'
    return 'partly'
