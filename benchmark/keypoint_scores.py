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

"""
Scores of predicted landmarks against annotated joints.

PCK@0.2, after Yang and Ramanan, Articulated Human Detection with Flexible Mixtures of Parts, 2013:
the ratio of annotated joints predicted within 0.2 times the size of the person.
"""

from __future__ import annotations

from collections.abc import Sequence

from annotations import Person
import numpy as np

from pose_tracking_ros.blazepose import FULL_BODY, PoseLandmark

PCK_THRESHOLD = 0.2

# Left and right are exchanged if that fits the joints better by this factor.
_CLEARLY_BETTER = 0.8

MIRRORED = np.array(FULL_BODY.mirrored)

_SIDED = [at for at, side in zip(FULL_BODY.landmarks, FULL_BODY.sides) if side != 'center']

_SHOULDERS = (PoseLandmark.LEFT_SHOULDER, PoseLandmark.RIGHT_SHOULDER)
_HIPS = (PoseLandmark.LEFT_HIP, PoseLandmark.RIGHT_HIP)


def person_size(person: Person) -> float:
    """
    Return the unit of distances: the torso, in pixels.

    It is the longest distance between an annotated shoulder and hip, else the longer side of the
    box.

    :raises ValueError: when there is neither
    """
    torso = [
        np.linalg.norm(person.joints[shoulder] - person.joints[hip])
        for shoulder in _SHOULDERS
        for hip in _HIPS
    ]
    if np.isfinite(torso).any():
        return float(np.nanmax(torso))
    if person.box is None:
        raise ValueError('a person has neither a shoulder and a hip nor a box')
    return float(person.box[2:].max())


def joint_errors(landmarks: np.ndarray | None, person: Person) -> np.ndarray:
    """
    Return the distance of each annotated joint in units of the person's size.

    :param landmarks: (33, 2) in pixels, or None if no person was found
    :return: one number for each annotated joint, infinite if no person was found
    """
    annotated = np.isfinite(person.joints[:, 0])
    if landmarks is None:
        return np.full(annotated.sum(), np.inf)
    distances = np.linalg.norm(landmarks[annotated] - person.joints[annotated], axis=1)
    return distances / person_size(person)


def pck(errors: Sequence[np.ndarray]) -> float:
    """Return the ratio of joints, over all images, within :data:`PCK_THRESHOLD`."""
    return float((np.concatenate(errors) <= PCK_THRESHOLD).mean())


def best_person(landmarks: np.ndarray | None, persons: Sequence[Person]) -> Person:
    """
    Return the annotated person that the landmarks fit best.

    That is the one with the smallest mean distance of the annotated joints in units of the
    person's size; without landmarks, the person of the largest size.
    """
    if landmarks is None:
        return max(persons, key=person_size)
    return min(persons, key=lambda person: joint_errors(landmarks, person).mean())


def sides_exchanged(landmarks: np.ndarray | None, person: Person) -> bool:
    """
    Return whether left and right are exchanged.

    They are if the joints with a side are nearer to the landmarks of the other side: their mean
    distance is less than 0.8 times that without the exchange.
    """
    if landmarks is None:
        return False
    joints = np.full_like(person.joints, np.nan)
    joints[_SIDED] = person.joints[_SIDED]
    sided = Person(joints, person.box)
    annotated = np.isfinite(joints[:, 0])
    as_is = np.linalg.norm(landmarks[annotated] - joints[annotated], axis=1).mean()
    exchanged = landmarks[MIRRORED]
    other = np.linalg.norm(exchanged[annotated] - sided.joints[annotated], axis=1).mean()
    return bool(other < _CLEARLY_BETTER * as_is)
