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
Match depth images to images, without ROS.

An image gets the depth image with the nearest stamp within a slop. For one-to-one matches the
pairs are the same as from ``message_filters.ApproximateTimeSynchronizer``. Unlike with that class,
an image without depth is returned alone, and two images may share the depth image of a slower
camera.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition
import time
from typing import Generic, TypeVar

Item = TypeVar('Item')


class DepthMatcher(Generic[Item]):
    """
    A thread-safe buffer of depth images.

    :param limit: maximum total size, in the unit of the sizes; the newest is always kept
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: deque[tuple[int, Item, int]] = deque()
        self._size = 0
        self._last_image_ns: int | None = None
        self._last_arrival = time.monotonic()
        self._closed = False
        self._changed = Condition()

    def put(self, stamp_ns: int, item: Item, size: int = 1) -> None:
        """Add a depth image."""
        with self._changed:
            if self._kept and stamp_ns < self._kept[-1][0]:
                # Time jumped back, as in a looped bag: later stamps are outdated.
                self._forget(lambda kept_ns: kept_ns > stamp_ns)
            self._kept.append((stamp_ns, item, size))
            self._size += size
            while self._size > self._limit and len(self._kept) > 1:
                self._size -= self._kept.popleft()[2]
            self._last_arrival = time.monotonic()
            self._changed.notify_all()

    def expect(self, stamp_ns: int) -> None:
        """Announce an image, whose depth is taken later."""
        with self._changed:
            self._last_image_ns = stamp_ns
            self._changed.notify_all()

    def take(
        self, stamp_ns: int, slop_ns: int, patience: float, lag_ns: int, silence: float
    ) -> Item | None:
        """
        Return the depth image of an image, None if there is none.

        Wait for a depth image that is not older, so that no later one is nearer, up to the
        following limits.

        :param stamp_ns: stamp of the image, not older than in earlier calls
        :param slop_ns: maximum difference of the stamps
        :param patience: maximum seconds to wait
        :param lag_ns: time beyond the slop by which a newer image ends the wait
        :param silence: seconds without any depth image after which not to wait
        """
        end = time.monotonic() + patience
        with self._changed:
            while not (self._closed or self._is_decided(stamp_ns, slop_ns + lag_ns)):
                left = min(end, self._last_arrival + silence) - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            found = min(
                (kept for kept in self._kept if abs(kept[0] - stamp_ns) <= slop_ns),
                key=lambda kept: abs(kept[0] - stamp_ns),
                default=None,
            )
            self._forget(lambda kept_ns: kept_ns < stamp_ns - slop_ns)
            return found[1] if found else None

    def close(self) -> None:
        """Release all depth images, and end all waiting."""
        with self._changed:
            self._closed = True
            self._forget(lambda _: True)
            self._changed.notify_all()

    def _is_decided(self, stamp_ns: int, lateness_ns: int) -> bool:
        """Return whether no nearer depth image is expected."""
        return any(kept[0] >= stamp_ns for kept in self._kept) or (
            self._last_image_ns is not None and self._last_image_ns > stamp_ns + lateness_ns
        )

    def _forget(self, is_past: Callable[[int], bool]) -> None:
        self._kept = deque(kept for kept in self._kept if not is_past(kept[0]))
        self._size = sum(size for _, _, size in self._kept)
