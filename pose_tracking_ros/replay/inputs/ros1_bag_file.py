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
ROS 1 bags, http://wiki.ros.org/Bags/Format/2.0, whole or damaged.

Chunks are found record by record. The index at the end repeats the connections and lists the
chunks: it leads to chunks behind a broken record, and makes a search of the chunks for connections
unnecessary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
import struct
from typing import BinaryIO

from rosbags.typesys.msg import normalize_msgtype

from pose_tracking_ros.replay.inputs.chunked_file import (
    ChunkedFile,
    Content,
    Found,
    MAX_PARTS,
    Message,
    Part,
    Record,
    RecordError,
)
from pose_tracking_ros.replay.inputs.decompression import DecompressionError
from pose_tracking_ros.replay.inputs.storage import Channel, NotABagError
from pose_tracking_ros.replay.problems import reason

_FIRST_LINE = b'#ROSBAG V2.0\n'

_MESSAGE, _BAG, _, _CHUNK, _CHUNK_INFO, _CONNECTION = range(2, 8)
"""Operation codes of records."""

_UINT32, _TIME = struct.Struct('<I'), struct.Struct('<II')
_COUNT = struct.Struct('<II')

_MAX_HEADER = 1 << 20
"""Bytes of a header, or of the description of a connection."""

_CHECK_STEP = 256
"""Records between checks for a stop request."""


@dataclass
class _Found(Found):
    """Content of the records."""

    connections: dict[int, Channel] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)
    index_position: int = 0
    connection_count: int = 0

    @property
    def is_indexed(self) -> bool:
        """Return whether the index lists all connections and chunks found."""
        return (
            bool(self.index_position)
            and len(self.connections) == self.connection_count
            and self.counts.keys() <= self.connections.keys()
            and self.chunks.keys() <= self.indexed.keys()
        )


class Ros1BagFile(ChunkedFile):
    """A ROS 1 bag."""

    _CHANNEL = 'connection'

    def _check_kind(self, file: BinaryIO) -> None:
        if file.read(len(_FIRST_LINE)) == _FIRST_LINE:
            return
        record = next(self._walk(file, len(_FIRST_LINE), self._size), None)
        if record is None or record.kind.get('op') != bytes([_BAG]):
            raise NotABagError('is not a ROS 1 bag of version 2.0')
        self._reading.damaged_file('its first line is not that of a ROS 1 bag')

    def _explore(
        self, file: BinaryIO
    ) -> tuple[dict[int, Channel], dict[int, int] | None, list[Part]]:
        found = _Found()
        self._read_index(file, found)
        self._find_chunks(file, len(_FIRST_LINE), found)
        counts = found.counts
        if not found.is_indexed:
            self._reading.damaged_file(
                'its index is incomplete'
                if found.index_position
                else 'it has no index: its recorder was killed'
            )
            found.chunks = {position: Part(position) for position in found.chunks}
            counts = self._read_all(file, found)
        return found.connections, counts, _in_order(found.parts)

    def _read_index(self, file: BinaryIO, found: _Found) -> None:
        """Read the bag header and the index, as far as they are valid."""
        first = next(self._walk(file, len(_FIRST_LINE), self._size), None)
        try:
            if first is None or _operation(first) != _BAG:
                raise RecordError('it does not begin with a bag header')
            fields = first.kind
            if fields.get('encryptor'):
                raise NotABagError('is encrypted')
            found.index_position = _number(fields, 'index_pos', 8)
            found.connection_count = _number(fields, 'conn_count', 4)
        except RecordError as error:
            self._reading.damaged_file(str(error))
            return
        if not found.index_position:
            return
        end = found.index_position
        for record in self._walk(file, end, self._size):
            end = record.end
            self._describe(record, found)
        if end < self._size:
            self._reading.damaged_file('its index is damaged')

    def _walk(self, stream: BinaryIO, begin: int, end: int) -> Iterator[Record]:
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
            try:
                fields = _fields(header)
            except RecordError:
                return
            record = Record(stream, fields, begin, begin + 8 + header_length, length)
            begin = record.end
            if begin > end:
                return
            yield record

    def _pass_records(self, file: BinaryIO, begin: int, found: _Found) -> int | None:
        run_begin, end = -1, begin
        for record in self._walk(file, begin, self._size):
            position, end = record.position, record.end
            try:
                operation = _operation(record)
            except RecordError as error:
                self._reading.damaged_file(f'the record at byte {position}: {error}')
                continue
            if operation == _CHUNK:
                self._add_chunk(found, found.indexed.get(position, Part(position)))
            if operation == _MESSAGE:
                run_begin = position if run_begin < 0 else run_begin
                continue
            if run_begin >= 0:
                found.runs.append(Part(run_begin, end=position))
                run_begin = -1
            if operation == _CONNECTION:
                self._describe(record, found)
        if run_begin >= 0:
            found.runs.append(Part(run_begin, end=end))
        return end if end < self._size else None

    def _message(self, record: Record) -> Message | None:
        if _operation(record) != _MESSAGE:
            return None
        number, received_ns = _number(record.kind, 'conn', 4), _time(record.kind, 'time')
        return Message(number, received_ns, record.begin, record.length)

    def _describe_channel(self, record: Record, found: _Found) -> None:
        if _operation(record) == _CONNECTION:
            self._describe(record, found)

    def _describe(self, record: Record, found: _Found) -> None:
        """Store the description of a connection or a chunk."""
        stream, fields, _, begin, length = record
        try:
            operation = _operation(record)
            if operation not in (_CONNECTION, _CHUNK_INFO):
                return
            if length > _MAX_HEADER:
                raise RecordError(f'it has {length} bytes')
            stream.seek(begin)
            data = stream.read(length)
            if operation == _CONNECTION:
                number = _number(fields, 'conn', 4)
                if number not in found.connections and self._reading.keep(length):
                    found.connections[number] = _channel(fields, data)
                return
            position = _number(fields, 'chunk_pos', 8)
            if position >= self._size:
                raise RecordError('it lists a chunk behind the end of the file')
            if position in found.indexed or len(found.indexed) >= MAX_PARTS:
                return
            counts = dict(_COUNT.iter_unpack(data[: len(data) // 8 * 8]))
            for number, count in counts.items():
                found.counts[number] = found.counts.get(number, 0) + count
            part = Part(position, channels=tuple(counts) if len(counts) < 256 else ())
            if counts:
                start_ns, end_ns = _time(fields, 'start_time'), _time(fields, 'end_time')
                if start_ns <= end_ns:
                    part = replace(part, start_ns=start_ns, end_ns=end_ns)
            found.indexed[position] = part
        except (RecordError, UnicodeDecodeError) as error:
            self._reading.damaged_file(f'the record at byte {begin}: {reason(error)}')

    def _chunk_content(
        self, file: BinaryIO, position: int, spend: Callable[[int], None]
    ) -> Content | None:
        try:
            record = next(self._walk(file, position, self._size), None)
            if record is None or _operation(record) != _CHUNK:
                raise DecompressionError('it is not a chunk')
            compression = _text(record.kind, 'compression')
            if compression == 'none':
                return Content(file, record.begin, record.end)
            file.seek(record.begin)
            content = self._decompressed(file, compression, record.length, spend)
        except (DecompressionError, RecordError) as error:
            self._reading.damaged_chunk(position, reason(error))
            return None
        return Content(BytesIO(content), 0, len(content), held=len(content))


def _in_order(parts: list[Part]) -> list[Part]:
    """Return parts by their start; a part without a time keeps its place in the file."""
    ordered, latest = [], 0
    for part in sorted(parts, key=lambda part: part.begin):
        latest = max(latest, part.start_ns)
        ordered.append(part if part.start_ns >= 0 else replace(part, start_ns=latest))
    return sorted(ordered, key=lambda part: part.start_ns)


def _operation(record: Record) -> int:
    """Return the operation code of a record: see :func:`_field`."""
    return _number(record.kind, 'op', 1)


def _fields(header: bytes) -> dict[str, bytes]:
    """Return the fields of a header; raise a RecordError if they are not valid."""
    fields: dict[str, bytes] = {}
    begin = 0
    while begin < len(header):
        if begin + 4 > len(header):
            raise RecordError('a field is cut off')
        begin, end = begin + 4, begin + 4 + _UINT32.unpack_from(header, begin)[0]
        name, separator, value = header[begin:end].partition(b'=')
        if end > len(header) or not separator:
            raise RecordError('a field does not end in its header, or has no name')
        fields[name.decode(errors='replace')] = value
        begin = end
    return fields


def _field(fields: dict[str, bytes], name: str, size: int | None = None) -> bytes:
    """Return a field of ``size`` bytes, None for any; raise a RecordError if it is missing."""
    value = fields.get(name)
    if value is None or size not in (None, len(value)):
        raise RecordError(f'it has no field {name!r}')
    return value


def _number(fields: dict[str, bytes], name: str, size: int) -> int:
    """Return a field as a number of ``size`` bytes: see :func:`_field`."""
    return int.from_bytes(_field(fields, name, size), 'little')


def _time(fields: dict[str, bytes], name: str) -> int:
    """Return a field as a time in nanoseconds: see :func:`_field`."""
    seconds, nanoseconds = _TIME.unpack(_field(fields, name, _TIME.size))
    return seconds * 1_000_000_000 + nanoseconds


def _text(fields: dict[str, bytes], name: str) -> str:
    """Return a field as text: see :func:`_field`."""
    return _field(fields, name).decode(errors='replace')


def _channel(header: dict[str, bytes], data: bytes) -> Channel:
    """Return the channel of a connection; raise a RecordError if a field is missing."""
    fields = _fields(data)
    topic = _text(header, 'topic')
    return Channel(
        topic='/' * topic.startswith('/') + '/'.join(filter(None, topic.split('/'))),
        type_name=normalize_msgtype(_text(fields, 'type')),
        definition=_text(fields, 'message_definition'),
        digest=_text(fields, 'md5sum'),
        is_ros1=True,
    )
