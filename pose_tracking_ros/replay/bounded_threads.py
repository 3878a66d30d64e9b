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

"""Reader and writer threads with bounded queues."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
import sys
import threading
from typing import Any, Generic, NamedTuple, TypeVar

_TURN = 1e-5
"""Seconds; the system adds some 50 microseconds to so short a wait."""

_Item = TypeVar('_Item')

_LOOK_PERIOD = 0.1
"""Seconds between checks of a waiting thread for a stop request."""


@contextmanager
def short_gil_interval() -> Iterator[None]:
    """
    Shorten sys.setswitchinterval inside the context.

    A thread that returns from a model, which runs without the GIL, would wait for milliseconds
    until a writing thread releases it.
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


@dataclass(frozen=True)
class Room(Generic[_Item]):
    """
    The limits of a queue between two threads.

    :param items: maximum number of items
    :param size: maximum total size, in the unit of the sizes; one item always has room
    :param size_of: returns the size of an item
    """

    items: int
    size: int = 0
    size_of: Callable[[_Item], int] = field(default=lambda _: 0)


class _Entry(NamedTuple):
    """An item, or the end of the queue."""

    item: Any = None
    error: BaseException | None = None
    is_last: bool = False


class _Waiting:
    """A bounded queue between two threads."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._entries: deque[tuple[_Entry, int]] = deque()
        self._size = 0
        self._changed = threading.Condition()

    def put(self, entry: _Entry) -> bool:
        """Queue an entry; return whether there was room in time."""
        size = 0 if entry.item is None else self._room.size_of(entry.item)
        with self._changed:
            if not self._changed.wait_for(lambda: self._fits(size), _LOOK_PERIOD):
                return False
            self._entries.append((entry, size))
            self._size += size
            self._changed.notify_all()
            return True

    def get(self, timeout: float | None = None) -> _Entry | None:
        """Return the oldest entry, or None after a timeout."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._entries, timeout):
                return None
            entry, size = self._entries.popleft()
            self._size -= size
            self._changed.notify_all()
            return entry

    def _fits(self, size: int) -> bool:
        room = self._room
        return not self._entries or (
            len(self._entries) < room.items and self._size + size <= room.size
        )


class ReadAhead(Generic[_Item]):
    """
    Reads ahead from an iterable in a thread; a context manager.

    An exception of the iterable is raised in place of its item.

    :param is_stopped: returns whether to stop waiting for the next item, which may never come
    """

    def __init__(
        self,
        items: Iterable[_Item],
        room: Room[_Item],
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._is_stopped = is_stopped
        self.was_stopped = False
        self._waiting = _Waiting(room)
        self._stopped = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(items,), name='reader', daemon=True
        )
        self._thread.start()

    def __iter__(self) -> Iterator[_Item]:
        """Yield the items."""
        while True:
            entry = self._waiting.get(_LOOK_PERIOD)
            if entry is None:
                if self._is_stopped():
                    self.was_stopped = True
                    return
                continue
            item, error, is_last = entry
            if error is not None:
                raise error
            if is_last:
                return
            yield item

    def __enter__(self) -> ReadAhead[_Item]:
        """Return the iterator."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the thread, also before the last item; after a stop, do not wait for long."""
        self._stopped.set()
        self._thread.join(_LOOK_PERIOD if self.was_stopped else None)

    def _run(self, items: Iterable[_Item]) -> None:
        iterator = iter(items)
        try:
            for item in iterator:
                if not self._put(_Entry(item)):
                    return
            self._put(_Entry(is_last=True))
        except BaseException as error:  # raised in __iter__
            self._put(_Entry(error=error))
        finally:
            close = getattr(iterator, 'close', None)
            if close is not None:
                close()

    def _put(self, entry: _Entry) -> bool:
        """Queue an entry; return False after the end of the context."""
        while not self._stopped.is_set():
            if self._waiting.put(entry):
                return True
        return False


class WriteBehind(Generic[_Item]):
    """Calls a function with queued items in a thread."""

    def __init__(self, function: Callable[[_Item], None], room: Room[_Item]) -> None:
        self._function = function
        self._waiting = _Waiting(room)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name='writer', daemon=True)
        self._thread.start()

    def put(self, item: _Item) -> None:
        """
        Queue an item.

        :raises BaseException: raised by the function for an earlier item
        """
        self._put(_Entry(item))

    def close(self) -> None:
        """
        Wait until all items are done, and end the thread.

        :raises BaseException: raised by the function
        """
        self._put(_Entry(is_last=True))
        self._thread.join()
        self._check()

    def _put(self, entry: _Entry) -> None:
        """Queue an entry while the thread runs, and raise its error after that."""
        while self._thread.is_alive():
            if self._waiting.put(entry):
                return
        self._check()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while True:
                item, _, is_last = self._waiting.get()
                if is_last:
                    return
                self._function(item)
                # Release the item, a large image, while the thread waits.
                del item
        except BaseException as error:  # raised in put and close
            self._error = error
