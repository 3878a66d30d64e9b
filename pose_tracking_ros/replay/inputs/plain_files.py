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

"""Preparation of bag files for reading: compression of files and messages, and SQLite logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
import sqlite3

from pose_tracking_ros.missing_content import HEAD_SIZE, missing_content
from pose_tracking_ros.replay.inputs.decompression import (
    decompressed,
    decompressed_pieces,
    DecompressionError,
    file_limit,
    MAX_MESSAGE,
    read_pieces,
    ZSTD_MAGIC,
)
from pose_tracking_ros.replay.inputs.reading import FileReading
from pose_tracking_ros.replay.inputs.storage import NotABagError
from pose_tracking_ros.replay.problems import reason
from pose_tracking_ros.replay.temporary import temporary_folder

SUFFIXES = ('.zstd', '.zst')

_LOG_HEADER, _FRAME_HEADER = 32, 24
"""Bytes, https://www.sqlite.org/fileformat2.html#the_write_ahead_log"""

SQLITE_ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""Errors of SQLite, whose message on a damaged file may be damaged, too."""

_KINDS = {'.mcap': 'an MCAP file', '.db3': 'an SQLite file', '.bag': 'a ROS 1 bag'}


def decompressed_message(data: bytes, reading: FileReading, spend: Callable[[int], None]) -> bytes:
    """
    Return a message, decompressed if necessary.

    The first two bytes distinguish a CDR message from a compressed one.

    :raises DecompressionError: if it is damaged or too large
    """
    if data[:4] != ZSTD_MAGIC:
        return data
    message = decompressed('zstd', read_pieces(BytesIO(data)), MAX_MESSAGE, reading.check_stop)
    spend(len(message))
    return message


def check_is_file(path: Path) -> None:
    """
    Check that the first bytes of a bag file match its name.

    :raises NotABagError: if they do not; the message describes them
    :raises OSError: if it cannot be read
    """
    if not path.is_file():
        raise NotABagError('is not a file' if path.exists() else 'does not exist')
    with path.open('rb') as file:
        head = file.read(HEAD_SIZE)
    is_compressed = path.suffix in SUFFIXES
    kind = 'a Zstandard file' if is_compressed else _KINDS[path.suffix]
    reason = missing_content(head, kind)
    if reason:
        raise NotABagError(reason)
    # A skippable frame of Zstandard may come first.
    if is_compressed and head[:4] != ZSTD_MAGIC and head[1:4] != b'\x2a\x4d\x18':
        raise NotABagError(f'is not {kind}')


@contextmanager
def plain_file(path: Path, reading: FileReading) -> Iterator[Path]:
    """
    Provide a bag file for its reader, decompressed and complete.

    That is a temporary copy if the file is compressed, with the decompressible part of a damaged
    one, or if a killed recorder left messages of an SQLite file in a log beside it.

    :raises NotABagError: if it decompresses to more than the limit
    :raises OSError: if there is no space in the folder for temporary files
    :raises ReadingStopped: on a stop request
    """
    log = path.with_name(f'{path.name}-wal')
    has_log = path.suffix == '.db3' and log.is_file() and log.stat().st_size > 0
    if path.suffix not in SUFFIXES and not has_log:
        yield path
        return
    with temporary_folder() as folder:
        if has_log:
            copy = folder / path.name
            _copy(path, copy, reading)
            _copy(log, folder / log.name, reading)
            _take_in_log(copy, reading)
        else:
            copy = folder / path.stem
            _decompress(path, copy, reading)
        yield copy


def _copy(path: Path, copy: Path, reading: FileReading) -> None:
    """Copy a file, until a stop request."""
    with path.open('rb') as source, copy.open('wb') as target:
        for piece in read_pieces(source):
            reading.check_stop()
            target.write(piece)


def _decompress(path: Path, copy: Path, reading: FileReading) -> None:
    """Write the decompressible part of a file."""
    limit = file_limit(path.stat().st_size)
    written = 0
    with path.open('rb') as compressed, copy.open('wb') as plain:
        try:
            for piece in decompressed_pieces(
                'zstd', read_pieces(compressed), limit, reading.check_stop
            ):
                written += len(piece)
                plain.write(piece)
        except DecompressionError as error:
            reading.damaged_file(str(error))
            # Do not read the beginning of a decompression bomb.
            if written >= limit - (2 << 20):
                raise NotABagError(f'is skipped: {error}') from error


def _take_in_log(database: Path, reading: FileReading) -> None:
    """Let SQLite move the log of a file into the file; report what it leaves."""
    try:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute('PRAGMA trusted_schema = OFF')
            (page_size,) = connection.execute('PRAGMA page_size').fetchone()
            _, frames, _ = connection.execute('PRAGMA wal_checkpoint(PASSIVE)').fetchone()
            log = database.with_name(f'{database.name}-wal')
            if not _is_whole(log, max(frames, 0) * (_FRAME_HEADER + page_size)):
                reading.damaged_file('its log is damaged, or ends within a transaction')
            connection.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    except SQLITE_ERRORS as error:
        reading.damaged_file(f'its log cannot be read: {reason(error)}')


def _is_whole(log: Path, size: int) -> bool:
    """
    Return whether SQLite read a log completely.

    SQLite skips the rest after a wrong checksum. Frames from before it last emptied the log may
    remain, with two other salts.

    :param size: bytes of the frames it read
    """
    with log.open('rb') as file:
        salts = file.read(_LOG_HEADER)[16:24]
        file.seek(_LOG_HEADER + size)
        rest = file.read(_FRAME_HEADER)
    if not rest:
        return True
    return size > 0 and len(rest) >= 16 and rest[8:12] != salts[:4] and rest[12:16] != salts[4:]
