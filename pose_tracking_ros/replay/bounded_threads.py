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


"""Threads that work ahead and behind, with a bounded number of things in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
import sys
import threading
from typing import Generic, TypeVar

_TURN = 1e-5
"""Seconds; the system adds some 50 microseconds to so short a wait."""

_Item = TypeVar('_Item')

_LOOK_PERIOD = 0.1
"""Seconds after which a thread that waits looks whether it is still wanted."""


@contextmanager
def quick_turns() -> Iterator[None]:
    """
    Let threads take turns more often, for as long as the context lasts.

    A thread that comes back from a model, which runs without Python's lock, would wait for
    milliseconds until a thread that writes lets it go on.
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


class ReadAhead(Generic[_Item]):
    """
    Takes from an iterable in a thread, ahead of who iterates over it; a context manager.

    An exception of the iterable comes out where its item would have come.

    :param items: what to take from
    :param size: how many items wait at most
    """

    def __init__(self, items: Iterable[_Item], size: int) -> None:
        self._queue: Queue[tuple[_Item | None, BaseException | None, bool]] = Queue(size)
        self._stopped = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(items,), name='reader', daemon=True
        )
        self._thread.start()

    def __iter__(self) -> Iterator[_Item]:
        """Yield the items."""
        while True:
            item, error, is_last = self._queue.get()
            if error is not None:
                raise error
            if is_last:
                return
            yield item

    def __enter__(self) -> ReadAhead[_Item]:
        """Return what to iterate over."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the thread, also before the last item."""
        self._stopped.set()
        self._thread.join()

    def _run(self, items: Iterable[_Item]) -> None:
        iterator = iter(items)
        try:
            for item in iterator:
                if not self._put((item, None, False)):
                    return
            self._put((None, None, True))
        except BaseException as error:  # handed over to who iterates
            self._put((None, error, True))
        finally:
            close = getattr(iterator, 'close', None)
            if close is not None:
                close()

    def _put(self, entry: tuple[_Item | None, BaseException | None, bool]) -> bool:
        """Hand an entry over; return whether it is still wanted."""
        while not self._stopped.is_set():
            try:
                self._queue.put(entry, timeout=_LOOK_PERIOD)
            except Full:
                continue
            return True
        return False


class WriteBehind(Generic[_Item]):
    """
    Calls a function in a thread, behind who calls; a context manager that waits for it in the end.

    :param function: what to call with each item
    :param size: how many items wait at most
    """

    def __init__(self, function: Callable[[_Item], None], size: int) -> None:
        self._function = function
        self._queue: Queue[tuple[_Item | None, bool]] = Queue(size)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name='writer', daemon=True)
        self._thread.start()

    def put(self, item: _Item) -> None:
        """
        Let an item be worked on.

        :raises BaseException: what the function raised with an earlier item
        """
        while self._thread.is_alive():
            try:
                self._queue.put((item, False), timeout=_LOOK_PERIOD)
            except Full:
                continue
            return
        self._check()

    def close(self) -> None:
        """
        Wait until all items are done, and end the thread.

        :raises BaseException: what the function raised
        """
        while self._thread.is_alive():
            try:
                self._queue.put((None, True), timeout=_LOOK_PERIOD)
            except Full:
                continue
            break
        self._thread.join()
        self._check()

    def __enter__(self) -> WriteBehind[_Item]:
        """Return the worker, which runs from the start."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wait until all is done."""
        self.close()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while True:
                item, is_last = self._queue.get()
                if is_last:
                    return
                self._function(item)
        except BaseException as error:  # handed over to who puts and closes
            self._error = error
            # Nobody may wait for what is not going to be done.
            while True:
                try:
                    self._queue.get_nowait()
                except Empty:
                    return
