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

"""Signals end a process wherever it is, and its temporary folders with it."""

from __future__ import annotations

import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import pytest

from pose_tracking_ros.replay.temporary import (
    remove_temporary_folders,
    sweep_temporary_folders,
    temporary_folder,
)

PATIENCE = 120

ENDLESS = """
WITH RECURSIVE numbers(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM numbers)
SELECT count(*) FROM numbers
"""

PROGRAM = f"""
import sqlite3, sys, time
from pose_tracking_ros.replay.stop_signals import StopSignals
from pose_tracking_ros.replay.temporary import remove_temporary_folders, temporary_folder

def polite(signals):
    while not signals.came():
        time.sleep(0.01)
    sys.exit(1)

def stuck_in_a_library(signals):
    sqlite3.connect(':memory:').execute('''{ENDLESS}''').fetchall()

def stuck_in_a_loop(signals):
    while True:
        pass

with (
    temporary_folder() as folder,
    StopSignals(on_end=remove_temporary_folders, grace=float(sys.argv[2])) as signals,
):
    (folder / 'large').write_bytes(bytes(1000))
    print('ready', flush=True)
    globals()[sys.argv[1]](signals)
"""


def start(where: str, grace: float, temporary: Path) -> subprocess.Popen:
    """Start a program that is somewhere, and has a temporary folder."""
    process = subprocess.Popen(
        [sys.executable, '-c', PROGRAM, where, str(grace)], stdout=subprocess.PIPE, text=True,
        stderr=subprocess.PIPE, env={**os.environ, 'TMPDIR': str(temporary)})
    assert process.stdout.readline() == 'ready\n'
    return process


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM], ids=lambda item: item.name)
@pytest.mark.parametrize('where', ['stuck_in_a_library', 'stuck_in_a_loop'])
def test_first_signal_ends_a_process_that_cannot_stop(where, number, tmp_path):
    process = start(where, 0.5, tmp_path)
    process.send_signal(number)
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (128 + number, '')
    assert not list(tmp_path.iterdir())


def test_process_that_stops_in_time_ends_normally(tmp_path):
    process = start('polite', PATIENCE, tmp_path)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 1
    assert not list(tmp_path.iterdir())


def test_second_signal_ends_at_once(tmp_path):
    process = start('stuck_in_a_loop', 10 * PATIENCE, tmp_path)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    assert not list(tmp_path.iterdir())


def test_folders_of_a_killed_process_are_removed_by_the_next_one(tmp_path, monkeypatch):
    monkeypatch.setattr('tempfile.tempdir', str(tmp_path))
    own = [tmp_path / 'pose_bag_results', tmp_path / 'pose_bag_abcdefgh', tmp_path / 'other']
    for folder in own:
        folder.mkdir()
    target = tmp_path / 'other' / 'target'
    target.mkdir()
    link = tmp_path / 'pose_bag_abcdefgh.temporary'
    link.symlink_to(target)
    killed, lives = (start('polite', PATIENCE, tmp_path) for _ in range(2))
    with temporary_folder() as folder:
        killed.kill()
        killed.wait(PATIENCE)
        assert len(list(tmp_path.glob('*.temporary/large'))) == 2
        sweep_temporary_folders()
        assert len(list(tmp_path.glob('*.temporary/large'))) == 1
        assert folder.is_dir()
    assert not folder.exists()
    assert all(path.is_dir() for path in (*own, target, link))
    lives.send_signal(signal.SIGTERM)
    lives.wait(PATIENCE)
    assert not list(tmp_path.glob('*.temporary/large'))


def test_folders_of_a_process_that_ends_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr('tempfile.tempdir', str(tmp_path))
    with temporary_folder() as folder:
        (folder / 'a' / 'b').mkdir(parents=True)
        remove_temporary_folders()
        assert not folder.exists()


def children(pid: int) -> list[int]:
    return [int(child) for child in
            Path(f'/proc/{pid}/task/{pid}/children').read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        return Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[0] != 'Z'
    except OSError:
        return False


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGKILL],
                         ids=lambda item: item.name)
def test_processes_of_a_batch_end_with_it(number, long_bag, tmp_path):
    program = Path(__file__).parents[2] / 'scripts' / 'pose-bag'
    output = tmp_path / 'out'
    links = tmp_path / 'bags'
    for name in 'ab':
        (links / name).mkdir(parents=True)
        (links / name / 'long.mcap').symlink_to(next(long_bag.glob('*.mcap')))
    process = subprocess.Popen(
        [sys.executable, program, str(links), '--output', str(output), '--jobs', '2',
         '--model-complexity', '2', '--no-report'],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while len(list(output.glob('*/*/.pose_bag/job.json'))) < 2:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    workers = children(process.pid)
    if number == signal.SIGKILL:
        process.kill()
    else:
        os.killpg(process.pid, number)
    _, errors = process.communicate(timeout=PATIENCE)
    if number != signal.SIGKILL:
        assert process.returncode in (1, 2, 128 + number), errors
        assert 'Traceback' not in errors
    deadline = time.monotonic() + PATIENCE
    while any(map(is_alive, workers)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
