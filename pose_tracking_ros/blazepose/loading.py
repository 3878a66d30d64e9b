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

"""Load models so that it can be interrupted: a TensorRT engine takes minutes to build."""

from __future__ import annotations

import atexit
from collections.abc import Callable
import os
import sys
from threading import Event, Thread
from typing import TypeVar

from pose_tracking_ros.blazepose.models import ModelError

_Result = TypeVar('_Result')

_POLL_PERIOD = 0.05  # seconds between checks whether to stop
_TIME_TO_END = 0.5  # seconds in which a cancelled load may end
_INTERRUPTED = 130  # exit code of an interrupted program

_is_stopped: Callable[[], bool] = bool
# For each abandoned load, whether it has ended.
_abandoned: list[Event] = []


def stop_when(is_stopped: Callable[[], bool]) -> None:
    """
    Stop loading models, with a ModelError, once a function returns True.

    For programs that handle signals themselves; in others Ctrl-C is a KeyboardInterrupt.
    """
    global _is_stopped
    _is_stopped = is_stopped


def check_not_stopped() -> None:
    """Raise a ModelError if the program shall stop."""
    if _is_stopped():
        raise ModelError('stopped while a model was being loaded')


def load_interruptibly(load: Callable[[], _Result], cancel: Callable[[], None]) -> _Result:
    """
    Return the result of a function that cannot be interrupted.

    It runs in a thread, which is abandoned if it does not end in time.

    :param load: the function, which releases the GIL
    :param cancel: requests its end
    :raises ModelError: if loading was stopped
    """
    results: list[_Result] = []
    errors: list[BaseException] = []
    # An interrupted Thread.join() takes the thread for ended.
    ended = Event()

    def run() -> None:
        try:
            results.append(load())
        except BaseException as error:  # raised in the waiting thread
            errors.append(error)
        ended.set()

    try:
        Thread(target=run, name='loading', daemon=True).start()
        while not ended.wait(_POLL_PERIOD):
            check_not_stopped()
    except BaseException:
        cancel()
        _abandon(ended)
        raise
    if errors:
        raise errors[0]
    return results[0]


def end_process(code: int) -> int:
    """
    Return an exit code; with an abandoned load, end the process with it at once.

    The interpreter must not finalize what the thread still uses.
    """
    if not all(ended.is_set() for ended in _abandoned):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def _abandon(ended: Event) -> None:
    """Let a load run until the process ends."""
    if ended.wait(_TIME_TO_END):
        return
    if not _abandoned:
        atexit.register(end_process, _INTERRUPTED)
    _abandoned.append(ended)
