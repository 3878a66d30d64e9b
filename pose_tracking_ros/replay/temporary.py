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
Temporary folders that are removed even after a crash.

Each is locked by its process: the next process removes the folders of killed processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
import fcntl
import os
from pathlib import Path
import re
import shutil
import stat
import tempfile

_PREFIX, _SUFFIX = 'pose_bag_', '.temporary'
_NAME = re.compile(f'{_PREFIX}[a-z0-9_]{{8}}{re.escape(_SUFFIX)}')

_folders: dict[Path, int] = {}
"""The folders of this process, with their locks."""


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """
    Provide an empty folder, which is removed at the end.

    :raises OSError: if there is no space for it
    """
    folder = _locked_folder()
    try:
        yield folder
    finally:
        _forget(folder)


def remove_temporary_folders() -> None:
    """Remove the folders of this process before its end."""
    for folder in list(_folders):
        _forget(folder)


def sweep_temporary_folders() -> None:
    """Remove the folders of ended processes of this user."""
    with suppress(OSError):
        for folder in Path(tempfile.gettempdir()).iterdir():
            if _NAME.fullmatch(folder.name):
                with suppress(OSError):
                    _sweep(folder)


def _locked_folder() -> Path:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, suffix=_SUFFIX))
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # A starting process may have removed it before it was locked.
            if os.path.samestat(folder.lstat(), os.fstat(lock)):
                _folders[folder] = lock
                return folder
        os.close(lock)


def _forget(folder: Path) -> None:
    lock = _folders.pop(folder, None)
    if lock is not None:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _sweep(folder: Path) -> None:
    """Remove a folder of this user; raise an OSError if its process is running."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        status = os.fstat(lock)
        if status.st_uid == os.geteuid() and not stat.S_IMODE(status.st_mode) & 0o077:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)
