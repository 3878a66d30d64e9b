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

"""What the formats have in common that hold messages in chunks, in files whole or damaged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, NamedTuple

from pose_tracking_ros.replay.inputs.chunks import Entries, in_time_order
from pose_tracking_ros.replay.inputs.decompression import DecompressionError, MAX_MESSAGE
from pose_tracking_ros.replay.inputs.plain_files import decompressed_message
from pose_tracking_ros.replay.inputs.reading import FileReading, MAX_TIME_NS, TooMuchContent
from pose_tracking_ros.replay.inputs.storage import Channel, counts_by_channel, RawMessage

MAX_PARTS = 2_000_000
"""Chunks in a file that are kept in mind."""

_SMALLEST_RECORD = 9
"""Bytes; where no more are left than the smallest record has, the file is cut off."""


class RecordError(ValueError):
    """A record is not what its kind should be."""


class Record(NamedTuple):
    """
    A record in a file, or in a chunk of it.

    :param stream: what it is read from
    :param kind: what tells its kind: an operation code, or the fields of its header
    :param position: where it begins
    :param begin: where its content begins
    :param length: of its content in bytes
    """

    stream: BinaryIO
    kind: Any
    position: int
    begin: int
    length: int

    @property
    def end(self) -> int:
        """Return where it ends."""
        return self.begin + self.length


class Message(NamedTuple):
    """
    Where a record holds a message.

    :param number: of its channel
    :param received_ns: when it was recorded, in nanoseconds
    :param begin: where its data begins
    :param length: of its data in bytes
    """

    number: int
    received_ns: int
    begin: int
    length: int


@dataclass(frozen=True)
class Part:
    """
    A chunk, or messages outside of chunks.

    :param begin: where its first record begins in the file
    :param start_ns: when its first message was recorded, -1 where that is not known
    :param end_ns: when its last message was recorded
    :param end: where messages outside of chunks end, 0 for a chunk
    :param channels: their numbers, empty where that is not known
    """

    begin: int
    start_ns: int = -1
    end_ns: int = MAX_TIME_NS
    end: int = 0
    channels: tuple[int, ...] = ()


class Content(NamedTuple):
    """
    Where the records of a part are.

    :param stream: in what
    :param begin: from where
    :param end: to where
    :param held: bytes that it takes in memory
    """

    stream: BinaryIO
    begin: int
    end: int
    held: int = 0


@dataclass
class Found:
    """
    The parts of a file.

    :param chunks: those in the file, by where they begin
    :param indexed: those that the index tells of
    :param runs: messages outside of chunks
    """

    chunks: dict[int, Part] = field(default_factory=dict)
    indexed: dict[int, Part] = field(default_factory=dict)
    runs: list[Part] = field(default_factory=list)

    @property
    def parts(self) -> list[Part]:
        """Return all of them."""
        return [*self.chunks.values(), *self.runs]


class ChunkedFile(ABC):
    """
    A file that holds its messages in chunks: see :class:`Storage`.

    :param path: the file
    :param reading: whom to tell what is wrong
    :raises NotABagError: when it is no such file
    :raises OSError: when it cannot be read
    """

    _CHANNEL: ClassVar[str] = 'channel'
    """What the format calls a channel."""

    def __init__(self, path: Path, reading: FileReading) -> None:
        self._path = path
        self._reading = reading
        self._size = path.stat().st_size
        with path.open('rb') as file:
            self._check_kind(file)
            self._channels, counts, self._parts = self._explore(file)
        self._counts = counts or {}
        reading.check_topics(self._counts, self._channels)
        self.channels = counts_by_channel(self._channels, counts)

    @abstractmethod
    def _check_kind(self, file: BinaryIO) -> None:
        """
        Check that the file is of this format, which it may be with a damaged beginning as well.

        :raises NotABagError: when it is not
        """

    @abstractmethod
    def _explore(
        self, file: BinaryIO
    ) -> tuple[dict[int, Channel], dict[int, int] | None, list[Part]]:
        """
        Find out what is in the file.

        :return: the channels by their number, the numbers of messages by that of their channel,
            None where they are not known, and the parts in the order of their times
        """

    @abstractmethod
    def _pass_records(self, file: BinaryIO, begin: int, found: Found) -> int | None:
        """
        Note what is in the records from somewhere on.

        :return: where the way from record to record is broken, None where it comes to the end
        """

    @abstractmethod
    def _walk(self, stream: BinaryIO, begin: int, end: int) -> Iterator[Record]:
        """Go from record to record, up to one that does not lie within the end, or is none."""

    @abstractmethod
    def _message(self, record: Record) -> Message | None:
        """
        Return the message that a record holds, None for a record of another kind.

        :raises RecordError: when the record is damaged
        """

    @abstractmethod
    def _describe_channel(self, record: Record, found: Found) -> None:
        """Take in a record if it describes a channel."""

    @abstractmethod
    def _chunk_content(
        self, file: BinaryIO, position: int, spend: Callable[[int], None]
    ) -> Content | None:
        """
        Return where the records of a chunk are, None where it cannot be read, which is counted.

        :param position: where the chunk begins
        :param spend: is told the size of what was decompressed
        """

    def messages(
        self, topics: Collection[str], start_ns: int | None, end_ns: int | None
    ) -> Iterator[RawMessage]:
        """Yield the messages of some topics: see :class:`Storage`."""
        wanted = {
            number for number, channel in self._channels.items() if channel.topic in topics
        }
        if not wanted:
            return
        is_whole = start_ns is None and end_ns is None
        start_ns = 0 if start_ns is None else start_ns
        end_ns = MAX_TIME_NS + 1 if end_ns is None else end_ns
        parts = (
            (part.start_ns, part)
            for part in self._parts
            if part.start_ns < end_ns
            and part.end_ns >= start_ns
            and (not part.channels or not wanted.isdisjoint(part.channels))
        )
        spend = self._reading.allowance()
        seen: Counter[int] = Counter()
        with self._path.open('rb') as file:
            try:
                for entry in in_time_order(
                    parts, lambda part: self._entries(file, part, wanted, spend, seen)
                ):
                    self._reading.check_stop()
                    if not start_ns <= entry.received_ns < end_ns:
                        continue
                    channel = self._channels[entry.number]
                    if entry.length > MAX_MESSAGE:
                        problem = f'it has {entry.length} bytes, more than {MAX_MESSAGE >> 20} MiB'
                        self._reading.unreadable_message(entry.position, channel.topic, problem)
                        continue
                    entry.stream.seek(entry.begin)
                    data = entry.stream.read(entry.length)
                    try:
                        if not channel.is_ros1:
                            data = decompressed_message(data, self._reading, spend)
                    except DecompressionError as error:
                        self._reading.unreadable_message(entry.position, channel.topic, str(error))
                        continue
                    yield RawMessage(channel, entry.received_ns, data)
                missing = (self._counts.get(number, 0) - seen[number] for number in wanted)
                if is_whole and max(missing) > 0:
                    self._reading.damaged_file('it has fewer messages than it tells of')
            except TooMuchContent as error:
                self._reading.damaged_file(str(error))

    def _find_chunks(self, file: BinaryIO, begin: int, found: Found) -> None:
        """Find the chunks and the messages outside of chunks, those behind the damage as well."""
        resume_at = sorted(found.indexed, reverse=True)
        while (broken_at := self._pass_records(file, begin, found)) is not None:
            self._reading.damaged_file(
                'it is cut off' if broken_at >= self._size - _SMALLEST_RECORD
                else f'the record at byte {broken_at} does not end in it, or is none'
            )
            while resume_at and resume_at[-1] <= broken_at:
                resume_at.pop()
            if not resume_at:
                break
            begin = resume_at.pop()
        for position, part in found.indexed.items():
            found.chunks.setdefault(position, part)

    def _add_chunk(self, found: Found, part: Part) -> None:
        if len(found.chunks) < MAX_PARTS:
            found.chunks[part.begin] = part
        else:
            self._reading.damaged_file(f'it has more than {MAX_PARTS} chunks')

    def _read_all(self, file: BinaryIO, found: Found) -> dict[int, int]:
        """Read all messages, to learn what their channels are; return their numbers."""
        counts: Counter[int] = Counter()
        spend = self._reading.allowance()
        try:
            for part in found.parts:
                content = self._content(file, part, spend)
                if content is None:
                    continue
                for record in self._walk(content.stream, content.begin, content.end):
                    try:
                        message = self._message(record)
                    except RecordError:  # counted when it is read
                        continue
                    if message is None:
                        self._describe_channel(record, found)
                    else:
                        counts[message.number] += 1
        except TooMuchContent as error:
            self._reading.damaged_file(str(error))
        return counts

    def _entries(
        self,
        file: BinaryIO,
        part: Part,
        wanted: Collection[int],
        spend: Callable[[int], None],
        seen: Counter[int],
    ) -> Entries:
        """Return the messages of a part that belong to some channels, and count them."""
        content = self._content(file, part, spend)
        if content is None:
            return Entries(part.begin, file)
        stream, begin, end, held = content
        entries = Entries(part.begin, stream, held)
        for record in self._walk(stream, begin, end):
            begin = record.end
            position = (part.begin, record.begin)
            try:
                message = self._message(record)
            except RecordError as error:
                self._reading.unreadable_message(position, '', str(error))
                continue
            if message is None:
                continue
            number, received_ns, data_begin, length = message
            if number in wanted:
                seen[number] += 1
                topic = self._channels[number].topic
                if self._reading.is_time(received_ns, position, topic):
                    entries.add(received_ns, number, data_begin, length)
            elif number not in self._channels:
                problem = f'its {self._CHANNEL}, {number}, is described nowhere'
                self._reading.unreadable_message(position, '', problem)
        if begin < end:
            self._reading.damaged_chunk(
                part.begin, 'a record in it does not end in it, or is none'
            )
        return entries

    def _content(
        self, file: BinaryIO, part: Part, spend: Callable[[int], None]
    ) -> Content | None:
        """Return where the records of a part are: see :meth:`_chunk_content`."""
        if part.end:
            return Content(file, part.begin, part.end)
        return self._chunk_content(file, part.begin, spend)
