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

"""The package of this checkout, built with colcon and installed into its virtual environment."""

from __future__ import annotations

from pathlib import Path
import subprocess

from environment_setup import packages, python_headers
from environment_setup.environment import Environment, ROOT
from environment_setup.steps import digest, Log, Stamp

PACKAGE = 'pose_tracking_ros'
# Built, or installed as copies: a change of content needs a build.
SOURCES = ('CMakeLists.txt', 'package.xml', 'msg', 'scripts')
# Installed as links: only a new or removed file needs a build.
LINKED = ('config', 'launch', 'models', PACKAGE)


def stamp(environment: Environment, root: Path = ROOT) -> Stamp:
    """Return the stamp of the build."""
    built = [path for source in SOURCES for path in _files(root / source)]
    linked = [path for folder in LINKED for path in _files(root / folder)]
    return Stamp(
        environment.workspace / 'build.stamp',
        digest(
            *(part for path in built for part in (str(path), path.read_bytes())),
            *(str(path) for path in linked),
            Path(__file__).read_bytes(),
            environment.variables().get('AMENT_PREFIX_PATH', '')))


def build(environment: Environment, log: Log) -> None:
    """
    Build this package and install it into the virtual environment.

    The environment's folder is the install prefix since CMake lets an exported target use headers
    below the source tree, such as those of numpy, only if they are below the prefix, too.

    :param environment: with all packages installed
    :param log: for the output of colcon
    :raises SetupError: when the build fails
    """
    log.step('building the package with colcon')
    environment.workspace.mkdir(exist_ok=True)
    log.run(
        [
            str(environment.python), '-m', 'colcon',
            '--log-base', str(environment.workspace / 'log'),
            'build', '--paths', str(ROOT), '--symlink-install',
            '--build-base', str(environment.workspace / 'build'),
            '--install-base', str(environment.folder), '--merge-install',
            '--event-handlers', 'console_direct+',
            '--cmake-args', '-DBUILD_TESTING=OFF',
            f'-DUNITY_TYPE_SUPPORT={"OFF" if environment.distribution else "ON"}',
            f'-DPython3_EXECUTABLE={environment.python}',
            f'-DPython3_INCLUDE_DIR={python_headers.include_folder(environment)}',
        ],
        {**environment.variables(), **python_headers.search_path(environment)},
        'If files of an earlier build are in the way: make clean',
        ROOT)
    _remove_dangling_links(environment)
    log.run(
        _import_command(), environment.variables(),
        'The package was built but does not import: make clean setup',
        environment.folder)


def works(environment: Environment) -> bool:
    """Return whether the installed package and its dependencies import."""
    return subprocess.run(
        _import_command(), env=environment.variables(), cwd=environment.folder,
        capture_output=True).returncode == 0


def _import_command() -> list[str]:
    """Return the command that imports everything as in a user's shell."""
    return ['bash', '-c', '. "$0" && "$VIRTUAL_ENV/bin/python" -c "$1"',
            str(ROOT / 'tools' / 'environment.sh'),
            f'import {PACKAGE}.msg, {", ".join(packages.MODULES)}']


def _files(path: Path) -> list[Path]:
    """Return the files at or under a path, sorted, without Python's caches."""
    if path.is_file():
        return [path]
    return sorted(
        child for child in path.rglob('*')
        if child.is_file() and '__pycache__' not in child.parts)


def _remove_dangling_links(environment: Environment) -> None:
    """Remove installed links to files that no longer exist in the source tree."""
    for folder in environment.folder.glob(f'**/{PACKAGE}'):
        for path in folder.rglob('*'):
            if path.is_symlink() and not path.exists():
                path.unlink()
