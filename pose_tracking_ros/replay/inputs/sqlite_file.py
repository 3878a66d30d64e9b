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
SQLite files of rosbag2, whole or damaged.

A query of a view, a virtual table or a computed column runs code from the file. So only plain
tables are read, and the steps of a query are limited by the size of the file.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
import sqlite3
from typing import Any

from pose_tracking_ros.replay.inputs.decompression import DecompressionError, MAX_MESSAGE
from pose_tracking_ros.replay.inputs.plain_files import decompressed_message, SQLITE_ERRORS
from pose_tracking_ros.replay.inputs.quality_of_service import offered_qos
from pose_tracking_ros.replay.inputs.reading import FileReading, MAX_TIME_NS, TooMuchContent
from pose_tracking_ros.replay.inputs.storage import (
    Channel,
    counts_by_channel,
    NotABagError,
    RawMessage,
)
from pose_tracking_ros.replay.problems import reason

_MAGIC = b'SQLite format 3\0'
_HEADER_SIZE = 100
_FIELDS_OF_SIZE = (16, 18), (24, 28), (28, 32), (92, 96)
"""https://www.sqlite.org/fileformat2.html#the_database_header"""

_STEPS = 20_000
"""Steps of SQLite's virtual machine between checks for a stop request."""

_STEPS_PER_BYTE = 25
"""Maximum steps of a query per byte of the file; a row takes 8 bytes and 30 steps."""

_MIN_ROW = 8
"""Minimum bytes of a row."""

_MAX_MISSES, _BYTES_OF_MISS = 100_000, 64
"""
Consecutive numbers without a message after which the search in a damaged file ends, and the bytes
of the file for each.
"""

_MAX_TOPICS = 100_000
"""Maximum topics read."""

_TABLES = ('messages', 'topics', 'message_definitions')

_MAX_TEXT = 1 << 20
"""Maximum bytes of a name or a definition."""


class SqliteFile:
    """
    An SQLite file of rosbag2: see :class:`Storage`.

    :raises NotABagError: if it is not such a file
    :raises OSError: if it cannot be read
    """

    def __init__(self, path: Path, reading: FileReading) -> None:
        self._path = path
        self._reading = reading
        self._size = path.stat().st_size
        with path.open('rb') as file:
            head = file.read(_HEADER_SIZE)
        if not head.startswith(_MAGIC):
            raise NotABagError('is not an SQLite file')
        if _declared_size(head) > self._size:
            reading.damaged_file('it is cut off')
        with closing(_Database(path, reading)) as database:
            try:
                self._columns = database.columns_of_tables()
            except sqlite3.Error as error:
                raise NotABagError(f'cannot be read: {reason(error)}') from error
            for table, columns in (
                ('topics', {'id', 'name', 'type'}),
                ('messages', {'id', 'topic_id', 'timestamp', 'data'}),
            ):
                if not columns <= self._columns.get(table, set()):
                    raise NotABagError(
                        f'is not a file of rosbag2: it has no table {table!r} with the columns '
                        f'{", ".join(sorted(columns))}'
                    )
            self._topics = self._read_topics(database)
            counts = self._read_counts(database)
        self._count = sum(counts.values()) if counts is not None else None
        reading.check_topics(counts or {}, self._topics)
        self.channels = counts_by_channel(self._topics, counts)

    def messages(
        self, topics: Collection[str], start_ns: int | None, end_ns: int | None
    ) -> Iterator[RawMessage]:
        """Yield the messages of some topics: see :class:`Storage`."""
        if not any(channel.topic in topics for channel in self._topics.values()):
            return
        start_ns = -1 if start_ns is None else start_ns
        end_ns = MAX_TIME_NS + 1 if end_ns is None else end_ns
        spend = self._reading.allowance()
        with closing(_Database(self._path, self._reading)) as database:
            try:
                for number in self._in_time_order(database):
                    message = self._message(database, number, topics, spend)
                    if message is not None and start_ns <= message.received_ns < end_ns:
                        yield message
            except TooMuchContent as error:
                self._reading.damaged_file(str(error))

    def _message(
        self, database: _Database, number: int, topics: Collection[str], spend: Any
    ) -> RawMessage | None:
        """Return a message; None if it is of another topic or unreadable."""
        self._reading.check_stop()
        channel = None
        try:
            row = database.row(
                'SELECT topic_id, timestamp, typeof(data), '
                "CASE typeof(data) WHEN 'blob' THEN length(data) END FROM messages WHERE id = ?",
                number,
            )
            if row is None:
                self._reading.unreadable_message(number, '', f'message {number} is missing')
                return None
            topic_id, received_ns, kind, length = row
            channel = self._topics.get(topic_id) if type(topic_id) is int else None
            if channel is None:
                problem = f'message {number}: its topic, {topic_id!r:.40}, has no description'
                self._reading.unreadable_message(number, '', problem)
                return None
            if channel.topic not in topics:
                return None
            if not self._reading.is_time(received_ns, number, channel.topic):
                return None
            if length is None:
                problem = f'message {number}: its data is of type {kind}'
            elif length > MAX_MESSAGE:
                problem = f'message {number} has {length} bytes, more than {MAX_MESSAGE >> 20} MiB'
            else:
                (data,) = database.row('SELECT data FROM messages WHERE id = ?', number)
                data = decompressed_message(data, self._reading, spend)
                return RawMessage(channel, received_ns, data)
        except (sqlite3.Error, DecompressionError, TypeError) as error:
            problem = f'message {number}: {reason(error)}'
        self._reading.unreadable_message(number, channel.topic if channel else '', problem)
        return None

    def _in_time_order(self, database: _Database) -> Iterator[int]:
        """Yield the numbers of the messages in time order."""
        for table in ('messages', 'messages NOT INDEXED'):
            numbers = array('q')
            try:
                for (number,) in database.rows(f'SELECT id FROM {table} ORDER BY timestamp, id'):
                    numbers.append(number)
            except (sqlite3.Error, TypeError) as error:
                self._reading.damaged_file(reason(error))
                continue
            if self._count in (None, len(numbers)):
                yield from numbers
                return
            self._reading.damaged_file('its index does not match its table')
        yield from self._one_by_one(database)

    def _one_by_one(self, database: _Database) -> Iterator[int]:
        """Yield the numbers of the messages in a damaged file."""
        max_misses = min(_MAX_MISSES, 1000 + self._size // _BYTES_OF_MISS)
        last, misses = 0, 0
        while misses < max_misses:
            self._reading.check_stop()
            try:
                for (number,) in database.rows(
                    'SELECT id FROM messages NOT INDEXED WHERE id > ? ORDER BY id', last
                ):
                    if type(number) is not int or number <= last:
                        return
                    last, misses = number, 0
                    yield number
                return
            except sqlite3.Error:
                pass
            # Messages behind the damage are reached by their numbers only.
            while misses < max_misses:
                last += 1
                misses += 1
                try:
                    if database.row('SELECT 1 FROM messages WHERE id = ?', last):
                        misses = 0
                        yield last
                        break
                except sqlite3.Error:
                    continue

    def _read_topics(self, database: _Database) -> dict[int, Channel]:
        """Return the topics by number."""
        definitions: dict[str, str] = {}
        for row in self._described(
            database,
            'message_definitions',
            ('topic_type', 'encoding', 'encoded_message_definition'),
        ):
            type_name, encoding, definition = row
            if encoding == 'ros2msg' and self._reading.keep(len(definition)):
                definitions[type_name] = definition
        topics: dict[int, Channel] = {}
        for row in self._described(
            database,
            'topics',
            ('id', 'name', 'type', 'offered_qos_profiles', 'type_description_hash'),
        ):
            number, topic, type_name, qos, digest = row
            definition = definitions.get(type_name, '')
            if self._reading.keep(sum(map(len, (topic, type_name, qos, digest)))):
                topics[number] = Channel(
                    topic, type_name, definition, digest if definition else '',
                    offered_qos=offered_qos(qos),
                )
        return topics

    def _described(
        self, database: _Database, table: str, columns: tuple[str, ...]
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table of texts, up to the first damage."""
        there = self._columns.get(table, set())
        if not there:
            return
        wanted = ', '.join(name if name in there else "''" for name in columns)
        kinds = [int if name == 'id' else str for name in columns]
        try:
            for count, row in enumerate(database.rows(f'SELECT {wanted} FROM {table}')):
                if count >= _MAX_TOPICS:
                    self._reading.damaged_file(f'table {table} has more than {_MAX_TOPICS} rows')
                    return
                if all(type(value) is kind for value, kind in zip(row, kinds)) and all(
                    kind is int or len(value) <= _MAX_TEXT for value, kind in zip(row, kinds)
                ):
                    yield row
                else:
                    self._reading.damaged_file(f'a row of table {table} is not valid')
        except (sqlite3.Error, UnicodeDecodeError) as error:
            self._reading.damaged_file(f'table {table}: {reason(error)}')

    def _read_counts(self, database: _Database) -> dict[int, int] | None:
        """Return the message counts by topic number, None if unknown."""
        try:
            return dict(database.rows('SELECT topic_id, count(*) FROM messages GROUP BY topic_id'))
        except (sqlite3.Error, TypeError) as error:
            self._reading.damaged_file(reason(error))
            return None


def _declared_size(head: bytes) -> int:
    """Return the size of a file in bytes by its header, 0 if unknown."""
    if len(head) < _HEADER_SIZE:
        return 0
    # The number of pages is up to date only if both counters agree.
    page_size, changes, pages, valid_for = (
        int.from_bytes(head[begin:end], 'big') for begin, end in _FIELDS_OF_SIZE
    )
    return (page_size if page_size != 1 else 1 << 16) * pages if changes == valid_for else 0


class _Database:
    """A file opened to read plain data, until a stop request."""

    def __init__(self, path: Path, reading: FileReading) -> None:
        self._reading = reading
        size = path.stat().st_size
        self._max_rows = 1000 + size // _MIN_ROW
        self._max_calls = 1000 + size * _STEPS_PER_BYTE // _STEPS
        self._calls = 0
        try:
            self._connection = sqlite3.connect(
                f'{path.resolve().as_uri()}?mode=ro&immutable=1', uri=True,
                check_same_thread=False,
            )
        except sqlite3.Error as error:
            raise NotABagError(f'cannot be opened: {reason(error)}') from error
        self._connection.text_factory = lambda data: data.decode(errors='replace')
        if hasattr(self._connection, 'setlimit'):  # from Python 3.11 on
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_MESSAGE + _MAX_TEXT)
        self._connection.set_progress_handler(self._is_enough, _STEPS)
        for pragma in (
            'trusted_schema = OFF',
            'query_only = ON',
            'mmap_size = 0',
            'temp_store = FILE',
            # Otherwise SQLite refuses a file shorter than its header declares.
            'writable_schema = ON',
        ):
            try:
                self._connection.execute(f'PRAGMA {pragma}')
            except SQLITE_ERRORS:  # this reads the file, which may be damaged
                continue

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def rows(self, query: str, *values: int) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query; raise a sqlite3.Error if the file is damaged."""
        self._calls = 0
        try:
            for count, row in enumerate(self._connection.execute(query, values)):
                if count > self._max_rows:
                    raise sqlite3.DatabaseError('it has more rows than its size allows')
                yield row
        except SQLITE_ERRORS as error:
            self._reading.check_stop()
            raise sqlite3.DatabaseError(str(error)) from error

    def row(self, query: str, *values: int) -> tuple[Any, ...] | None:
        """Return the first row of a query: see :meth:`rows`."""
        return next(self.rows(query, *values), None)

    def columns_of_tables(self) -> dict[str, set[str]]:
        """Return the columns of the plain tables; raise a sqlite3.Error if damaged."""
        # Trust SQLite's list of tables, not the schema in the file. Before version 3.37 there is
        # no such list.
        if sqlite3.sqlite_version_info >= (3, 37):
            listed = {
                row[1]
                for row in list(self.rows('PRAGMA table_list'))
                if row[0] == 'main' and row[2] == 'table'
            }
        else:
            query = 'SELECT count(*) FROM sqlite_master WHERE NOT (rootpage > 0)'
            listed = set() if self.row(query) != (0,) else set(_TABLES)
        tables: dict[str, set[str]] = {}
        for name in listed.intersection(_TABLES):
            # The last value is not 0 for a hidden or computed column.
            columns = list(self.rows(f'PRAGMA table_xinfo({name})'))
            if not any(column[6] for column in columns):
                tables[name] = {column[1] for column in columns}
        return tables

    def _is_enough(self) -> bool:
        """Return whether to abort a query."""
        self._calls += 1
        return self._calls > self._max_calls or self._reading.is_stopped()
