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

"""The people in an image, from a message."""

from __future__ import annotations

from typing import Any

import numpy as np

from pose_tracking_ros.blazepose import Pose, PositionProblem, Skeleton, SKELETONS


def poses_of_message(message: Any) -> tuple[Pose, ...]:
    """
    Return the people in a pose_tracking_ros/PoseLandmarks, the main person first.

    :param message: of any message library
    :raises ValueError: if it is inconsistent
    """
    skeleton = SKELETONS.get(message.skeleton)
    if skeleton is None:
        known = ' and '.join(SKELETONS)
        raise ValueError(f'its skeleton is {message.skeleton!r}, known are {known}')
    return tuple(_pose(person, skeleton) for person in message.persons)


def _pose(person: Any, skeleton: Skeleton) -> Pose:
    """Return the pose of a pose_tracking_ros/Person."""
    landmarks, roi = person.landmarks, person.roi
    count = len(skeleton.landmarks)
    for name, accepted in (
        ('landmarks', {count}),
        ('world_landmarks', {0, count}),
        ('camera_landmarks', {0, count}),
        ('landmark_sources', {0, count}),
    ):
        found = len(getattr(person, name))
        if found not in accepted:
            raise ValueError(
                f'person {person.track_id} has {found} {name}, the skeleton {skeleton.name} has '
                f'{count}'
            )
    # Messages from other publishers may have zeros.
    is_placed = not person.position_problem and bool(len(person.camera_landmarks))
    return Pose(
        skeleton=skeleton,
        landmarks=np.array(
            [(at.x, at.y, at.z, at.visibility, at.presence) for at in landmarks], np.float32
        ),
        world_landmarks=_points(person.world_landmarks).astype(np.float32),
        inside_image=np.array([at.inside_image for at in landmarks], bool),
        inside_region=np.array([at.inside_region for at in landmarks], bool),
        score=person.score,
        roi=np.array([roi.x_center, roi.y_center, roi.width, roi.height, roi.rotation]),
        track_id=person.track_id,
        position=_points([person.position])[0] if is_placed else np.full(3, np.nan),
        position_covariance=(
            np.array(person.position_covariance, np.float64).reshape(3, 3)
            if is_placed
            else np.full((3, 3), np.nan)
        ),
        camera_landmarks=_points(person.camera_landmarks) if is_placed else None,
        landmark_sources=np.array(person.landmark_sources, np.uint8) if is_placed else None,
        position_problem=None if is_placed else _problem(person.position_problem),
    )


def _problem(name: str) -> PositionProblem:
    """Return the reason for an unknown position, also if this version does not know the reason."""
    known = {problem.value: problem for problem in PositionProblem}
    return known.get(name, PositionProblem.NO_CAMERA)


def _points(points: Any) -> np.ndarray:
    """Return geometry_msgs/Point as float64 (N, 3)."""
    return np.array([(at.x, at.y, at.z) for at in points], np.float64).reshape(-1, 3)
