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
from math import hypot, sqrt

import numpy as np

from pose_tracking_ros.blazepose.camera import CameraModel
from pose_tracking_ros.blazepose.depth import DepthView, measure
from pose_tracking_ros.blazepose.pose import LandmarkSource, PositionProblem
from pose_tracking_ros.blazepose.skeleton import PoseLandmark, Skeleton

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

# Visibility from which a landmark counts as seen, and how many of the joints must be.
_SEEN_FROM = 0.5
_MIN_JOINTS = 4

# Metres from which a landmark that does not fit counts less, and how often that is weighed.
_OUTLIER_FROM = 0.05
_ROUNDS = 3

# Metres by which joints miss their rays, all together, where the body fits well: errors of
# neighbours are alike, so that many joints do not make them small.
_JOINT_ERROR = 0.08

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

    :param skeleton: what the landmarks mean
    :param camera: the camera that took the image
    :param size: width and height of the image in pixels
    :param depth: float32 (H, W) in metres, of the same view, or None
    :param person_height: of the people in metres, 0 where not known
    :raises ValueError: when the depth is no such array, or of another view than the image
    """

    def __init__(
        self,
        skeleton: Skeleton,
        camera: CameraModel,
        size: tuple[int, int],
        depth: np.ndarray | None,
        person_height: float,
    ) -> None:
        """Keep what holds for all people."""
        self._skeleton, self._camera, self._size = skeleton, camera, size
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
        joints = np.array((PoseLandmark.NOSE, *self._skeleton.limbs))
        joints = joints[visibility[joints] > 0]
        if np.count_nonzero(seen[joints]) < _MIN_JOINTS:
            return unknown_place(count, PositionProblem.TOO_FEW_LANDMARKS)
        weights = visibility[joints]
        middle = weights @ rays[joints] / weights.sum()
        body = (world @ axes_towards(middle).T) * self._scale(world)
        solution = solve_translation(rays[joints], body[joints], weights)
        if solution is None:
            return unknown_place(count, PositionProblem.CONTRADICTION)
        translation, covariance = solution
        legs_seen = bool(seen[list(_LEGS)].any())
        model = body + translation
        sources = np.full(count, LandmarkSource.MODEL, np.uint8)
        if self._depth is not None:
            focal = self._camera.focal_lengths(self._size)
            measured = measure(self._depth, landmarks[:, :2], rays, model, seen, focal)
            if measured is not None:
                points, which = measured
                sources[which] = LandmarkSource.MEASURED
                position = self._hips(points)
                distance = float(np.linalg.norm(position))
                along = hypot(_SKIN_ERROR, _DEPTH_ERROR * distance)
                across = _DIRECTION_ERROR * distance
                return Place(position, _covariance(position, along, across), points, sources)
        if not legs_seen:
            return unknown_place(count, PositionProblem.LEGS_HIDDEN)
        position = self._hips(model)
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

    def _hips(self, points: np.ndarray) -> np.ndarray:
        return points[list(self._skeleton.middles['hips'])].mean(axis=0)

    def _scale(self, world: np.ndarray) -> float:
        """Return the factor that makes a body as tall as it should be."""
        middles, joints = self._skeleton.middles, self._skeleton.joints
        shoulders, hips = (
            world[list(middles[name])].mean(axis=0) for name in ('shoulders', 'hips')
        )
        chain = float(np.linalg.norm(shoulders - hips))
        for side in ('left', 'right'):
            leg = world[list(joints[f'{side}_knee'])]
            chain += float(np.linalg.norm(np.diff(leg, axis=0), axis=1).sum()) / 2
        return self._height * _CHAIN / max(chain, 1e-3)


_LEGS = (
    PoseLandmark.LEFT_KNEE,
    PoseLandmark.RIGHT_KNEE,
    PoseLandmark.LEFT_ANKLE,
    PoseLandmark.RIGHT_ANKLE,
)


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
    rays: np.ndarray, points: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """
    Return the translation that puts points onto rays from the origin, and its covariance.

    Each point gives two linear equations, with the full perspective: ``t_x - r_x t_z =
    r_x p_z - p_x``, and the same for y. Points that miss their rays count less and less.

    :param rays: (J, 2): where the rays meet the plane at z = 1
    :param points: (J, 3) in metres
    :param weights: (J,), above 0
    :return: float64 (3,) in metres and (3, 3) in square metres; None where no translation puts the
        points before the origin and near their rays
    """
    offset = rays * points[:, 2:] - points[:, :2]
    columns = np.column_stack([rays, offset, (rays * rays).sum(1), (rays * offset).sum(1)])
    used = weights
    for _ in range(_ROUNDS + 1):
        total = used.sum()
        x, y, right_x, right_y, squares, right_z = used @ columns
        matrix = np.array([[total, 0, -x], [0, total, -y], [-x, -y, squares]])
        try:
            inverse = np.linalg.inv(matrix)
        except np.linalg.LinAlgError:
            return None
        translation = inverse @ (right_x, right_y, -right_z)
        error = translation[:2] - rays * translation[2] - offset
        misses = np.sqrt((error * error).sum(axis=1))
        used = weights / np.maximum(1, misses / _OUTLIER_FROM)
    misfit = sqrt(float(used @ misses**2 / used.sum()))
    nearest = translation[2] + points[:, 2].min()
    if not (np.isfinite(translation).all() and nearest > _NEAREST and misfit <= _MAX_MISFIT):
        return None
    return translation, inverse * max(_JOINT_ERROR, 2 * misfit) ** 2


def _covariance(position: np.ndarray, along: float, across: float) -> np.ndarray:
    """
    Return the covariance of a position from what its distance and its direction are worth.

    :param position: (3,) in metres
    :param along: standard deviation along the ray in metres
    :param across: the same across it
    """
    ray = position / np.linalg.norm(position)
    return across**2 * np.eye(3) + (along**2 - across**2) * np.outer(ray, ray)
