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



"""
Bags of ROS 1, http://wiki.ros.org/Bags/Format/2.0, whole or damaged.

Their chunks are found record by record. The index at the end repeats the connections and tells
where the chunks are: with it, chunks behind a broken record are found, and the connections need
not be looked for in the chunks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
import struct
from typing import BinaryIO

from rosbags.typesys.msg import normalize_msgtype

from pose_tracking_ros.replay.inputs.chunks import Entries, in_time_order, MAX_PARTS
from pose_tracking_ros.replay.inputs.decompression import (
    decompressed,
    DecompressionError,
    MAX_CHUNK,
    MAX_MESSAGE,
    read_pieces,
)
from pose_tracking_ros.replay.inputs.reading import FileReading, MAX_TIME_NS, TooMuchContent
from pose_tracking_ros.replay.inputs.storage import Channel, NotABagError, RawMessage
from pose_tracking_ros.replay.problems import reason

_FIRST_LINE = b'#ROSBAG V2.0\n'

_MESSAGE, _BAG, _INDEX, _CHUNK, _CHUNK_INFO, _CONNECTION = range(2, 8)
"""Operation codes of records."""

_UINT32, _UINT64, _TIME = struct.Struct('<I'), struct.Struct('<Q'), struct.Struct('<II')
_COUNT = struct.Struct('<II')

_MAX_HEADER = 1 << 20
"""Bytes of a header, or of what describes a connection."""

_CHECK_STEP = 256
"""Records after which to look whether to stop."""


class _FieldError(ValueError):
    """A record has not the fields of its kind."""


@dataclass(frozen=True)
class _Part:
    """
    A chunk, or messages outside of chunks, as a recorder may leave them.

    :param begin: where its record begins in the file
    :param start_ns: when its first message was recorded, -1 where that is not known
    :param end_ns: when its last message was recorded
    :param end: where messages outside of chunks end, 0 for a chunk
    :param connections: their numbers, empty where that is not known
    """

    begin: int
    start_ns: int = -1
    end_ns: int = MAX_TIME_NS
    end: int = 0
    connections: tuple[int, ...] = ()


@dataclass
class _Found:
    """What the records tell."""

    connections: dict[int, Channel] = field(default_factory=dict)
    chunks: dict[int, _Part] = field(default_factory=dict)
    indexed: dict[int, _Part] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)
    runs: list[_Part] = field(default_factory=list)
    index_position: int = 0
    connection_count: int = 0

    @property
    def is_indexed(self) -> bool:
        """Return whether the index tells of everything that was found."""
        return (
            bool(self.index_position)
            and len(self.connections) == self.connection_count
            and self.counts.keys() <= self.connections.keys()
            and self.chunks.keys() <= self.indexed.keys()
        )


class Ros1BagFile:
    """
    A bag of ROS 1: see :class:`Storage`.

    :param path: the file
    :param reading: whom to tell what is wrong
    :raises NotABagError: when it is no such file
    :raises OSError: when it cannot be read
    """

    def __init__(self, path: Path, reading: FileReading) -> None:
        self._path = path
        self._reading = reading
        self._size = path.stat().st_size
        found = _Found()
        with path.open('rb') as file:
            self._check_kind(file)
            counts = self._explore(file, found)
        self._connections = found.connections
        self._counts = counts
        reading.check_topics(counts, found.connections)
        self.channels: dict[Channel, int | None] = {}
        for number, channel in found.connections.items():
            before = self.channels.get(channel, 0) or 0
            self.channels[channel] = before + counts.get(number, 0)
        self._parts = self._in_order(found)

    def messages(
        self, topics: Collection[str], start_ns: int | None, end_ns: int | None
    ) -> Iterator[RawMessage]:
        """Yield the messages of some topics: see :class:`Storage`."""
        wanted = {
            number for number, channel in self._connections.items() if channel.topic in topics
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
            and (not part.connections or not wanted.isdisjoint(part.connections))
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
                    channel = self._connections[entry.number]
                    if entry.length > MAX_MESSAGE:
                        problem = f'it has {entry.length} bytes, more than {MAX_MESSAGE >> 20} MiB'
                        self._reading.unreadable_message(entry.position, channel.topic, problem)
                        continue
                    entry.stream.seek(entry.begin)
                    data = entry.stream.read(entry.length)
                    yield RawMessage(channel, entry.received_ns, data)
                missing = (self._counts.get(number, 0) - seen[number] for number in wanted)
                if is_whole and max(missing) > 0:
                    self._reading.damaged_file('it has fewer messages than it tells of')
            except TooMuchContent as error:
                self._reading.damaged_file(str(error))

    def _check_kind(self, file: BinaryIO) -> None:
        """
        Check that the file is a bag, which it may be with a damaged beginning as well.

        :raises NotABagError: when it is none
        """
        if file.read(len(_FIRST_LINE)) == _FIRST_LINE:
            return
        record = next(self._walk(file, len(_FIRST_LINE), self._size), None)
        if record is None or _number(record[0], 'op', 1) != _BAG:
            raise NotABagError('is not a ROS 1 bag of version 2.0')
        self._reading.damaged_file('its first line is not that of a ROS 1 bag')

    def _explore(self, file: BinaryIO, found: _Found) -> dict[int, int]:
        """Find chunks and connections; return the messages by the number of their connection."""
        begin = len(_FIRST_LINE)
        self._read_index(file, found)
        resume_at = sorted(found.indexed, reverse=True)
        while True:
            begin = self._pass_records(file, begin, found)
            if begin >= self._size:
                break
            self._reading.damaged_file(
                f'the record at byte {begin} does not end in it, or is none'
            )
            while resume_at and resume_at[-1] <= begin:
                resume_at.pop()
            if not resume_at:
                break
            begin = resume_at.pop()
        for position, part in found.indexed.items():
            found.chunks.setdefault(position, part)
        if found.is_indexed:
            return found.counts
        self._reading.damaged_file(
            'its index does not tell of all that is in it'
            if found.index_position
            else 'it has no index: its recorder was killed'
        )
        found.chunks = {position: _Part(position) for position in found.chunks}
        return self._read_all(file, found)

    def _read_index(self, file: BinaryIO, found: _Found) -> None:
        """Read what is in front of and behind the chunks, as far as it is as it should be."""
        first = next(self._walk(file, len(_FIRST_LINE), self._size), None)
        try:
            if first is None or _number(first[0], 'op', 1) != _BAG:
                raise _FieldError('it does not begin with a bag header')
            fields = first[0]
            if fields.get('encryptor'):
                raise NotABagError('is encrypted')
            found.index_position = _number(fields, 'index_pos', 8)
            found.connection_count = _number(fields, 'conn_count', 4)
        except _FieldError as error:
            self._reading.damaged_file(str(error))
            return
        if not found.index_position:
            return
        end = found.index_position
        for fields, begin, length, _ in self._walk(file, end, self._size):
            end = begin + length
            self._describe(file, fields, begin, length, found)
        if end < self._size:
            self._reading.damaged_file('its index is damaged')

    def _walk(
        self, stream: BinaryIO, begin: int, end: int
    ) -> Iterator[tuple[dict[str, bytes], int, int, int]]:
        """
        Go from record to record.

        :return: an iterator over the fields of the header, beginning and length of the data, and
            beginning of each record, which ends before one that does not lie within the end
        """
        number = 0
        while begin + 8 <= end:
            if number % _CHECK_STEP == 0:
                self._reading.check_stop()
            number += 1
            stream.seek(begin)
            (header_length,) = _UINT32.unpack(stream.read(4))
            if header_length > _MAX_HEADER or begin + 8 + header_length > end:
                return
            header = stream.read(header_length)
            (length,) = _UINT32.unpack(stream.read(4))
            at = begin + 8 + header_length
            try:
                fields = _fields(header)
            except _FieldError:
                return
            if at + length > end:
                return
            yield fields, at, length, begin
            begin = at + length

    def _pass_records(self, file: BinaryIO, begin: int, found: _Found) -> int:
        """Note what is in the records from somewhere on; return where they end."""
        run_begin, end = -1, begin
        for fields, at, length, position in self._walk(file, begin, self._size):
            end = at + length
            try:
                operation = _number(fields, 'op', 1)
            except _FieldError as error:
                self._reading.damaged_file(f'the record at byte {position}: {error}')
                continue
            if operation == _CHUNK:
                if len(found.chunks) >= MAX_PARTS:
                    self._reading.damaged_file(f'it has more than {MAX_PARTS} chunks')
                    continue
                found.chunks[position] = found.indexed.get(position, _Part(position))
            if operation == _MESSAGE:
                run_begin = position if run_begin < 0 else run_begin
                continue
            if run_begin >= 0:
                found.runs.append(_Part(run_begin, end=position))
                run_begin = -1
            if operation == _CONNECTION:
                self._describe(file, fields, at, length, found)
        if run_begin >= 0:
            found.runs.append(_Part(run_begin, end=end))
        return end

    def _describe(
        self, stream: BinaryIO, fields: dict[str, bytes], begin: int, length: int, found: _Found
    ) -> None:
        """Take in a record that describes a connection or a chunk."""
        try:
            operation = _number(fields, 'op', 1)
            if operation not in (_CONNECTION, _CHUNK_INFO):
                return
            if length > _MAX_HEADER:
                raise _FieldError(f'it has {length} bytes')
            stream.seek(begin)
            data = stream.read(length)
            if operation == _CONNECTION:
                number = _number(fields, 'conn', 4)
                if number not in found.connections and self._reading.keep(length):
                    found.connections[number] = _channel(fields, data)
                return
            position = _number(fields, 'chunk_pos', 8)
            if position >= self._size:
                raise _FieldError('it tells of a chunk behind the end of the file')
            if position in found.indexed or len(found.indexed) >= MAX_PARTS:
                return
            counts = dict(_COUNT.iter_unpack(data[: len(data) // 8 * 8]))
            for number, count in counts.items():
                found.counts[number] = found.counts.get(number, 0) + count
            part = _Part(position, connections=tuple(counts) if len(counts) < 256 else ())
            if counts:
                start_ns, end_ns = _time(fields, 'start_time'), _time(fields, 'end_time')
                if start_ns <= end_ns:
                    part = replace(part, start_ns=start_ns, end_ns=end_ns)
            found.indexed[position] = part
        except (_FieldError, UnicodeDecodeError) as error:
            self._reading.damaged_file(f'the record at byte {begin}: {reason(error)}')

    def _read_all(self, file: BinaryIO, found: _Found) -> dict[int, int]:
        """Read all messages, to learn what their connections are; return their numbers."""
        counts: dict[int, int] = {}
        spend = self._reading.allowance()
        try:
            for part in [*found.chunks.values(), *found.runs]:
                content = self._content(file, part, spend)
                if content is None:
                    continue
                stream, begin, end, _ = content
                for fields, at, length, _ in self._walk(stream, begin, end):
                    try:
                        operation = _number(fields, 'op', 1)
                        if operation == _MESSAGE:
                            number = _number(fields, 'conn', 4)
                            counts[number] = counts.get(number, 0) + 1
                        elif operation == _CONNECTION:
                            self._describe(stream, fields, at, length, found)
                    except _FieldError:  # counted when it is read
                        continue
        except TooMuchContent as error:
            self._reading.damaged_file(str(error))
        return counts

    def _in_order(self, found: _Found) -> list[_Part]:
        """Return the parts by their times; those without, as they lie behind each other."""
        ordered, latest = [], 0
        for part in sorted([*found.chunks.values(), *found.runs], key=lambda part: part.begin):
            latest = max(latest, part.start_ns)
            ordered.append(part if part.start_ns >= 0 else replace(part, start_ns=latest))
        return sorted(ordered, key=lambda part: part.start_ns)

    def _entries(
        self,
        file: BinaryIO,
        part: _Part,
        wanted: Collection[int],
        spend: Callable[[int], None],
        seen: Counter[int],
    ) -> Entries:
        """Return the messages of a part that belong to some connections, and count them."""
        content = self._content(file, part, spend)
        if content is None:
            return Entries(part.begin, file)
        stream, begin, end, held = content
        entries = Entries(part.begin, stream, held)
        for fields, at, length, record in self._walk(stream, begin, end):
            begin = at + length
            position = (part.begin, record)
            try:
                if _number(fields, 'op', 1) != _MESSAGE:
                    continue
                number = _number(fields, 'conn', 4)
                received_ns = _time(fields, 'time')
            except _FieldError as error:
                self._reading.unreadable_message(position, '', str(error))
                continue
            if number in wanted:
                seen[number] += 1
                entries.add(received_ns, number, at, length)
            elif number not in self._connections:
                problem = f'its connection, {number}, is described nowhere'
                self._reading.unreadable_message(position, '', problem)
        if begin < end:
            self._reading.damaged_chunk(
                part.begin, 'a record in it does not end in it, or is none'
            )
        return entries

    def _content(
        self, file: BinaryIO, part: _Part, spend: Callable[[int], None]
    ) -> tuple[BinaryIO, int, int, int] | None:
        """
        Return where the records of a part are: in what, from where, to where, and bytes in memory.

        :return: None where it cannot be read, which is counted
        """
        if part.end:
            return file, part.begin, part.end, 0
        try:
            record = next(self._walk(file, part.begin, self._size), None)
            if record is None or _number(record[0], 'op', 1) != _CHUNK:
                raise DecompressionError('it is no chunk')
            fields, begin, length, _ = record
            compression = _text(fields, 'compression')
            if compression == 'none':
                return file, begin, begin + length, 0
            file.seek(begin)
            content = decompressed(
                compression, read_pieces(file, length), MAX_CHUNK, self._reading.check_stop
            )
        except (DecompressionError, _FieldError) as error:
            self._reading.damaged_chunk(part.begin, reason(error))
            return None
        spend(len(content))
        return BytesIO(content), 0, len(content), len(content)


def _fields(header: bytes) -> dict[str, bytes]:
    """
    Return the fields of a header.

    :raises _FieldError: when they do not fill it
    """
    fields: dict[str, bytes] = {}
    begin = 0
    while begin < len(header):
        if begin + 4 > len(header):
            raise _FieldError('a field is cut off')
        begin, end = begin + 4, begin + 4 + _UINT32.unpack_from(header, begin)[0]
        name, separator, value = header[begin:end].partition(b'=')
        if end > len(header) or not separator:
            raise _FieldError('a field does not end in its header, or has no name')
        fields[name.decode(errors='replace')] = value
        begin = end
    return fields


def _number(fields: dict[str, bytes], name: str, size: int) -> int:
    """
    Return a field that holds a number of some bytes.

    :raises _FieldError: when there is none
    """
    value = fields.get(name, b'')
    if len(value) != size:
        raise _FieldError(f'it has no field {name!r}')
    return int.from_bytes(value, 'little')


def _time(fields: dict[str, bytes], name: str) -> int:
    """
    Return a field that holds a time, in nanoseconds.

    :raises _FieldError: when there is none
    """
    value = fields.get(name, b'')
    if len(value) != _TIME.size:
        raise _FieldError(f'it has no field {name!r}')
    seconds, nanoseconds = _TIME.unpack(value)
    return seconds * 1_000_000_000 + nanoseconds


def _text(fields: dict[str, bytes], name: str) -> str:
    """
    Return a field that holds a text.

    :raises _FieldError: when there is none
    """
    if name not in fields:
        raise _FieldError(f'it has no field {name!r}')
    return fields[name].decode(errors='replace')


def _channel(header: dict[str, bytes], data: bytes) -> Channel:
    """
    Describe a connection.

    :raises _FieldError: when its record has not what it takes
    """
    fields = _fields(data)
    topic = _text(header, 'topic')
    return Channel(
        topic='/' * topic.startswith('/') + '/'.join(filter(None, topic.split('/'))),
        type_name=normalize_msgtype(_text(fields, 'type')),
        definition=_text(fields, 'message_definition'),
        digest=_text(fields, 'md5sum'),
        is_ros1=True,
    )
