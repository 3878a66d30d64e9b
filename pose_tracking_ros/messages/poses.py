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

"""The people in an image, out of its message."""

from __future__ import annotations

from typing import Any

import numpy as np

from pose_tracking_ros.blazepose import Pose, Skeleton, SKELETONS


def poses_of_message(message: Any) -> tuple[Pose, ...]:
    """
    Return the people in a pose_tracking_ros/PoseLandmarks, the main person first.

    :param message: of any library of messages
    :raises ValueError: when it contradicts itself; says in what
    """
    skeleton = SKELETONS.get(message.skeleton)
    if skeleton is None:
        known = ' and '.join(SKELETONS)
        raise ValueError(f'its skeleton is {message.skeleton!r}, known are {known}')
    return tuple(_pose(person, skeleton) for person in message.persons)


def _pose(person: Any, skeleton: Skeleton) -> Pose:
    """Return the pose of a pose_tracking_ros/Person."""
    landmarks, count = person.landmarks, len(skeleton.landmarks)
    if len(landmarks) != count:
        raise ValueError(
            f'person {person.track_id} has {len(landmarks)} landmarks, the skeleton '
            f'{skeleton.name} has {count}'
        )
    world = _points(person.world_landmarks)
    if len(world) not in (0, count):
        raise ValueError(
            f'person {person.track_id} has {len(world)} world landmarks, the skeleton '
            f'{skeleton.name} has {count}'
        )
    roi = person.roi
    return Pose(
        skeleton=skeleton,
        landmarks=np.array(
            [(at.x, at.y, at.z, at.visibility, at.presence) for at in landmarks], np.float32
        ),
        world_landmarks=world.astype(np.float32),
        inside_image=np.array([at.inside_image for at in landmarks], bool),
        inside_region=np.array([at.inside_region for at in landmarks], bool),
        score=person.score,
        roi=np.array([roi.x_center, roi.y_center, roi.width, roi.height, roi.rotation]),
        track_id=person.track_id,
    )


def _points(points: Any) -> np.ndarray:
    """Return geometry_msgs/Point as float64 (N, 3)."""
    return np.array([(at.x, at.y, at.z) for at in points], np.float64).reshape(-1, 3)
