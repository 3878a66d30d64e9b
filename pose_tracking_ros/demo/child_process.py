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

"""Processes of the demo, with a log file and a status file each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import json
import os
from pathlib import Path
import signal
import subprocess
from typing import Any

_STOP_SECONDS = {signal.SIGINT: 20.0, signal.SIGTERM: 5.0, signal.SIGKILL: 5.0}
"""Seconds for a process to end after each signal, in the order sent."""

_QUOTED_LOG_LINES = 15


class ProcessError(RuntimeError):
    """A process ended unexpectedly; the message quotes the end of its log."""


class ChildProcess:
    """
    A process with a log file.

    It is in a session of its own, so that Ctrl-C in the terminal does not reach it.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self._log = log
        with log.open('wb') as output:
            self._process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_take_interrupts,
            )

    def check(self) -> bool:
        """
        Return whether the process has ended as it should.

        :raises ProcessError: when it has ended otherwise
        """
        code = self._process.poll()
        if code:
            raise ProcessError(f'{self.name} {_describe(code)}{self._quoted_log()}')
        return code is not None

    def check_runs(self) -> None:
        """
        Make sure that the process has not ended.

        :raises ProcessError: when it has
        """
        if self.check():
            raise ProcessError(f'{self.name} ended by itself{self._quoted_log()}')

    def stop(self) -> None:
        """End the process if it runs: by SIGINT, then SIGTERM, then SIGKILL."""
        for number, seconds in _STOP_SECONDS.items():
            if self._process.poll() is not None:
                return
            self._process.send_signal(number)
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()

    def last_words(self) -> str:
        """Return the text of the last line of its log, without time and node name."""
        lines = self._lines()
        return lines[-1].rpartition(']: ')[2] if lines else ''

    def _lines(self) -> list[str]:
        """Return the lines of the log."""
        return self._log.read_text(encoding='utf-8', errors='replace').splitlines()

    def _quoted_log(self) -> str:
        """Return the last lines of the log as the end of a message."""
        lines = self._lines()
        if not lines:
            return f'; its log {self._log} is empty'
        quoted = '\n'.join(f'  {line}' for line in lines[-_QUOTED_LOG_LINES:])
        return f'; the end of its log {self._log}:\n{quoted}'


def _take_interrupts() -> None:
    """Reset SIGINT, which a parent in the background of a shell ignores."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _describe(code: int) -> str:
    """Describe the failure of a process."""
    if code < 0:
        return f'was killed by {signal.Signals(-code).name}'
    return f'failed with exit code {code}'


def write_status(path: str | Path, **values: Any) -> None:
    """
    Replace the status atomically.

    :param path: the file; if empty, nothing is written
    :param values: the status, of JSON types
    """
    if not path:
        return
    new = Path(f'{path}.new')
    new.write_text(json.dumps(values), encoding='utf-8')
    os.replace(new, path)


def read_status(path: str | Path) -> dict[str, Any]:
    """Return the status, empty before there is one."""
    try:
        return json.loads(Path(path).read_text(encoding='utf-8'))
    except FileNotFoundError:
        return {}
