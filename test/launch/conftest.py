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
import os
from pathlib import Path
import signal
import subprocess
import sys

from ament_index_python.packages import get_package_share_directory
import pytest

from pose_tracking_ros.demo.graph_environment import graph_environment, held_domain

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

    def start(name: str, *arguments: str, **changes: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, '-c', _LAUNCH, str(launch_file(name)), *arguments],
            env=graph_environment(os.environ, domain_id) | changes,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Also where the tests run in a background, whose processes ignore interrupts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    with held_domain() as domain_id:
        yield start
