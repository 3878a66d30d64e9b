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

"""Recordings of several files or topics, or of recorders that were killed, and damage in them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
import shutil
import sqlite3
import struct

import numpy as np
from rosbags.rosbag2 import CompressionMode, StoragePlugin

from fuzzing.recordings import damage, MutatedRecording, small_images
from replay.recordings import (
    camera_info,
    image_entries,
    LATENCY_NS,
    stamps,
    write_bag,
    write_ros1_bag,
)

_Images = list[np.ndarray]


def _storage(random: Random) -> tuple[StoragePlugin, CompressionMode]:
    storage = random.choice(list(StoragePlugin))
    compressions = [CompressionMode.NONE, CompressionMode.FILE, CompressionMode.MESSAGE]
    return storage, random.choice(compressions)


def _split(folder: Path, images: _Images, random: Random) -> Path:
    """Write the images into three files of a bag without metadata."""
    bag = folder / 'split'
    bag.mkdir()
    storage, compression = _storage(random)
    entries = image_entries(images)
    for number in range(3):
        part = write_bag(folder / f'part_{number}', entries[number::3], storage, compression)
        (file,) = (path for path in part.iterdir() if path.suffix != '.yaml')
        file.rename(bag / f'split_{number}{"".join(file.suffixes)}')
        shutil.rmtree(part)
    return bag


def _with_calibration(folder: Path, images: _Images, random: Random) -> Path:
    """Write images and a calibration with each."""
    height, width = images[0].shape[:2]
    entries = []
    for entry, stamp in zip(image_entries(images), stamps(len(images))):
        entries += [entry, (
            '/camera/camera_info', 'sensor_msgs/msg/CameraInfo', stamp + LATENCY_NS,
            camera_info(stamp, width, height),
        )]
    return write_bag(folder / 'two', entries, *_storage(random))


def _with_log(folder: Path, images: _Images, random: Random) -> Path:
    """Write SQLite, and leave the second half of the images in its log."""
    entries = image_entries(images)
    half = len(entries) // 2
    whole = write_bag(folder / 'whole', entries[:half], StoragePlugin.SQLITE3)
    (file,) = whole.glob('*.db3')
    bag = folder / 'log'
    with closing(sqlite3.connect(file)) as database:
        database.execute('PRAGMA journal_mode=WAL')
        database.execute('PRAGMA wal_autocheckpoint=0')
        database.executemany(
            'INSERT INTO messages (topic_id, timestamp, data) VALUES (1, ?, ?)',
            [(received_ns, data) for _, _, received_ns, data in entries[half:]],
        )
        database.commit()
        shutil.copytree(whole, bag)
    shutil.rmtree(whole)
    if random.random() < 0.5:
        (bag / 'metadata.yaml').unlink()
    for item in bag.glob('*-shm'):
        item.unlink()
    return bag


def _without_index(folder: Path, images: _Images, random: Random) -> Path:
    """Write a ROS 1 bag whose recorder was killed."""
    path = write_ros1_bag(folder / 'killed.bag', images)
    data = bytearray(path.read_bytes())
    at = data.index(b'index_pos=') + len(b'index_pos=')
    (end,) = struct.unpack_from('<Q', data, at)
    data[at : at + 8] = bytes(8)
    path.write_bytes(data[:end])
    return path


_LAYOUTS: tuple[Callable[[Path, _Images, Random], Path], ...] = (
    _split, _split, _with_calibration, _with_log, _without_index,
)


def mutated_layout(folder: Path, seed: int) -> MutatedRecording:
    """
    Write a recording, and damage one of its files or none.

    :param folder: an empty folder for it
    :param seed: the same seed gives the same recording, but for random numbers in logs of SQLite
    """
    random = Random(seed)
    images = small_images(random)
    write = random.choice(_LAYOUTS)
    path = write(folder, images, random)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    file = random.choice(files)
    data, done = bytearray(file.read_bytes()), []
    for _ in range(random.choice((0, 1, 1, 1, 3))):
        if data:
            done.append(f'{file.name}: {damage(data, random)}')
    file.write_bytes(data)
    if write is _split and random.random() < 0.1:
        # That the last one is missing only metadata could tell.
        file = files[1]
        file.unlink()
        done.append(f'{file.name} removed')
    return MutatedRecording(path, write.__name__, tuple(done), len(images))
