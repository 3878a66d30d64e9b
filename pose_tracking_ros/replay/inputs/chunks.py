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

"""The order of messages in files that hold them in chunks."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush
from typing import BinaryIO, NamedTuple, TypeVar

import numpy as np

_MAX_HELD = 64 << 20
"""Bytes of decompressed chunks open at the same time, without the last one."""


class Entry(NamedTuple):
    """
    The place of a message.

    :param received_ns: time of recording in nanoseconds
    :param number: number of its channel
    :param stream: the file, or the content of a chunk
    :param begin: first byte of its data in the stream
    :param length: bytes of its data
    :param position: unique key of the message in the file
    """

    received_ns: int
    number: int
    stream: BinaryIO
    begin: int
    length: int
    position: tuple[int, int]


class Entries:
    """
    The messages of a chunk, stored compactly.

    :param position: position of the chunk in the file
    :param stream: the file, or the content of the chunk
    :param held: bytes of the content in memory
    """

    def __init__(self, position: int, stream: BinaryIO, held: int = 0) -> None:
        self._position = position
        self._stream = stream
        self._held = held
        self._times, self._begins, self._lengths = array('q'), array('q'), array('q')
        self._numbers = array('q')
        self._is_sorted = True

    @property
    def held(self) -> int:
        """Return the bytes in memory."""
        return self._held + 32 * len(self._times)

    def add(self, received_ns: int, number: int, begin: int, length: int) -> None:
        """Add a message with a time below 2**63."""
        if self._times and received_ns < self._times[-1]:
            self._is_sorted = False
        self._times.append(received_ns)
        self._numbers.append(number)
        self._begins.append(begin)
        self._lengths.append(length)

    def __iter__(self) -> Iterator[Entry]:
        """Yield the messages in time order."""
        order: Iterable[int] = range(len(self._times))
        if not self._is_sorted:
            order = np.argsort(np.frombuffer(self._times, np.int64), kind='stable')
        for index in order:
            begin = self._begins[index]
            yield Entry(
                self._times[index], self._numbers[index], self._stream, begin,
                self._lengths[index], (self._position, begin),
            )


_Part = TypeVar('_Part')


def in_time_order(
    parts: Iterable[tuple[int, _Part]], entries: Callable[[_Part], Entries]
) -> Iterator[Entry]:
    """
    Yield the messages of chunks, whose times may overlap, in time order.

    If more chunks overlap than may be open at once, some messages come too early.

    :param parts: chunks with the time of their first message, in the order of these
    :param entries: opens a chunk
    """
    # At equal times, chunks and messages keep their order.
    waiting: list[tuple[int, int, Entry, Iterator[Entry], int]] = []
    held = 0

    def first() -> Entry:
        nonlocal held
        _, number, entry, rest, size = heappop(waiting)
        following = next(rest, None)
        if following is None:
            held -= size
        else:
            heappush(waiting, (following.received_ns, number, following, rest, size))
        return entry

    for number, (start_ns, part) in enumerate(parts):
        while waiting and (waiting[0][0] < start_ns or held > _MAX_HELD):
            yield first()
        opened = entries(part)
        rest = iter(opened)
        entry = next(rest, None)
        if entry is not None:
            held += opened.held
            heappush(waiting, (entry.received_ns, number, entry, rest, opened.held))
        del opened, rest, entry
    while waiting:
        yield first()
