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
SIGINT and SIGTERM: a stop request, and an end of the process after a timeout.

Python runs signal handlers between its own instructions, not during library calls. So a thread
receives the signals, and ends the process if necessary.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
import os
import select
import signal
import socket
import threading
import time

GRACE = 1.2
"""Seconds from the first signal to the forced end of the process."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopSignals:
    """
    Receives stop signals, a context manager of the main thread.

    After a timeout from the first signal, or at a second one, the process ends with exit code 128
    plus the number of the signal.

    :param on_first: called at the first signal, in another thread
    :param on_end: called before the process is ended
    :param grace: seconds from the first signal to the end
    :param second_ends: whether a second signal ends the process at once
    :param parent: file descriptor that is readable after the end of the parent, to end with it
    """

    any_came = False
    """Whether a signal came to any instance in this process."""

    def __init__(
        self,
        on_first: Callable[[], None] = lambda: None,
        on_end: Callable[[], None] = lambda: None,
        grace: float = GRACE,
        second_ends: bool = True,
        parent: int | None = None,
    ) -> None:
        self._on_first = on_first
        self._on_end = on_end
        self._grace = grace
        self._second_ends = second_ends
        self._parent = parent
        self._number = 0

    def came(self) -> bool:
        """Return whether a signal came."""
        return self._number > 0

    @property
    def exit_code(self) -> int:
        """Return the exit code after a signal: 128 plus its number."""
        return 128 + self._number

    def __enter__(self) -> StopSignals:
        """Install the signal handlers."""
        self._receiver, self._sender = socket.socketpair()
        self._sender.setblocking(False)
        self._wakeup = signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        # The number goes to the socket in any case; the handler keeps Python from ending.
        self._handlers = {number: signal.signal(number, self._note) for number in _SIGNALS}
        self._thread = threading.Thread(target=self._listen, name='signals', daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the previous signal handlers."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        self._sender.close()
        self._thread.join()
        self._receiver.close()

    def _note(self, number: int, _: object) -> None:
        StopSignals.any_came = True
        self._number = self._number or number

    def _listen(self) -> None:
        number = self._next(None)
        if number is None:
            return
        self._note(number, None)
        self._on_first()
        deadline = time.monotonic() + self._grace
        while (again := self._next(max(0.0, deadline - time.monotonic()))) is not None:
            if again == 0 or self._second_ends:
                self._end()

    def _next(self, timeout: float | None) -> int | None:
        """Return the next signal, 0 after a timeout, None after the end."""
        poll = select.poll()
        poll.register(self._receiver, select.POLLIN)
        if self._parent is not None:
            poll.register(self._parent, select.POLLIN)
        while True:
            ready = [source for source, _ in poll.poll(timeout and 1000 * timeout)]
            if self._parent in ready:
                self._note(signal.SIGTERM, None)
                self._end()
            if not ready:
                return 0
            data = self._receiver.recv(1)
            if not data:
                return None
            if data[0] in _SIGNALS:
                return data[0]

    def _end(self) -> None:
        with suppress(Exception):
            self._on_end()
        os._exit(self.exit_code)


def say(line: str) -> None:
    """Write a line to the standard error in one system call, safe in a signal handler."""
    with suppress(OSError):
        os.write(2, f'{line}\n'.encode())
