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

"""People who stand before a camera, and raise a hand or point, as poses and as messages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pose_tracking_ros.blazepose import FULL_BODY, Pose, PoseLandmark

SIZE = (640, 480)

_HIPS_IN_IMAGE = 0.5, 0.55
_METRE_IN_IMAGE = 0.2  # of the width

# Metres from the middle of the hips: to the left of the person, up, towards the camera.
_LEFT_SIDE = {
    'EYE_INNER': (0.02, 0.68, 0.11), 'EYE': (0.03, 0.68, 0.1), 'EYE_OUTER': (0.04, 0.68, 0.1),
    'EAR': (0.08, 0.66, 0.0), 'SHOULDER': (0.18, 0.5, 0.0), 'HIP': (0.1, 0.0, 0.0),
    'KNEE': (0.1, -0.43, 0.0), 'ANKLE': (0.1, -0.85, 0.0), 'HEEL': (0.1, -0.9, -0.04),
    'FOOT_INDEX': (0.12, -0.9, 0.15),
}  # fmt: skip
_ARMS = {
    'down': {'ELBOW': (0.22, 0.22, 0.0), 'WRIST': (0.23, -0.03, 0.02), 'PINKY': (0.23, -0.1, 0.02),
             'INDEX': (0.23, -0.11, 0.04), 'THUMB': (0.22, -0.06, 0.05)},
    'up': {'ELBOW': (0.26, 0.77, 0.0), 'WRIST': (0.25, 1.02, 0.0), 'PINKY': (0.26, 1.1, 0.0),
           'INDEX': (0.24, 1.11, 0.0), 'THUMB': (0.22, 1.06, 0.0)},
    'aside': {'ELBOW': (0.46, 0.5, 0.0), 'WRIST': (0.71, 0.5, 0.0), 'PINKY': (0.79, 0.49, 0.0),
              'INDEX': (0.8, 0.51, 0.0), 'THUMB': (0.75, 0.53, 0.0)},
}  # fmt: skip


def standing(left: str = 'down', right: str = 'down', track_id: int = 1) -> Pose:
    """
    Return a person who stands and looks at the camera.

    :param left: where the left arm is: down, up or aside
    :param right: where the right arm is
    :param track_id: who it is
    """
    places = {'NOSE': (0.0, 0.64, 0.12), 'MOUTH_LEFT': (0.03, 0.6, 0.1)}
    places['MOUTH_RIGHT'] = (-0.03, 0.6, 0.1)
    for side, sign, arm in (('LEFT', 1, left), ('RIGHT', -1, right)):
        for name, (aside, up, forward) in {**_LEFT_SIDE, **_ARMS[arm]}.items():
            places[f'{side}_{name}'] = sign * aside, up, forward
    body = np.array([places[landmark.name] for landmark in PoseLandmark])
    # The left of the person is on the right of the image.
    world = (body * [1, -1, -1]).astype(np.float32)
    landmarks = np.ones((len(world), 5), np.float32)
    landmarks[:, 0] = _HIPS_IN_IMAGE[0] + _METRE_IN_IMAGE * world[:, 0]
    landmarks[:, 1] = _HIPS_IN_IMAGE[1] + _METRE_IN_IMAGE * world[:, 1] * SIZE[0] / SIZE[1]
    landmarks[:, 2] = _METRE_IN_IMAGE * world[:, 2]
    inside = np.ones(len(world), bool)
    side = 2.4 * _METRE_IN_IMAGE
    roi = np.array([*_HIPS_IN_IMAGE, side, side * SIZE[0] / SIZE[1], 0.0])
    return Pose(FULL_BODY, landmarks, world, inside, inside.copy(), 1.0, roi, track_id)


def sequence(
    *parts: tuple[float, Sequence[Pose]], rate: float = 20.0, start_ns: int = 10**9
) -> list[tuple[int, tuple[Pose, ...]]]:
    """
    Return the stamps in nanoseconds and the people of images.

    :param parts: for how many seconds who is there
    :param rate: images a second
    :param start_ns: the first stamp
    """
    people = [tuple(poses) for seconds, poses in parts for _ in range(round(seconds * rate))]
    return [(start_ns + round(index * 1e9 / rate), poses) for index, poses in enumerate(people)]
