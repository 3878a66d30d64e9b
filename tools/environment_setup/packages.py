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

"""The virtual environment and its packages, all of pinned versions."""

from __future__ import annotations

from pathlib import Path
import re
import shutil
import subprocess
import sys

from environment_setup import python_headers
from environment_setup.environment import Environment, INTERPRETER
from environment_setup.steps import digest, Log, Stamp

# What must import in a working environment.
MODULES = ('av', 'cv2', 'numpy', 'onnxruntime', 'rclpy', 'rosbags', 'yaml')

_DOWNLOAD_ADVICE = (
    'If a download failed, check that this machine reaches its Python package index '
    '(pip config list), and run the same command again.')
# The CMake files of the wheels name folders of the machine that built them.
_FOREIGN_PYTHON = re.compile(r'/opt/python/[^/;"]+/include/python[0-9.]+')
_FOREIGN_NUMPY = re.compile(r'/opt/python/[^;"]+/numpy/_?core/include')


def stamp(environment: Environment) -> Stamp:
    """Return the stamp of the packages."""
    return Stamp(
        environment.folder / 'packages.stamp',
        digest(
            environment.requirements.read_bytes(), Path(__file__).read_bytes(),
            INTERPRETER, sys.version, str(environment.folder)))


def install(environment: Environment, log: Log) -> None:
    """
    Create a new virtual environment and install every package.

    :param environment: to be set up
    :param log: for the output of pip
    :raises SetupError: when something cannot be installed
    """
    if environment.folder.exists():
        log.step(f'removing {environment.folder.name}, which is incomplete or outdated')
        shutil.rmtree(environment.folder)
    log.step(f'making a virtual environment in {environment.folder.name}')
    options = ['--system-site-packages'] if environment.distribution else []
    log.run(
        [INTERPRETER, '-m', 'venv', *options, str(environment.folder)],
        environment.variables(),
        "If Python's venv module is incomplete: sudo apt install python3-venv",
        environment.folder.parent)

    pins = [
        line for line in environment.requirements.read_text().splitlines()
        if line and not line.startswith('#')]
    log.step(f'installing about {len(pins)} packages (1 GB on the disk; this takes minutes)')
    # The file pins dependencies, too: none is resolved. empy comes as source and is built
    # by the pinned setuptools.
    pip = [str(environment.python), '-m', 'pip', 'install', '--no-input', '--no-user',
           '--disable-pip-version-check', '--no-deps']
    for arguments in (
        [pin for pin in pins if pin.startswith('setuptools==')],
        ['--no-build-isolation', '--use-pep517', '--requirement', str(environment.requirements)],
    ):
        if arguments:
            log.run(
                [*pip, *arguments], environment.variables(), _DOWNLOAD_ADVICE,
                environment.folder.parent)
    python_headers.fetch(environment, log)
    if not environment.distribution:
        log.step('pointing the CMake files of the wheels at this Python')
        _adapt_cmake_files(environment)
    log.run(
        _import_command(environment), environment.variables(),
        'The environment lacks a package. On a distribution, rosdep installs those of '
        'package.xml: rosdep install --from-paths . --ignore-src',
        environment.folder)


def work(environment: Environment) -> bool:
    """Return whether the packages are installed and import."""
    try:
        return subprocess.run(
            _import_command(environment), env=environment.variables(), capture_output=True,
        ).returncode == 0
    except OSError:
        return False


def _import_command(environment: Environment) -> list[str]:
    """Return the command that imports every module."""
    return [str(environment.python), '-c', f'import {", ".join(MODULES)}']


def _adapt_cmake_files(environment: Environment) -> None:
    """Replace the include folders in the wheels' CMake files by those of the environment."""
    python_include = str(python_headers.include_folder(environment))
    numpy_include = subprocess.run(
        [str(environment.python), '-c', 'import numpy; print(numpy.get_include())'],
        env=environment.variables(), check=True, capture_output=True, text=True).stdout.strip()
    for path in (environment.folder / 'share').rglob('*.cmake'):
        text = path.read_text()
        adapted = _FOREIGN_PYTHON.sub(python_include, text)
        adapted = _FOREIGN_NUMPY.sub(numpy_include, adapted)
        if adapted != text:
            path.write_text(adapted)
