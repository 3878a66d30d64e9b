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

"""Messages of the positions of people."""

from __future__ import annotations

from typing import Any

import numpy as np

from pose_tracking_ros.body import Placement, quaternion
from pose_tracking_ros.messages.types import MessageTypes


def person_pose_message(types: MessageTypes, header: Any, placement: Placement) -> Any:
    """
    Return a geometry_msgs/PoseWithCovarianceStamped.

    :param types: the message types
    :param header: the stamp of the image, and the frame of the placement
    :param placement: position and orientation of the person
    """
    x, y, z = placement.position.tolist()
    return types.PoseWithCovarianceStamped(
        header=header,
        pose=types.PoseWithCovariance(
            pose=types.Pose(
                position=types.Point(x=x, y=y, z=z),
                orientation=_quaternion(types, placement.rotation),
            ),
            covariance=placement.covariance.ravel(),
        ),
    )


def transform_message(types: MessageTypes, header: Any, child: str, placement: Placement) -> Any:
    """
    Return a geometry_msgs/TransformStamped.

    :param types: the message types
    :param header: the stamp of the image, and the frame of the placement, which is the parent
    :param child: the frame of the body
    :param placement: position and orientation of the body
    """
    x, y, z = placement.position.tolist()
    return types.TransformStamped(
        header=header,
        child_frame_id=child,
        transform=types.Transform(
            translation=types.Vector3(x=x, y=y, z=z),
            rotation=_quaternion(types, placement.rotation),
        ),
    )


def _quaternion(types: MessageTypes, rotation: np.ndarray) -> Any:
    x, y, z, w = quaternion(rotation).tolist()
    return types.Quaternion(x=x, y=y, z=z, w=w)
