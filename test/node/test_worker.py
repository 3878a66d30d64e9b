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

"""The worker takes the newest item or all in order, survives errors, and ends on request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event, get_ident, Thread
import time

import pytest

from pose_tracking_ros.node.worker import Worker

TIMEOUT = 20.0  # seconds, far more than anything here takes


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, 'it never became so'
        time.sleep(0.001)


class Gate:
    """A function that records its items and can be held at work."""

    def __init__(self) -> None:
        self.items = []
        self.errors = []
        self.threads = set()
        self.begun = Event()
        self.go_on = Event()
        self.go_on.set()
        self.seen_last = Event()

    def __call__(self, item: object) -> None:
        self.items.append(item)
        self.threads.add(get_ident())
        self.begun.set()
        assert self.go_on.wait(TIMEOUT)
        if isinstance(item, Exception):
            raise item
        if item == 'last':
            self.seen_last.set()


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def worker(gate) -> Iterator[Worker]:
    worker = Worker(gate, gate.errors.append)
    yield worker
    gate.go_on.set()
    worker.close()


def test_works_in_another_thread(gate, worker):
    assert worker.put('last') == 0
    assert gate.seen_last.wait(TIMEOUT)
    assert gate.threads.isdisjoint({get_ident()})


def test_takes_the_newest_and_counts_what_it_drops(gate, worker):
    gate.go_on.clear()
    worker.put('first')
    assert gate.begun.wait(TIMEOUT)
    assert [worker.put(item) for item in (1, 2, 3, 'last')] == [0, 1, 1, 1]
    assert worker.waiting == 1
    gate.go_on.set()
    assert gate.seen_last.wait(TIMEOUT)
    assert gate.items == ['first', 'last']


def test_takes_all_in_order_while_they_fit_the_limit(gate):
    worker = Worker(gate, gate.errors.append, limit=10)
    gate.go_on.clear()
    worker.put('first', 10)
    assert gate.begun.wait(TIMEOUT)
    assert [worker.put(item, 4) for item in ('a', 'b')] == [0, 0]
    assert worker.put('c', 4) == 1  # a
    assert worker.put('large', 99) == 2  # b and c; the newest is never dropped
    assert worker.put('last', 1) == 1
    gate.go_on.set()
    assert gate.seen_last.wait(TIMEOUT)
    worker.close()
    assert gate.items == ['first', 'last']
    assert gate.errors == []


@pytest.mark.parametrize('count', [1, 300])
def test_drops_nothing_where_everything_fits(gate, count):
    worker = Worker(gate, gate.errors.append, limit=count + 1)
    items = [*range(count), 'last']
    assert not any(worker.put(item, 1) for item in items)
    assert gate.seen_last.wait(TIMEOUT)
    worker.close()
    assert gate.items == items


def test_continues_after_an_error_and_hands_it_over(gate, worker):
    failure = RuntimeError('this one is broken')
    worker.put(failure)
    assert gate.begun.wait(TIMEOUT)
    wait_until(lambda: gate.errors)
    worker.put('last')
    assert gate.seen_last.wait(TIMEOUT)
    assert gate.errors == [failure]


def test_close_finishes_the_item_at_work_and_drops_the_one_that_waits(gate, worker):
    gate.go_on.clear()
    worker.put('last')
    assert gate.begun.wait(TIMEOUT)
    worker.put('never begun')
    dropped = []
    closing = Thread(target=lambda: dropped.append(worker.close()))
    closing.start()
    wait_until(lambda: not worker.waiting)
    gate.go_on.set()
    closing.join(TIMEOUT)
    assert dropped == [1]
    assert gate.seen_last.is_set()
    assert gate.items == ['last']


def test_close_can_be_repeated_and_ends_what_comes_after(gate, worker):
    worker.close()
    assert worker.put('late') == 1
    assert worker.close() == 0
    assert gate.items == []


@pytest.mark.parametrize('count', [1, 1000])
def test_every_item_is_begun_or_counted(gate, worker, count):
    dropped = sum(worker.put(item) for item in [*range(count), 'last'])
    assert gate.seen_last.wait(TIMEOUT)
    assert len(gate.items) + dropped == count + 1
    assert gate.items[:-1] == sorted(gate.items[:-1])
