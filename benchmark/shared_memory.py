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

"""Files of Fast DDS in shared memory that killed processes leave."""

from __future__ import annotations

from pathlib import Path
import re

_MAPPED = re.compile(r'(/dev/shm/fast\w+)$', re.MULTILINE)


def mapped_by(*pids: int) -> set[Path]:
    """Return the files of Fast DDS in shared memory that processes use."""
    found = set()
    for pid in pids:
        try:
            found.update(_MAPPED.findall(Path(f'/proc/{pid}/maps').read_text()))
        except (OSError, ProcessLookupError):  # It has ended, or belongs to another user.
            continue
    return {Path(name) for name in found}


def remove_unused(files: set[Path]) -> None:
    """
    Remove files, with their locks, that no process uses.

    A killed process leaves its own files, and remains counted as a user of others.
    """
    pids = [int(folder.name) for folder in Path('/proc').iterdir() if folder.name.isdecimal()]
    for file in files - mapped_by(*pids):
        for name in (file.name, f'{file.name}_el', f'sem.{file.name}_mutex'):
            file.with_name(name).unlink(missing_ok=True)
