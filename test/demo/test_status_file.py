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

"""The status that one process passes to another in a file."""

from threading import Event, Thread

from pose_tracking_ros.demo.child_process import read_status, write_status


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
