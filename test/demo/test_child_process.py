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

"""Processes that end well, end badly, or do not want to end."""

import os
from pathlib import Path
import signal
import sys
from threading import Event, Thread
import time

import pytest

from pose_tracking_ros.demo.child_process import (
    ChildProcess,
    ProcessError,
    read_status,
    write_status,
)


def started(tmp_path, program):
    """Start a Python program, whose output and errors come in the order it writes them."""
    command = [sys.executable, '-u', '-c', program]
    return ChildProcess('child', command, os.environ, tmp_path / 'child.log')


def wait_for_end(child):
    """Wait until a process ends."""
    while not child.check():
        time.sleep(0.01)


def wait_for_log(path, text):
    """Wait until a log has a text."""
    while text not in path.read_text():
        time.sleep(0.01)


def test_a_process_that_ends_well_is_done_and_has_its_output_in_the_log(tmp_path):
    child = started(tmp_path, 'import sys; print("out"); print("err", file=sys.stderr)')
    wait_for_end(child)
    assert sorted((tmp_path / 'child.log').read_text().split()) == ['err', 'out']


def test_a_process_that_fails_is_reported_with_the_end_of_its_log(tmp_path):
    child = started(
        tmp_path, 'for k in range(100): print("line", k)\nraise SystemExit("no camera")'
    )
    with pytest.raises(ProcessError, match='child failed with exit code 1') as error_info:
        wait_for_end(child)
    message = str(error_info.value)
    assert 'no camera' in message
    assert 'line 99' in message
    assert 'line 10\n' not in message
    assert str(tmp_path / 'child.log') in message


def test_a_process_that_is_killed_is_reported_with_the_signal(tmp_path):
    child = started(tmp_path, 'import os, signal; os.kill(os.getpid(), signal.SIGSEGV)')
    with pytest.raises(ProcessError, match=r'child was killed by SIGSEGV; its log .* is empty'):
        wait_for_end(child)


def test_a_process_that_should_run_on_but_ends_is_reported(tmp_path):
    child = started(tmp_path, 'print("bye")')
    wait_for_end(child)
    with pytest.raises(ProcessError, match='child ended by itself') as error_info:
        child.check_runs()
    assert 'bye' in str(error_info.value)


def test_stop_lets_a_process_clean_up(tmp_path):
    child = started(
        tmp_path,
        'import time\n'
        'try:\n'
        '    print("ready", flush=True)\n'
        '    time.sleep(60)\n'
        'except KeyboardInterrupt: print("clean")',
    )
    wait_for_log(tmp_path / 'child.log', 'ready')
    child.stop()
    assert child.check()
    assert 'clean' in (tmp_path / 'child.log').read_text()


def test_stop_ends_a_process_that_refuses(tmp_path, monkeypatch):
    monkeypatch.setattr(
        'pose_tracking_ros.demo.child_process._STOP_SECONDS',
        {signal.SIGINT: 0.3, signal.SIGTERM: 0.3, signal.SIGKILL: 5.0},
    )
    child = started(
        tmp_path,
        'import os, signal, time\n'
        'signal.signal(signal.SIGINT, signal.SIG_IGN)\n'
        'signal.signal(signal.SIGTERM, signal.SIG_IGN)\n'
        'print(os.getpid(), flush=True)\n'
        'time.sleep(60)',
    )
    wait_for_log(tmp_path / 'child.log', '\n')
    pid = int((tmp_path / 'child.log').read_text())
    child.stop()
    assert not Path(f'/proc/{pid}').exists()
    child.stop()


def test_what_is_written_is_read(tmp_path):
    write_status(tmp_path / 'status', sent=3, latency_ms=None)
    write_status(tmp_path / 'status', sent=4, latency_ms=1.5)
    assert read_status(tmp_path / 'status') == {'sent': 4, 'latency_ms': 1.5}


def test_no_status_is_empty(tmp_path):
    assert read_status(tmp_path / 'status') == {}


def test_without_a_file_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_status('', sent=1)
    assert not list(tmp_path.iterdir())


def test_a_reader_never_sees_half_of_it(tmp_path):
    path, done = tmp_path / 'status', Event()

    def write():
        for number in range(500):
            write_status(path, number=number, filling='x' * (100 * (number % 50)))
        done.set()

    writer = Thread(target=write)
    writer.start()
    numbers = []
    while not done.is_set():
        numbers += [status['number'] for status in [read_status(path)] if status]
    writer.join()
    assert numbers == sorted(numbers)
    assert read_status(path)['number'] == 499
