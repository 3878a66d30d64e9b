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

"""Packages that not every user needs: which line installs the one that a command lacks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import sys

_PIP_NAMES = {
    'av': 'av',
    'backports.zstd': 'backports.zstd',
    'cv2': 'opencv-python-headless',
    'distributed': 'distributed',
    'fsspec': 'universal_pathlib',
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
"""What pip installs, by the name of the module; a backport has its parent's as well."""


def what_installs(error: ModuleNotFoundError) -> str:
    """
    Return what is missing and the line that installs it.

    :raises ModuleNotFoundError: when that is no package of others, but a fault of this one
    """
    name = 'backports.zstd' if error.name == 'backports' else error.name
    if name not in _PIP_NAMES:
        raise error
    return (
        f'{name} is not installed: python3 -m pip install {_PIP_NAMES[name]} (on Ubuntu 24.04 and '
        'later in a virtual environment: see "Install it" in the README)'
    )


@contextmanager
def told(exit_code: int = 1) -> Iterator[None]:
    """End the process with the line that installs a package where one is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        print(what_installs(error), file=sys.stderr)
        sys.exit(exit_code)
