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

"""SIGINT and SIGTERM as a request to end, for processes that end in order."""

from __future__ import annotations

from collections.abc import Callable
import signal
import sys


class EndRequest:
    """
    Whether SIGINT or SIGTERM has come; from its making on they do nothing else.

    Nothing is interrupted in the middle, and a signal that comes twice, as ``ros2 launch`` repeats
    what the terminal has already sent, asks for no more than one that comes once. To be made in
    the main thread.
    """

    def __init__(self) -> None:
        self._made = False
        _on_first_signal(self._make)

    def __bool__(self) -> bool:
        """Return whether the process is to end."""
        return self._made

    def _make(self) -> None:
        self._made = True


def exit_at_signal(code: int = 0) -> None:
    """Let SIGINT and SIGTERM end the process with an exit code, while it has nothing to lose."""
    _on_first_signal(lambda: sys.exit(code))


def _on_first_signal(react: Callable[[], None]) -> None:
    """Call a function at the first signal, and ignore all others, to the very end."""

    def handle(*_: object) -> None:
        _set(signal.SIG_IGN)
        react()

    _set(handle)


def _set(handler: object) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)
