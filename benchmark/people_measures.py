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

"""The outcome of a tracker on several people with known number or positions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import warnings

import motmetrics
import numpy as np
from people_scenes import Person
from scipy.optimize import linear_sum_assignment

from pose_tracking_ros.blazepose.skeleton import FULL_BODY

# Minimum object keypoint similarity of a found person, and minimum visible ratio of a body that
# must be found; a person hidden further may be found.
FOUND_FROM = 0.5
SHOWN_FROM = 0.5

# Of a labelled box, and the box around the landmarks.
_OVERLAP_FROM = 0.5

# The area of a body in units of that of the box around it, as in the people of COCO.
_AREA = 0.5


@dataclass(frozen=True, eq=False)
class Found:
    """
    A person found by a tracker.

    :param landmarks: (33, 2) in pixels
    :param number: identity, 0 for none
    """

    landmarks: np.ndarray
    number: int = 0


Truth = dict[int, Person] | dict[int, np.ndarray] | int
"""
The people in an image: landmarks, or boxes (4,) as left, top, width and height in pixels, by
number; or the number of people.
"""


@dataclass(frozen=True)
class Count:
    """
    The outcome of a tracker on one clip or several.

    :param frames: their number
    :param complete: frames with all visible people found
    :param many: frames with too many people found
    :param doubles: frames with a person found twice
    :param switches: changes of the identity of a person, also short ones
    :param changed: people whose identity differs between start and end
    :param people, identities: number of people, and of identities of the tracker, each of more
        than three frames
    """

    frames: int = 0
    complete: int = 0
    many: int = 0
    doubles: int = 0
    switches: int = 0
    changed: int = 0
    people: int = 0
    identities: int = 0

    def __add__(self, other: Count) -> Count:
        """Return both together."""
        return Count(*(a + b for a, b in zip(vars(self).values(), vars(other).values())))


def count(frames: Iterable[tuple[Truth, Sequence[Found]]]) -> Count:
    """Compare true and found people frame by frame."""
    total, people, seen = Count(), set(), {}
    matches = motmetrics.MOTAccumulator(auto_id=True)
    first: dict[int, int] = {}
    for truth, found in frames:
        for one in found:
            seen[one.number] = seen.get(one.number, 0) + 1
        if isinstance(truth, int):
            total += Count(
                frames=1,
                complete=len(found) >= truth,
                many=len(found) > truth,
                doubles=_has_double(found),
            )
            people |= set(range(truth))
            continue
        people |= set(truth)
        alike = np.array([[alikeness(one, other) for other in found] for one in truth.values()])
        alike = alike.reshape(len(truth), len(found))
        needed = [_shown(one) >= SHOWN_FROM for one in truth.values()]
        total += Count(
            frames=1,
            complete=_paired(alike[needed]) == sum(needed),
            many=len(found) > len(truth),
            doubles=bool(((alike >= FOUND_FROM).sum(axis=1) > 1).any() and _has_double(found)),
        )
        shown = [number for number, one in truth.items() if _shown(one) >= SHOWN_FROM]
        far = np.where(alike[needed] >= FOUND_FROM, 1 - alike[needed], np.nan)
        matches.update(shown, [one.number for one in found], far)
        first = {**matches.m, **first}
    if any(number for number in seen):
        total += Count(
            switches=_switches(matches),
            changed=sum(matches.m[number] != identity for number, identity in first.items()),
            identities=sum(frames > 3 for number, frames in seen.items() if number),
        )
    return total + Count(people=len(people))


def alikeness(one: Person | np.ndarray, found: Found) -> float:
    """
    Return the similarity of a true and a found person, in [0, 1].

    Landmarks are compared by object keypoint similarity, also with left and right exchanged: the
    identity does not depend on it. Boxes are compared by intersection over union.
    """
    if isinstance(one, Person):
        other = found.landmarks[list(FULL_BODY.mirrored)]
        return max(keypoint_similarity(one.landmarks, body) for body in (found.landmarks, other))
    low, high = found.landmarks.min(axis=0), found.landmarks.max(axis=0)
    begin, end = one[:2], one[:2] + one[2:]
    overlap = np.prod((np.minimum(high, end) - np.maximum(low, begin)).clip(0))
    union = np.prod(high - low) + np.prod(one[2:]) - overlap
    return float(overlap / union * FOUND_FROM / _OVERLAP_FROM)


def keypoint_similarity(true: np.ndarray, found: np.ndarray) -> float:
    """
    Return the object keypoint similarity of two bodies as COCO has it, in [0, 1].

    :param true: (33, 2): landmarks in pixels
    :param found: the same of the other
    """
    indices, sigmas = FULL_BODY.keypoint_sigmas
    squares = ((true[indices] - found[indices]) ** 2).sum(axis=1)
    area = max(_AREA * np.prod(np.ptp(true[indices], axis=0)), 1.0)
    return float(np.exp(-squares / (8 * area * sigmas**2)).mean())


def _shown(one: Person | np.ndarray) -> float:
    return one.shown if isinstance(one, Person) else 1.0


def _has_double(found: Sequence[Found]) -> bool:
    return any(
        keypoint_similarity(one.landmarks, other.landmarks) >= FOUND_FROM
        for k, one in enumerate(found)
        for other in found[:k]
    )


def _paired(alike: np.ndarray) -> int:
    """Return the number of rows that can be matched to a similar column of their own."""
    found = alike >= FOUND_FROM
    return int(found[linear_sum_assignment(found, maximize=True)].sum())


def _switches(matches: motmetrics.MOTAccumulator) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        summary = motmetrics.metrics.create().compute(matches, metrics=['num_switches'])
    return int(summary['num_switches'].iloc[0])
