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

"""Common reader of the formats with messages in chunks, for whole and damaged files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, NamedTuple

from pose_tracking_ros.replay.inputs.chunks import Entries, in_time_order
from pose_tracking_ros.replay.inputs.decompression import (
    decompressed,
    DecompressionError,
    MAX_CHUNK,
    MAX_MESSAGE,
    read_pieces,
)
from pose_tracking_ros.replay.inputs.plain_files import decompressed_message
from pose_tracking_ros.replay.inputs.reading import FileReading, MAX_TIME_NS, TooMuchContent
from pose_tracking_ros.replay.inputs.storage import Channel, counts_by_channel, RawMessage

MAX_PARTS = 2_000_000
"""Maximum chunks of a file."""

_SMALLEST_RECORD = 9
"""Bytes; a file broken within the last so many bytes is reported as cut off."""


class RecordError(ValueError):
    """A record is not valid for its kind."""


class Record(NamedTuple):
    """
    A record in a file, or in a chunk of it.

    :param stream: the file, or the content of the chunk
    :param kind: an operation code, or the fields of its header
    :param position: first byte of the record
    :param begin: first byte of its content
    :param length: bytes of its content
    """

    stream: BinaryIO
    kind: Any
    position: int
    begin: int
    length: int

    @property
    def end(self) -> int:
        """Return the byte after the record."""
        return self.begin + self.length


class Message(NamedTuple):
    """
    The place of a message in a record.

    :param number: number of its channel
    :param received_ns: time of recording in nanoseconds
    :param begin: first byte of its data
    :param length: bytes of its data
    """

    number: int
    received_ns: int
    begin: int
    length: int


@dataclass(frozen=True)
class Part:
    """
    A chunk, or messages outside of chunks.

    :param begin: position of its first record in the file
    :param start_ns: recording time of its first message, -1 if unknown
    :param end_ns: recording time of its last message
    :param end: end of messages outside of chunks, 0 for a chunk
    :param channels: numbers of its channels, empty if unknown
    """

    begin: int
    start_ns: int = -1
    end_ns: int = MAX_TIME_NS
    end: int = 0
    channels: tuple[int, ...] = ()


class Content(NamedTuple):
    """
    The records of a part.

    :param stream: the file, or the decompressed content
    :param begin: first byte in the stream
    :param end: byte after the last
    :param held: bytes in memory
    """

    stream: BinaryIO
    begin: int
    end: int
    held: int = 0


@dataclass
class Found:
    """
    The parts of a file.

    :param chunks: the chunks by their position in the file
    :param indexed: the chunks listed in the index, likewise
    :param runs: messages outside of chunks
    """

    chunks: dict[int, Part] = field(default_factory=dict)
    indexed: dict[int, Part] = field(default_factory=dict)
    runs: list[Part] = field(default_factory=list)

    @property
    def parts(self) -> list[Part]:
        """Return all chunks and runs."""
        return [*self.chunks.values(), *self.runs]


class ChunkedFile(ABC):
    """
    A file with messages in chunks: see :class:`Storage`.

    :raises NotABagError: if it is not of this format
    :raises OSError: if it cannot be read
    """

    _CHANNEL: ClassVar[str] = 'channel'
    """The format's word for a channel."""

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
        """Raise a NotABagError if the file has another format; its start may be damaged."""

    @abstractmethod
    def _explore(
        self, file: BinaryIO
    ) -> tuple[dict[int, Channel], dict[int, int] | None, list[Part]]:
        """
        Return the channels, message counts and parts of the file.

        :return: the channels by number, the message counts by channel number or None if unknown,
            and the parts in time order
        """

    @abstractmethod
    def _pass_records(self, file: BinaryIO, begin: int, found: Found) -> int | None:
        """Collect the records; return the position of the first broken one, None if valid."""

    @abstractmethod
    def _walk(self, stream: BinaryIO, begin: int, end: int) -> Iterator[Record]:
        """Yield the records up to the end, or to the first that is not valid."""

    @abstractmethod
    def _message(self, record: Record) -> Message | None:
        """Return the message in a record, None in others; raise a RecordError if damaged."""

    @abstractmethod
    def _describe_channel(self, record: Record, found: Found) -> None:
        """Store the description of a channel if the record has one."""

    @abstractmethod
    def _chunk_content(
        self, file: BinaryIO, position: int, spend: Callable[[int], None]
    ) -> Content | None:
        """
        Return the records of a chunk; if it is unreadable, count it and return None.

        :param position: position of the chunk in the file
        :param spend: called with the decompressed size
        """

    def messages(
        self, topics: Collection[str], start_ns: int | None, end_ns: int | None
    ) -> Iterator[RawMessage]:
        """Yield the messages of some topics: see :class:`Storage`."""
        wanted = {number for number, channel in self._channels.items() if channel.topic in topics}
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
                if is_whole and max(missing) > 0 and not self._reading.has_damaged_chunks:
                    self._reading.damaged_file('it has fewer messages than it declares')
            except TooMuchContent as error:
                self._reading.damaged_file(str(error))

    def _find_chunks(self, file: BinaryIO, begin: int, found: Found) -> None:
        """Find chunks and messages outside of chunks, also behind damage."""
        resume_at = sorted(found.indexed, reverse=True)
        while (broken_at := self._pass_records(file, begin, found)) is not None:
            self._reading.damaged_file(
                'it is cut off' if broken_at >= self._size - _SMALLEST_RECORD
                else f'the record at byte {broken_at} is broken',
                broken_at,
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
        """Read all records to find the channels; return the message counts."""
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
        """Return the messages of a part in the wanted channels, and count them."""
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
                problem = f'its {self._CHANNEL}, {number}, has no description'
                self._reading.unreadable_message(position, '', problem)
        if begin < end:
            self._reading.damaged_chunk(part.begin, 'a record in it is broken')
        return entries

    def _decompressed(
        self, file: BinaryIO, compression: str, size: int, spend: Callable[[int], None]
    ) -> bytes:
        """Return the content of the next bytes of a file."""
        pieces = read_pieces(file, size)
        content = decompressed(compression, pieces, MAX_CHUNK, self._reading.check_stop)
        spend(len(content))
        return content

    def _content(self, file: BinaryIO, part: Part, spend: Callable[[int], None]) -> Content | None:
        """Return the records of a part: see :meth:`_chunk_content`."""
        if part.end:
            return Content(file, part.begin, part.end)
        return self._chunk_content(file, part.begin, spend)
