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

import ast
from pathlib import Path
import re
import shutil
import subprocess
import sys

from environment_setup import python_headers
from environment_setup.environment import Environment, INTERPRETER
from environment_setup.steps import digest, Log, SetupError, Stamp

# What must import in a working environment.
MODULES = ('av', 'cv2', 'numpy', 'onnxruntime', 'rclpy', 'rosbags', 'yaml')

_DOWNLOAD_ADVICE = (
    'If a download failed, check that this machine reaches its Python package index '
    '(pip config list), and run the same command again.')
# The environment variable of uv, and its separator, for each option of pip.
_UV_VARIABLES = {
    'index-url': ('UV_DEFAULT_INDEX', ' '),
    'extra-index-url': ('UV_INDEX', ' '),
    'find-links': ('UV_FIND_LINKS', ','),
    'trusted-host': ('UV_INSECURE_HOST', ' '),
    'cert': ('SSL_CERT_FILE', ' '),
}
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


def test_stamp(environment: Environment) -> Stamp:
    """Return the stamp of the packages of the tests."""
    return Stamp(
        environment.folder / 'test-packages.stamp',
        digest(environment.test_requirements.read_bytes()))


def install(environment: Environment, log: Log) -> None:
    """
    Create a new virtual environment and install the packages that the package runs with.

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

    pins = _pins(environment.requirements)
    log.step(f'installing about {len(pins)} packages')
    # empy comes as source and is built by the pinned setuptools.
    _pip(environment, log, [pin for pin in pins if pin.startswith(('setuptools==', 'uv=='))])
    _install(environment, log, pins)
    python_headers.fetch(environment, log)
    if not environment.distribution:
        log.step('pointing the CMake files of the wheels at this Python')
        _adapt_cmake_files(environment)
    log.run(
        _import_command(environment), environment.variables(),
        'The environment lacks a package. On a distribution, rosdep installs those of '
        'package.xml: rosdep install --from-paths . --ignore-src',
        environment.folder)


def install_for_tests(environment: Environment, log: Log) -> None:
    """
    Install the packages of tests, documentation and benchmarks in addition.

    :param environment: with the packages of :func:`install`
    :param log: for the output of pip
    :raises SetupError: when something cannot be installed
    """
    installed = set(_pins(environment.requirements))
    pins = [pin for pin in _pins(environment.test_requirements) if pin not in installed]
    log.step(f'installing about {len(pins)} packages for the tests')
    _install(environment, log, pins)


def work(environment: Environment) -> bool:
    """Return whether the packages are installed and import."""
    try:
        return subprocess.run(
            _import_command(environment), env=environment.variables(), capture_output=True,
        ).returncode == 0
    except OSError:
        return False


def _pins(requirements: Path) -> list[str]:
    """Return the lines of a requirements file that name a package."""
    lines = requirements.read_text().splitlines()
    return [line for line in lines if line and not line.startswith('#')]


def _install(environment: Environment, log: Log, pins: list[str]) -> None:
    """
    Install packages with uv, in a quarter of the time of pip; with pip if uv fails.

    The pins include all dependencies: none is resolved. Python compiles a module when it is first
    imported, which most of them never are.
    """
    # The packages are linked into the environment from a cache of their own, so that they take
    # their space once, and no other environment has the files that the set-up edits.
    cache = environment.folder / 'uv-cache'
    try:
        log.run(
            [str(environment.python), '-m', 'uv', 'pip', 'install', '--python',
             str(environment.python), '--cache-dir', str(cache), '--no-config', '--system-certs',
             '--index-strategy', 'unsafe-best-match', '--no-deps', '--no-build-isolation', *pins],
            {**environment.variables(), **uv_variables(environment)}, '',
            environment.folder.parent)
    except SetupError:
        log.step('uv failed: trying pip, which takes longer')
        _pip(environment, log, pins)
    finally:
        shutil.rmtree(cache, ignore_errors=True)


def uv_variables(environment: Environment) -> dict[str, str]:
    """Return the environment variables for uv that correspond to the configuration of pip."""
    listing = subprocess.run(
        [str(environment.python), '-m', 'pip', 'config', 'list'],
        env=environment.variables(), capture_output=True, text=True, check=False).stdout
    options = dict(line.split('=', 1) for line in listing.splitlines() if '=' in line)
    variables = {}
    for option, (variable, separator) in _UV_VARIABLES.items():
        # The later ones take precedence.
        for section in ('global', 'install', ':env:'):
            if value := options.get(f'{section}.{option}'):
                variables[variable] = separator.join(ast.literal_eval(value).split())
    return variables


def _pip(environment: Environment, log: Log, pins: list[str]) -> None:
    """Install packages with pip: see :func:`_install`."""
    if pins:
        log.run(
            [str(environment.python), '-m', 'pip', 'install', '--no-input', '--no-user',
             '--disable-pip-version-check', '--no-deps', '--no-compile',
             '--no-build-isolation', '--use-pep517', *pins],
            environment.variables(), _DOWNLOAD_ADVICE, environment.folder.parent)


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
