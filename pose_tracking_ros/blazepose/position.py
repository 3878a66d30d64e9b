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
Position of a person in metres: world landmarks in front of a calibrated camera.

World landmarks are metric, but relative to the mid-hips. The position is the translation that puts
each of them onto the ray of its image point. Before that:

- The landmark model sees a crop around the person, so its axes are those of a camera that points
  at the person. They are rotated to the axes of the real one.
- The model cannot see the height of a person; its assumption varies between images by some
  percent, and the distance with it. Bodies are scaled to one height.
- One joint of each body part is used: the errors of the eleven face landmarks are correlated.
"""

from __future__ import annotations

from itertools import pairwise
from math import hypot, isfinite, sqrt
from typing import NamedTuple

import numpy as np

from pose_tracking_ros.blazepose.camera import CameraModel
from pose_tracking_ros.blazepose.depth import DepthView, measure
from pose_tracking_ros.blazepose.pose import LandmarkSource, PositionProblem
from pose_tracking_ros.blazepose.skeleton import FULL_BODY, PoseLandmark

# Height of an adult in metres, the mean of European women and men (NCD-RisC,
# https://elifesciences.org/articles/13410), and the relative error of the distance if the height
# is unknown (MonoLoco, https://arxiv.org/abs/1906.06059).
MEAN_HEIGHT = 1.70
_HEIGHT_SPREAD = 0.046

# The same if the height is known: shoes, bent knees, and its measurement.
_KNOWN_HEIGHT_SPREAD = 0.015

# From the shoulders through hips and knees to the ankles, in units of the height: of a man of
# 1.72 m whose landmarks were triangulated from four cameras (benchmark/space.py). Between
# anatomical joints it is 0.78 (Drillis and Contini): the landmarks of hips lie lower.
_CHAIN = 0.75

# Minimum length of that chain in metres.
_MIN_CHAIN = 1e-3

# The joints that are used, those of the legs, and the bones of the chain, of which the legs count
# half each; of the full body, the only skeleton with world landmarks.
_JOINTS = np.array([int(PoseLandmark.NOSE), *map(int, FULL_BODY.limbs)])
_LEGS = np.array([int(landmark) for landmark in FULL_BODY.limbs if landmark > max(
    FULL_BODY.middles['hips'])])


def _mean_of(*landmarks: PoseLandmark) -> np.ndarray:
    """Return the weights (N,) of the mean of some landmarks."""
    row = np.zeros(len(FULL_BODY.landmarks))
    row[list(landmarks)] = 1 / len(landmarks)
    return row


_TRUNK_ENDS = [_mean_of(*FULL_BODY.middles[name]) for name in ('shoulders', 'hips')]
_BONES = np.array([
    _TRUNK_ENDS[0] - _TRUNK_ENDS[1],
    *(
        (_mean_of(start) - _mean_of(end)) / 2
        for side in ('left', 'right')
        for start, end in pairwise(FULL_BODY.joints[f'{side}_knee'])
    ),
])

_MODEL_SOURCES = np.full(len(FULL_BODY.landmarks), LandmarkSource.MODEL, np.uint8)
_MEASURED = int(LandmarkSource.MEASURED)

# Minimum visibility of a visible landmark, and minimum number of visible joints.
_MIN_VISIBILITY = 0.5
_MIN_JOINTS = 4

# Error in metres above which a joint gets a lower weight, and number of reweighting rounds.
_OUTLIER_DISTANCE = 0.05
_ROUNDS = 3

# Error in metres of the joints of an adult that fits well. It is above that of each joint, because
# the errors of neighbours are correlated.
_JOINT_ERROR = 0.06

# Maximum mean distance in metres of the joints from their rays.
_MAX_MISFIT = 0.25

_IDENTITY, _ACROSS = np.eye(3), np.diag([1.0, 1.0, 0.0])

# Minimum distance of a person from the camera in metres.
_NEAREST = 0.2

# Error of a measured distance: of the depth of a joint below the skin, and of the sensor.
_SKIN_ERROR = 0.03
_DEPTH_ERROR = 0.01

# Error across the ray in units of the distance.
_DIRECTION_ERROR = 0.0075


class Place(NamedTuple):
    """
    The place of a person.

    :param position: float64 (3,): mid-hips in metres
    :param covariance: float64 (3, 3): of the position
    :param landmarks: float64 (N, 3): metres
    :param sources: uint8 (N,): the :class:`LandmarkSource` of each
    :param problem: why the position is unknown, None if it is known
    """

    position: np.ndarray
    covariance: np.ndarray
    landmarks: np.ndarray
    sources: np.ndarray
    problem: PositionProblem | None = None

    def scaled(self, factor: float) -> Place:
        """Return the place moved along its ray, nearer or farther."""
        return self._replace(position=self.position * factor, landmarks=self.landmarks * factor)


def unknown_place(count: int, problem: PositionProblem) -> Place:
    """Return an unknown place with ``count`` landmarks."""
    return Place(
        np.full(3, np.nan),
        np.full((3, 3), np.nan),
        np.full((count, 3), np.nan),
        np.zeros(count, np.uint8),
        problem,
    )


class Locator:
    """
    Locates the people of one image.

    :param camera: the camera that took the image
    :param size: width and height of the image in pixels
    :param depth: float32 (H, W) in metres, of the same view, or None
    :param person_height: of the people in metres, 0 if unknown
    :raises ValueError: if the depth is another array, or of another view than the image
    """

    def __init__(
        self,
        camera: CameraModel,
        size: tuple[int, int],
        depth: np.ndarray | None,
        person_height: float,
    ) -> None:
        self._camera, self._size = camera, size
        self._depth = None if depth is None else DepthView(depth, size)
        self._height = person_height or MEAN_HEIGHT
        self._height_spread = _KNOWN_HEIGHT_SPREAD if person_height else _HEIGHT_SPREAD
        self._problem = None
        if not camera.is_calibrated:
            self._problem = PositionProblem.UNCALIBRATED
        elif not camera.shows(size):
            self._problem = PositionProblem.OTHER_VIEW

    def __call__(self, landmarks: np.ndarray, world: np.ndarray, inside: np.ndarray) -> Place:
        """
        Return the place of a person, along the axes of the image and with the lens as origin.

        :param landmarks: (N, 5): x and y in units of the image width and height; visibility
        :param world: (N, 3): world landmarks in metres, or (0, 3)
        :param inside: bool (N,): which landmarks the model has seen inside the image
        """
        count = len(landmarks)
        problem = self._problem
        if problem is None and not len(world):
            problem = PositionProblem.NO_WORLD_LANDMARKS
        if problem is not None:
            return unknown_place(count, problem)
        rays = self._camera.rays(landmarks[:, :2], self._size)
        visibility = landmarks[:, 3] * (inside & np.isfinite(rays[:, 0]))
        seen = visibility >= _MIN_VISIBILITY
        joints = _JOINTS[visibility[_JOINTS] > 0]
        if np.count_nonzero(seen[joints]) < _MIN_JOINTS:
            return unknown_place(count, PositionProblem.TOO_FEW_LANDMARKS)
        weights, joint_rays = visibility[joints], rays[joints]
        turn = axes_towards(weights @ joint_rays / weights.sum())
        body = world @ (turn.T * (self._height / _height(world)))
        size = self._height / MEAN_HEIGHT
        solution = solve_translation(joint_rays, body[joints], weights, size)
        if solution is None:
            return unknown_place(count, PositionProblem.CONTRADICTION)
        translation, covariance = solution
        model = body + translation
        sources = _MODEL_SOURCES.copy()
        if self._depth is not None:
            focal = self._camera.focal_lengths(self._size)
            measured = measure(self._depth, landmarks[:, :2], rays, model, seen, focal)
            if measured is not None:
                points, which = measured
                sources[which] = _MEASURED
                position = _hips(points)
                along = _SKIN_ERROR**2 / float(position @ position) + _DEPTH_ERROR**2
                return Place(position, _covariance(position, along), points, sources)
        if not seen[_LEGS].any():
            return unknown_place(count, PositionProblem.LEGS_HIDDEN)
        position = _hips(model)
        covariance += _covariance(position, self._height_spread**2)
        return Place(position, covariance, model, sources)

    def to_frame(self, place: Place) -> Place:
        """Return a place along the axes of the camera's frame."""
        camera = self._camera
        if place.problem is not None or camera.is_in_frame:
            return place
        return place._replace(
            position=camera.to_frame(place.position),
            covariance=camera.covariance_to_frame(place.covariance),
            landmarks=camera.to_frame(place.landmarks),
        )


def _hips(points: np.ndarray) -> np.ndarray:
    return _TRUNK_ENDS[1] @ points


def _height(world: np.ndarray) -> float:
    """Return the height of a body in metres."""
    chain = sum(hypot(*bone) for bone in (_BONES @ world).tolist())
    return max(chain, _MIN_CHAIN) / _CHAIN


def axes_towards(ray: np.ndarray) -> np.ndarray:
    """
    Return the smallest rotation (3, 3) from the optical axis to a ray.

    :param ray: (2,): its intersection with the plane at z = 1
    """
    x, y = ray.tolist()
    z = 1 / sqrt(1 + x * x + y * y)
    x, y = x * z, y * z
    return np.array([
        [1 - x * x / (1 + z), -x * y / (1 + z), x],
        [-x * y / (1 + z), 1 - y * y / (1 + z), y],
        [-x, -y, z],
    ])


def solve_translation(
    rays: np.ndarray, points: np.ndarray, weights: np.ndarray, size: float = 1.0
) -> tuple[np.ndarray, np.ndarray] | None:
    """
    Return the translation that puts points onto rays from the origin, and its covariance.

    Each point gives two linear equations, with the full perspective: ``t_x - r_x t_z =
    r_x p_z - p_x``, and the same for y. Points that miss their rays get lower weights.

    :param rays: (J, 2): intersections of the rays with the plane at z = 1
    :param points: (J, 3) in metres
    :param weights: (J,), above 0
    :param size: of the body in units of an adult
    :return: float64 (3,) in metres and (3, 3) in square metres; None if no translation puts
        the points in front of the origin and near their rays
    """
    offset = rays * points[:, 2:] - points[:, :2]
    columns = np.ones((len(rays), 8))
    columns[:, 1:3], columns[:, 3:5] = rays, offset
    columns[:, 5:7] = (columns[:, 1:5] ** 2).reshape(-1, 2, 2).sum(axis=2)
    columns[:, 7] = (rays * offset).sum(axis=1)
    used, reduced = weights, weights * _OUTLIER_DISTANCE
    for _ in range(_ROUNDS + 1):
        total, x, y, right_x, right_y, squares, _, right_z = (used @ columns).tolist()
        # The third normal equation, after elimination of the first two.
        spread = squares - (x * x + y * y) / total
        if not spread > 0:
            return None
        t_z = ((x * right_x + y * right_y) / total - right_z) / spread
        t_x, t_y = (right_x + x * t_z) / total, (right_y + y * t_z) / total
        # The squares of ``t - rays * t_z - offset``, multiplied out.
        misses = columns @ np.array([
            t_x * t_x + t_y * t_y, -2 * t_x * t_z, -2 * t_y * t_z, -2 * t_x, -2 * t_y,
            t_z * t_z, 1.0, 2 * t_z,
        ])
        used = reduced / np.sqrt(np.maximum(misses, _OUTLIER_DISTANCE**2))
    misfit = sqrt(max(used @ misses / used.sum(), 0))
    nearest = t_z + points[:, 2].min()
    if not (isfinite(t_z) and nearest > _NEAREST and misfit <= _MAX_MISFIT):
        return None
    error = max(_JOINT_ERROR * size, 2 * misfit)
    # The inverse of the normal matrix.
    axis = np.array([x / total, y / total, 1.0])
    inverse = axis[:, np.newaxis] * axis / spread + _ACROSS / total
    return np.array([t_x, t_y, t_z]), inverse * error**2


def _covariance(position: np.ndarray, along: float) -> np.ndarray:
    """Return the covariance of a position from ``along``, its relative variance along the ray."""
    outer, across = position[:, np.newaxis] * position, _DIRECTION_ERROR**2
    return across * float(position @ position) * _IDENTITY + (along - across) * outer
