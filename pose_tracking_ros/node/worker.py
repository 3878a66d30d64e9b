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

"""One thread that works on the newest of what it is given."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, Thread
from typing import Generic, TypeVar

Item = TypeVar('Item')


class LatestWorker(Generic[Item]):
    """
    Calls a function in a thread of its own, always with the newest item.

    The mailbox holds one item: one that has not been begun when the next is put is dropped, so
    that a slow function works on fresh items instead of falling behind.

    :param function: called with one item at a time
    :param on_error: called in the same thread with what the function raises; the work goes on
    """

    def __init__(
        self, function: Callable[[Item], None], on_error: Callable[[Exception], None]
    ) -> None:
        """Start the thread."""
        self._function = function
        self._on_error = on_error
        self._mailbox: list[Item] = []
        self._closed = False
        self._dropped = 0
        self._changed = Condition()
        self._thread = Thread(target=self._run, name='latest_worker', daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Return how many items were never begun, because a newer one came or the end."""
        return self._dropped

    def put(self, item: Item) -> None:
        """Hand over an item, in place of one that still waits; never blocks for the function."""
        with self._changed:
            self._dropped += len(self._mailbox)
            self._mailbox[:] = [item]
            self._changed.notify()

    def close(self) -> None:
        """Drop the item that waits, finish the one at work, and end the thread."""
        with self._changed:
            self._closed = True
            self._dropped += len(self._mailbox)
            self._mailbox.clear()
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        """Work until closed."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._mailbox or self._closed)
                if self._closed:
                    return
                item = self._mailbox.pop()
            try:
                self._function(item)
            except Exception as error:
                self._on_error(error)
