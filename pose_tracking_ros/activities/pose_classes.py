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

"""Classes of poses, classified by their nearest samples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
import csv
from functools import cache, cached_property
import io
from math import hypot, isfinite, nan
from operator import itemgetter
from pathlib import Path
import re
from typing import Any, NamedTuple

import numpy as np

from pose_tracking_ros.activities.body import aspect_ratio, SIDES
from pose_tracking_ros.activities.vectors import angle, between, dot, minus, Vector
from pose_tracking_ros.blazepose import FULL_BODY, PoseLandmark
from pose_tracking_ros.blazepose.models import models_directory

SHIPPED = 'exercises.csv'
"""File of the samples in the package, in the folder of the models: squats and push-ups."""

_COLUMNS = tuple(f'{name}_{axis}' for name in FULL_BODY.names for axis in 'xyz')
_HEADER = ('recording', 'class', *_COLUMNS)
# In a file of samples; more would be slow to compare with.
_MAX_BYTES, _MAX_SAMPLES, _MAX_CLASSES = 64 * 2**20, 20_000, 200

# The candidates by the largest difference, and the neighbours of these by the mean one; the weight
# of the axes, of which the depth is known the least. Source: the pose classification of MediaPipe,
# https://ai.google.dev/edge/mediapipe, section Pose Classification and Repetition Counting.
_CANDIDATES, _NEIGHBOURS = 30, 10
_AXES = np.array([1.0, 1.0, 0.2])
_TRUNKS = 2.5

# The vectors of the embedding: between middles of joints, along limbs, and across the body.
_BETWEEN = (('hip', 'shoulder'), ('wrist', 'hip'))
_ALONG = (
    ('shoulder', 'elbow'),
    ('elbow', 'wrist'),
    ('hip', 'knee'),
    ('knee', 'ankle'),
    ('shoulder', 'wrist'),
    ('hip', 'ankle'),
    ('hip', 'wrist'),
    ('shoulder', 'ankle'),
)
_ACROSS = ('elbow', 'knee', 'wrist', 'ankle')


_MIDDLES = ('hip', 'shoulder', 'wrist')
_VECTORS = (
    *_BETWEEN,
    *((f'{side}_{start}', f'{side}_{end}') for start, end in _ALONG for side in SIDES),
    *((f'right_{joint}', f'left_{joint}') for joint in _ACROSS),
)


def _mirrored() -> tuple[np.ndarray, np.ndarray]:
    """Return for each number of an embedding that of the mirror image, and its sign."""
    mirror = dict(zip(FULL_BODY.names, (FULL_BODY.names[k] for k in FULL_BODY.mirrored)))
    pairs = [tuple(mirror.get(name, name) for name in vector) for vector in _VECTORS]
    # A vector across the body is that of the mirror image, backwards.
    indices = [_VECTORS.index(pair if pair in _VECTORS else pair[::-1]) for pair in pairs]
    signs = [(-1.0, 1.0, 1.0) if pair in _VECTORS else (1.0, -1.0, -1.0) for pair in pairs]
    return (np.array(indices)[:, None] * 3 + np.arange(3)).ravel(), np.ravel(signs)


_MIRRORED, _SIGNS = _mirrored()
_NAMES = (*FULL_BODY.names, *_MIDDLES)
_ENDS = tuple((_NAMES.index(start), _NAMES.index(end)) for start, end in _VECTORS)
_SHOULDERS, _ELBOWS, _WRISTS, _HIPS, _KNEES, _ANKLES = (
    slice(PoseLandmark[f'LEFT_{name}'], PoseLandmark[f'RIGHT_{name}'] + 1)
    for name in ('SHOULDER', 'ELBOW', 'WRIST', 'HIP', 'KNEE', 'ANKLE')
)
# Vectors that do not separate classes keep some weight, and none decides alone.
_WEIGHT_LIMITS = (0.2, 3.0)
# Minimum ratio of the vectors that a pose must have.
_MIN_RATIO = 0.5
# A pose farther from the samples than these are from those of other recordings has no phase: the
# percentile of their distances, a margin, the number of samples measured, the minimum number of
# recordings.
_PERCENTILE, _MARGIN, _MEASURED, _FEW_RECORDINGS = 99, 1.1, 150, 10


# Exercises that bend both legs. Hip angles differ by about 20 degrees in squats, 75 and more in
# lunges. The straighter knee bends below 120 degrees, against 160 in lunges to the side or leaning
# on a wall. In lunges one foot is ahead of the other by 0.6 legs and more, in squats by 0.3. The
# samples, in the image, show none of these. The better seen of two knees has a visibility of 0.6
# and more.
BOTH_LEGS = frozenset({'squats'})
_MAX_HIP_DIFFERENCE, _MAX_KNEE_ANGLE, _MAX_STRIDE = 50.0, 145.0, 0.5
MIN_VISIBILITY = 0.5
"""Minimum visibility of the landmarks by which squats are told from guesses and from sitting."""
# Exercises whose lower phase has bent arms. Elbows bend to about 100 degrees in push-ups, and are
# above 140 at the top. Seen from the front the samples hardly differ.
BOTH_ARMS = frozenset({'pushups'})
_BENT_ELBOW_ANGLE = 110.0


class PoseClassError(ValueError):
    """A file of samples cannot be used; the message says why."""


class PoseSample(NamedTuple):
    """
    A pose of a known class.

    :param recording: its recording; samples of one recording are alike
    :param name: of its class
    :param points: float64 (33, 3), as :func:`sample_points` returns them
    """

    recording: str
    name: str
    points: np.ndarray


def sample_points(pose: Any) -> np.ndarray | None:
    """
    Return the positions of the landmarks of a pose, seen from the camera.

    :param pose: the pose
    :return: float64 (33, 3), x right, y down, z away from the camera, in image heights, NaN where
        a landmark is missing; None for an upper body, which has no depth
    """
    landmarks = np.asarray(pose.landmarks, np.float64)
    if len(landmarks) != len(PoseLandmark):
        return None
    aspect = aspect_ratio(pose)
    return landmarks[:, :3] * (aspect, 1.0, aspect)


def bends_both_legs(pose: Any) -> bool:
    """
    Return whether both knees bend, both hips alike, and no foot is ahead, as far as known.

    Legs that are not seen are guesses of the model, often bent: they do not count.
    """
    if not np.asarray(pose.landmarks)[_KNEES, 3].max() >= MIN_VISIBILITY:
        return False
    world = np.asarray(pose.world_landmarks, np.float64).tolist()
    if len(world) != len(PoseLandmark):
        return True
    trunk = minus(between(*world[_HIPS]), between(*world[_SHOULDERS]))
    thighs = [minus(*joints) for joints in zip(world[_HIPS], world[_KNEES])]
    shins = [minus(*joints) for joints in zip(world[_ANKLES], world[_KNEES])]
    left, right = (angle(trunk, thigh) for thigh in thighs)
    bends = map(angle, thighs, shins)
    leg = sum(hypot(*part) for part in (*thighs, *shins)) / 2
    x, _, z = minus(*world[_HIPS])
    # Along the ground, at a right angle to the hips.
    ahead = dot(minus(*world[_ANKLES]), (-z, 0.0, x))
    return not (
        abs(left - right) > _MAX_HIP_DIFFERENCE
        or any(bend > _MAX_KNEE_ANGLE for bend in bends)
        or abs(ahead) > _MAX_STRIDE * leg * hypot(x, z)
    )


def bends_arms(pose: Any) -> bool:
    """Return whether the elbows are bent as in the lower phase of a push-up; False if unknown."""
    world = np.asarray(pose.world_landmarks, np.float64).tolist()
    if len(world) != len(PoseLandmark):
        return False
    joints = zip(world[_SHOULDERS], world[_ELBOWS], world[_WRISTS])
    bends = [angle(minus(start, elbow), minus(end, elbow)) for start, elbow, end in joints]
    return sum(bends) / 2 < _BENT_ELBOW_ANGLE


def body_size(points: Sequence[Vector]) -> float:
    """
    Return the size of a body in the image: 2.5 trunks, or from the hips to the farthest landmark.

    :param points: of the landmarks
    :return: the size, NaN without hips and shoulders
    """
    (x, y, _), shoulders = (between(*points[middle]) for middle in (_HIPS, _SHOULDERS))
    # The trunk of a person lying towards the camera is short in the image; the body is not.
    farthest = max(0.0, *(hypot(a - x, b - y) for a, b, _ in points))
    return max(_TRUNKS * hypot(shoulders[0] - x, shoulders[1] - y), farthest)


def embedding(points: np.ndarray) -> np.ndarray:
    """
    Return the vectors between joints by which poses are compared, in body sizes.

    :param points: float64 (33, 3)
    :return: float64 (66,) x, y and z of 22 vectors, NaN where a landmark is missing
    """
    places = points.tolist()
    size = body_size(places) or nan
    places += [between(*places[middle]) for middle in (_HIPS, _SHOULDERS, _WRISTS)]
    return np.array(
        [(b - a) / size for start, end in _ENDS for a, b in zip(places[start], places[end])]
    )


def embeddings_of(points: np.ndarray) -> np.ndarray:
    """Return the embedding of a pose and the one of its mirror image, float64 (2, 66)."""
    numbers = embedding(points)
    return np.array((numbers, numbers[_MIRRORED] * _SIGNS))


class Neighbours:
    """
    The nearest samples.

    Vectors that separate the classes have more weight: in a squat the arms may do anything.

    :param embeddings: float64 (M, 66)
    :param labels: int64 (M,) the class of each
    """

    farthest = np.inf
    """The maximum mean difference to the nearest samples of a pose that has a class."""

    def __init__(self, embeddings: np.ndarray, labels: np.ndarray) -> None:
        self._labels = labels.tolist()
        self._count = int(labels.max()) + 1
        self._weights = np.tile(_AXES, len(_VECTORS)) * _separation(embeddings, labels)
        # With the samples last NumPy compares many at a time.
        self._weighted = np.ascontiguousarray(self._weigh(embeddings).T)

    def ratios(self, queries: np.ndarray, left_out: np.ndarray | None = None) -> list[float]:
        """
        Return the ratio of each class among the samples nearest to a pose.

        :param queries: float64 (2, 66) its embedding and the embedding of its mirror image
        :param left_out: bool (M,) samples not to compare it with
        :return: one for each class, with the sum 1; zeros for a pose far from all samples
        """
        nearest, distance = self._nearest(queries, left_out)
        votes = [self._labels[k] for k in nearest if distance <= self.farthest]
        return [votes.count(label) / max(len(votes), 1) for label in range(self._count)]

    def measure(self, points: np.ndarray, recordings: np.ndarray) -> None:
        """
        Set ``farthest`` from the distances of samples to those of other recordings.

        :param points: float64 (M, 33, 3) of the samples
        :param recordings: of each, (M,)
        """
        if len(np.unique(recordings)) < _FEW_RECORDINGS:
            return
        chosen = np.unique(np.linspace(0, len(points) - 1, _MEASURED).astype(int))
        distances = [
            self._nearest(embeddings_of(points[k]), recordings == recordings[k])[1] for k in chosen
        ]
        self.farthest = _MARGIN * float(np.percentile(distances, _PERCENTILE))

    def _nearest(
        self, queries: np.ndarray, left_out: np.ndarray | None = None
    ) -> tuple[list[int], float]:
        """Return the indices of the nearest samples, and their mean difference."""
        weighted = self._weigh(queries)
        # NumPy subtracts two whole arrays several times as fast as one with broadcast numbers.
        differences = np.repeat(weighted, len(self._labels)).reshape(2, *self._weighted.shape)
        np.abs(np.subtract(self._weighted, differences, out=differences), out=differences)
        if not isfinite(weighted.sum()):
            differences[~np.isfinite(weighted)] = 0.0
        largest = differences.max(axis=1).min(axis=0)
        if left_out is not None:
            largest[left_out] = np.inf
        candidates = largest.argsort(kind='stable')[:_CANDIDATES]
        if left_out is not None:
            candidates = candidates[~left_out[candidates]]
        sums = differences.take(candidates, axis=2).sum(axis=1).min(axis=0).tolist()
        nearest = sorted(zip(sums, candidates.tolist()), key=itemgetter(0))[:_NEIGHBOURS]
        total = sum(difference for difference, _ in nearest)
        return [k for _, k in nearest], total / max(len(self._weights) * len(nearest), 1)

    def _weigh(self, embeddings: np.ndarray) -> np.ndarray:
        """Return the weighted numbers of embeddings, float32 (N, 66)."""
        return (embeddings * self._weights).astype(np.float32)


def _separation(embeddings: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return how well each number of an embedding separates classes, float64 (66,), mean 1."""
    found = [embeddings[labels == label] for label in np.unique(labels)]
    if len(found) < 2:
        return np.ones(embeddings.shape[1:])
    within = np.mean([part.var(axis=0) for part in found], axis=0)
    between = np.var([part.mean(axis=0) for part in found], axis=0)
    weights = (between / np.maximum(within, 1e-9)) ** 0.25
    return np.clip(weights / max(weights.mean(), 1e-9), *_WEIGHT_LIMITS)


class Exercise(NamedTuple):
    """
    Classes that are repeated in turn.

    :param name: common prefix of the names of its classes
    :param classes: names; the first is the rest between repetitions, for a single class the rest
        is everything else
    :param phases: suffixes of these names; ``held`` for a single class
    """

    name: str
    classes: tuple[str, ...]
    phases: tuple[str, ...]


class PoseClasses:
    """
    Classes of poses and their samples.

    Classes whose names differ in the word after the last underscore, such as ``squats_up`` and
    ``squats_down``, are the phases of one exercise. The rest is the phase ``rest``, or else
    ``up``, or else the first one. Classes named ``other`` or ``none`` are no exercise.

    :param samples: the samples
    :raises PoseClassError: when there are none, too many, or not 33 finite points in each
    """

    def __init__(self, samples: Iterable[PoseSample]) -> None:
        self.samples = tuple(samples)
        if not self.samples:
            raise PoseClassError('there are no samples')
        self.names = tuple(dict.fromkeys(sample.name for sample in self.samples))
        """The names of the classes, in the order of their first samples."""
        if len(self.samples) > _MAX_SAMPLES or len(self.names) > _MAX_CLASSES:
            raise PoseClassError(
                f'{len(self.samples)} samples of {len(self.names)} classes are too many, accepted '
                f'are {_MAX_SAMPLES} of {_MAX_CLASSES}'
            )
        for sample in self.samples:
            if np.shape(sample.points) != (len(PoseLandmark), 3) or not np.isfinite(
                sample.points
            ).all():
                raise PoseClassError(f'a sample of {sample.recording} has no 33 finite points')
        self.exercises = _exercises(self.names)
        """The exercises by their names."""

    @classmethod
    @cache
    def shipped(cls) -> PoseClasses:
        """Return the classes that come with the package: squats and push-ups, up and down."""
        return cls.load(models_directory() / SHIPPED)

    @classmethod
    def load(cls, path: str | Path) -> PoseClasses:
        """
        Read a file that ``pose-classes learn`` wrote, or the text of :meth:`text`.

        :raises PoseClassError: when it is invalid
        :raises OSError: when it cannot be read
        """
        path = Path(path)
        with path.open('rb') as file:
            data = file.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise PoseClassError(f'{path} has more than {_MAX_BYTES} bytes')
        try:
            rows = list(csv.reader(io.StringIO(data.decode(), newline=''), strict=True))
            return cls(_read_rows(rows))
        except (UnicodeDecodeError, csv.Error, ValueError) as error:
            raise PoseClassError(f'{path} is no file of pose classes: {error}') from error

    def text(self) -> str:
        """Return the samples as CSV."""
        stream = io.StringIO(newline='')
        writer = csv.writer(stream, lineterminator='\n')
        writer.writerow(_HEADER)
        for sample in self.samples:
            values = [f'{value:.4g}' for value in sample.points.ravel()]
            writer.writerow([sample.recording, sample.name, *values])
        return stream.getvalue()

    def only(self, exercises: Sequence[str]) -> PoseClasses:
        """
        Return the classes of some exercises, and those of no exercise.

        :raises PoseClassError: when one is not known
        """
        dropped = set(self.exercises) - {self.exercise(name).name for name in exercises}
        names = {name for exercise in dropped for name in self.exercises[exercise].classes}
        return PoseClasses(sample for sample in self.samples if sample.name not in names)

    def exercise(self, name: str) -> Exercise:
        """
        Return an exercise by its name; case, hyphens and underscores do not matter.

        :raises PoseClassError: when it is not known
        """
        for known, exercise in self.exercises.items():
            if _plain(known) == _plain(name):
                return exercise
        raise PoseClassError(
            f'there is no exercise {name!r:.80}, only ' + ', '.join(self.exercises)
        )

    def classify(self, pose: Any) -> dict[str, float]:
        """
        Return the ratio of each class among the samples nearest to a pose.

        The samples decide first on the exercise, then on its phase. The lower phase of a squat
        requires that a knee is seen, and that both legs bend, and alike. Bent arms are the lower
        phase of a push-up.

        :param pose: the pose
        :return: class -> ratio in [0, 1], with the sum 1 or less; empty for an unknown pose
        """
        points = sample_points(pose)
        ratios = {} if points is None else self.classify_points(points)
        for name in BOTH_LEGS:
            if ratios.get(f'{name}_down') and not bends_both_legs(pose):
                ratios[f'{name}_down'] = 0.0
        for name in BOTH_ARMS:
            up, down = f'{name}_up', f'{name}_down'
            if down in ratios and ratios.get(up) and bends_arms(pose):
                ratios[down] += ratios[up]
                ratios[up] = 0.0
        return ratios

    def classify_points(self, points: np.ndarray, left_out: str | None = None) -> dict[str, float]:
        """
        Return the same for points.

        :param points: float64 (33, 3), as :func:`sample_points` returns them
        :param left_out: a recording whose samples are left out
        """
        queries = embeddings_of(points)
        if np.count_nonzero(np.isfinite(queries[0])) < _MIN_RATIO * len(queries[0]):
            return {}
        exercises, neighbours, phases = self._neighbours
        mask = None if left_out is None else self._recordings == left_out
        parts = neighbours.ratios(queries, mask)
        if not any(parts):
            return {}
        ratios = {}
        for exercise, part in zip(exercises, parts):
            if exercise not in phases:
                ratios[exercise] = part
                continue
            classes, members, within = phases[exercise]
            if not part:
                ratios.update(dict.fromkeys(classes, 0.0))
                continue
            mask_within = None if mask is None else mask[members]
            for name, ratio in zip(classes, within.ratios(queries, mask_within)):
                ratios[name] = part * ratio
        return ratios

    @cached_property
    def _recordings(self) -> np.ndarray:
        return np.array([sample.recording for sample in self.samples])

    @cached_property
    def _neighbours(
        self,
    ) -> tuple[list[str], Neighbours, dict[str, tuple[tuple[str, ...], np.ndarray, Neighbours]]]:
        """Return the exercises, their neighbours, and phases, samples, neighbours of each."""
        points = np.array([sample.points for sample in self.samples])
        embeddings = np.array([embedding(sample) for sample in points])
        labels = np.array([sample.name for sample in self.samples])
        group_of = {name: name for name in self.names}
        phases = {}
        for exercise in self.exercises.values():
            if len(exercise.classes) < 2:
                continue
            group_of.update(dict.fromkeys(exercise.classes, exercise.name))
            mask = np.isin(labels, exercise.classes)
            indices = np.array([exercise.classes.index(label) for label in labels[mask]])
            neighbours = Neighbours(embeddings[mask], indices)
            neighbours.measure(points[mask], self._recordings[mask])
            phases[exercise.name] = exercise.classes, mask, neighbours
        groups = list(dict.fromkeys(group_of.values()))
        indices = np.array([groups.index(group_of[label]) for label in labels])
        return groups, Neighbours(embeddings, indices), phases


_NO_EXERCISE = ('none', 'other')
_RESTS = ('rest', 'up')


def _exercises(names: Sequence[str]) -> dict[str, Exercise]:
    """Return the exercises formed by classes of some names."""
    families: dict[str, list[str]] = {}
    for name in names:
        if name.lower() not in _NO_EXERCISE:
            families.setdefault(name.rpartition('_')[0] or name, []).append(name)
    exercises = {}
    for family, classes in families.items():
        if len(classes) == 1:
            exercises[classes[0]] = Exercise(classes[0], (classes[0],), ('held',))
            continue
        classes.sort(key=lambda name: _RESTS.index(p) if (p := _phase(name)) in _RESTS else 9)
        exercises[family] = Exercise(family, tuple(classes), tuple(map(_phase, classes)))
    return exercises


def _phase(name: str) -> str:
    return name.rpartition('_')[2]


def _plain(name: str) -> str:
    """Return the name in the form for comparisons."""
    return re.sub(r'[\s_-]+', '', name).lower()


def _read_rows(rows: list[list[str]]) -> Iterable[PoseSample]:
    if not rows or tuple(rows[0]) != _HEADER:
        raise PoseClassError(
            f'its first line is not "recording,class" and the {len(_COLUMNS)} coordinates'
        )
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(_HEADER):
            raise PoseClassError(f'line {number} has {len(row)} values, not {len(_HEADER)}')
        recording, name, *values = row
        if not re.fullmatch(r'\w[\w .-]{0,79}', name):
            raise PoseClassError(f'line {number}: {name!r:.100} is no name of a class')
        points = np.array([float(value) for value in values])
        if not all(isfinite(value) and abs(value) < 1e9 for value in points):
            raise PoseClassError(f'line {number} has a value that is not finite')
        yield PoseSample(recording, name, points.reshape(-1, 3))
