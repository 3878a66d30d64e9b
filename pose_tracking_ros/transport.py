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

"""The transport of Fast DDS for images, and leftover shared memory of killed processes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
import re

from ament_index_python.packages import get_package_share_directory

# Set if the user has chosen a transport.
_CHOICES = (
    'FASTDDS_DEFAULT_PROFILES_FILE',
    'FASTRTPS_DEFAULT_PROFILES_FILE',
    'FASTDDS_BUILTIN_TRANSPORTS',
)

# Distributions with Fast DDS 2, which uses the former name of the variable.
_FAST_DDS_2 = ('humble', 'jazzy')

# A living process locks the file beside its segment: names in Fast DDS 3, and 2.
_LOCK_OF_SEGMENT = re.compile(r'fast(dds|rtps)_[0-9a-f]{16}_el')


def transport_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """
    Return the variables that make Fast DDS carry images; none if the user has chosen.

    Only one, because Fast DDS fails if two variables name the same file.

    :param environment: of the parent process
    """
    other_middleware = 'fastrtps' not in environment.get('RMW_IMPLEMENTATION', 'fastrtps')
    if other_middleware or any(environment.get(name) for name in _CHOICES):
        return {}
    old = environment.get('ROS_DISTRO') in _FAST_DDS_2
    name = 'FASTRTPS_DEFAULT_PROFILES_FILE' if old else 'FASTDDS_DEFAULT_PROFILES_FILE'
    share = Path(get_package_share_directory('pose_tracking_ros'))
    return {name: str(share / 'config' / 'fastdds.xml')}


def segments_left_behind(
    folder: Path = Path('/dev/shm'), locks: Path = Path('/proc/locks')
) -> int:
    """
    Return the number of segments whose process ended without removing them.

    The locks are read from the kernel; nothing is locked or changed.

    :param folder: of the shared memory
    :param locks: the kernel's list of locks
    """
    try:
        # Lines with an arrow are waiting processes.
        held = [line.split() for line in locks.read_text().splitlines() if '->' not in line]
        locked = {int(fields[5].rpartition(':')[2]) for fields in held}
        segments = [file for file in folder.iterdir() if _LOCK_OF_SEGMENT.fullmatch(file.name)]
    except (OSError, IndexError, ValueError):  # on another system
        return 0
    return sum(_inode(file) not in {None, *locked} for file in segments)


def _inode(file: Path) -> int | None:
    """Return the inode of a file, None if it no longer exists."""
    try:
        return file.stat().st_ino
    except FileNotFoundError:
        return None
