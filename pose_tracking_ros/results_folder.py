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

"""A folder that a run leaves its results in, and where the next run replaces them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
import shutil

_MARKER = '.pose_tracking_results'
"""Name of the file that lists the results in a folder, a name a line."""


class ResultsFolder:
    """
    A folder for the results of a run.

    What an earlier run left in it is removed, and nothing else ever is.

    :param path: the folder; made when it is not there
    :param names: names of the files and folders that the run is going to write
    :raises FileExistsError: when something of such a name is there and is not a result of an
        earlier run
    """

    def __init__(self, path: str | Path, names: Iterable[str]) -> None:
        self.path = Path(path)
        if self.path.exists() and not self.path.is_dir():
            raise FileExistsError(f'{self.path} is a file, a folder is needed')
        names = sorted(names)
        marker = self.path / _MARKER
        results = marker.read_text(encoding='utf-8').splitlines() if marker.is_file() else []
        for name in names:
            if name not in results and (self.path / name).exists():
                raise FileExistsError(
                    f'{self.path / name} exists and was not written by an earlier run: move it '
                    'away or choose another folder'
                )
        for name in results:
            _remove(self.path / Path(name).name)
        self.path.mkdir(parents=True, exist_ok=True)
        marker.write_text(''.join(f'{name}\n' for name in names), encoding='utf-8')

    def __truediv__(self, name: str) -> Path:
        """Return the path of a result."""
        return self.path / name


def _remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
