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

"""
Entry points of the programs: a signal ends them without a traceback also during their imports.

The imports take a second, longer on a busy machine.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
import os
import sys

from pose_tracking_ros.missing_packages import exit_if_missing
from pose_tracking_ros.replay.stop_signals import StopSignals


def pose_bag() -> int:
    """Run ``pose-bag``; return its exit code."""
    return _run('pose_tracking_ros.command_line.pose_bag')


def pose_video() -> int:
    """Run ``pose-video``; return its exit code."""
    return _run('pose_tracking_ros.command_line.pose_video')


def pose_classes() -> int:
    """Run ``pose-classes``; return its exit code."""
    return _run('pose_tracking_ros.command_line.pose_classes')


def _run(module: str) -> int:
    with StopSignals() as signals, exit_if_missing(exit_code=2):
        main = import_module(module).main
    code = signals.exit_code if signals.came() else main()
    if StopSignals.any_came:
        # Threads that hang in a library would delay a regular exit.
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    return code
