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

from __future__ import annotations

from pathlib import Path
import shutil
import subprocess

from frames import prepare
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

import node_run
from node_run import latencies_ms, OURS, resident_mb, run, Scenario


def test_latencies_are_of_the_images_that_count_and_were_answered() -> None:
    sent = [[1_000_000, 2_000_000, 3_000_000], [1_500_000]]
    received = [[(0, 500_000), (1_000_000, 6_000_000), (3_000_000, 5_000_000)], []]
    assert latencies_ms(sent, received) == pytest.approx([5.0, 2.0])


def test_the_libraries_of_processes_count_once() -> None:
    processes = [{'RssAnon': 1000, 'RssFile': 2000}, {'RssAnon': 1500, 'RssFile': 1900}]
    assert resident_mb(processes) == pytest.approx((1000 + 1500 + 2000) * 1024e-6)


def test_the_node_answers_the_images_of_all_cameras(walking_man: Path, tmp_path: Path) -> None:
    scenario = Scenario(prepare(walking_man, 3, (160, 120), tmp_path), cameras=2)
    done = run(OURS, scenario, seconds=0.5)
    assert done.sent == 30
    assert 0 < len(done.latencies_ms) <= 30
    assert min(done.latencies_ms) > 0
    assert done.cpu_s > 0
    assert done.memory_mb > 20


@pytest.mark.parametrize('stuck', ['listener', 'camera'])
def test_a_process_that_does_not_end_fails_the_run_and_is_ended(
    walking_man: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stuck: str
) -> None:
    programs = tmp_path / 'programs'
    shutil.copytree(node_run._PROCESSES, programs)
    (programs / f'{stuck}.py').write_text(
        'import signal, time\n'
        'signal.signal(signal.SIGINT, signal.SIG_IGN)\n'
        'while True: time.sleep(1)\n'
    )
    monkeypatch.setattr(node_run, '_PROCESSES', programs)
    monkeypatch.setattr(node_run, '_STOP_SECONDS', 5)
    monkeypatch.setattr(node_run, '_START_SECONDS', 30 if stuck == 'listener' else 2)
    scenario = Scenario(prepare(walking_man, 2, (160, 120), tmp_path))
    with pytest.raises(RuntimeError, match=f'{stuck}.py .*(did not end|ended before its time)'):
        run(OURS, scenario, seconds=0.2)
    listed = subprocess.run(['ps', '-eo', 'args'], capture_output=True, text=True, check=True)
    assert str(programs) not in listed.stdout
