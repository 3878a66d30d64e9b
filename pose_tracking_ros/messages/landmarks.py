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

"""The message of the people in an image."""

from __future__ import annotations

from typing import Any

import numpy as np

from pose_tracking_ros.blazepose import Pose, PoseTrackerResult, Skeleton
from pose_tracking_ros.messages.types import MessageTypes


def pose_landmarks_message(
    types: MessageTypes,
    header: Any,
    image_size: tuple[int, int],
    skeleton: Skeleton,
    result: PoseTrackerResult,
) -> Any:
    """
    Return a pose_tracking_ros/PoseLandmarks for one image.

    :param types: the message types
    :param header: header of the image
    :param image_size: width and height of the image in pixels
    :param skeleton: the landmarks that the tracker predicts
    :param result: the result of the tracker
    """
    reason = result.no_pose_reason
    return types.PoseLandmarks(
        header=header,
        image_width=image_size[0],
        image_height=image_size[1],
        skeleton=skeleton.name,
        detector_ran=bool(result.detector_ran),
        no_pose_reason=reason.value if reason else '',
        persons=[_person(types, pose) for pose in result.poses],
    )


def _person(types: MessageTypes, pose: Pose) -> Any:
    """Return a pose_tracking_ros/Person."""
    return types.Person(
        track_id=pose.track_id,
        score=float(pose.score),
        roi=_rect(types, pose.roi),
        landmarks=[
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
        world_landmarks=[
            types.Point(x=x, y=y, z=z) for x, y, z in pose.world_landmarks.tolist()
        ],
        position=_point(types, pose.position),
        position_covariance=np.asarray(pose.position_covariance, np.float64).ravel(),
        camera_landmarks=[
            types.Point(x=x, y=y, z=z) for x, y, z in pose.camera_landmarks.tolist()
        ],
        landmark_sources=types.byte_array(
            memoryview(np.asarray(pose.landmark_sources, np.uint8).tobytes())
        ),
        position_problem=pose.position_problem.value if pose.position_problem else '',
    )


def _point(types: MessageTypes, place: np.ndarray) -> Any:
    x, y, z = np.asarray(place, np.float64).tolist()
    return types.Point(x=x, y=y, z=z)


def _rect(types: MessageTypes, roi: np.ndarray) -> Any:
    x_center, y_center, width, height, rotation = np.asarray(roi).tolist()
    return types.NormalizedRect(
        x_center=x_center, y_center=y_center, width=width, height=height, rotation=rotation
    )
