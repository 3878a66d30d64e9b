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

"""Tests are left out for known reasons only, where --allowed-skips asks for that."""

from __future__ import annotations

from pathlib import Path
import subprocess
import sys

import pytest

CONFTEST = Path(__file__).with_name('conftest.py')
TESTS = """
from unittest import SkipTest
import pytest

def test_that_runs():
    pass

def test_without_network():
    pytest.skip('needs the network once: host [1] not found')

def test_that_is_no_case():
    raise SkipTest('no case')
"""


@pytest.fixture
def run(tmp_path):
    """Return a function that runs such tests with a list of reasons."""
    (tmp_path / 'conftest.py').symlink_to(CONFTEST)
    (tmp_path / 'test_skips.py').write_text(TESTS)

    def run_with(*reasons: str, workers: int = 0) -> subprocess.CompletedProcess:
        (tmp_path / 'reasons').write_text('# why\n\n' + '\n'.join(reasons))
        return subprocess.run(
            [sys.executable, '-m', 'pytest', '-c', '/dev/null', '--rootdir', '.', '-q',
             '-p', 'no:cacheprovider', '-n', str(workers), '--allowed-skips', 'reasons',
             '-o', f'pythonpath={CONFTEST.parent}', '.'],
            cwd=tmp_path, capture_output=True, text=True, check=False)

    return run_with


@pytest.mark.parametrize('workers', [0, 2])
def test_a_reason_that_is_not_on_the_list_fails_and_is_named(run, workers):
    result = run('needs the network once: *', workers=workers)
    assert result.returncode == 1, result.stdout
    assert 'reasons does not allow for the reason: no case' in result.stdout
    assert 'host [1]' not in result.stdout.partition('FAILED')[2]


def test_reasons_of_the_list_pass(run):
    result = run('needs the network once: *', 'no case')
    assert result.returncode == 0, result.stdout
    assert '1 passed, 2 skipped' in result.stdout
