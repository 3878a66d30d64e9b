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

"""A thread that processes queued items, the newest only or all in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from typing import Generic, TypeVar

Item = TypeVar('Item')


class Worker(Generic[Item]):
    """
    Calls a function in a thread of its own, with one item after the other.

    The queue is limited by size: beyond it the oldest items are dropped, but never the newest.
    With a limit of 0 it is a one-slot queue, so that a slow function gets fresh items.

    :param function: called with one item at a time
    :param on_error: called in the same thread with an exception of the function
    :param limit: maximum total size of the queued items, in the unit of their sizes
    """

    def __init__(
        self,
        function: Callable[[Item], None],
        on_error: Callable[[Exception], None],
        limit: int = 0,
    ) -> None:
        self._function = function
        self._on_error = on_error
        self._limit = limit
        self._waiting: deque[tuple[Item, int]] = deque()
        self._waiting_size = 0
        self._closed = False
        self._changed = Condition()
        self._thread = Thread(target=self._run, name='worker', daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Return the number of queued items."""
        return len(self._waiting)

    def put(self, item: Item, size: int = 0) -> int:
        """
        Queue an item, without waiting for the function.

        :param size: size of the item in the queue
        :return: the number of items dropped for it
        """
        with self._changed:
            if self._closed:
                return 1
            self._waiting.append((item, size))
            self._waiting_size += size
            dropped = 0
            while len(self._waiting) > 1 and (
                not self._limit or self._waiting_size > self._limit
            ):
                self._take()
                dropped += 1
            self._changed.notify()
            return dropped

    def close(self) -> int:
        """
        Drop the queued items, finish the current one, and end the thread.

        :return: the number of dropped items
        """
        with self._changed:
            self._closed = True
            dropped = len(self._waiting)
            self._waiting.clear()
            self._changed.notify()
        self._thread.join()
        return dropped

    def _take(self) -> Item:
        """Remove the oldest item."""
        item, size = self._waiting.popleft()
        self._waiting_size -= size
        return item

    def _run(self) -> None:
        """Process items until closed."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                item = self._take()
            try:
                self._function(item)
            except Exception as error:
                self._on_error(error)
            # Keep no image in memory while waiting.
            del item
