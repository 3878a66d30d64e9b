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

"""Optional packages, and the commands that install them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import os
import sys

_PIP_NAMES = {
    'av': 'av',
    'backports.zstd': 'backports.zstd',
    'cv2': 'opencv-python-headless',
    'distributed': 'distributed',
    'fsspec': 'universal_pathlib',
    'jinja2': 'Jinja2',
    'lz4': 'lz4',
    'mcap': 'mcap',
    'numpy': 'numpy',
    'onnxruntime': 'onnxruntime-gpu',
    'plotly': 'plotly',
    'pyarrow': 'pyarrow',
    'rosbags': 'rosbags',
    'tqdm': 'tqdm',
    'upath': 'universal_pathlib',
    'yaml': 'PyYAML',
}
"""Names of packages for pip, by the name of the module."""


def install_hint(error: ModuleNotFoundError) -> str:
    """
    Return the missing package and the command that installs it.

    :raises ModuleNotFoundError: if the module is not one of a known package
    """
    name = 'backports.zstd' if error.name == 'backports' else error.name
    if name not in _PIP_NAMES:
        raise error
    return (
        f'{name} is not installed: python3 -m pip install {_PIP_NAMES[name]} (on Ubuntu 24.04 and '
        'later in a virtual environment: see "Install it" in the README)'
    )


def apt_install(package: str) -> str:
    """Return the command that installs a ROS package."""
    distribution = os.environ.get('ROS_DISTRO', '<distribution>')
    return f'sudo apt install ros-{distribution}-{package.replace("_", "-")}'


@contextmanager
def exit_if_missing(exit_code: int = 1) -> Iterator[None]:
    """Exit with the command that installs a package if one is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        print(install_hint(error), file=sys.stderr)
        sys.exit(exit_code)
