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

"""The message types that a message library has to provide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TYPE_CHECKING

Maker = Callable[..., Any]

MESSAGE_NAMES = {
    'builtin_interfaces': ('Duration', 'Time'),
    'geometry_msgs': (
        'Point', 'Pose', 'PoseWithCovariance', 'PoseWithCovarianceStamped', 'Quaternion',
        'Transform', 'TransformStamped', 'Vector3',
    ),
    'pose_tracking_ros': (
        'Activities', 'ActivityEvent', 'Gesture', 'LandmarkConnection', 'LandmarkInfo',
        'NormalizedRect', 'Person', 'PersonActivity', 'PointingRay', 'PoseLandmark',
        'PoseLandmarks',
    ),
    'sensor_msgs': ('CompressedImage', 'Image'),
    'std_msgs': ('ColorRGBA', 'Header'),
    'visualization_msgs': ('Marker', 'MarkerArray'),
}  # fmt: skip
"""The message types in use, by package."""


class MessageTypes:
    """
    The message types of a library, as attributes with the names in :data:`MESSAGE_NAMES`.

    Each is called with fields as keyword arguments; other fields get the defaults of ROS.

    :param find: returns the type of a package and a name
    :param byte_array: converts a contiguous memoryview to the value of a field of type ``uint8[]``
    """

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Maker:
            """Return a message type."""

    def __init__(
        self, find: Callable[[str, str], Any], byte_array: Callable[[memoryview], Any]
    ) -> None:
        self.byte_array = byte_array
        for package, names in MESSAGE_NAMES.items():
            for name in names:
                setattr(self, name, find(package, name))
