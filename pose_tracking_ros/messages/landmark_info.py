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

"""The message with the names of the landmarks and the models."""

from __future__ import annotations

from typing import Any

from pose_tracking_ros.blazepose import Skeleton
from pose_tracking_ros.messages.types import MessageTypes


def landmark_info_message(
    types: MessageTypes,
    skeleton: Skeleton,
    detector_model: str,
    landmark_model: str,
    execution_provider: str,
) -> Any:
    """
    Return a pose_tracking_ros/LandmarkInfo.

    :param types: the message types
    :param skeleton: the landmarks that the tracker predicts
    :param detector_model: name of the model that finds a person
    :param landmark_model: name of the model that finds the landmarks
    :param execution_provider: the provider that runs the models, as named by ONNX Runtime
    """
    return types.LandmarkInfo(
        skeleton=skeleton.name,
        names=list(skeleton.names),
        sides=list(skeleton.sides),
        connections=[
            types.LandmarkConnection(start=int(start), end=int(end))
            for start, end in skeleton.connections
        ],
        detector_model=detector_model,
        landmark_model=landmark_model,
        execution_provider=execution_provider,
    )
