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


"""The folder that an analysis writes to, alone, and without touching what others left there."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
import fcntl
from pathlib import Path
import shutil

SUMMARY = 'summary.json'
"""Name of the file that an analysis writes last."""

JOURNAL = '.pose_bag'
"""Name of the folder inside that holds what is needed to go on after an interruption."""


class OutputFolder:
    """
    A folder for the results of an analysis, a context manager.

    While it is open no other process can write to it.

    :param path: the folder; made when it is not there
    :param names: of the files and folders that are going to be written
    :param force: whether to remove results of these names that are there
    :param resume: whether to go on with an analysis that was interrupted
    :raises FileExistsError: when there are results, or the beginning of them, and neither force
        nor resume is set, or when another process is writing; nothing was changed then
    """

    def __init__(
        self, path: Path, names: Iterable[str], force: bool = False, resume: bool = False
    ) -> None:
        self.path = path
        self.journal = path / JOURNAL
        if path.exists() and not path.is_dir():
            raise FileExistsError(f'{path} is a file, a folder is needed')
        existing = [name for name in sorted(names) if (path / name).exists()]
        begun = self.journal.exists()
        if (existing or begun) and not force and not (resume and begun):
            raise FileExistsError(_refusal(path, existing, begun, resume))
        self.journal.mkdir(parents=True, exist_ok=True)
        self._lock = (self.journal / 'lock').open('w')
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise FileExistsError(f'another process is writing to {path}') from error
        for name in existing:
            _remove(path / name)
        if force and not resume:
            for part in self.journal.iterdir():
                if part.name != 'lock':
                    part.unlink()

    def __truediv__(self, name: str) -> Path:
        """Return the path of a result."""
        return self.path / name

    def forget_journal(self) -> None:
        """Remove what only an interrupted analysis needs."""
        shutil.rmtree(self.journal)

    def close(self) -> None:
        """Let others write; a folder without any result is removed."""
        self._lock.close()
        if self.journal.exists() and [path.name for path in self.journal.iterdir()] == ['lock']:
            self.forget_journal()
        with suppress(OSError):
            self.path.rmdir()

    def __enter__(self) -> OutputFolder:
        """Return the folder, which is open from the start."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let others write."""
        self.close()


def _refusal(path: Path, existing: list[str], begun: bool, resume: bool) -> str:
    """Return why a folder is not written to, and what to do."""
    if begun:
        return (
            f'{path} holds an analysis that was interrupted: go on with --resume, or start over '
            'with --force'
        )
    what = f'{path} holds results: {", ".join(existing)}'
    if resume:
        return f'{what}; that analysis is complete, there is nothing to resume'
    return f'{what}; choose another folder, or replace them with --force'


def _remove(path: Path) -> None:
    """Remove a file or a folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
