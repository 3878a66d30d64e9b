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
The output folder of an analysis, with exclusive access.

Only results are ever removed, by a fixed set of names; links are refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
import fcntl
import os
from pathlib import Path, PurePath
import re

from pose_tracking_ros.replay.safe_files import is_file, is_folder

SUMMARY = 'summary.json'
"""Name of the file that an analysis writes last."""

JOURNAL = '.pose_bag'
"""Name of the subfolder with the data to resume an analysis."""

_LOCK = 'lock'
_JOURNAL_FILES = re.compile(rf'{_LOCK}|job\.(json|partial)|\d{{12,18}}\.(arrow|partial)', re.ASCII)

_FOLDERS = {
    'bag': re.compile(r'bag\.mcap|metadata\.yaml(\.tmp)?'),
    JOURNAL: _JOURNAL_FILES,
}
"""The results that are folders, with the names of their files."""


class OutputFolder:
    """
    The folder for the results of an analysis, locked until it is closed.

    :param path: the folder, created if missing
    :param names: names of the files and folders to write
    :param force: whether to remove existing results of these names
    :param resume: whether to resume an interrupted analysis
    :raises FileExistsError: if there are complete or partial results, and neither force nor resume
        is set; if something else has the name of a result, such as a link; or if another process
        is writing; nothing is changed
    """

    def __init__(
        self, path: Path, names: Iterable[str], force: bool = False, resume: bool = False
    ) -> None:
        self.path = path
        self.journal = path / JOURNAL
        names = sorted(names)
        check_folder(path)
        _check(path, names, force, resume)
        self.journal.mkdir(parents=True, exist_ok=True)
        self._lock = _open_lock(self.journal)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise FileExistsError(f'another process is writing to {path}') from error
        try:
            for name in names:
                _remove(path / name)
            if force and not resume:
                for part in _files(self.journal):
                    if part.name != _LOCK:
                        part.unlink()
        except OSError:
            os.close(self._lock)
            raise

    def __truediv__(self, name: str) -> Path:
        """Return the path of a result."""
        return self.path / name

    def forget_journal(self) -> None:
        """Remove the data to resume an analysis."""
        _remove(self.journal)

    def close(self) -> None:
        """Release the lock; remove a folder without results."""
        os.close(self._lock)
        with suppress(OSError):
            if [path.name for path in self.journal.iterdir()] == [_LOCK]:
                self.forget_journal()
            self.path.rmdir()


def check_folder(path: Path) -> None:
    """Raise a FileExistsError if a path exists and is not a folder."""
    if path.is_dir():
        return
    if path.is_symlink():
        raise FileExistsError(f'{path} is a link to nothing: remove it, or choose another folder')
    if path.exists():
        raise FileExistsError(f'{path} is a file, a folder is needed')


def check_between(root: Path, path: Path) -> None:
    """Raise a FileExistsError if a root, a path or a part between is a link or not a folder."""
    inside = path.relative_to(root)
    for place in reversed([inside, *inside.parents]):
        if place != Path():
            is_folder(root / place)


def is_result(path: PurePath, names: Iterable[str]) -> bool:
    """
    Return whether a file is a result, or a part of a result or journal.

    :param path: path relative to the output folder
    :param names: names of the results
    """
    folder = _FOLDERS.get(path.parts[0])
    if folder is None or path.parts[0] not in {*names, JOURNAL}:
        return len(path.parts) == 1 and path.parts[0] in names
    return len(path.parts) == 2 and folder.fullmatch(path.name) is not None


def _check(path: Path, names: Iterable[str], force: bool, resume: bool) -> None:
    """Raise a FileExistsError if something is in the way of an analysis and has to stay."""
    existing = [name for name in names if _exists(path / name)]
    begun = _exists(path / JOURNAL)
    if (existing or begun) and not force and not (resume and begun):
        raise FileExistsError(_refusal(path, existing, begun, resume))


def _exists(path: Path) -> bool:
    """Return whether a result exists; raise a FileExistsError if something else has its name."""
    if path.name not in _FOLDERS:
        return is_file(path)
    return is_folder(path) and all(map(is_file, _files(path)))


def _files(folder: Path) -> list[Path]:
    """Return the files in a folder of results; raise a FileExistsError if there are others."""
    files = sorted(folder.iterdir())
    for file in files:
        if not _FOLDERS[folder.name].fullmatch(file.name):
            raise FileExistsError(
                f'{file} is not a result: move it away, or choose another folder'
            )
    return files


def _open_lock(journal: Path) -> int:
    """Open the lock file without changing it."""
    folder = os.open(journal, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(_LOCK, flags, 0o666, dir_fd=folder)
    finally:
        os.close(folder)


def _refusal(path: Path, existing: list[str], begun: bool, resume: bool) -> str:
    """Return the reason for refusing a folder, and the fix."""
    if begun:
        return (
            f'{path} holds an interrupted analysis: continue with --resume, or start over '
            'with --force'
        )
    what = f'{path} contains an analysis: {", ".join(existing)}'
    if resume:
        return f'{what}; it is complete, there is nothing to resume'
    return f'{what}; choose another folder, or replace it with --force'


def _remove(path: Path) -> None:
    """Remove a result, if it exists; keep anything else, and raise a FileExistsError."""
    if not _exists(path):
        return
    if path.name in _FOLDERS:
        for file in _files(path):
            file.unlink()
        path.rmdir()
    else:
        path.unlink()
