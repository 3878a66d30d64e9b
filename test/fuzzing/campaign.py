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

"""Check many seeds in processes of their own, and report the results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import select
import signal
import subprocess
import sys
from tempfile import TemporaryFile
import threading
import time
from typing import Any, BinaryIO, NamedTuple

MAX_SECONDS = 60.0
"""Time for a seed: most take milliseconds, and what takes that long on a busy machine hangs."""

WORKER = (sys.executable, '-m', 'fuzzing.worker')

_START_SECONDS = 300.0
"""Time for a process to load its libraries."""

_SILENT = object()


class Batch(NamedTuple):
    """
    Seeds that lie behind each other.

    :param kind: the name of their kind
    :param first: the first of them
    :param count: how many there are
    """

    kind: str
    first: int
    count: int


@dataclass
class Tally:
    """
    What came of the seeds of a kind.

    :param ends: how many ended how
    :param failures: the seeds that failed, and why
    :param peak: the most memory that one took, in bytes
    :param slowest: the longest time that one took, in seconds, and its number
    """

    ends: Counter[str] = field(default_factory=Counter)
    failures: dict[int, str] = field(default_factory=dict)
    peak: int = 0
    slowest: tuple[float, int] = (0.0, 0)

    @property
    def seeds(self) -> int:
        """Return how many were checked."""
        return self.ends.total() + len(self.failures)


class Campaign:
    """
    Counts what comes of seeds; several threads may check some at the same time.

    :param worker: the program that checks a batch
    :param max_seconds: after what time without an answer a seed hangs
    """

    def __init__(
        self, worker: Sequence[str] = WORKER, max_seconds: float = MAX_SECONDS
    ) -> None:
        self.tallies: dict[str, Tally] = {}
        self._worker = worker
        self._max_seconds = max_seconds
        self._lock = threading.Lock()

    @property
    def has_failures(self) -> bool:
        """Return whether any seed failed."""
        return any(tally.failures for tally in self.tallies.values())

    def run(
        self, batches: Iterable[Batch], processes: int, end: float = float('inf')
    ) -> None:
        """
        Check batches in several processes.

        :param batches: without an end, or with one
        :param processes: how many at the same time
        :param end: of the monotonic clock, after which no batch begins
        """
        waiting = iter(batches)
        stop = threading.Event()

        def work() -> None:
            while time.monotonic() < end and not stop.is_set():
                with self._lock:
                    batch = next(waiting, None)
                if batch is None:
                    return
                self.check(batch)

        with ThreadPoolExecutor(processes) as pool:
            try:
                for done in [pool.submit(work) for _ in range(processes)]:
                    done.result()
            finally:
                stop.set()

    def check(self, batch: Batch) -> None:
        """
        Check a batch; where a seed ends its process, in another one from the next seed on.

        :raises RuntimeError: when no process begins with any
        """
        first, end = batch.first, batch.first + batch.count
        while first < end:
            first = self._check_until_one_ends_it(Batch(batch.kind, first, end - first)) + 1

    def _check_until_one_ends_it(self, batch: Batch) -> int:
        """Check a batch in a process; return the last seed that it got to."""
        with TemporaryFile() as errors:
            process = subprocess.Popen(
                [*self._worker, batch.kind, str(batch.first), str(batch.count)],
                cwd=Path(__file__).parents[1], start_new_session=True,
                stdout=subprocess.PIPE, stderr=errors,
            )
            try:
                return self._listen(batch, process, errors)
            finally:
                # It may have left processes of its own.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                process.stdout.close()

    def _listen(self, batch: Batch, process: subprocess.Popen, errors: BinaryIO) -> int:
        """Take in the output of a process; return the last seed that it got to."""
        seed, is_open = batch.first - 1, False
        for answer in self._answers(process.stdout):
            if answer is _SILENT:
                if not is_open:
                    raise RuntimeError(f'nothing came of {batch} for long')
                self._note(batch.kind, seed, f'no end after {self._max_seconds} s')
                return seed
            seed = answer.get('begun', seed)
            is_open = 'begun' in answer
            if not is_open:
                self._note(batch.kind, **answer)
        code = process.wait()
        if is_open or code or seed < batch.first + batch.count - 1:
            errors.seek(0)
            reported = errors.read()[-3000:].decode(errors='replace')
            if not is_open:
                raise RuntimeError(f'{batch} ended with {code} behind seed {seed}: {reported}')
            self._note(batch.kind, seed, f'its process ended with {code}: {reported}')
        return seed

    def _answers(self, output: BinaryIO) -> Iterable[Any]:
        """Yield what comes line by line, and in the end that nothing came for long."""
        buffered, seconds = b'', _START_SECONDS
        while True:
            ready, _, _ = select.select([output], [], [], seconds)
            if not ready:
                yield _SILENT
                return
            came = os.read(output.fileno(), 1 << 16)
            if not came:
                return
            seconds = self._max_seconds
            *lines, buffered = (buffered + came).split(b'\n')
            yield from map(json.loads, lines)

    def _note(
        self, kind: str, seed: int, problem: str, end: str = '', seconds: float = 0.0,
        peak: int = 0,
    ) -> None:
        """Count what came of a seed."""
        with self._lock:
            tally = self.tallies.setdefault(kind, Tally())
            if problem:
                tally.failures[seed] = problem
            else:
                tally.ends[end] += 1
            tally.peak = max(tally.peak, peak)
            tally.slowest = max(tally.slowest, (seconds, seed))
