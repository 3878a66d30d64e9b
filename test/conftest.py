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

"""Fixtures that tests of several folders use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
import os
from pathlib import Path

import cv2
from hypothesis import settings
import numpy as np
import pytest

from reference_answers import sample_or_skip

# How long an example takes says nothing on a machine that does other things as well.
settings.register_profile('untimed', deadline=None)
settings.load_profile('untimed')


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        '--allowed-skips', type=Path, metavar='FILE',
        help='fail where a test is skipped for a reason that no line of this file matches')


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.exitstatus == pytest.ExitCode.OK and _reasons_not_allowed(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(config: pytest.Config) -> None:
    for reason in _reasons_not_allowed(config):
        config.get_terminal_writer().line(
            f'FAILED: tests were skipped, and {config.getoption("allowed_skips")} does not allow '
            f'for the reason: {reason}', red=True)


def _reasons_not_allowed(config: pytest.Config) -> list[str]:
    """Return the reasons of skipped tests that --allowed-skips does not name."""
    path = config.getoption('allowed_skips')
    terminal = config.pluginmanager.get_plugin('terminalreporter')
    # A worker of pytest-xdist has no terminal: its parent sees the reports of all.
    if path is None or terminal is None:
        return []
    lines = path.read_text(encoding='utf-8').splitlines()
    allowed = [line for line in lines if line and not line.startswith('#')]
    reasons = {
        str(report.longrepr[2]).removeprefix('Skipped: ')
        for report in terminal.stats.get('skipped', [])}
    return sorted(
        reason for reason in reasons
        if not any(fnmatchcase(reason, pattern) for pattern in allowed))


@pytest.fixture(scope='session')
def walking_man() -> Path:
    """Return a clip of one man, full body: 1088 x 1920 pixels, 100 frames, 60 a second."""
    return sample_or_skip('pose2sim_cam04.mp4')


@pytest.fixture(scope='session')
def sample_image() -> Callable[[str], np.ndarray]:
    """Return a function name -> image (H, W, 3) RGB; it skips the test without the sample."""

    def load(name: str) -> np.ndarray:
        return cv2.cvtColor(cv2.imread(str(sample_or_skip(name))), cv2.COLOR_BGR2RGB)

    return load


@pytest.fixture(scope='session')
def astronaut(sample_image: Callable[[str], np.ndarray]) -> np.ndarray:
    """Return a picture of a woman, head to waist, (512, 512, 3) RGB."""
    return sample_image('astronaut.png')


@pytest.fixture(scope='session')
def coffee(sample_image: Callable[[str], np.ndarray]) -> np.ndarray:
    """Return a picture without a person, (400, 600, 3) RGB."""
    return sample_image('coffee.png')


@pytest.fixture
def ros_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put this process and those that it starts into a ROS domain of their own."""
    graph = pytest.importorskip('pose_tracking_ros.demo.graph_environment', reason='needs ROS 2')
    with graph.held_domain() as domain_id:
        for name, value in graph.graph_environment(os.environ, domain_id).items():
            monkeypatch.setenv(name, value)
        yield
