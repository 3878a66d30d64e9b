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

"""The C headers of Python, needed to compile the message types."""

from __future__ import annotations

import os
from pathlib import Path
import shutil
import sys
import sysconfig

from environment_setup.environment import Environment
from environment_setup.steps import Log, SetupError


def is_complete() -> bool:
    """Return whether the headers are installed beside this Python."""
    return Path(sysconfig.get_path('include'), 'Python.h').exists()


def include_folder(environment: Environment) -> Path:
    """Return the folder of ``Python.h``: of this Python, or else the fetched one."""
    installed = Path(sysconfig.get_path('include'))
    if is_complete():
        return installed
    return _fetched(environment) / 'usr' / 'include' / installed.name


def search_path(environment: Environment) -> dict[str, str]:
    """Return the variable by which compilers find fetched headers; empty for installed ones."""
    if is_complete():
        return {}
    include = include_folder(environment)
    return {'CPATH': os.pathsep.join([str(include), str(include.parent)])}


def fetch(environment: Environment, log: Log) -> None:
    """
    Fetch the headers, if not installed, into the environment's own folder.

    Debian and Ubuntu package them separately. Their package is downloaded and unpacked instead of
    installed, which needs no root.

    :param environment: with its virtual environment
    :param log: for the output of the package manager
    :raises SetupError: when they cannot be fetched
    """
    if is_complete():
        return
    package = f'libpython{sys.version_info[0]}.{sys.version_info[1]}-dev'
    advice = f'The C headers of Python are not installed: sudo apt install {package}'
    if shutil.which('apt-get') is None:
        raise SetupError(f'{advice}, or what carries Python.h on this system.')
    log.step(f'fetching the C headers of Python ({package}), which are not installed')
    folder = _fetched(environment)
    lists, cache = folder / 'lists', folder / 'cache'
    (lists / 'partial').mkdir(parents=True)
    cache.mkdir()
    apt = ['apt-get', '-q', '-o', f'Dir::State::Lists={lists}', '-o', f'Dir::Cache={cache}']
    for command in ([*apt, 'update'], [*apt, 'download', package]):
        log.run(command, environment.variables(), advice, folder)
    for archive in folder.glob('*.deb'):
        log.run(
            ['dpkg-deb', '--extract', str(archive), str(folder)], environment.variables(), advice,
            folder)
    if not (include_folder(environment) / 'Python.h').exists():
        raise SetupError(advice)


def _fetched(environment: Environment) -> Path:
    """Return the folder of fetched headers."""
    return environment.folder / 'python-headers'
