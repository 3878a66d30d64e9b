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

"""Analyse recordings with one process per core."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
import multiprocessing
from multiprocessing.connection import Connection, wait
import signal
from typing import Any

from pose_tracking_ros.blazepose.loading import stop_when
from pose_tracking_ros.replay.jobs import failure, Job, run_job
from pose_tracking_ros.replay.options import AnalysisOptions
from pose_tracking_ros.replay.stop_signals import StopSignals
from pose_tracking_ros.replay.temporary import remove_temporary_folders

_ATTEMPTS = 3
"""Maximum attempts at a recording whose process dies."""

_LOOK_PERIOD = 0.1
"""Seconds between checks for a stop request."""

_GRACE = 0.8
"""Seconds from a stop request to the end of a process, less than in the parent."""


def run_on_cores(
    jobs: Sequence[Job],
    options: AnalysisOptions,
    processes: int,
    is_stopped: Callable[[], bool],
) -> Iterator[tuple[Job, dict[str, Any]]]:
    """
    Analyse recordings in separate processes.

    If a process is killed, another one resumes its recording.

    :return: an iterator over finished jobs and their summaries, in the order of their ends; after
        a stop request, jobs not yet begun are missing
    """
    left = deque(jobs)
    attempts: Counter[Job] = Counter()
    idle: list[_Worker] = []
    busy: dict[Connection, _Worker] = {}
    stopping = False
    try:
        while busy or (left and not stopping):
            if is_stopped() and not stopping:
                stopping = True
                for worker in busy.values():
                    worker.ask_to_stop()
            while left and not stopping and len(busy) < processes:
                worker = idle.pop() if idle else _Worker(options)
                busy[worker.connection] = worker
                worker.begin(left.popleft())
            for connection in wait(list(busy), _LOOK_PERIOD):
                worker = busy.pop(connection)
                job, summary = worker.job, worker.answer()
                if summary is not None:
                    idle.append(worker)
                    yield job, summary
                    continue
                how = worker.how_it_ended()
                attempts[job] += 1
                if stopping:
                    yield job, failure(job, 'interrupted: continue with --resume')
                elif attempts[job] == _ATTEMPTS:
                    yield job, failure(job, f'its process {how} {_ATTEMPTS} times: {_ADVICE}')
                else:
                    left.append(job)
    finally:
        for worker in busy.values():
            worker.ask_to_stop()
        for worker in (*idle, *busy.values()):
            worker.close()


_ADVICE = 'is there enough memory? Is it damaged?'


class _Worker:
    """A process that runs one job after the other, all with the same options."""

    def __init__(self, options: AnalysisOptions) -> None:
        context = multiprocessing.get_context('spawn')
        self.job: Job
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, options), daemon=True)
        # Ctrl-C on a terminal goes to all processes; only the parent handles it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()

    def begin(self, job: Job) -> None:
        """Start a job in the process."""
        self.job = job
        # The end of the process is detected in answer().
        with suppress(OSError):
            self.connection.send(job)

    def answer(self) -> dict[str, Any] | None:
        """Return the summary of the job, None if the process ended without one."""
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            return None

    def ask_to_stop(self) -> None:
        """Let the process finish its job, and end it after a timeout."""
        self._process.terminate()

    def how_it_ended(self) -> str:
        """Wait for the end of the process, and return its description."""
        self.connection.close()
        self._process.join()
        code = self._process.exitcode
        if code is not None and code < 0:
            return f'was killed ({signal.Signals(-code).name})'
        return f'ended (exit code {code})'

    def close(self) -> None:
        """End the process."""
        self.connection.close()
        self._process.join(_GRACE + _LOOK_PERIOD)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _serve(connection: Connection, options: AnalysisOptions) -> None:
    """Run jobs until the parent closes the connection."""
    parent = multiprocessing.parent_process()
    with (
        StopSignals(
            on_first=lambda: None, on_end=remove_temporary_folders, grace=_GRACE,
            second_ends=False, parent=parent.sentinel if parent else None,
        ) as signals,
        suppress(EOFError, OSError),
    ):
        stop_when(signals.came)
        while True:
            connection.send(run_job(connection.recv(), options, signals.came))
