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

"""The requirements of the set-up on the machine."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys

from environment_setup.environment import Environment
from environment_setup.steps import SetupError

OLDEST_PYTHON = (3, 10)
NEWEST_PYTHON_OF_WHEELS = (3, 14)


def check(environment: Environment) -> None:
    """
    Check that this machine meets the requirements of the set-up.

    :param environment: to be set up
    :raises SetupError: naming all missing requirements and how to get them
    """
    missing = [*_missing_python(environment), *_missing_tools()]
    if missing:
        raise SetupError('\n'.join(['This machine lacks:', *(f'  - {item}' for item in missing)]))


def _missing_python(environment: Environment) -> list[str]:
    """Return the problems of this Python and processor."""
    version = '.'.join(str(number) for number in sys.version_info[:2])
    missing = []
    if sys.version_info < OLDEST_PYTHON:
        missing.append(
            f'Python 3.10 or newer: {sys.executable} is {version}. Name another one, for example: '
            'make setup PYTHON=python3.12')
    elif environment.distribution:
        if importlib.util.find_spec('rclpy') is None:
            missing.append(
                f'rclpy for {sys.executable} ({version}), though ROS_DISTRO is set. Source its '
                'setup.bash, and use its Python: make setup PYTHON=/usr/bin/python3')
    elif sys.version_info[:2] > NEWEST_PYTHON_OF_WHEELS:
        missing.append(
            f'a Python that ROS 2 wheels exist for: {sys.executable} is {version}, they end at '
            '3.14. Name another one: make setup PYTHON=python3.12')
    if not environment.distribution and platform.machine() != 'x86_64':
        missing.append(
            f'ROS 2: its wheels exist for x86_64 only, this is {platform.machine()}. Install a '
            'ROS 2 distribution (https://docs.ros.org), source its setup.bash, and run this again')
    if any(importlib.util.find_spec(module) is None for module in ('venv', 'ensurepip')):
        missing.append(f"Python's venv module: sudo apt install python{version}-venv")
    return missing


def _missing_tools() -> list[str]:
    """Return the build tools missing on the PATH."""
    tools = (
        ('CMake', ['cmake'], 'cmake'),
        ('make', ['make'], 'make'),
        ('a C compiler', [os.environ.get('CC') or 'cc', 'gcc', 'clang'], 'build-essential'),
        ('a C++ compiler', [os.environ.get('CXX') or 'c++', 'g++', 'clang++'], 'build-essential'),
    )
    return [
        f'{name}: sudo apt install {package}' for name, programs, package in tools
        if not any(shutil.which(program.split()[0]) for program in programs)]
