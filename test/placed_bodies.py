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

"""Bodies at known places before cameras, and what the landmark model would see of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pose_tracking_ros.blazepose import CameraModel, FULL_BODY, PoseLandmark
from pose_tracking_ros.blazepose.position import axes_towards, MEAN_HEIGHT

SIZE = (640, 480)
CAMERA = CameraModel(*SIZE, [520, 0, 322, 0, 518, 236, 0, 0, 1], [-0.1, 0.02, 1e-3, -1e-3, 0])
JOINTS = [PoseLandmark.NOSE, *FULL_BODY.limbs]

# A man who stands upright and looks into the camera, arms out a little: x right, y down, z away.
_RIGHT_HALF = {
    'eye_inner': (0.01, -0.66, -0.09), 'eye': (0.03, -0.66, -0.08),
    'eye_outer': (0.04, -0.66, -0.07), 'ear': (0.07, -0.65, 0.0), 'mouth': (0.02, -0.59, -0.08),
    'shoulder': (0.17, -0.5, 0.0), 'elbow': (0.24, -0.24, 0.02), 'wrist': (0.28, -0.02, -0.08),
    'pinky': (0.29, 0.05, -0.1), 'index': (0.28, 0.06, -0.12), 'thumb': (0.26, 0.03, -0.11),
    'hip': (0.1, 0.0, 0.0), 'knee': (0.11, 0.39, -0.03), 'ankle': (0.12, 0.76, 0.03),
    'heel': (0.12, 0.8, 0.06), 'foot_index': (0.14, 0.83, -0.08),
}  # fmt: skip


def standing(height: float = MEAN_HEIGHT) -> np.ndarray:
    """Return the body of somebody of a height, (33, 3) in metres, origin mid-hips."""
    body = np.zeros((33, 3))
    for landmark in PoseLandmark:
        name = landmark.name.lower()
        if name == 'nose':
            body[landmark] = 0, -0.62, -0.12
            continue
        part = '_'.join(word for word in name.split('_') if word not in ('left', 'right'))
        x, y, z = _RIGHT_HALF[part]
        # Who looks into the camera has the left hand on the right of the image.
        body[landmark] = (x if 'left' in name else -x), y, z
    return body * (height / height_of(body))


def height_of(body: np.ndarray) -> float:
    """Return how tall a body is, by its trunk and its legs."""
    shoulders, hips = (body[list(FULL_BODY.middles[name])].mean(axis=0) for name in (
        'shoulders', 'hips'))
    legs = [body[list(FULL_BODY.joints[f'{side}_knee'])] for side in ('left', 'right')]
    bones = [np.linalg.norm(np.diff(leg, axis=0), axis=1).sum() for leg in legs]
    return (np.linalg.norm(shoulders - hips) + np.mean(bones)) / 0.75


@dataclass
class Seen:
    """What the landmark model would see of a body."""

    landmarks: np.ndarray
    world: np.ndarray
    inside: np.ndarray


def seen(body: np.ndarray, place: np.ndarray, camera: CameraModel = CAMERA) -> Seen:
    """Return a body at a place, its world landmarks along the ray as in a crop around it."""
    points = camera.project(body + place, SIZE)
    rays = camera.rays(points, SIZE)
    landmarks = np.column_stack([points, np.zeros(33), np.ones((33, 2))])
    middle = rays[JOINTS].mean(axis=0)
    return Seen(landmarks, body @ axes_towards(middle), np.ones(33, bool))
