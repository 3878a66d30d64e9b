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
Files of the format MCAP, https://mcap.dev/spec, whole or damaged.

The index at the end of a whole file tells where its chunks are and which channels there are. Where
it is missing or damaged, the chunks are found record by record, and the channels in the chunks;
where the way from record to record is broken, the index shows where it goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from pathlib import Path
import struct
from typing import BinaryIO
from zlib import crc32

from mcap.data_stream import ReadDataStream
from mcap.opcode import Opcode
from mcap.records import Channel as McapChannel
from mcap.records import ChunkIndex, Schema, Statistics
from rosbags.typesys.msg import normalize_msgtype

from pose_tracking_ros.replay.inputs.chunks import Entries, in_time_order, MAX_PARTS
from pose_tracking_ros.replay.inputs.decompression import (
    decompressed,
    DecompressionError,
    MAX_CHUNK,
    MAX_MESSAGE,
    read_pieces,
)
from pose_tracking_ros.replay.inputs.plain_files import decompressed_message
from pose_tracking_ros.replay.inputs.quality_of_service import offered_qos
from pose_tracking_ros.replay.inputs.reading import FileReading, MAX_TIME_NS, TooMuchContent
from pose_tracking_ros.replay.inputs.storage import Channel, NotABagError, RawMessage
from pose_tracking_ros.replay.problems import reason

_MAGIC = b'\x89MCAP0\r\n'
_RECORD = struct.Struct('<BQ')
_MESSAGE = struct.Struct('<HIQQ')
_CHUNK = struct.Struct('<QQQII')
"""Times of the first and last message, size and checksum of the content, length of a name."""
_FOOTER = struct.Struct('<BQQQI')

_PRIVATE = 0x80
"""From here on operation codes are free for anybody's use."""

_MAX_RECORD = 4 << 20
"""Bytes of a record that describes something."""

_MAX_RUN = 1_000_000
"""Messages outside of chunks that are sorted together."""

_CHECK_STEP = 1024
"""Records after which to look whether to stop."""

_DESCRIBING = (Opcode.SCHEMA, Opcode.CHANNEL, Opcode.STATISTICS, Opcode.CHUNK_INDEX)


@dataclass(frozen=True)
class _Part:
    """
    A chunk, or messages outside of chunks.

    :param begin: where it begins in the file
    :param start_ns: when its first message was recorded, in nanoseconds
    :param end_ns: when its last message was recorded
    :param end: where messages outside of chunks end, 0 for a chunk
    :param channels: their numbers, empty where that is not known
    """

    begin: int
    start_ns: int = 0
    end_ns: int = MAX_TIME_NS
    end: int = 0
    channels: tuple[int, ...] = ()


@dataclass
class _Found:
    """What the records tell."""

    schemas: dict[int, Schema] = field(default_factory=dict)
    channels: dict[int, McapChannel] = field(default_factory=dict)
    chunks: dict[int, _Part] = field(default_factory=dict)
    indexed: dict[int, _Part] = field(default_factory=dict)
    runs: list[_Part] = field(default_factory=list)
    statistics: Statistics | None = None

    @property
    def names_all_channels(self) -> bool:
        """Return whether no channel is known to be missing."""
        if self.statistics is None or self.statistics.channel_count != len(self.channels):
            return False
        schemas = {channel.schema_id for channel in self.channels.values()}
        return schemas <= {0, *self.schemas}


class McapFile:
    """
    An MCAP file: see :class:`Storage`.

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
        self._channels = {
            number: _channel(channel, found.schemas.get(channel.schema_id))
            for number, channel in found.channels.items()
        }
        self._counts = counts or {}
        reading.check_topics(self._counts, self._channels)
        self.channels: dict[Channel, int | None] = {}
        for number, channel in self._channels.items():
            before = self.channels.get(channel, 0)
            is_known = counts is not None and before is not None
            self.channels[channel] = before + counts.get(number, 0) if is_known else None
        self._parts = sorted(
            [*found.chunks.values(), *found.runs], key=lambda part: (part.start_ns, part.begin)
        )

    def messages(
        self, topics: Collection[str], start_ns: int | None, end_ns: int | None
    ) -> Iterator[RawMessage]:
        """Yield the messages of some topics: see :class:`Storage`."""
        wanted = {
            number for number, channel in self._channels.items() if channel.topic in topics
        }
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
        if not wanted:
            return
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

    def _check_kind(self, file: BinaryIO) -> None:
        """
        Check that the file is an MCAP file, which it may be with a damaged beginning as well.

        :raises NotABagError: when it is none
        """
        head = file.read(len(_MAGIC) + _RECORD.size)
        if head.startswith(_MAGIC):
            return
        is_begun = len(head) == len(_MAGIC) + _RECORD.size and _plausible_header(head)
        file.seek(max(0, self._size - len(_MAGIC)))
        if not is_begun and file.read() != _MAGIC:
            raise NotABagError('is not an MCAP file')
        self._reading.damaged_file('its first bytes are not those of an MCAP file')

    def _explore(self, file: BinaryIO, found: _Found) -> dict[int, int] | None:
        """
        Find chunks and channels.

        :return: number of messages by the number of their channel, None where that is not known
        """
        summary_start, is_sure = self._summary(file)
        if summary_start:
            for opcode, begin, length in self._walk(file, summary_start, self._size):
                if opcode == Opcode.FOOTER:
                    break
                self._describe(file, opcode, begin, length, found)
            if is_sure and found.names_all_channels:
                chunks = found.statistics.chunk_count
                if chunks == len(found.indexed) and (chunks or not found.statistics.message_count):
                    found.chunks = found.indexed
                    return self._told(found.statistics)
        self._find_chunks(file, found)
        if found.names_all_channels:
            return self._told(found.statistics)
        return self._read_all(file, found)

    def _told(self, statistics: Statistics) -> dict[int, int] | None:
        """Return the numbers of messages, None where they make no sense."""
        counts = statistics.channel_message_counts
        return counts if all(number < 1 << 40 for number in counts.values()) else None

    def _summary(self, file: BinaryIO) -> tuple[int, bool]:
        """Return where the summary begins, 0 where there is none, and if its checksum is right."""
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

    def _walk(self, stream: BinaryIO, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
        """
        Go from record to record.

        :return: an iterator over operation code, beginning and length of the content of each,
            which ends before one that does not lie within the end, or is of no known kind
        """
        for number in count():
            if number % _CHECK_STEP == 0:
                self._reading.check_stop()
            if begin + _RECORD.size > end:
                return
            stream.seek(begin)
            opcode, length = _RECORD.unpack(stream.read(_RECORD.size))
            begin += _RECORD.size
            if begin + length > end or not (1 <= opcode <= Opcode.DATA_END or opcode >= _PRIVATE):
                return
            yield opcode, begin, length
            begin += length

    def _find_chunks(self, file: BinaryIO, found: _Found) -> None:
        """Find the chunks and the messages outside of chunks."""
        begin = len(_MAGIC)
        is_complete = False
        resume_at = sorted(found.indexed, reverse=True)
        while True:
            begin, is_complete = self._pass_records(file, begin, found)
            while resume_at and resume_at[-1] < begin:
                resume_at.pop()
            if is_complete:
                break
            self._reading.damaged_file(
                'it is cut off' if begin >= self._size - _RECORD.size
                else f'the record at byte {begin} does not end in it, or is none'
            )
            if not resume_at:
                break
            begin = resume_at.pop()
        for position, part in found.indexed.items():
            found.chunks.setdefault(position, part)

    def _pass_records(self, file: BinaryIO, begin: int, found: _Found) -> tuple[int, bool]:
        """Note what is in the records; return where they end, and whether that is the end."""
        run: list[int] = []

        def end_run() -> None:
            if run:
                found.runs.append(_Part(run[0], run[2], run[3], end=run[1]))
                run.clear()

        end, messages = begin, 0
        try:
            for opcode, at, length in self._walk(file, begin, self._size):
                position, end = at - _RECORD.size, at + length
                if opcode == Opcode.MESSAGE and length >= _MESSAGE.size:
                    log_time = min(_MESSAGE.unpack(file.read(_MESSAGE.size))[2], MAX_TIME_NS)
                    if not run or messages == _MAX_RUN:
                        end_run()
                        run, messages = [position, end, log_time, log_time], 0
                    messages += 1
                    run[1:] = end, min(run[2], log_time), max(run[3], log_time)
                elif opcode == Opcode.CHUNK:
                    self._note_chunk(file, position, length, found)
                elif opcode == Opcode.FOOTER:
                    file.seek(end)
                    return end, file.read(len(_MAGIC)) == _MAGIC
                else:
                    self._describe(file, opcode, at, length, found)
        finally:
            end_run()
        # Of a chunk that is cut off, what is not compressed can be read.
        file.seek(end)
        head = file.read(_RECORD.size)
        if len(head) == _RECORD.size:
            opcode, length = _RECORD.unpack(head)
            if opcode == Opcode.CHUNK and end + _RECORD.size + length > self._size:
                self._note_chunk(file, end, self._size - end - _RECORD.size, found)
        return end, False

    def _note_chunk(self, file: BinaryIO, position: int, length: int, found: _Found) -> None:
        """Note a chunk at which the file stands."""
        if len(found.chunks) >= MAX_PARTS:
            self._reading.damaged_file(f'it has more than {MAX_PARTS} chunks')
        elif length >= _CHUNK.size:
            start_ns, end_ns, *_ = _CHUNK.unpack(file.read(_CHUNK.size))
            found.chunks[position] = _Part(position, *_times(start_ns, end_ns))
        else:
            self._reading.damaged_chunk(position, 'it is cut off')

    def _describe(
        self, stream: BinaryIO, opcode: int, begin: int, length: int, found: _Found
    ) -> None:
        """Take in a record that describes a channel, a chunk or the file."""
        if opcode not in _DESCRIBING:
            return
        if length > _MAX_RECORD:
            self._reading.damaged_file(f'a record describes something in {length} bytes')
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
                    raise ValueError('it tells of a chunk behind the end of the file')
                numbers = tuple(index.message_index_offsets)
                found.indexed[index.chunk_start_offset] = _Part(
                    index.chunk_start_offset,
                    *_times(index.message_start_time, index.message_end_time),
                    channels=numbers if len(numbers) < 256 else (),
                )
        # Of a record that is cut off or damaged anything may be missing.
        except Exception as error:
            kind = Opcode(opcode).name.lower().replace('_', ' ')
            self._reading.damaged_file(f'the {kind} at byte {begin}: {reason(error)}')

    def _read_all(self, file: BinaryIO, found: _Found) -> dict[int, int]:
        """Read all messages, to learn what their channels are; return their numbers."""
        counts: dict[int, int] = {}
        spend = self._reading.allowance()
        try:
            for part in [*found.chunks.values(), *found.runs]:
                content = self._content(file, part, spend)
                if content is None:
                    continue
                stream, begin, end, _ = content
                for opcode, at, length in self._walk(stream, begin, end):
                    if opcode == Opcode.MESSAGE and length >= _MESSAGE.size:
                        stream.seek(at)
                        number = _MESSAGE.unpack(stream.read(_MESSAGE.size))[0]
                        counts[number] = counts.get(number, 0) + 1
                    elif opcode in (Opcode.SCHEMA, Opcode.CHANNEL):
                        self._describe(stream, opcode, at, length, found)
        except TooMuchContent as error:
            self._reading.damaged_file(str(error))
        return counts

    def _entries(
        self,
        file: BinaryIO,
        part: _Part,
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
        for opcode, at, length in self._walk(stream, begin, end):
            begin = at + length
            if opcode != Opcode.MESSAGE:
                continue
            position = (part.begin, at)
            if length < _MESSAGE.size:
                self._reading.unreadable_message(position, '', f'it has {length} bytes')
                continue
            stream.seek(at)
            number, _, received_ns, _ = _MESSAGE.unpack(stream.read(_MESSAGE.size))
            if number in wanted:
                seen[number] += 1
                topic = self._channels[number].topic
                if self._reading.is_time(received_ns, position, topic):
                    entries.add(
                        received_ns, number, at + _MESSAGE.size, length - _MESSAGE.size
                    )
            elif number not in self._channels:
                problem = f'its channel, {number}, is described nowhere'
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
            return self._chunk_content(file, part.begin, spend)
        except (DecompressionError, struct.error, UnicodeDecodeError) as error:
            self._reading.damaged_chunk(part.begin, reason(error))
        return None

    def _chunk_content(
        self, file: BinaryIO, position: int, spend: Callable[[int], None]
    ) -> tuple[BinaryIO, int, int, int]:
        """
        Return where the records of a chunk are: see :meth:`_content`.

        :raises Exception: of several types, when it cannot be read
        """
        file.seek(position)
        opcode, length = _RECORD.unpack(file.read(_RECORD.size))
        if opcode != Opcode.CHUNK:
            raise DecompressionError('it is no chunk')
        _, _, size, checksum, name_length = _CHUNK.unpack(file.read(_CHUNK.size))
        if name_length > 64:
            raise DecompressionError('its compression has no name')
        compression = file.read(name_length).decode()
        (compressed_size,) = struct.unpack('<Q', file.read(8))
        begin = file.tell()
        end = begin + compressed_size
        if end > position + _RECORD.size + length:
            raise DecompressionError('its content does not end in it')
        if not compression:
            if end > self._size:
                self._reading.damaged_chunk(position, 'it is cut off')
                return file, begin, self._size, 0
            if checksum and self._checksum(file, compressed_size) != checksum:
                raise DecompressionError('its checksum is wrong')
            return file, begin, end, 0
        check = self._reading.check_stop
        pieces = read_pieces(file, compressed_size)
        content = decompressed(compression, pieces, MAX_CHUNK, check)
        spend(len(content))
        if checksum and crc32(content) != checksum:
            raise DecompressionError('its checksum is wrong')
        if len(content) != size:
            self._reading.damaged_file(
                f'the chunk at byte {position} has another size than it tells'
            )
        return BytesIO(content), 0, len(content), len(content)


def _plausible_header(head: bytes) -> bool:
    """Return whether a file whose first bytes are no magic goes on as an MCAP file does."""
    opcode, length = _RECORD.unpack(head[len(_MAGIC) :])
    return opcode == Opcode.HEADER and length < _MAX_RECORD


def _times(start_ns: int, end_ns: int) -> tuple[int, int]:
    """Return the times of a chunk; those that make no sense exclude nothing."""
    if start_ns > end_ns or end_ns > MAX_TIME_NS or not end_ns:
        return min(start_ns, MAX_TIME_NS), MAX_TIME_NS
    return start_ns, end_ns


def _channel(channel: McapChannel, schema: Schema | None) -> Channel:
    """Describe a channel."""
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
