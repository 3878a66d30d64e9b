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


"""ROS 1 bags without an index, as a recorder leaves them that was cut off."""

from __future__ import annotations

import bz2
from collections.abc import Collection, Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import lz4.frame
from rosbags.rosbag1 import ReaderError
from rosbags.rosbag1.reader import Header, normalize, normalize_msgtype, read_bytes, read_uint32

from pose_tracking_ros.replay.inputs.storage import Channel, is_within, RawMessage

_FIRST_LINE = b'#ROSBAG V2.0\n'
_MESSAGE, _CHUNK, _CONNECTION = 2, 5, 7
"""Operation codes of records, http://wiki.ros.org/Bags/Format/2.0"""

_DECOMPRESS = {'none': bytes, 'bz2': bz2.decompress, 'lz4': lz4.frame.decompress}


class DamagedRos1Bag:
    """
    What can be read of a ROS 1 bag without its index, a context manager.

    Records are read in turn until one does not end inside the file; a chunk that cannot be
    decompressed is skipped. Opening it reads the whole file once.

    :param path: the file
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.channels: dict[Channel, int | None] = {}
        for message in self._read():
            self.channels[message.channel] = self.channels.get(message.channel, 0) + 1

    def messages(
        self, topics: Collection[str], start_ns: int | None, end_ns: int | None
    ) -> Iterator[RawMessage]:
        """Yield the messages of some topics: see :class:`Storage`."""
        for message in self._read():
            wanted = message.channel.topic in topics
            if wanted and is_within(message.received_ns, start_ns, end_ns):
                yield message

    def _read(self) -> Iterator[RawMessage]:
        """Yield all messages."""
        channels: dict[int, Channel] = {}
        for header, data in self._records():
            operation = header.get_uint8('op')
            if operation == _CONNECTION:
                channels[header.get_uint32('conn')] = _channel(header, data)
            elif operation == _MESSAGE and header.get_uint32('conn') in channels:
                yield RawMessage(
                    channels[header.get_uint32('conn')], header.get_time('time'), data
                )

    def _records(self) -> Iterator[tuple[Header, bytes]]:
        """Yield header and data of the records, those inside chunks in place of the chunks."""
        with self._path.open('rb') as file:
            if file.read(len(_FIRST_LINE)) != _FIRST_LINE:
                return
            for header, data in _records_of(file):
                if header.get_uint8('op') != _CHUNK:
                    yield header, data
                    continue
                try:
                    content = _DECOMPRESS[header.get_string('compression')](data)
                except (KeyError, OSError, ValueError, EOFError, RuntimeError):
                    continue
                yield from _records_of(BytesIO(content))

    def __enter__(self) -> DamagedRos1Bag:
        """Return the storage."""
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: the file is open only while it is read."""


def _records_of(stream: BinaryIO) -> Iterator[tuple[Header, bytes]]:
    """Yield header and data of the records until one does not end inside the stream."""
    while True:
        try:
            header = Header.read(stream)
            yield header, read_bytes(stream, read_uint32(stream))
        except (ReaderError, UnicodeDecodeError, MemoryError):
            return


def _channel(header: Header, data: bytes) -> Channel:
    """Describe a connection."""
    # What the record holds is written like a header, without the length in front.
    length = len(data).to_bytes(4, 'little')
    fields = Header.read(BytesIO(length + data))
    return Channel(
        topic=normalize(header.get_string('topic')),
        type_name=normalize_msgtype(fields.get_string('type')),
        definition=fields.get_string('message_definition'),
        digest=fields.get_string('md5sum'),
        is_ros1=True,
    )
