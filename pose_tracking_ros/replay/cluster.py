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

"""Analyse recordings on the machines of a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pose_tracking_ros.replay.inputs.reading import never
from pose_tracking_ros.replay.jobs import failure, Job, run_job
from pose_tracking_ros.replay.options import AnalysisOptions
from pose_tracking_ros.replay.problems import reason

_CONNECT_TIMEOUT = '20s'

_LOOK_PERIOD = 0.2
"""Seconds between checks for a stop request."""

_RETRIES = 2
"""Maximum retries of a recording whose worker fails."""


class ClusterError(RuntimeError):
    """A cluster cannot be used; the message has the reason and the fix."""


def run_on_cluster(
    address: str,
    jobs: Sequence[Job],
    options: AnalysisOptions,
    is_stopped: Callable[[], bool],
) -> Iterator[tuple[Job, dict[str, Any]]]:
    """
    Analyse recordings on a cluster, where all workers have the same paths.

    If a worker is lost, another one resumes its recording.

    :param address: address of the scheduler, such as ``tcp://10.0.0.1:8786``
    :return: an iterator over finished jobs and their summaries, in the order of their ends; after
        a stop request, unfinished jobs are missing
    :raises ClusterError: if there is no such cluster, or Dask is not installed
    """
    try:
        import distributed
    except ImportError as error:
        raise ClusterError(
            "--dask needs Dask: python3 -m pip install 'pose_tracking_ros[dask]'"
        ) from error
    try:
        client = distributed.Client(address, timeout=_CONNECT_TIMEOUT)
    except (OSError, ValueError) as error:
        raise ClusterError(f'there is no Dask scheduler at {address}: {error}') from error
    with client:
        futures = {
            client.submit(
                run_job,
                job,
                options,
                never,  # A stop request cancels it.
                key=f'pose-bag-{index}-{job.name}',
                retries=_RETRIES,
                pure=False,
            ): job
            for index, job in enumerate(jobs)
        }
        waiting = set(futures)
        while waiting and not is_stopped():
            try:
                done, waiting = distributed.wait(
                    waiting, timeout=_LOOK_PERIOD, return_when='FIRST_COMPLETED'
                )
            except TimeoutError:
                continue
            for future in done:
                error = future.exception()
                job = futures[future]
                yield job, future.result() if error is None else failure(job, reason(error))
        client.cancel(list(waiting))
