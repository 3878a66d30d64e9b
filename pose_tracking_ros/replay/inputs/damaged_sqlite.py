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


"""Damaged .db3 files: message by message instead of by an index."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
import sqlite3

from pose_tracking_ros.replay.inputs.plain_files import decompressed_message
from pose_tracking_ros.replay.inputs.storage import Channel, is_within, RawMessage

_MAX_MISSES = 2000
"""Messages in a row that cannot be read, after which the rest of a file is given up."""


class DamagedSqlite:
    """
    What can be read of a damaged SQLite file, a context manager.

    :param path: the file
    """

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(
            f'{path.resolve().as_uri()}?mode=ro&immutable=1', uri=True, check_same_thread=False
        )
        # Otherwise SQLite refuses a file that is shorter than its first page says.
        self._database.execute('PRAGMA writable_schema = ON')
        self._channels = self._read_channels()
        self.channels: dict[Channel, int | None] = dict.fromkeys(self._channels.values())

    def messages(
        self, topics: Collection[str], start_ns: int | None, end_ns: int | None
    ) -> Iterator[RawMessage]:
        """Yield the messages of some topics: see :class:`Storage`."""
        number, misses = 0, 0
        while misses < _MAX_MISSES:
            number += 1
            try:
                row = self._database.execute(
                    'SELECT topic_id, timestamp, data FROM messages WHERE id = ?', (number,)
                ).fetchone()
            except sqlite3.Error:
                row = None
            misses = 0 if row else misses + 1
            if row is None or row[0] not in self._channels:
                continue
            channel, received_ns = self._channels[row[0]], row[1]
            if channel.topic in topics and is_within(received_ns, start_ns, end_ns):
                yield RawMessage(channel, received_ns, decompressed_message(row[2]))

    def _read_channels(self) -> dict[int, Channel]:
        """Return the topics by their number."""
        definitions: dict[str, str] = {}
        with suppress(sqlite3.Error):
            definitions = dict(
                self._database.execute(
                    'SELECT topic_type, encoded_message_definition FROM message_definitions'
                )
            )
        with suppress(sqlite3.Error):
            return {
                number: Channel(topic, type_name, definitions.get(type_name, ''))
                for number, topic, type_name in self._database.execute(
                    'SELECT id, name, type FROM topics ORDER BY id'
                )
            }
        return {}

    def __enter__(self) -> DamagedSqlite:
        """Return the storage, which is open from the start."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._database.close()
