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

"""The Fast DDS transport for images, unless the user has chosen another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ament_index_python.packages import get_package_share_directory

# Set if the user has chosen a transport.
_CHOICES = (
    'FASTDDS_DEFAULT_PROFILES_FILE',
    'FASTRTPS_DEFAULT_PROFILES_FILE',
    'FASTDDS_BUILTIN_TRANSPORTS',
)

# Distributions with Fast DDS 2, which uses the former name of the variable.
_FAST_DDS_2 = ('humble', 'jazzy')


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
