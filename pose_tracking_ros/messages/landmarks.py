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

"""The messages of the landmarks of people, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from pose_tracking_ros.blazepose import (
    Pose,
    PoseTrackerResult,
    PositionProblem,
    Skeleton,
    SKELETONS,
)
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


def poses_of_message(message: Any) -> tuple[Pose, ...]:
    """
    Return the people in a pose_tracking_ros/PoseLandmarks, the main person first.

    :param message: of any message library
    :raises ValueError: if it is inconsistent
    """
    return poses_of_fields(message.skeleton, map(_fields, message.persons))


class PersonFields(NamedTuple):
    """
    The fields of a pose_tracking_ros/Person, the numbers as arrays.

    :param inside: bool (N, 2) inside_image and inside_region of each landmark
    """

    track_id: int
    score: float
    roi: np.ndarray
    landmarks: np.ndarray
    inside: np.ndarray
    world_landmarks: np.ndarray
    position: np.ndarray
    position_covariance: np.ndarray
    camera_landmarks: np.ndarray
    landmark_sources: np.ndarray
    position_problem: str


def _fields(person: Any) -> PersonFields:
    landmarks, roi = person.landmarks, person.roi
    return PersonFields(
        person.track_id,
        person.score,
        np.array([roi.x_center, roi.y_center, roi.width, roi.height, roi.rotation]),
        np.array([(at.x, at.y, at.z, at.visibility, at.presence) for at in landmarks], np.float32),
        np.array([(at.inside_image, at.inside_region) for at in landmarks], bool),
        _points(person.world_landmarks),
        _points([person.position])[0],
        np.array(person.position_covariance, np.float64),
        _points(person.camera_landmarks),
        np.array(person.landmark_sources, np.uint8),
        person.position_problem,
    )


def poses_of_fields(skeleton_name: str, people: Iterable[PersonFields]) -> tuple[Pose, ...]:
    """
    Return the people in a pose_tracking_ros/PoseLandmarks from its fields.

    :raises ValueError: if they are inconsistent
    """
    skeleton = SKELETONS.get(skeleton_name)
    if skeleton is None:
        known = ' and '.join(SKELETONS)
        raise ValueError(f'its skeleton is {skeleton_name!r}, known are {known}')
    return tuple(_pose(person, skeleton) for person in people)


def _pose(person: PersonFields, skeleton: Skeleton) -> Pose:
    count = len(skeleton.landmarks)
    for name in ('landmarks', 'world_landmarks', 'camera_landmarks', 'landmark_sources'):
        found = len(getattr(person, name))
        if found != count and (found or name == 'landmarks'):
            raise ValueError(
                f'person {person.track_id} has {found} {name}, the skeleton {skeleton.name} has '
                f'{count}'
            )
    # Messages from other publishers may have zeros.
    is_placed = not person.position_problem and bool(len(person.camera_landmarks))
    return Pose(
        skeleton=skeleton,
        landmarks=person.landmarks,
        world_landmarks=person.world_landmarks.astype(np.float32),
        inside_image=person.inside[:, 0],
        inside_region=person.inside[:, 1],
        score=person.score,
        roi=person.roi,
        track_id=person.track_id,
        position=person.position if is_placed else np.full(3, np.nan),
        position_covariance=(
            person.position_covariance.reshape(3, 3) if is_placed else np.full((3, 3), np.nan)
        ),
        camera_landmarks=person.camera_landmarks if is_placed else None,
        landmark_sources=person.landmark_sources if is_placed else None,
        position_problem=None if is_placed else _problem(person.position_problem),
    )


def _problem(name: str) -> PositionProblem:
    """Return the reason for an unknown position, also if this version does not know the reason."""
    known = {problem.value: problem for problem in PositionProblem}
    return known.get(name, PositionProblem.NO_CAMERA)


def _points(points: Any) -> np.ndarray:
    """Return geometry_msgs/Point as float64 (N, 3)."""
    return np.array([(at.x, at.y, at.z) for at in points], np.float64).reshape(-1, 3)
