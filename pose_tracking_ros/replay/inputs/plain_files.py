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


"""What lies between a reader and a file: compression, of files or messages, and logs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
import shutil
import sqlite3
import tempfile

import zstandard

SUFFIXES = ('.zstd', '.zst')

_MAGIC = b'\x28\xb5\x2f\xfd'
_BLOCK_SIZE = 1 << 20


def decompressed_message(data: bytes) -> bytes:
    """
    Return a message as it was before its compression, if it is compressed.

    A message in CDR begins with two bytes of its own, so that the two cannot be mistaken.

    :raises zstandard.ZstdError: when it is damaged
    """
    if bytes(data[:4]) != _MAGIC:
        return data
    return zstandard.ZstdDecompressor().decompressobj().decompress(data)


@contextmanager
def plain_file(path: Path) -> Iterator[Path]:
    """
    Give a file of a bag as its reader takes it: decompressed, and with all that belongs to it.

    That is a copy where the file is compressed, of a damaged one as much as can be decompressed;
    and where a recorder that was killed left messages of an SQLite file in a log beside it. The
    copy is removed in the end.

    :raises OSError: when there is no space for it in the folder for temporary files
    """
    log = path.with_name(f'{path.name}-wal')
    has_log = path.suffix == '.db3' and log.exists() and log.stat().st_size > 0
    if path.suffix not in SUFFIXES and not has_log:
        yield path
        return
    folder = Path(tempfile.mkdtemp(prefix='pose_bag_'))
    try:
        if has_log:
            copy = folder / path.name
            shutil.copyfile(path, copy)
            shutil.copyfile(log, folder / log.name)
            _take_in_log(copy)
        else:
            copy = folder / path.stem
            _decompress(path, copy)
        yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _decompress(path: Path, copy: Path) -> None:
    """Write what can be decompressed of a file."""
    with path.open('rb') as compressed, copy.open('wb') as plain:
        blocks = zstandard.ZstdDecompressor().read_to_iter(compressed, write_size=_BLOCK_SIZE)
        # What is missing will be missed by the reader of the copy, which tells it.
        with suppress(zstandard.ZstdError):
            for block in blocks:
                plain.write(block)


def _take_in_log(database: Path) -> None:
    """Let SQLite move what is in the log of a file into the file itself."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(database)) as connection:
        connection.execute('PRAGMA wal_checkpoint(TRUNCATE)')
