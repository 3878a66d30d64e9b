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


"""Bags: rosbag2 folders and files, and ROS 1 bags, whole or damaged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path
import re
import sqlite3
from typing import Any

import yaml

from pose_tracking_ros.replay.inputs.damaged_mcap import DamagedMcap
from pose_tracking_ros.replay.inputs.damaged_ros1_bag import DamagedRos1Bag
from pose_tracking_ros.replay.inputs.damaged_sqlite import DamagedSqlite
from pose_tracking_ros.replay.inputs.indexed_storage import IndexedStorage
from pose_tracking_ros.replay.inputs.plain_files import plain_file, SUFFIXES
from pose_tracking_ros.replay.inputs.storage import Channel, RawMessage, Storage
from pose_tracking_ros.replay.problems import ProblemKind, Problems

_DAMAGED = {'.mcap': DamagedMcap, '.db3': DamagedSqlite, '.bag': DamagedRos1Bag}

METADATA = 'metadata.yaml'


class BagError(OSError):
    """There is nothing in a bag that can be read; the message tells why."""


class Bag:
    """
    A recording of messages.

    Files are read in turn, each from its beginning to its end, so that one of them at a time is
    open or decompressed.

    :param path: a folder of rosbag2, with or without its ``metadata.yaml``, or one of its files;
        or a ROS 1 bag
    :param problems: where to count what is missing or damaged
    :raises BagError: when there is no file of a bag
    """

    def __init__(self, path: Path, problems: Problems) -> None:
        self.path = path
        self._problems = problems
        self._damaged_files: set[Path] = set()
        if path.is_dir():
            self.files, told = _files_of_folder(path, problems)
        else:
            self.files, told = [path], {}
        if not self.files:
            raise BagError(f'{path} holds no .mcap, .db3 or .bag file')
        self.channels = self._all_channels(told)

    def messages(
        self, topics: Collection[str], start_ns: int | None = None, end_ns: int | None = None
    ) -> Iterator[RawMessage]:
        """
        Yield the messages of some topics in the order of their recording.

        Where a file is damaged, what can be read of it; that it is damaged is counted.

        :param topics: names of topics
        :param start_ns: when the first was recorded, None for no limit
        :param end_ns: before what time the last was recorded, None for no limit
        """
        for file in self.files:
            yield from self._messages_of_file(file, topics, start_ns, end_ns)

    def _messages_of_file(
        self, file: Path, topics: Collection[str], start_ns: int | None, end_ns: int | None
    ) -> Iterator[RawMessage]:
        read_until = -1
        with plain_file(file) as plain:
            try:
                with IndexedStorage(plain) as storage:
                    for message in storage.messages(topics, start_ns, end_ns):
                        read_until = message.received_ns
                        yield message
                return
            except OSError:
                raise
            # The reader trusts the file, and fails in many ways where that is misplaced.
            except Exception as error:
                self._damaged(file, error)
            with _damaged_storage(plain) as storage:
                for message in storage.messages(topics, start_ns, end_ns):
                    if message.received_ns > read_until:
                        yield message

    def _all_channels(self, told: dict[Channel, int | None]) -> dict[Channel, int | None]:
        """
        Return the channels of all files with their number of messages.

        :param told: what the metadata tells; files that are compressed as a whole are not opened
            where it does
        """
        channels: dict[tuple[str, str], Channel] = {}
        counts: dict[tuple[str, str], int | None] = {}
        for file in self.files:
            if told and file.suffix in SUFFIXES:
                continue
            for channel, count in self._channels_of_file(file).items():
                key = channel.topic, channel.type_name
                channels.setdefault(key, channel)
                before = counts.get(key, 0)
                counts[key] = None if before is None or count is None else before + count
        for channel, count in told.items():
            key = channel.topic, channel.type_name
            channels.setdefault(key, channel)
            if counts.get(key) is None:
                counts[key] = count
        return {channels[key]: counts[key] for key in sorted(channels)}

    def _channels_of_file(self, file: Path) -> dict[Channel, int | None]:
        """Return what is in a file."""
        with plain_file(file) as plain:
            try:
                with IndexedStorage(plain) as storage:
                    return storage.channels
            except OSError:
                raise
            except Exception as error:
                self._damaged(file, error)
            with _damaged_storage(plain) as storage:
                return storage.channels

    def _damaged(self, file: Path, error: Exception) -> None:
        """Count a damaged file."""
        if file not in self._damaged_files:
            self._damaged_files.add(file)
            reason = ' '.join(str(error).split()) or type(error).__name__
            self._problems.add(ProblemKind.DAMAGED_FILE, f'{file.name}: {reason}')


def _damaged_storage(path: Path) -> Storage:
    """
    Open a damaged file.

    :raises BagError: when nothing can be read of it
    """
    kind = _DAMAGED.get(path.suffix)
    if kind is None:
        raise BagError(f'{path} is not a bag: accepted are {", ".join(_DAMAGED)}')
    try:
        storage = kind(path)
    except (OSError, sqlite3.Error) as error:
        raise BagError(f'{path}: {error}') from error
    return storage


def is_storage_file(path: Path) -> bool:
    """Return whether a name is that of a file of a bag."""
    name = path.stem if path.suffix in SUFFIXES else path.name
    return Path(name).suffix in _DAMAGED


def split_name(path: Path) -> str:
    """Return what the names of the files of a split bag have in common: all but their number."""
    return re.sub(r'_\d+$', '', path.name.split('.')[0])


def _files_of_folder(
    folder: Path, problems: Problems
) -> tuple[list[Path], dict[Channel, int | None]]:
    """Return the files of a bag, and its topics where its metadata tells them."""
    try:
        return _read_metadata(folder, problems)
    except FileNotFoundError:
        problems.add(ProblemKind.NO_METADATA, f'{folder.name} has no {METADATA}')
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
        reason = ' '.join(str(error).split())
        problems.add(
            ProblemKind.NO_METADATA, f'{folder.name}/{METADATA} cannot be used: {reason}'
        )
    return sorted(filter(is_storage_file, folder.iterdir()), key=_by_number), {}


def _by_number(path: Path) -> tuple[str, int]:
    """Return what files of a split bag are sorted by: 10 comes after 9."""
    number = re.search(r'_(\d+)$', path.name.split('.')[0])
    return split_name(path), int(number[1]) if number else -1


def _read_metadata(
    folder: Path, problems: Problems
) -> tuple[list[Path], dict[Channel, int | None]]:
    """
    Return the files and topics that the metadata of a bag tells.

    :raises Exception: of several types, when it is not as it should be
    """
    text = (folder / METADATA).read_text(encoding='utf-8')
    information: dict[str, Any] = yaml.safe_load(text)['rosbag2_bagfile_information']
    # Older versions name them by their path on the machine that recorded them.
    named = [folder / Path(name).name for name in information['relative_file_paths']]
    files = [file for file in named if file.exists()]
    for file in named:
        if file not in files:
            problems.add(ProblemKind.MISSING_FILE, f'{folder.name}/{file.name}')
    if not files and any(map(is_storage_file, folder.iterdir())):
        raise KeyError('it names other files than there are')
    counts: dict[Channel, int | None] = defaultdict(int)
    for topic in information['topics_with_message_count']:
        told = topic['topic_metadata']
        counts[Channel(told['name'], told['type'])] += int(topic['message_count'])
    return files, dict(counts)
