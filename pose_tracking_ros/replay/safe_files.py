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
Files in folders that came from others: links are not followed, and nothing else is overwritten.

Who can change a folder while a run writes to it is not kept away by this.
"""

from __future__ import annotations

import os
from pathlib import Path
import stat
from typing import BinaryIO

_NO_LINK = os.O_NOFOLLOW | os.O_CLOEXEC


def is_file(path: Path) -> bool:
    """
    Return whether there is a file, False when there is nothing.

    :raises FileExistsError: when there is something else, a link above all
    """
    return _is(path, stat.S_ISREG, 'file')


def is_folder(path: Path) -> bool:
    """
    Return whether there is a folder, False when there is nothing.

    :raises FileExistsError: when there is something else, a link above all
    """
    return _is(path, stat.S_ISDIR, 'folder')


def create(path: Path) -> BinaryIO:
    """
    Open a new file for writing.

    :raises FileExistsError: when something of that name is there, also a link to nothing
    """
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o666), 'w+b')


def replace(path: Path, content: bytes, partial: Path) -> None:
    """
    Write a file so that it is there as a whole or not at all.

    :param path: the file; what links to it keeps the content before
    :param content: what to write
    :param partial: where to write it first, in the same folder; what is left of an earlier run
        there is removed
    :raises FileExistsError: when there is something else than a file at one of the paths
    """
    is_file(path)
    if is_file(partial):
        partial.unlink()
    with create(partial) as file:
        file.write(content)
    partial.replace(path)


def read(path: Path, limit: int) -> bytes:
    """
    Return the content of a file.

    :param path: a file, not a link
    :param limit: the largest size in bytes
    :raises FileNotFoundError: when there is none
    :raises OSError: when it is larger, no file, or cannot be read
    """
    # A pipe would wait for who writes to it.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | _NO_LINK), 'rb') as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f'{path} is no file')
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
        raise FileExistsError(f'{path} is no {kind}: move it away, or choose another folder')
    return True
