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
MCAP files, https://mcap.dev/spec, whole or damaged.

The index at the end of a whole file lists its chunks and channels. If it is missing or damaged,
the chunks are found record by record, and the channels in the chunks. Behind a broken record,
reading resumes at the next chunk in the index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
import struct
from typing import BinaryIO
from zlib import crc32

from mcap.data_stream import ReadDataStream
from mcap.opcode import Opcode
from mcap.records import Channel as McapChannel
from mcap.records import ChunkIndex, Schema, Statistics
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
from pose_tracking_ros.replay.inputs.decompression import DecompressionError, read_pieces
from pose_tracking_ros.replay.inputs.quality_of_service import offered_qos
from pose_tracking_ros.replay.inputs.reading import MAX_TIME_NS
from pose_tracking_ros.replay.inputs.storage import Channel, NotABagError
from pose_tracking_ros.replay.problems import reason

_MAGIC = b'\x89MCAP0\r\n'
_RECORD = struct.Struct('<BQ')
_MESSAGE = struct.Struct('<HIQQ')
_CHUNK = struct.Struct('<QQQII')
"""Times of first and last message, size and checksum of the content, length of a name."""
_FOOTER = struct.Struct('<BQQQI')

_PRIVATE = 0x80
"""First of the operation codes for private use."""

_MAX_RECORD = 4 << 20
"""Bytes of a description."""

_MAX_RUN = 1_000_000
"""Messages outside of chunks that are sorted together."""

_CHECK_STEP = 1024
"""Records between checks for a stop request."""

_DESCRIBING = (Opcode.SCHEMA, Opcode.CHANNEL, Opcode.STATISTICS, Opcode.CHUNK_INDEX)


@dataclass
class _Found(Found):
    """Content of the records."""

    schemas: dict[int, Schema] = field(default_factory=dict)
    channels: dict[int, McapChannel] = field(default_factory=dict)
    statistics: Statistics | None = None

    @property
    def names_all_channels(self) -> bool:
        """Return whether channels and schemas are complete by the statistics."""
        if self.statistics is None or self.statistics.channel_count != len(self.channels):
            return False
        schemas = {channel.schema_id for channel in self.channels.values()}
        return schemas <= {0, *self.schemas}


class McapFile(ChunkedFile):
    """An MCAP file."""

    def _check_kind(self, file: BinaryIO) -> None:
        head = file.read(len(_MAGIC) + _RECORD.size)
        if head.startswith(_MAGIC):
            return
        is_begun = len(head) == len(_MAGIC) + _RECORD.size and _plausible_header(head)
        file.seek(max(0, self._size - len(_MAGIC)))
        if not is_begun and file.read() != _MAGIC:
            raise NotABagError('is not an MCAP file')
        self._reading.damaged_file('its first bytes are wrong')

    def _explore(
        self, file: BinaryIO
    ) -> tuple[dict[int, Channel], dict[int, int] | None, list[Part]]:
        found = _Found()
        counts = self._find(file, found)
        channels = {
            number: _channel(channel, found.schemas.get(channel.schema_id))
            for number, channel in found.channels.items()
        }
        return channels, counts, sorted(found.parts, key=lambda part: (part.start_ns, part.begin))

    def _find(self, file: BinaryIO, found: _Found) -> dict[int, int] | None:
        """Find chunks and channels; return message counts by channel number, None if unknown."""
        summary_start, is_sure = self._summary(file)
        if summary_start:
            for record in self._walk(file, summary_start, self._size):
                if record.kind == Opcode.FOOTER:
                    break
                self._describe(record, found)
            if is_sure and found.names_all_channels:
                chunks = found.statistics.chunk_count
                if chunks == len(found.indexed) and (chunks or not found.statistics.message_count):
                    found.chunks = found.indexed
                    return self._message_counts(found.statistics)
        self._find_chunks(file, len(_MAGIC), found)
        if found.names_all_channels:
            return self._message_counts(found.statistics)
        return self._read_all(file, found)

    def _message_counts(self, statistics: Statistics) -> dict[int, int] | None:
        """Return the message counts, None if they are implausible."""
        counts = statistics.channel_message_counts
        return counts if all(number < 1 << 40 for number in counts.values()) else None

    def _summary(self, file: BinaryIO) -> tuple[int, bool]:
        """Return the position of the summary, 0 if none, and whether its checksum is right."""
        footer_begin = self._size - len(_MAGIC) - _FOOTER.size
        if footer_begin < len(_MAGIC):
            return 0, False
        file.seek(footer_begin)
        footer = file.read(_FOOTER.size)
        opcode, length, start, _, checksum = _FOOTER.unpack(footer)
        is_footer = opcode == Opcode.FOOTER and length == _FOOTER.size - _RECORD.size
        if not is_footer or not len(_MAGIC) <= start <= footer_begin:
            return 0, False
        if not checksum or file.read() != _MAGIC:
            return start, False
        file.seek(start)
        is_right = self._checksum(file, self._size - len(_MAGIC) - 4 - start) == checksum
        if not is_right:
            self._reading.damaged_file('the checksum of its summary is wrong')
        return start, is_right

    def _checksum(self, file: BinaryIO, size: int) -> int:
        """Return the checksum of the next bytes."""
        checksum = 0
        for piece in read_pieces(file, size):
            self._reading.check_stop()
            checksum = crc32(piece, checksum)
        return checksum

    def _walk(self, stream: BinaryIO, begin: int, end: int) -> Iterator[Record]:
        for number in count():
            if number % _CHECK_STEP == 0:
                self._reading.check_stop()
            if begin + _RECORD.size > end:
                return
            stream.seek(begin)
            opcode, length = _RECORD.unpack(stream.read(_RECORD.size))
            record = Record(stream, opcode, begin, begin + _RECORD.size, length)
            begin = record.end
            if begin > end or not (1 <= opcode <= Opcode.DATA_END or opcode >= _PRIVATE):
                return
            yield record

    def _pass_records(self, file: BinaryIO, begin: int, found: _Found) -> int | None:
        run: list[int] = []

        def end_run() -> None:
            if run:
                found.runs.append(Part(run[0], run[2], run[3], end=run[1]))
                run.clear()

        end, messages = begin, 0
        try:
            for record in self._walk(file, begin, self._size):
                end = record.end
                if record.kind == Opcode.MESSAGE and record.length >= _MESSAGE.size:
                    log_time = min(_MESSAGE.unpack(file.read(_MESSAGE.size))[2], MAX_TIME_NS)
                    if not run or messages == _MAX_RUN:
                        end_run()
                        run, messages = [record.position, end, log_time, log_time], 0
                    messages += 1
                    run[1:] = end, min(run[2], log_time), max(run[3], log_time)
                elif record.kind == Opcode.CHUNK:
                    self._note_chunk(file, record.position, record.length, found)
                elif record.kind == Opcode.FOOTER:
                    file.seek(end)
                    return None if file.read(len(_MAGIC)) == _MAGIC else end
                else:
                    self._describe(record, found)
        finally:
            end_run()
        # A chunk that is cut off can be read if it is not compressed.
        file.seek(end)
        head = file.read(_RECORD.size)
        if len(head) == _RECORD.size:
            opcode, length = _RECORD.unpack(head)
            if opcode == Opcode.CHUNK and end + _RECORD.size + length > self._size:
                self._note_chunk(file, end, self._size - end - _RECORD.size, found)
        return end

    def _note_chunk(self, file: BinaryIO, position: int, length: int, found: _Found) -> None:
        """Add the chunk at the current position of the file."""
        if length >= _CHUNK.size:
            start_ns, end_ns, *_ = _CHUNK.unpack(file.read(_CHUNK.size))
            self._add_chunk(found, Part(position, *_times(start_ns, end_ns)))
        else:
            self._reading.damaged_chunk(position, 'it is cut off')

    def _message(self, record: Record) -> Message | None:
        if record.kind != Opcode.MESSAGE:
            return None
        if record.length < _MESSAGE.size:
            raise RecordError(f'it has {record.length} bytes')
        record.stream.seek(record.begin)
        number, _, received_ns, _ = _MESSAGE.unpack(record.stream.read(_MESSAGE.size))
        size = _MESSAGE.size
        return Message(number, received_ns, record.begin + size, record.length - size)

    def _describe_channel(self, record: Record, found: _Found) -> None:
        if record.kind in (Opcode.SCHEMA, Opcode.CHANNEL):
            self._describe(record, found)

    def _describe(self, record: Record, found: _Found) -> None:
        """Store the description of a channel, a chunk or the file."""
        stream, opcode, _, begin, length = record
        if opcode not in _DESCRIBING:
            return
        if length > _MAX_RECORD:
            self._reading.damaged_file(f'a description has {length} bytes')
            return
        stream.seek(begin)
        content = stream.read(length)
        data = ReadDataStream(BytesIO(content))
        try:
            if opcode == Opcode.SCHEMA:
                schema = Schema.read(data)
                if schema.id not in found.schemas and self._reading.keep(length):
                    found.schemas[schema.id] = schema
            elif opcode == Opcode.CHANNEL:
                channel = McapChannel.read(data)
                if channel.id not in found.channels and self._reading.keep(length):
                    found.channels[channel.id] = channel
            elif opcode == Opcode.STATISTICS:
                found.statistics = Statistics.read(data)
            elif len(found.indexed) < MAX_PARTS:
                index = ChunkIndex.read(data)
                if index.chunk_start_offset >= self._size:
                    raise ValueError('it lists a chunk behind the end of the file')
                numbers = tuple(index.message_index_offsets)
                found.indexed[index.chunk_start_offset] = Part(
                    index.chunk_start_offset,
                    *_times(index.message_start_time, index.message_end_time),
                    channels=numbers if len(numbers) < 256 else (),
                )
        # The parsers raise anything on damaged data.
        except Exception as error:
            kind = Opcode(opcode).name.lower().replace('_', ' ')
            self._reading.damaged_file(f'the {kind} at byte {begin}: {reason(error)}')

    def _chunk_content(
        self, file: BinaryIO, position: int, spend: Callable[[int], None]
    ) -> Content | None:
        try:
            return self._opened_chunk(file, position, spend)
        except (DecompressionError, struct.error, UnicodeDecodeError) as error:
            self._reading.damaged_chunk(position, reason(error))
            return None

    def _opened_chunk(
        self, file: BinaryIO, position: int, spend: Callable[[int], None]
    ) -> Content:
        """Return the records of a chunk; raise any exception if it cannot be read."""
        file.seek(position)
        opcode, length = _RECORD.unpack(file.read(_RECORD.size))
        if opcode != Opcode.CHUNK:
            raise DecompressionError('it is not a chunk')
        _, _, size, checksum, name_length = _CHUNK.unpack(file.read(_CHUNK.size))
        if name_length > 64:
            raise DecompressionError('the name of its compression is too long')
        compression = file.read(name_length).decode()
        (compressed_size,) = struct.unpack('<Q', file.read(8))
        begin = file.tell()
        end = begin + compressed_size
        if end > position + _RECORD.size + length:
            raise DecompressionError('its content is longer than the chunk')
        if not compression:
            if end > self._size:
                self._reading.damaged_chunk(position, 'it is cut off')
                return Content(file, begin, self._size)
            if checksum and self._checksum(file, compressed_size) != checksum:
                raise DecompressionError('its checksum is wrong')
            return Content(file, begin, end)
        content = self._decompressed(file, compression, compressed_size, spend)
        if checksum and crc32(content) != checksum:
            raise DecompressionError('its checksum is wrong')
        if len(content) != size:
            self._reading.damaged_file(f'the chunk at byte {position} has a wrong size')
        return Content(BytesIO(content), 0, len(content), held=len(content))


def _plausible_header(head: bytes) -> bool:
    """Return whether a header record follows the first bytes."""
    opcode, length = _RECORD.unpack(head[len(_MAGIC) :])
    return opcode == Opcode.HEADER and length < _MAX_RECORD


def _times(start_ns: int, end_ns: int) -> tuple[int, int]:
    """Return the times of a chunk; implausible times exclude no message."""
    if start_ns > end_ns or end_ns > MAX_TIME_NS or not end_ns:
        return min(start_ns, MAX_TIME_NS), MAX_TIME_NS
    return start_ns, end_ns


def _channel(channel: McapChannel, schema: Schema | None) -> Channel:
    """Return a channel with its definition."""
    is_ros1 = channel.message_encoding == 'ros1'
    name = schema.name if schema else 'unknown'
    if is_ros1 and name.count('/') == 1:
        name = normalize_msgtype(name)
    is_text = schema is not None and schema.encoding in ('ros2msg', 'ros1msg')
    return Channel(
        topic=channel.topic,
        type_name=name if channel.message_encoding in ('cdr', 'ros1', '') else 'unknown',
        definition=schema.data.decode(errors='replace') if is_text else '',
        is_ros1=is_ros1,
        offered_qos=offered_qos(channel.metadata.get('offered_qos_profiles', '')),
    )
