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

"""The available environments, and the choice among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import os
from pathlib import Path
import sys

from environment_setup.steps import SetupError

ROOT = Path(__file__).resolve().parents[2]
WHEELS = ('kilted', 'jazzy')
# The Python that runs this, or that its virtual environment, which may be removed, is made from.
INTERPRETER = os.path.realpath(sys.executable)

# What an outer make, a user's Python or another environment may have left behind. Python of the
# ROS 2 wheels sets the last one when it has set LD_LIBRARY_PATH.
_FOREIGN_VARIABLES = (
    'MAKEFLAGS', 'MAKELEVEL', 'MFLAGS', 'PYTHONHOME', 'VIRTUAL_ENV', 'COLCON_PREFIX_PATH',
    '_ROS_WHEELS_BOOTSTRAP_COMPLETE')
_SEARCH_PATHS = {'AMENT_PREFIX_PATH', 'CMAKE_PREFIX_PATH', 'LD_LIBRARY_PATH', 'PATH', 'PYTHONPATH'}


@dataclass(frozen=True)
class Environment:
    """
    A Python environment with ROS 2 in it, and this package built in it.

    :param title: for the user
    :param folder: the virtual environment
    :param requirements: file with the version of every package that pip installs
    :param test_requirements: the same for tests, documentation and benchmarks, too
    :param distribution: whether ROS 2 comes from a sourced distribution; else from wheels
    """

    title: str
    folder: Path
    requirements: Path
    test_requirements: Path
    distribution: bool

    @property
    def python(self) -> Path:
        """The Python interpreter of the environment."""
        return self.folder / 'bin' / 'python'

    @property
    def workspace(self) -> Path:
        """The folder of colcon's build and log folders."""
        return self.folder / 'colcon'

    @property
    def log(self) -> Path:
        """The log file of the last set-up."""
        return self.folder.with_name(self.folder.name + '.log')

    def variables(self) -> dict[str, str]:
        """Return the environment variables under which the package is built."""
        variables = {
            name: value for name, value in os.environ.items() if name not in _FOREIGN_VARIABLES}
        for name in _SEARCH_PATHS & variables.keys():
            # In a shell that has sourced this environment, it must not build upon itself.
            variables[name] = _without(self.folder, variables[name])
        variables['VIRTUAL_ENV'] = str(self.folder)
        # The trial import of ONNX Runtime would record it for Microsoft.
        variables.setdefault('ORT_DISABLE_TELEMETRY', '1')
        variables['PATH'] = f'{self.folder / "bin"}{os.pathsep}{variables["PATH"]}'
        if not self.distribution:
            # The wheels make the virtual environment a prefix as /opt/ros/<distribution> is one.
            variables['AMENT_PREFIX_PATH'] = str(self.folder)
            variables['CMAKE_PREFIX_PATH'] = str(self.folder)
            variables['LD_LIBRARY_PATH'] = str(self.folder / 'lib')
            variables.pop('PYTHONPATH', None)
        return variables


def choose(environ: Mapping[str, str], root: Path = ROOT) -> Environment:
    """
    Return the environment chosen by the user's environment variables.

    :param environ: ``ROS_DISTRO`` is set where a ROS 2 distribution is sourced; ``ROS_WHEELS``
        names the wheels to take where none is
    :param root: top folder of this package
    :raises SetupError: when there are no wheels of that name
    """
    requirements = root / 'requirements'
    distribution = environ.get('ROS_DISTRO')
    if distribution:
        return Environment(
            title=f'ROS 2 {distribution.capitalize()}, the sourced distribution',
            folder=root / f'.venv-ros-{distribution}',
            requirements=requirements / 'distribution.txt',
            test_requirements=requirements / 'distribution-test.txt',
            distribution=True)
    wheels = environ.get('ROS_WHEELS') or WHEELS[0]
    if wheels not in WHEELS:
        raise SetupError(
            f'ROS_WHEELS is {wheels!r}: there are wheels of {" and ".join(WHEELS)}.')
    return Environment(
        title=f'ROS 2 {wheels.capitalize()} from wheels',
        folder=root / ('.venv' if wheels == WHEELS[0] else f'.venv-{wheels}'),
        requirements=requirements / f'{wheels}.txt',
        test_requirements=requirements / f'{wheels}-test.txt',
        distribution=False)


def _without(folder: Path, paths: str) -> str:
    """Return a list of search paths without those at or below a folder."""
    return os.pathsep.join(
        path for path in paths.split(os.pathsep)
        if path and folder not in (Path(path), *Path(path).parents))
