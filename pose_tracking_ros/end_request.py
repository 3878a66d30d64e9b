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
import signal
import sys
from threading import Event


def end_request() -> Event:
    """
    Return an event that SIGINT or SIGTERM sets; from now on, the signals have no other effect.

    Further signals are ignored: ``ros2 launch`` repeats the one that the terminal has already
    sent. Call it in the main thread.
    """
    request = Event()
    _on_first_signal(request.set)
    return request


def exit_at_signal(code: int = 0) -> None:
    """Make SIGINT and SIGTERM exit the process with a code, while there is nothing to save."""
    _on_first_signal(lambda: sys.exit(code))


def _on_first_signal(react: Callable[[], None]) -> None:
    """Call a function at the first signal, and ignore all later ones."""

    def handle(*_: object) -> None:
        _set(signal.SIG_IGN)
        react()

    _set(handle)


def _set(handler: object) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)
