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
Where a person is: world landmarks, placed before a calibrated camera, in metres.

World landmarks are metric, but float: their origin is the middle of the hips, wherever it is. The
position is the translation that puts each of them onto the ray of its place in the image. Three
things are taken care of before:

- The landmark model sees a crop around the person, and its axes are those of a camera that looks
  straight at the person. They are turned to the axes of the real one.
- It cannot see how tall somebody is, and what it assumes differs from image to image by some
  percent, as does the distance that follows. Bodies are scaled to one height.
- Of each body part one joint counts: eleven landmarks of the face are not eleven witnesses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from math import hypot, isfinite, sqrt

import numpy as np

from pose_tracking_ros.blazepose.camera import CameraModel
from pose_tracking_ros.blazepose.depth import DepthView, measure
from pose_tracking_ros.blazepose.pose import LandmarkSource, PositionProblem
from pose_tracking_ros.blazepose.skeleton import FULL_BODY, PoseLandmark

# Metres from the soles to the top of the head of an adult, and by how much people differ from it:
# the mean of European women and men (NCD-RisC, https://elifesciences.org/articles/13410), and the
# share of the distance that not knowing it makes (MonoLoco, https://arxiv.org/abs/1906.06059).
MEAN_HEIGHT = 1.70
_HEIGHT_SPREAD = 0.046

# The same for somebody whose height is known: shoes, bent knees, and how it was measured.
_KNOWN_HEIGHT_SPREAD = 0.015

# From the shoulders through hips and knees to the ankles, in units of the height: of a man of
# 1.72 m whose landmarks were triangulated from four cameras (benchmark/space.py). Between the
# joints of the anatomist it is 0.78 (Drillis and Contini): the landmarks of hips lie lower.
_CHAIN = 0.75

# Metres of that chain that no body has less of.
_SHORTEST = 1e-3

# Of the full body, the only one with world landmarks: the joints that are placed, of each part of
# the body one; those of the legs below the hips; and the bones of the chain.
_JOINTS = np.array([int(PoseLandmark.NOSE), *map(int, FULL_BODY.limbs)])
_LEGS = np.array([int(landmark) for landmark in FULL_BODY.limbs if landmark > max(
    FULL_BODY.middles['hips'])])


def _mean_of(*landmarks: PoseLandmark) -> np.ndarray:
    """Return what makes the mean of some landmarks out of all of them."""
    row = np.zeros(len(FULL_BODY.landmarks))
    row[list(landmarks)] = 1 / len(landmarks)
    return row


_TRUNK_ENDS = [_mean_of(*FULL_BODY.middles[name]) for name in ('shoulders', 'hips')]
_BONES = np.array([
    _TRUNK_ENDS[0] - _TRUNK_ENDS[1],
    *(
        _mean_of(start) - _mean_of(end)
        for side in ('left', 'right')
        for start, end in pairwise(FULL_BODY.joints[f'{side}_knee'])
    ),
])
_SHARES = np.array([1, 0.5, 0.5, 0.5, 0.5])

# Visibility from which a landmark counts as seen, and how many of the joints must be.
_SEEN_FROM = 0.5
_MIN_JOINTS = 4

# Metres from which a landmark that does not fit counts less, and how often that is weighed.
_OUTLIER_FROM = 0.05
_ROUNDS = 3

# Metres by which joints of an adult miss their rays where the body fits well. Errors of neighbours
# are alike: it is more than each has, as if there were fewer joints.
_JOINT_ERROR = 0.06

# A body whose joints miss their rays by so many metres on average is not the one in the image.
_MAX_MISFIT = 0.25

# Metres between the camera and the nearest person whom it can show.
_NEAREST = 0.2

# Error of a measured distance: of the place of a joint under the skin, and of the sensor.
_SKIN_ERROR = 0.03
_DEPTH_ERROR = 0.01

# Error across the ray in units of the distance.
_DIRECTION_ERROR = 0.0075


@dataclass(frozen=True, eq=False)
class Place:
    """
    Where a person is.

    :param position: float64 (3,): middle of the hips in metres
    :param covariance: float64 (3, 3): of it
    :param landmarks: float64 (N, 3): metres
    :param sources: uint8 (N,): of each the :class:`LandmarkSource`
    :param problem: why it is not known, None where it is
    """

    position: np.ndarray
    covariance: np.ndarray
    landmarks: np.ndarray
    sources: np.ndarray
    problem: PositionProblem | None = None

    def scaled(self, factor: float) -> Place:
        """Return the same place seen from the camera, nearer or farther."""
        return replace(
            self, position=self.position * factor, landmarks=self.landmarks * factor
        )


def unknown_place(count: int, problem: PositionProblem) -> Place:
    """Return the place of somebody of whom it is not known, for so many landmarks."""
    return Place(
        np.full(3, np.nan),
        np.full((3, 3), np.nan),
        np.full((count, 3), np.nan),
        np.zeros(count, np.uint8),
        problem,
    )


class Locator:
    """
    Places the people of one image.

    :param camera: the camera that took the image
    :param size: width and height of the image in pixels
    :param depth: float32 (H, W) in metres, of the same view, or None
    :param person_height: of the people in metres, 0 where not known
    :raises ValueError: when the depth is no such array, or of another view than the image
    """

    def __init__(
        self,
        camera: CameraModel,
        size: tuple[int, int],
        depth: np.ndarray | None,
        person_height: float,
    ) -> None:
        """Keep what holds for all people."""
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
        seen = visibility >= _SEEN_FROM
        joints = _JOINTS[visibility[_JOINTS] > 0]
        if np.count_nonzero(seen[joints]) < _MIN_JOINTS:
            return unknown_place(count, PositionProblem.TOO_FEW_LANDMARKS)
        weights = visibility[joints]
        middle = weights @ rays[joints] / weights.sum()
        body = (world @ axes_towards(middle).T) * self._height / _height(world)
        size = self._height / MEAN_HEIGHT
        solution = solve_translation(rays[joints], body[joints], weights, size)
        if solution is None:
            return unknown_place(count, PositionProblem.CONTRADICTION)
        translation, covariance = solution
        legs_seen = bool(seen[_LEGS].any())
        model = body + translation
        sources = np.full(count, LandmarkSource.MODEL, np.uint8)
        if self._depth is not None:
            focal = self._camera.focal_lengths(self._size)
            measured = measure(self._depth, landmarks[:, :2], rays, model, seen, focal)
            if measured is not None:
                points, which = measured
                sources[which] = LandmarkSource.MEASURED
                position = _hips(points)
                distance = float(np.linalg.norm(position))
                along = hypot(_SKIN_ERROR, _DEPTH_ERROR * distance)
                across = _DIRECTION_ERROR * distance
                return Place(position, _covariance(position, along, across), points, sources)
        if not legs_seen:
            return unknown_place(count, PositionProblem.LEGS_HIDDEN)
        position = _hips(model)
        along = self._height_spread * float(np.linalg.norm(position))
        return Place(position, covariance + _covariance(position, along, 0.0), model, sources)

    def to_frame(self, place: Place) -> Place:
        """Return a place along the axes of the camera's frame."""
        if place.problem is not None:
            return place
        camera = self._camera
        return replace(
            place,
            position=camera.to_frame(place.position),
            covariance=camera.covariance_to_frame(place.covariance),
            landmarks=camera.to_frame(place.landmarks),
        )


def _hips(points: np.ndarray) -> np.ndarray:
    return _TRUNK_ENDS[1] @ points


def _height(world: np.ndarray) -> float:
    """Return how tall a body is, in metres."""
    bones = _BONES @ world
    chain = float(np.sqrt((bones * bones).sum(axis=1)) @ _SHARES)
    return max(chain, _SHORTEST) / _CHAIN


def axes_towards(ray: np.ndarray) -> np.ndarray:
    """
    Return the shortest turn (3, 3) that takes the optical axis to a ray.

    :param ray: (2,): where it meets the plane at z = 1
    """
    x, y, z = np.array([*ray, 1.0]) / sqrt(1 + ray @ ray)
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
    r_x p_z - p_x``, and the same for y. Points that miss their rays count less and less.

    :param rays: (J, 2): where the rays meet the plane at z = 1
    :param points: (J, 3) in metres
    :param weights: (J,), above 0
    :param size: of the body in units of an adult
    :return: float64 (3,) in metres and (3, 3) in square metres; None where no translation puts the
        points before the origin and near their rays
    """
    offset = rays * points[:, 2:] - points[:, :2]
    columns = np.empty((len(rays), 6))
    columns[:, :2], columns[:, 2:4] = rays, offset
    columns[:, 4], columns[:, 5] = (rays * rays).sum(axis=1), (rays * offset).sum(axis=1)
    used = weights
    for _ in range(_ROUNDS + 1):
        total = float(used.sum())
        x, y, right_x, right_y, squares, right_z = (used @ columns).tolist()
        # What is left of the normal equations when the first two are put into the third.
        spread = squares - (x * x + y * y) / total
        if not spread > 0:
            return None
        t_z = ((x * right_x + y * right_y) / total - right_z) / spread
        t = np.array([(right_x + x * t_z) / total, (right_y + y * t_z) / total])
        error = t - rays * t_z - offset
        misses = np.sqrt((error * error).sum(axis=1))
        used = weights / np.maximum(1, misses / _OUTLIER_FROM)
    misfit = sqrt(float(used @ misses**2 / used.sum()))
    nearest = t_z + points[:, 2].min()
    if not (isfinite(t_z) and nearest > _NEAREST and misfit <= _MAX_MISFIT):
        return None
    normal = np.array([[total, 0, -x], [0, total, -y], [-x, -y, squares]])
    error = max(_JOINT_ERROR * size, 2 * misfit)
    return np.array([*t, t_z]), np.linalg.inv(normal) * error**2


def _covariance(position: np.ndarray, along: float, across: float) -> np.ndarray:
    """
    Return the covariance of a position from what its distance and its direction are worth.

    :param position: (3,) in metres
    :param along: standard deviation along the ray in metres
    :param across: the same across it
    """
    ray = position / np.linalg.norm(position)
    return across**2 * np.eye(3) + (along**2 - across**2) * np.outer(ray, ray)
