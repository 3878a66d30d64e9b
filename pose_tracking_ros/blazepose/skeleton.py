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
The skeletons of BlazePose: names, connections and sides of the landmarks.

Source: the landmark model of MediaPipe Pose, https://arxiv.org/abs/2006.10204, and
``mediapipe/python/solutions/pose_connections.py``.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import pairwise

import numpy as np


class PoseLandmark(IntEnum):
    """Index of each landmark; left and right are those of the person, not of the image."""

    NOSE = 0
    LEFT_EYE_INNER = 1
    LEFT_EYE = 2
    LEFT_EYE_OUTER = 3
    RIGHT_EYE_INNER = 4
    RIGHT_EYE = 5
    RIGHT_EYE_OUTER = 6
    LEFT_EAR = 7
    RIGHT_EAR = 8
    MOUTH_LEFT = 9
    MOUTH_RIGHT = 10
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_PINKY = 17
    RIGHT_PINKY = 18
    LEFT_INDEX = 19
    RIGHT_INDEX = 20
    LEFT_THUMB = 21
    RIGHT_THUMB = 22
    LEFT_HIP = 23
    RIGHT_HIP = 24
    LEFT_KNEE = 25
    RIGHT_KNEE = 26
    LEFT_ANKLE = 27
    RIGHT_ANKLE = 28
    LEFT_HEEL = 29
    RIGHT_HEEL = 30
    LEFT_FOOT_INDEX = 31
    RIGHT_FOOT_INDEX = 32


@dataclass(frozen=True)
class Skeleton:
    """
    The landmarks that a model predicts for a person, their connections and groups.

    :param name: its name in messages and tables
    :param landmarks: the landmarks, in the order of their indices
    :param connections: pairs of landmarks that a drawing joins with a line
    :param face: landmarks of the face, which lie close together
    :param core: landmarks of the trunk and the nose, most of which are visible on a person
    :param limbs: the joints of the trunk and of the limbs; each left one is followed by its right
        one
    :param sigmas: labelling errors as in COCO, in units of the body's size, of the landmarks by
        which bodies are compared
    :param joints: names of joints, with the three landmarks of each angle
    :param middles: pairs of landmarks, left and right, whose middles are the ends of the trunk
        (``shoulders``, ``hips``) and of the neck (``ears``)
    """

    name: str
    landmarks: tuple[PoseLandmark, ...]
    connections: tuple[tuple[PoseLandmark, PoseLandmark], ...]
    face: frozenset[PoseLandmark]
    core: tuple[PoseLandmark, ...]
    limbs: tuple[PoseLandmark, ...]
    sigmas: dict[PoseLandmark, float]
    joints: dict[str, tuple[PoseLandmark, PoseLandmark, PoseLandmark]]
    middles: dict[str, tuple[PoseLandmark, PoseLandmark]]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the lower-case name of each landmark."""
        return tuple(landmark.name.lower() for landmark in self.landmarks)

    @cached_property
    def sides(self) -> tuple[str, ...]:
        """Return for each landmark the side of the person: ``left``, ``right`` or ``center``."""
        return tuple(
            next((word for word in name.split('_') if word in ('left', 'right')), 'center')
            for name in self.names
        )

    @cached_property
    def mirrored(self) -> tuple[int, ...]:
        """Return for each landmark the index on the other side; central ones keep their own."""
        swapped = {'left': 'right', 'right': 'left'}
        return tuple(
            self.names.index('_'.join(swapped.get(word, word) for word in name.split('_')))
            for name in self.names
        )

    @cached_property
    def keypoint_sigmas(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the indices of the landmarks that bodies are compared by, and their sigmas."""
        return np.array(list(self.sigmas)), np.array(list(self.sigmas.values()))

    @cached_property
    def connection_sides(self) -> tuple[str, ...]:
        """Return for each connection the side of the person, ``center`` if it crosses."""
        sides = []
        for pair in self.connections:
            found = {self.sides[landmark] for landmark in pair} - {'center'}
            sides.append(found.pop() if len(found) == 1 else 'center')
        return tuple(sides)


def _pairs(*chains: str) -> tuple[tuple[PoseLandmark, PoseLandmark], ...]:
    """Return the consecutive pairs of each chain of landmark names."""
    pairs: list[tuple[PoseLandmark, PoseLandmark]] = []
    for chain in chains:
        pairs += pairwise(PoseLandmark[name] for name in chain.split())
    return tuple(pairs)


_UPPER_BODY_CONNECTIONS = _pairs(
    'NOSE LEFT_EYE_INNER LEFT_EYE LEFT_EYE_OUTER LEFT_EAR',
    'NOSE RIGHT_EYE_INNER RIGHT_EYE RIGHT_EYE_OUTER RIGHT_EAR',
    'MOUTH_RIGHT MOUTH_LEFT',
    'RIGHT_SHOULDER LEFT_SHOULDER',
    'LEFT_SHOULDER LEFT_ELBOW LEFT_WRIST LEFT_PINKY LEFT_INDEX LEFT_WRIST LEFT_THUMB',
    'RIGHT_SHOULDER RIGHT_ELBOW RIGHT_WRIST RIGHT_PINKY RIGHT_INDEX RIGHT_WRIST RIGHT_THUMB',
    'LEFT_SHOULDER LEFT_HIP RIGHT_HIP RIGHT_SHOULDER',
)

_LEG_CONNECTIONS = _pairs(
    'LEFT_HIP LEFT_KNEE LEFT_ANKLE LEFT_HEEL LEFT_FOOT_INDEX LEFT_ANKLE',
    'RIGHT_HIP RIGHT_KNEE RIGHT_ANKLE RIGHT_HEEL RIGHT_FOOT_INDEX RIGHT_ANKLE',
)

_SIDES = ('left', 'right')


def _both(*names: str) -> tuple[PoseLandmark, ...]:
    """Return the left and the right landmark of each name."""
    return tuple(PoseLandmark[f'{side}_{name}'.upper()] for name in names for side in _SIDES)


_JOINTS = {
    f'{side}_{joint}': chain
    for joint, (first, last) in {
        'elbow': ('shoulder', 'wrist'),
        'shoulder': ('elbow', 'hip'),
        'hip': ('shoulder', 'knee'),
        'knee': ('hip', 'ankle'),
    }.items()
    for side, chain in zip(_SIDES, zip(_both(first), _both(joint), _both(last)))
}

_LIMBS = _both('shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle')

# Source: the keypoint evaluation of COCO, https://cocodataset.org/#keypoints-eval.
_SIGMAS = {
    PoseLandmark.NOSE: 0.026,
    **dict.fromkeys(_both('eye'), 0.025),
    **dict.fromkeys(_both('ear'), 0.035),
    **dict.fromkeys(_both('shoulder'), 0.079),
    **dict.fromkeys(_both('elbow'), 0.072),
    **dict.fromkeys(_both('wrist'), 0.062),
    **dict.fromkeys(_both('hip'), 0.107),
    **dict.fromkeys(_both('knee'), 0.087),
    **dict.fromkeys(_both('ankle'), 0.089),
}


def _skeleton(
    name: str, count: int, connections: tuple[tuple[PoseLandmark, PoseLandmark], ...]
) -> Skeleton:
    """Return the skeleton of the first ``count`` landmarks."""
    return Skeleton(
        name=name,
        landmarks=tuple(PoseLandmark)[:count],
        connections=connections,
        face=frozenset(tuple(PoseLandmark)[: PoseLandmark.LEFT_SHOULDER]),
        core=(PoseLandmark.NOSE, *_both('shoulder', 'hip')),
        limbs=tuple(landmark for landmark in _LIMBS if landmark < count),
        sigmas={landmark: sigma for landmark, sigma in _SIGMAS.items() if landmark < count},
        joints={joint: chain for joint, chain in _JOINTS.items() if max(chain) < count},
        middles={
            f'{pair.lower()}s': (PoseLandmark[f'LEFT_{pair}'], PoseLandmark[f'RIGHT_{pair}'])
            for pair in ('SHOULDER', 'HIP', 'EAR')
        },
    )


FULL_BODY = _skeleton('blazepose_full_body', 33, _UPPER_BODY_CONNECTIONS + _LEG_CONNECTIONS)
UPPER_BODY = _skeleton('blazepose_upper_body', 25, _UPPER_BODY_CONNECTIONS)

SKELETONS = {skeleton.name: skeleton for skeleton in (FULL_BODY, UPPER_BODY)}
"""The skeletons by their names."""
