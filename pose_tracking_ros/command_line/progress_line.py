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

"""Progress of a run, for the terminal or a log."""

from __future__ import annotations

import sys
import time
from typing import TextIO

_TERMINAL_PERIOD = 0.1
_LOG_PERIOD = 1.0
"""Seconds between updates: on a terminal, and in a file or a pipe."""


class ProgressLine:
    """
    A line that is updated in place on a terminal; elsewhere a new line every second.

    :param stream: the output, by default the standard output
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._in_place = self._stream.isatty()
        self._period = _TERMINAL_PERIOD if self._in_place else _LOG_PERIOD
        self._shown_at = -float('inf')
        self._text = self._written = ''

    def show(self, text: str) -> None:
        """Set the text; it is written if the last update was long enough ago."""
        self._text = text
        now = time.monotonic()
        if text != self._written and now - self._shown_at >= self._period:
            self._shown_at = now
            self._write()

    def close(self) -> None:
        """Write the last text, unless it is written, and end the line."""
        if self._text != self._written:
            self._write()
        if self._in_place and self._written:
            self._stream.write('\n')
            self._stream.flush()

    def _write(self) -> None:
        """Write the text over the previous one, or below it."""
        padded = self._text.ljust(len(self._written))
        self._stream.write(f'\r{padded}' if self._in_place else f'{self._text}\n')
        self._stream.flush()
        self._written = self._text
