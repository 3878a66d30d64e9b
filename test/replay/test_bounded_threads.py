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

"""Threads ahead and behind: order, bounds, errors and an early end."""

from __future__ import annotations

from contextlib import closing
from itertools import count
import sys
import threading

import pytest

from pose_tracking_ros.replay.bounded_threads import (
    ReadAhead,
    Room,
    short_gil_interval,
    WriteBehind,
)


def test_items_come_in_their_order():
    with ReadAhead(range(100), Room(3)) as items:
        assert list(items) == list(range(100))


def test_reader_is_no_further_ahead_than_the_bound():
    taken = []

    def items():
        for number in range(100):
            taken.append(number)
            yield number

    with ReadAhead(items(), Room(4)) as ahead:
        for number in ahead:
            # Those that wait, the one in the hand of the reader, and the one here.
            assert len(taken) <= number + 1 + 4 + 1


def test_reader_is_no_further_ahead_than_the_bound_of_the_sizes():
    taken = []

    def items():
        for number in range(50):
            taken.append(number)
            yield number

    # Two of them are larger than the room, and one goes through all the same.
    with ReadAhead(items(), Room(10, 99, lambda _: 50)) as ahead:
        for number in ahead:
            assert len(taken) <= number + 1 + 1 + 1
    with ReadAhead(range(50), Room(10, 99, lambda _: 100)) as ahead:
        assert list(ahead) == list(range(50))


def test_error_of_the_reader_is_raised_after_the_items_before_it():
    def items():
        yield 1
        raise OSError('the disk is gone')

    found = []
    with pytest.raises(OSError, match='the disk is gone'), ReadAhead(items(), Room(3)) as ahead:
        found.extend(ahead)
    assert found == [] or found == [1]


def test_reader_without_end_is_left_early_and_closed():
    closed = threading.Event()

    def items():
        try:
            yield from count()
        finally:
            closed.set()

    with ReadAhead(items(), Room(2)) as ahead:
        assert next(iter(ahead)) == 0
    assert closed.is_set()


def test_all_is_written_in_order_before_the_end():
    written = []
    with closing(WriteBehind(written.append, Room(2))) as behind:
        for number in range(50):
            behind.put(number)
    assert written == list(range(50))


def test_error_of_the_writer_is_raised_and_ends_all_waiting():
    def write(number: int) -> None:
        raise OSError(f'no space for {number}')

    def put_many() -> None:
        with closing(WriteBehind(write, Room(1))) as behind:
            for number in range(50):
                behind.put(number)

    with pytest.raises(OSError, match='no space for 0'):
        put_many()


def test_gil_interval_is_short_only_in_the_context():
    before = sys.getswitchinterval()
    with short_gil_interval():
        assert sys.getswitchinterval() < before
    assert sys.getswitchinterval() == before


def test_stop_request_ends_waiting_for_an_item():
    never = threading.Event()

    def items():
        yield 1
        never.wait()

    stopped = threading.Event()
    found = []
    with ReadAhead(items(), Room(1), stopped.is_set) as ahead:
        for item in ahead:
            found.append(item)
            stopped.set()
    assert found == [1]
    assert ahead.was_stopped
    never.set()
