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

"""SIGINT and SIGTERM as a request to end, for processes with an orderly shutdown."""

from __future__ import annotations

from collections.abc import Callable
import os
import signal

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class EndRequest:
    """
    A flag that SIGINT or SIGTERM sets; from its creation on, the signals have no other effect.

    Further signals are ignored: ``ros2 launch`` repeats the one that the terminal has already
    sent. Create one in a process, in the main thread.
    """

    def __init__(self) -> None:
        self._made = False
        # Python runs a signal handler in the main thread, when that runs Python code. A lock, such
        # as that of threading.Event, blocks it for ever if another thread received the signal.
        self._numbers, numbers = os.pipe()
        os.set_blocking(numbers, False)
        signal.set_wakeup_fd(numbers, warn_on_full_buffer=False)
        _on_first_signal(self._make)

    def __bool__(self) -> bool:
        """Return whether the process is to end."""
        return self._made

    def wait(self) -> None:
        """Block the main thread until the process is to end."""
        while os.read(self._numbers, 1)[0] not in _SIGNALS:
            pass
        self._made = True

    def _make(self) -> None:
        self._made = True


def exit_at_signal(code: int = 0) -> None:
    """
    Make SIGINT and SIGTERM exit the process at once, while there is nothing to save.

    A SystemExit would not do: an extension module that is being imported turns it into an
    ImportError, and a destructor drops it.

    :param code: the exit code
    """
    _on_first_signal(lambda: os._exit(code))


def _on_first_signal(react: Callable[[], None]) -> None:
    """Call a function at the first signal, and ignore all later ones."""

    def handle(*_: object) -> None:
        _set(signal.SIG_IGN)
        react()

    _set(handle)


def _set(handler: object) -> None:
    for number in _SIGNALS:
        signal.signal(number, handler)
