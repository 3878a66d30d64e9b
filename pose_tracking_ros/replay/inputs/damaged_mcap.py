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


"""Damaged .mcap files: without their index, record by record."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from mcap.exceptions import McapError
from mcap.records import Channel as McapChannel
from mcap.records import Chunk, McapRecord, Message, Schema
from mcap.stream_reader import breakup_chunk, StreamReader

from pose_tracking_ros.replay.inputs.plain_files import decompressed_message
from pose_tracking_ros.replay.inputs.storage import Channel, is_within, RawMessage

_NO_SCHEMA = Schema(id=0, name='unknown', encoding='', data=b'')


class DamagedMcap:
    """
    What can be read of a damaged MCAP file, a context manager.

    Records are read in turn until one does not end inside the file; a chunk that cannot be
    decompressed is skipped. Opening it reads the whole file once.

    :param path: the file
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.channels: dict[Channel, int | None] = {}
        for message in self._read(None):
            self.channels[message.channel] = self.channels.get(message.channel, 0) + 1

    def messages(
        self, topics: Collection[str], start_ns: int | None, end_ns: int | None
    ) -> Iterator[RawMessage]:
        """Yield the messages of some topics: see :class:`Storage`."""
        for message in self._read(topics):
            if is_within(message.received_ns, start_ns, end_ns):
                yield message

    def _read(self, topics: Collection[str] | None) -> Iterator[RawMessage]:
        """Yield the messages of some topics, or of all."""
        schemas: dict[int, Schema] = {}
        channels: dict[int, Channel] = {}
        for record in self._records():
            if isinstance(record, Schema):
                schemas[record.id] = record
            elif isinstance(record, McapChannel):
                channels[record.id] = _channel(record, schemas.get(record.schema_id, _NO_SCHEMA))
            elif isinstance(record, Message) and record.channel_id in channels:
                channel = channels[record.channel_id]
                if topics is None or channel.topic in topics:
                    data = decompressed_message(record.data) if topics else b''
                    yield RawMessage(channel, record.log_time, data)

    def _records(self) -> Iterator[McapRecord]:
        """Yield the records in front of, between and behind those that are damaged."""
        limit = self._path.stat().st_size
        with self._path.open('rb') as file:
            reader = StreamReader(file, emit_chunks=True, record_size_limit=limit)
            try:
                for record in reader.records:
                    if not isinstance(record, Chunk):
                        yield record
                        continue
                    try:
                        contents = breakup_chunk(record, validate_crc=True)
                    except Exception:  # each kind of compression has errors of its own
                        continue
                    yield from contents
            # The end of the file, or a length that makes no sense: no record can be found anymore.
            except (McapError, ValueError, MemoryError, AttributeError, TypeError):
                return

    def __enter__(self) -> DamagedMcap:
        """Return the storage."""
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: the file is open only while it is read."""


def _channel(record: McapChannel, schema: Schema) -> Channel:
    """Describe a channel."""
    return Channel(record.topic, schema.name, schema.data.decode(errors='replace'))
