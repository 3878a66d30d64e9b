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

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
import re
from typing import Any

from pose_tracking_ros.replay.inputs.bounded_yaml import load_texts, YamlError
from pose_tracking_ros.replay.inputs.mcap_file import McapFile
from pose_tracking_ros.replay.inputs.plain_files import check_is_file, plain_file, SUFFIXES
from pose_tracking_ros.replay.inputs.quality_of_service import qos_profiles
from pose_tracking_ros.replay.inputs.reading import FileReading, never
from pose_tracking_ros.replay.inputs.ros1_bag_file import Ros1BagFile
from pose_tracking_ros.replay.inputs.sqlite_file import SqliteFile
from pose_tracking_ros.replay.inputs.storage import Channel, NotABagError, RawMessage, Storage
from pose_tracking_ros.replay.problems import LOSSES, ProblemKind, Problems

_STORAGES: dict[str, Callable[[Path, FileReading], Storage]] = {
    '.mcap': McapFile,
    '.db3': SqliteFile,
    '.bag': Ros1BagFile,
}

METADATA = 'metadata.yaml'

_MAX_METADATA = 16 << 20
"""Bytes of the metadata of a bag."""


class BagError(OSError):
    """A bag has no readable content; the message has the reason."""


class Bag:
    """
    A recording of messages.

    Files are read in turn: one at a time is open or decompressed.

    :param path: a folder of rosbag2, with or without its ``metadata.yaml``, or one of its files;
        or a ROS 1 bag
    :param problems: counts missing and damaged content
    :param is_stopped: returns whether to stop; opening and reading raise ``ReadingStopped`` then
    :raises BagError: if there is no bag file
    """

    def __init__(
        self, path: Path, problems: Problems, is_stopped: Callable[[], bool] = never
    ) -> None:
        self.path = path
        self._problems = problems
        self._is_stopped = is_stopped
        self._storages: dict[Path, Storage] = {}
        if path.is_dir():
            self.files, declared = _files_of_folder(path, problems)
        else:
            self.files, declared = [path], {}
        if not self.files:
            raise BagError(f'{path} holds no .mcap, .db3 or .bag file')
        self._declared: Counter[str] = Counter()
        for channel, count in declared.items():
            self._declared[channel.topic] += count
        self.channels = self._all_channels(declared)

    @property
    def damage(self) -> str:
        """Return the damage found so far, to append to a message; empty if there is none."""
        found = (item.text for item in self._problems if ProblemKind(item.kind) in LOSSES)
        return ''.join(f'; {text}' for text in found)

    def messages(
        self, topics: Collection[str], start_ns: int | None = None, end_ns: int | None = None
    ) -> Iterator[RawMessage]:
        """
        Yield the messages of some topics in the order of their recording.

        Damage is counted, and the readable rest of a file is read.

        :param topics: names of topics
        :param start_ns: minimum time of recording, None for no limit
        :param end_ns: time of recording at which to end, None for no limit
        :raises ReadingStopped: on a stop request
        """
        found: Counter[str] = Counter()
        for file in self.files:
            reading = self._reading(file)
            try:
                with plain_file(file, reading) as plain:
                    storage = self._storage(file, plain, reading)
                    for message in storage.messages(topics, start_ns, end_ns):
                        found[message.channel.topic] += 1
                        yield message
            except OSError as error:
                reading.damaged_file(_sentence(file.name, error))
        if start_ns is None and end_ns is None and not self._problems.lost_something:
            self._check_found(topics, found)

    def _check_found(self, topics: Collection[str], found: Mapping[str, int]) -> None:
        """Count the bag as damaged if it has fewer messages of topics than its metadata lists."""
        for topic in topics:
            if found.get(topic, 0) < self._declared.get(topic, 0):
                self._problems.add(
                    ProblemKind.DAMAGED_FILE,
                    f'{self.path.name}: {found.get(topic, 0)} of the {self._declared[topic]} '
                    f'messages of {topic} listed in {METADATA}',
                    key=self.path.name,
                )

    def _all_channels(self, declared: dict[Channel, int]) -> dict[Channel, int | None]:
        """
        Return the channels of all files with their message counts.

        :param declared: channels listed in the metadata; if there are any, files compressed as a
            whole are not opened
        :raises BagError: if no file can be read
        """
        channels: dict[tuple[str, str], Channel] = {}
        counts: dict[tuple[str, str], int | None] = {}
        readable, errors = [], []
        for file in self.files:
            reading = self._reading(file)
            found: dict[Channel, int | None] = {}
            try:
                check_is_file(file)
                if not (declared and file.suffix in SUFFIXES):
                    with plain_file(file, reading) as plain:
                        found = self._storage(file, plain, reading).channels
            except OSError as error:
                errors.append(_sentence(str(file), error))
                reading.damaged_file(_sentence(file.name, error))
                continue
            readable.append(file)
            for channel, count in found.items():
                key = channel.topic, channel.type_name
                channels.setdefault(key, channel)
                before = counts.get(key, 0)
                counts[key] = None if before is None or count is None else before + count
        if not readable:
            raise BagError(errors[0])
        self.files = readable
        for channel, count in declared.items():
            key = channel.topic, channel.type_name
            channels.setdefault(key, channel)
            if counts.get(key) is None:
                counts[key] = count
        return {channels[key]: counts[key] for key in sorted(channels)}

    def _reading(self, file: Path) -> FileReading:
        """Return the description of a file for progress and problems."""
        size = file.stat().st_size if file.is_file() else 0
        return FileReading(file.name, size, self._problems, self._is_stopped)

    def _storage(self, file: Path, plain: Path, reading: FileReading) -> Storage:
        """Return the reader of a file; ``plain`` is the file itself or its temporary copy."""
        if file in self._storages:
            return self._storages[file]
        kind = _STORAGES.get(plain.suffix)
        if kind is None:
            raise NotABagError(f'is not a bag: accepted are {", ".join(_STORAGES)}')
        storage = kind(plain, reading)
        if plain == file:
            self._storages[file] = storage
        return storage


def _sentence(name: str, error: OSError) -> str:
    """Return the message for a file that cannot be read."""
    return f'{name} {error}' if isinstance(error, NotABagError) else f'{name}: {error}'


def is_storage_file(path: Path) -> bool:
    """Return whether a name has the suffix of a bag file."""
    name = path.stem if path.suffix in SUFFIXES else path.name
    return Path(name).suffix in _STORAGES


def split_name(path: Path) -> str:
    """Return the common part of the names of a split bag, without the number."""
    return re.sub(r'_\d+$', '', path.name.split('.')[0])


def _files_of_folder(folder: Path, problems: Problems) -> tuple[list[Path], dict[Channel, int]]:
    """Return the files of a bag, and its topics if the metadata lists them."""
    if not (folder / METADATA).exists():
        problems.add(ProblemKind.NO_METADATA, f'{folder.name} has no {METADATA}')
        return _numbered_files(folder, problems), {}
    try:
        return _read_metadata(folder, problems)
    except (YamlError, UnicodeDecodeError) as error:
        reason = ' '.join(str(error).split())
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        reason = f'it is not valid ({type(error).__name__}: {error})'
    problems.add(ProblemKind.NO_METADATA, f'{folder.name}/{METADATA} cannot be used: {reason}')
    return _numbered_files(folder, problems), {}


def _storage_files(folder: Path) -> list[Path]:
    """Return the files of a bag in the order of their numbers."""
    files = (path for path in folder.iterdir() if is_storage_file(path) and path.is_file())
    return sorted(files, key=_by_number)


def _numbered_files(folder: Path, problems: Problems) -> list[Path]:
    """Return the files of a bag without a list in its metadata; count missing ones."""
    files = _storage_files(folder)
    numbers: dict[str, list[int]] = {}
    for name, number in map(_by_number, files):
        numbers.setdefault(name, []).append(number)
    for name, present in numbers.items():
        # Recorders number from 0; other numbers may be dates.
        if present[0] == 0:
            for before, after in pairwise(present):
                if after > before + 1:
                    problems.add(ProblemKind.MISSING_FILE, f'{folder.name}/{name}_{before + 1}')
    return files


def _by_number(path: Path) -> tuple[str, int]:
    """Return the sort key of a file of a split bag: 10 comes after 9."""
    number = re.search(r'_(\d{1,18})$', path.name.split('.')[0])
    return split_name(path), int(number[1]) if number else -1


def _read_metadata(folder: Path, problems: Problems) -> tuple[list[Path], dict[Channel, int]]:
    """Return the files and topics in the metadata; raise any exception if it is not valid."""
    path = folder / METADATA
    if not path.is_file() or path.stat().st_size > _MAX_METADATA:
        raise YamlError('it is not a file, or too large')
    content: dict[str, Any] = load_texts(path.read_text(encoding='utf-8'))
    information: dict[str, Any] = content['rosbag2_bagfile_information']
    # Older versions list paths on the machine of the recorder.
    names = dict.fromkeys(Path(name).name for name in information['relative_file_paths'])
    named = [folder / name for name in names]
    files = [file for file in named if file.is_file() and is_storage_file(file)]
    if not files and _storage_files(folder):
        raise ValueError('it lists none of the files in the folder')
    counts: dict[Channel, int] = {}
    for topic in information['topics_with_message_count']:
        fields = topic['topic_metadata']
        channel = Channel(
            fields['name'], fields['type'],
            offered_qos=qos_profiles(fields.get('offered_qos_profiles', '')),
        )
        counts[channel] = counts.get(channel, 0) + _count(topic['message_count'])
    for file in named:
        if file not in files:
            problems.add(ProblemKind.MISSING_FILE, f'{folder.name}/{file.name}')
    return files, counts


def _count(text: str) -> int:
    """Return a message count; raise a ValueError if the text is not a number."""
    if len(text) > 18 or not text.isdecimal():
        raise ValueError(f'{text:.40} is not a number of messages')
    return int(text)
