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

"""The request to end: signals while a program loads, and while it runs."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

LOADING = """
import os
from pose_tracking_ros.end_request import exit_at_signal
exit_at_signal(3)
try:
    os.kill(os.getpid(), {number})
    sum(range(1000))
except BaseException as error:  # As the import of an extension module does.
    raise ImportError from error
"""


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_process_whatever_its_imports_catch(number):
    loading = subprocess.run(
        [sys.executable, '-c', LOADING.format(number=int(number))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (loading.returncode, loading.stderr) == (3, '')
