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

"""The landmarks of a person as a message."""

from __future__ import annotations

from typing import Any

import numpy as np

from pose_tracking_ros.blazepose import FrameReport, Pose, Topology
from pose_tracking_ros.messages.types import MessageTypes


def pose_landmarks_message(
    types: MessageTypes,
    header: Any,
    image_size: tuple[int, int],
    topology: Topology,
    pose: Pose | None,
    report: FrameReport,
) -> Any:
    """
    Return a pose_tracking_ros/PoseLandmarks for one image.

    :param types: what the message is made of
    :param header: header of the image
    :param image_size: width and height of the image in pixels
    :param topology: the landmarks that the tracker predicts for a person
    :param pose: the person in the image, if any
    :param report: what the tracker did on the image
    """
    found = {} if pose is None else _person(types, pose)
    return types.PoseLandmarks(
        header=header,
        image_width=image_size[0],
        image_height=image_size[1],
        topology=len(topology.landmarks),
        score=float(report.score),
        roi=_rect(types, report.roi),
        detector_ran=bool(report.detector_ran),
        **found,
    )


def _person(types: MessageTypes, pose: Pose) -> dict[str, Any]:
    """Return the fields that only a person fills."""
    return {
        'track_id': pose.track_id,
        'landmarks': [
            types.PoseLandmark(
                x=x,
                y=y,
                z=z,
                visibility=visibility,
                presence=presence,
                inside_image=inside_image,
                inside_region=inside_region,
            )
            for (x, y, z, visibility, presence), inside_image, inside_region in zip(
                pose.landmarks.tolist(), pose.inside_image.tolist(), pose.inside_region.tolist()
            )
        ],
        'world_landmarks': [
            types.Point(x=x, y=y, z=z) for x, y, z in pose.world_landmarks.tolist()
        ],
    }


def _rect(types: MessageTypes, roi: np.ndarray) -> Any:
    x_center, y_center, width, height, rotation = np.asarray(roi).tolist()
    return types.NormalizedRect(
        x_center=x_center, y_center=y_center, width=width, height=height, rotation=rotation
    )
