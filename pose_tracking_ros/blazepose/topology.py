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
Names, connections and sides of the BlazePose landmarks.

Source: the landmark model of MediaPipe Pose, https://arxiv.org/abs/2006.10204, and
``mediapipe/python/solutions/pose_connections.py``.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from itertools import pairwise


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
class Topology:
    """
    The landmarks that a model predicts for a person, and what connects them.

    :param landmarks: the landmarks, in the order of their indices
    :param connections: pairs of landmarks that a drawing joins with a line
    """

    landmarks: tuple[PoseLandmark, ...]
    connections: tuple[tuple[PoseLandmark, PoseLandmark], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the lower-case name of each landmark, in the order of their indices."""
        return tuple(landmark.name.lower() for landmark in self.landmarks)


@cache
def side(landmark: PoseLandmark) -> str:
    """Return ``left``, ``right`` or ``center``: the side of the person that a landmark is on."""
    words = landmark.name.lower().split('_')
    return next((word for word in words if word in ('left', 'right')), 'center')


def other_side(landmark: PoseLandmark) -> PoseLandmark:
    """Return the same landmark of the other side; one in the center is its own."""
    swapped = {'LEFT': 'RIGHT', 'RIGHT': 'LEFT'}
    return PoseLandmark['_'.join(swapped.get(word, word) for word in landmark.name.split('_'))]


def _pairs(*chains: str) -> tuple[tuple[PoseLandmark, PoseLandmark], ...]:
    """Return the consecutive pairs of each chain of landmark names."""
    pairs = []
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

FULL_BODY = Topology(tuple(PoseLandmark), _UPPER_BODY_CONNECTIONS + _LEG_CONNECTIONS)
UPPER_BODY = Topology(tuple(PoseLandmark)[:25], _UPPER_BODY_CONNECTIONS)
