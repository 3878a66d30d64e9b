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


"""Work through recordings with one process per core."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
import multiprocessing
import multiprocessing.synchronize
import signal
from typing import Any

from pose_tracking_ros.blazepose.loading import stop_when
from pose_tracking_ros.replay.jobs import failure, Job, run_job
from pose_tracking_ros.replay.options import AnalysisOptions

_ATTEMPTS = 3
"""How often a recording is begun whose process ends without an answer."""

_LOOK_PERIOD = 0.2
"""Seconds after which to look whether to stop."""


def run_on_cores(
    jobs: Sequence[Job],
    options: AnalysisOptions,
    processes: int,
    is_stopped: Callable[[], bool],
) -> Iterator[tuple[Job, dict[str, Any]]]:
    """
    Analyse recordings in processes of their own.

    Where a process is killed, its recording goes on where it was, in another one.

    :param jobs: the recordings
    :param options: what to analyse of each, how, and what to write
    :param processes: how many at the same time
    :param is_stopped: tells whether to stop
    :return: an iterator over the jobs that are done, in the order of their ends, with their
        summaries; when stopped those that were not begun are missing
    """
    attempts = dict.fromkeys(jobs, 0)
    left = list(jobs)
    while left and not is_stopped():
        lost = yield from _run_in_pool(left, options, processes, is_stopped)
        for job in lost:
            attempts[job] += 1
            if attempts[job] == _ATTEMPTS:
                reason = f'its process was killed {_ATTEMPTS} times: is there enough memory?'
                yield job, failure(job, reason)
        left += [job for job in lost if attempts[job] < _ATTEMPTS]


def _run_in_pool(
    left: list[Job], options: AnalysisOptions, processes: int, is_stopped: Callable[[], bool]
) -> Iterator[tuple[Job, dict[str, Any]]]:
    """
    Do jobs until all are done or a process is killed, after which a pool is of no use anymore.

    :param left: the jobs; those that are begun are taken out
    :return: an iterator over the jobs that are done, which returns those that were lost
    """
    context = multiprocessing.get_context('spawn')
    stopped = context.Event()
    lost: list[Job] = []
    with ProcessPoolExecutor(
        processes, mp_context=context, initializer=_start, initargs=(stopped,)
    ) as pool:
        running: dict[Future, Job] = {}
        while running or (left and not lost and not stopped.is_set()):
            if is_stopped():
                stopped.set()
            # No more than can run at once: which others are lost with a process is known then.
            while left and not lost and not stopped.is_set() and len(running) < processes:
                job = left.pop(0)
                try:
                    running[pool.submit(_work, job, options)] = job
                except BrokenProcessPool:
                    lost.append(job)
            for future in wait(running, _LOOK_PERIOD, FIRST_COMPLETED).done:
                job = running.pop(future)
                try:
                    yield job, future.result()
                except BrokenProcessPool:
                    lost.append(job)
    return lost


_is_stopped: Callable[[], bool] = bool


def _start(stopped: multiprocessing.synchronize.Event) -> None:
    """Prepare a process: it is told when to stop, whatever signals come from a terminal."""
    global _is_stopped
    _is_stopped = stopped.is_set
    stop_when(_is_stopped)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work(job: Job, options: AnalysisOptions) -> dict[str, Any]:
    """Do a job."""
    return run_job(job, options, _is_stopped)
