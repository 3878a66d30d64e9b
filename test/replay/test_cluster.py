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

"""The same recordings over a cluster of Dask, with workers in processes of their own."""

from __future__ import annotations

import json
import os
from pathlib import Path
import signal
import threading

import pytest

from pose_tracking_ros.command_line.pose_bag import main
from replay.recordings import image_entries, write_bag

distributed = pytest.importorskip('distributed', reason='needs Dask')

QUICK = ['--model-complexity', '0', '--no-bag', '--no-report', '--no-csv']


@pytest.fixture
def cluster():
    """Return a cluster of two workers on this machine, without its web pages."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    ) as cluster:
        yield cluster


@pytest.fixture
def recordings(walk, tmp_path) -> Path:
    """Return a folder of four bags."""
    for number in range(4):
        write_bag(tmp_path / 'recordings' / f'bag{number}', image_entries(walk * (3 + 3 * number)))
    return tmp_path / 'recordings'


def test_lost_worker_loses_no_recording_and_none_is_counted_twice(
    cluster, recordings, tmp_path
):
    output = tmp_path / 'out'
    killed = []
    is_over = threading.Event()

    def kill_a_worker_at_work() -> None:
        # A journal of a recording that is not complete: a worker is in the middle of it.
        while not list(output.glob('*/.pose_bag/job.json')):
            if is_over.wait(0.01):
                return
        while not killed and not is_over.is_set():
            # One that is being started has no process yet.
            killed.extend(
                worker.pid for worker in list(cluster.workers.values())[:1] if worker.pid)
        os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_a_worker_at_work)
    killer.start()
    code = main([str(recordings), '--output', str(output), '--dask', cluster.scheduler_address,
                 *QUICK])
    is_over.set()
    killer.join()
    assert killed
    assert code == 0
    merged = json.loads((output / 'summary.json').read_text())
    assert [row['name'] for row in merged['recordings']] == [f'bag{number}' for number in range(4)]
    assert [row['images'] for row in merged['recordings']] == [
        24 * (3 + 3 * number) for number in range(4)]
    assert merged['total']['images'] == 24 * 30
    assert merged['total']['complete'] == 4
    assert not list(output.glob('*/.pose_bag'))


def test_address_without_a_scheduler_is_reported(recordings, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr('pose_tracking_ros.replay.cluster._CONNECT_TIMEOUT', '1s')
    assert main([str(recordings), '--output', str(tmp_path / 'out'),
                 '--dask', 'tcp://127.0.0.1:9', *QUICK]) == 2
    assert 'no Dask scheduler at tcp://127.0.0.1:9' in capsys.readouterr().err
