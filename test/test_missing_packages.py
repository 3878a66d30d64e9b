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

"""A command that lacks a package of others says which line installs it."""

from __future__ import annotations

import os
from pathlib import Path
import subprocess
import sys

import pytest

from pose_tracking_ros.missing_packages import install_hint

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ('command', 'module', 'package'),
    [
        ('pose-bag', 'rosbags', 'rosbags'),
        ('pose-bag', 'av', 'av'),
        ('pose-bag', 'pyarrow', 'pyarrow'),
        ('pose-video', 'av', 'av'),
        ('pose-bag', 'yaml', 'PyYAML'),
        ('video_publisher', 'av', 'av'),
        ('demo', 'av', 'av'),
    ],
)
def test_a_command_reports_how_to_install_a_missing_package(
    tmp_path, command, module, package
):
    (tmp_path / f'{module}.py').write_text(f'raise ModuleNotFoundError(name={module!r})\n')
    path = os.pathsep.join([str(tmp_path), os.environ.get('PYTHONPATH', '')])
    result = subprocess.run(
        [sys.executable, str(ROOT / 'scripts' / command), '--help'],
        env={**os.environ, 'PYTHONPATH': path}, capture_output=True, text=True, check=False,
    )
    assert result.returncode == (2 if command.startswith('pose-') else 1)
    assert f'{module} is not installed: python3 -m pip install {package} ' in result.stderr
    assert 'Traceback' not in result.stderr


def test_a_fault_of_this_package_is_none_of_them():
    with pytest.raises(ModuleNotFoundError):
        install_hint(ModuleNotFoundError(name='pose_tracking_ros.nothing'))
