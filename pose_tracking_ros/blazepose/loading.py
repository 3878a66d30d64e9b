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

"""Load what takes long so that it can be interrupted: an engine of TensorRT takes minutes."""

from __future__ import annotations

import atexit
from collections.abc import Callable
import os
import sys
from threading import Event, Thread
from typing import TypeVar

from pose_tracking_ros.blazepose.models import ModelError

_Result = TypeVar('_Result')

_LOOK_PERIOD = 0.05
"""Seconds after which to look whether to stop."""

_TIME_TO_END = 0.5
"""Seconds in which a load that was cancelled may end by itself."""

_INTERRUPTED = 130
"""Exit code of a program that was interrupted."""

_is_stopped: Callable[[], bool] = bool
# Whether each load that was left behind has ended.
_left_behind: list[Event] = []


def stop_when(is_stopped: Callable[[], bool]) -> None:
    """
    Let models that are being loaded be given up, with a ModelError, once a function says so.

    A program that handles signals itself needs this; where it does not, Ctrl-C is a
    KeyboardInterrupt as ever.
    """
    global _is_stopped
    _is_stopped = is_stopped


def check_not_stopped() -> None:
    """
    Check that nobody wants to stop.

    :raises ModelError: when somebody does
    """
    if _is_stopped():
        raise ModelError('stopped while a model was being loaded')


def load_interruptibly(load: Callable[[], _Result], cancel: Callable[[], None]) -> _Result:
    """
    Return what a function returns that cannot be interrupted.

    It runs in a thread of its own, which is left behind when it does not end in time.

    :param load: runs without Python's lock
    :param cancel: tells it to end, if it can
    :raises ModelError: when it was told to stop
    """
    results: list[_Result] = []
    errors: list[BaseException] = []
    # A thread itself is no guide: interrupted, its join() takes it for ended.
    ended = Event()

    def run() -> None:
        try:
            results.append(load())
        except BaseException as error:  # handed over to who waits
            errors.append(error)
        ended.set()

    try:
        Thread(target=run, name='loading', daemon=True).start()
        while not ended.wait(_LOOK_PERIOD):
            check_not_stopped()
    except BaseException:
        cancel()
        _leave_behind(ended)
        raise
    if errors:
        raise errors[0]
    return results[0]


def end_process(code: int) -> int:
    """
    Return an exit code; where a load was left behind, end the process with it at once.

    What a thread uses must not be taken apart while it runs.
    """
    if not all(ended.is_set() for ended in _left_behind):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def _leave_behind(ended: Event) -> None:
    """Let a load run until the process ends."""
    if ended.wait(_TIME_TO_END):
        return
    if not _left_behind:
        atexit.register(end_process, _INTERRUPTED)
    _left_behind.append(ended)
