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
from typing import Any, Protocol

Maker = Callable[..., Any]


class MessageTypes(Protocol):
    """
    The message types of a library, as attributes.

    Each is called with fields as keyword arguments; other fields get the defaults of ROS.
    """

    Activities: Maker
    ActivityEvent: Maker
    ColorRGBA: Maker
    CompressedImage: Maker
    Duration: Maker
    Gesture: Maker
    Header: Maker
    Image: Maker
    LandmarkConnection: Maker
    LandmarkInfo: Maker
    Marker: Maker
    MarkerArray: Maker
    NormalizedRect: Maker
    Person: Maker
    PersonActivity: Maker
    Point: Maker
    PointingRay: Maker
    Pose: Maker
    PoseLandmark: Maker
    PoseLandmarks: Maker
    PoseWithCovariance: Maker
    PoseWithCovarianceStamped: Maker
    Quaternion: Maker
    Time: Maker
    Transform: Maker
    TransformStamped: Maker
    Vector3: Maker

    def byte_array(self, content: memoryview, /) -> Any:
        """Convert a contiguous memoryview to the value of a field of type ``uint8[]``."""
