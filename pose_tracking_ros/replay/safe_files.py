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
Files in untrusted folders: links are not followed, and nothing else is overwritten.

This does not protect from changes to a folder during a run.
"""

from __future__ import annotations

import os
from pathlib import Path
import stat
from typing import BinaryIO

_NO_LINK = os.O_NOFOLLOW | os.O_CLOEXEC


def is_file(path: Path) -> bool:
    """Return whether there is a file; raise a FileExistsError for others, such as a link."""
    return _is(path, stat.S_ISREG, 'file')


def is_folder(path: Path) -> bool:
    """Return whether there is a folder; raise a FileExistsError for others, such as a link."""
    return _is(path, stat.S_ISDIR, 'folder')


def check_replaceable(path: Path, force: bool) -> None:
    """Raise a FileExistsError if something else than a file exists, or a file without force."""
    if is_file(path) and not force:
        raise FileExistsError(f'{path} exists; replace it with --force')


def create(path: Path) -> BinaryIO:
    """
    Open a new file for writing.

    :raises FileExistsError: if the name exists, also as a broken link
    """
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o666), 'w+b')


def replace(path: Path, content: bytes, partial: Path | None = None) -> None:
    """
    Write a file atomically.

    :param path: the file; hard links to it keep the old content
    :param content: the new content
    :param partial: temporary file in the same folder, replaced if it exists; by default hidden
    :raises FileExistsError: if one of the paths is not a file
    """
    is_file(path)
    partial = partial or path.with_name(f'.{path.name}.partial')
    if is_file(partial):
        partial.unlink()
    with create(partial) as file:
        file.write(content)
    partial.replace(path)


def read(path: Path, limit: int) -> bytes:
    """
    Return the content of a file.

    :param path: a file, not a link
    :param limit: maximum size in bytes
    :raises FileNotFoundError: if it does not exist
    :raises OSError: if it is larger, not a file, or cannot be read
    """
    # Opening a pipe would wait for a writer.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | _NO_LINK), 'rb') as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f'{path} is not a file')
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(f'{path} is larger than {limit} bytes')
    return content


def _is(path: Path, is_kind: object, kind: str) -> bool:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISLNK(mode):
        raise FileExistsError(f'{path} is a link: remove it, or choose another folder')
    if not is_kind(mode):
        raise FileExistsError(f'{path} is not a {kind}: move it away, or choose another folder')
    return True
