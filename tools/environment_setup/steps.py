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

"""The steps of a set-up: a line on the screen for each, the details in a log file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
import contextlib
import fcntl
import hashlib
import os
from pathlib import Path
import shlex
import subprocess

TAIL_LINES = 25


class SetupError(Exception):
    """A failed set-up; the message says why, and what to do."""


class Log:
    """The log file of one set-up."""

    def __init__(self, path: Path, lock: int) -> None:
        """
        Start an empty log.

        :param path: the log file; an earlier one is replaced
        :param lock: file descriptor that holds :func:`exclusive_lock`. Every command inherits it,
            so the lock is held until the last command ends, even after this process.
        """
        self.path = path
        self._lock = lock
        path.write_text('')

    def step(self, sentence: str) -> None:
        """Print and log the next step."""
        print(f'  {sentence}', flush=True)
        with self.path.open('a') as log:
            log.write(f'\n==== {sentence}\n')

    def run(
        self, command: Sequence[str], variables: Mapping[str, str], advice: str, cwd: Path
    ) -> None:
        """
        Run a command with its output in the log.

        :param command: program and arguments
        :param variables: the whole environment of the command
        :param advice: for the user when it fails
        :param cwd: working directory
        :raises SetupError: when the command fails, with the end of its output and the advice
        """
        with self.path.open('a') as log:
            log.write(f'$ {shlex.join(command)}\n')
            log.flush()
            start = log.tell()
            status = subprocess.run(
                command, env=variables, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, pass_fds=[self._lock]).returncode
        if status != 0:
            with self.path.open(errors='replace') as log:
                log.seek(start)
                tail = log.read().splitlines()[-TAIL_LINES:]
            raise SetupError('\n'.join([
                *(f'    {line}' for line in tail),
                f'{Path(command[0]).name} failed with exit status {status}: the end of its output '
                f'is above, all of it in {self.path}.',
                advice,
            ]))


@contextlib.contextmanager
def exclusive_lock(folder: Path) -> Iterator[int]:
    """
    Hold the lock of set-ups in a folder; wait while another process holds it.

    :param folder: of the set-ups
    :returns: a context manager that gives the file descriptor holding the lock
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f'Waiting for another set-up of {folder} to end.', flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def digest(*parts: str | bytes) -> str:
    """Return a hash of all parts."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(hashlib.sha256(data).digest())
    return total.hexdigest()


class Stamp:
    """A file that records the inputs of the last completion of a step."""

    def __init__(self, path: Path, inputs: str) -> None:
        """
        Create the stamp of the current inputs.

        :param path: the stamp file
        :param inputs: :func:`digest` of the inputs
        """
        self._path = path
        self._inputs = inputs

    def is_current(self) -> bool:
        """Return whether the step was completed with the same inputs."""
        try:
            return self._path.read_text() == self._inputs
        except FileNotFoundError:
            return False

    def remove(self) -> None:
        """Remove the stamp: do this before the step starts."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()

    def write(self) -> None:
        """Write the stamp: do this after the step ended."""
        self._path.write_text(self._inputs)
