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

"""The launch files, run by ROS 2's launch where that is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

from ament_index_python.packages import get_package_share_directory
import pytest

from pose_tracking_ros.demo.graph_environment import graph_environment, held_domain

# Seconds, far more than anything takes on a busy machine: what is waited for does come.
PATIENCE = 120.0

_LAUNCH = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource

source = PythonLaunchDescriptionSource(sys.argv[1])
arguments = [argument.split(':=', 1) for argument in sys.argv[2:]]
service = LaunchService(argv=sys.argv[2:], noninteractive=True)
service.include_launch_description(
    LaunchDescription([IncludeLaunchDescription(source, launch_arguments=arguments)])
)
sys.exit(service.run())
"""


@pytest.fixture(scope='session')
def launch_file() -> Callable[[str], Path]:
    """Return a function from the name of a launch file to its path; skips without launch."""
    for module in ('launch.actions', 'launch_ros.actions'):
        pytest.importorskip(
            module, reason=f'{module} is not installed: it comes with a ROS 2 distribution'
        )
    return Path(get_package_share_directory('pose_tracking_ros')).joinpath('launch').joinpath


@pytest.fixture
def start_launch(
    launch_file: Callable[[str], Path]
) -> Iterator[Callable[..., subprocess.Popen]]:
    """Return a function that launches a file with arguments, in a ROS domain of its own."""
    started = []

    def start(name: str, *arguments: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, '-c', _LAUNCH, str(launch_file(name)), *arguments],
            env=graph_environment(os.environ, domain_id),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A group of its own, as a terminal gives it: so all of it can be told to end.
            start_new_session=True,
            # Also where the tests run in a background, whose processes ignore interrupts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        started.append(process)
        return process

    with held_domain() as domain_id:
        yield start
        for process in started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def log_of() -> Callable[[subprocess.Popen], str]:
    """Return a function that waits for the end of a launch and of all that it has started."""

    def read(process: subprocess.Popen, code: int = 0) -> str:
        # The output ends with the last process that has it.
        log, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == code, log
        return log

    return read


@pytest.fixture
def interrupted() -> Callable[..., str]:
    """Return a function that interrupts a launch, as a terminal does, once it has said a text."""

    def interrupt(process: subprocess.Popen, text: str, times: int = 1) -> str:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if text in line:
                break
        else:
            pytest.fail(f'no {text!r} in the log:\n{"".join(lines)}')
        for _ in range(times):
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.05)
        rest, _ = process.communicate(timeout=PATIENCE)
        log = ''.join([*lines, rest])
        assert process.returncode == 0, log
        assert 'Traceback' not in log
        assert '[ERROR]' not in log, log
        return log

    return interrupt
