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
Tell a tracked person from one that the networks imagine.

The landmark model is trained on people, and sees one in much that is none: its score says that a
body is there, and its landmarks come with high visibility. Its heatmaps are more honest: on a
person they have sharp peaks where the landmarks are, on a table or a car they are blurred. Where
they leave a doubt, a second witness is asked: the person detector, about what is around the body.
Each is wrong at times, about other things than the other one: in doubt both together decide, and
no person is given up on the word of one of them. docs/truth.md has the figures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import inf
from typing import Any

import numpy as np

from pose_tracking_ros.blazepose import saved_state
from pose_tracking_ros.blazepose.options import MODEL_COMPLEXITIES, PoseTrackerOptions
from pose_tracking_ros.blazepose.skeleton import Skeleton

# A person who is partly hidden or outside the image still has this many clear landmarks.
CLEAR_CORE_LANDMARKS = 3
CLEAR_LANDMARKS = 8

# Share of the newest image in what the landmark model says of a person, and of the newest look in
# what the detector says: a blurred image or two do not count.
LANDMARK_ALPHA = 0.4
DETECTOR_ALPHA = 0.5

# Images after which a body that stays undecided is given up, and the detector looks elsewhere.
MAX_UNDECIDED = 10

# Images in doubt from one look of the detector to the next, at most: while the witnesses speak for
# a person, the intervals double up to it; and the looks in a row, one an image, at which they must
# speak against one who was confirmed.
LOOK_EVERY = 12
LOOKS_AGAINST = 2

# Side of what the detector is shown in sides of the region: so the body has the size in it at
# which the detector is most certain.
SHOWN_SIDE = 1.5

# Rotation of a region in radians from which the detector is also shown the image as it is.
TURNED_FROM = 0.35


@dataclass(frozen=True)
class VerificationLimits:
    """
    From when a landmark model and the detector together see a person.

    The scales of the landmark models differ: the smaller one is, the more its heatmaps are
    blurred. docs/truth.md tells how many people who were right are lost with these limits.

    :param person_from: clarity and the detector's score, added, from which a body is a person; of
        a model without heatmaps its own score takes the place of the clarity
    :param certain_from: clarity from which there is no doubt
    """

    person_from: float
    certain_from: float


VERIFICATION_LIMITS = {
    'lite': VerificationLimits(person_from=1.05, certain_from=0.7),
    'full': VerificationLimits(person_from=1.1, certain_from=0.75),
    'heavy': VerificationLimits(person_from=1.05, certain_from=0.8),
    'upper': VerificationLimits(person_from=1.5, certain_from=inf),
}


def verification_limits(options: PoseTrackerOptions) -> VerificationLimits:
    """Return the limits of the landmark model that the options ask for."""
    name = 'upper' if options.upper_body_only else MODEL_COMPLEXITIES[options.model_complexity]
    return VERIFICATION_LIMITS[name]


class Verdict(Enum):
    """What is known of a tracked body."""

    PERSON = 'person'
    UNDECIDED = 'undecided'
    NOBODY = 'nobody'


class BodyVerifier:
    """
    Decide from image to image whether a tracked body is a person.

    :param skeleton: what the landmarks mean
    :param limits: those of the landmark model
    """

    def __init__(self, skeleton: Skeleton, limits: VerificationLimits) -> None:
        """Start with a body of which nothing is known."""
        self._skeleton = skeleton
        self._limits = limits
        self.reset()

    def reset(self) -> None:
        """Forget the body."""
        self._clarity: float | None = None
        self._detected: float | None = None
        self._confirmed = False
        self._undecided = 0
        self._since_look = LOOK_EVERY
        self._interval = 1
        self._against = 0

    def __call__(
        self,
        heatmap_peaks: np.ndarray | None,
        score: float,
        detector_score: Callable[[], float],
    ) -> Verdict:
        """
        Return what is known after one more image.

        :param heatmap_peaks: (N,) in [0, 1]: how clearly the heatmaps show the landmarks, None
            where there are none
        :param score: probability in [0, 1] that a body is there, of the landmark model
        :param detector_score: asks the person detector for the probability in [0, 1] that a
            person is around the body; called in doubt only
        """
        clarity = score if heatmap_peaks is None else body_clarity(heatmap_peaks, self._skeleton)
        self._clarity = _low_passed(clarity, self._clarity, LANDMARK_ALPHA)
        self._since_look = min(self._since_look + 1, LOOK_EVERY)
        if self._clarity >= self._limits.certain_from:
            self._confirm()
            return Verdict.PERSON
        if not self._confirmed or self._since_look >= self._interval or not self._agreed():
            look = detector_score()
            self._detected = _low_passed(look, self._detected, DETECTOR_ALPHA)
            # The longer the looks have spoken for a person, the later the next one; after one that
            # speaks against it comes the next with the next image.
            against = self._clarity + look < self._limits.person_from
            self._interval = 1 if against else min(2 * self._interval, LOOK_EVERY)
            self._since_look = 0
        if self._agreed():
            self._confirm()
            return Verdict.PERSON
        if self._confirmed:
            self._against += 1
            return Verdict.PERSON if self._against < LOOKS_AGAINST else Verdict.NOBODY
        self._undecided += 1
        return Verdict.UNDECIDED if self._undecided < MAX_UNDECIDED else Verdict.NOBODY

    def _agreed(self) -> bool:
        """Return whether the two witnesses together see a person."""
        return (self._clarity or 0.0) + (self._detected or 0.0) >= self._limits.person_from

    def _confirm(self) -> None:
        self._confirmed = True
        self._undecided = self._against = 0

    def state(self) -> dict[str, Any]:
        """Return what is known as plain values."""
        return {
            'clarity': self._clarity,
            'detected': self._detected,
            'confirmed': self._confirmed,
            'undecided': self._undecided,
            'since_look': self._since_look,
            'interval': self._interval,
            'against': self._against,
        }

    def restore(self, state: Any) -> None:
        """
        Go on where another was.

        :param state: what its :meth:`state` returned
        :raises ValueError: when it is none
        """
        fields = saved_state.fields(
            state,
            *('clarity', 'detected', 'confirmed'),
            *('undecided', 'since_look', 'interval', 'against'),
        )
        probability = saved_state.optional(saved_state.number(0, 1))
        self._clarity = probability(fields['clarity'])
        self._detected = probability(fields['detected'])
        self._confirmed = saved_state.boolean(fields['confirmed'])
        self._undecided = saved_state.integer(0, MAX_UNDECIDED)(fields['undecided'])
        self._since_look = saved_state.integer(0, LOOK_EVERY)(fields['since_look'])
        self._interval = saved_state.integer(1, LOOK_EVERY)(fields['interval'])
        self._against = saved_state.integer(0, LOOKS_AGAINST)(fields['against'])


def body_clarity(heatmap_peaks: np.ndarray, skeleton: Skeleton) -> float:
    """
    Return how clearly the heatmaps show a body, in [0, 1].

    :param heatmap_peaks: (N,) in [0, 1]: the highest probability near each landmark
    :param skeleton: what the landmarks mean
    :return: the mean of two means: that of the clearest landmarks of the trunk and nose, and that
        of the clearest of all landmarks
    """
    # Python's own sort and sum: for so few numbers they are faster than numpy's.
    peaks = heatmap_peaks.tolist()
    core = sorted(peaks[landmark] for landmark in skeleton.core)[-CLEAR_CORE_LANDMARKS:]
    clearest = sorted(peaks)[-CLEAR_LANDMARKS:]
    return (sum(core) / CLEAR_CORE_LANDMARKS + sum(clearest) / CLEAR_LANDMARKS) / 2


def shown_to_detector(roi: np.ndarray, size: tuple[int, int]) -> list[np.ndarray]:
    """
    Return the regions that the person detector is shown of a body; the mean of its scores counts.

    They are larger than the body's, and moved and shrunk so that they lie in the image as far as
    they can: of a face close to the camera the body's region is mostly outside. The detector knows
    people who stand or sit, so that it is shown a body that lies upright; also as it lies, since
    a thing that is turned until it resembles a person resembles none from the other side.

    :param roi: the region of the body, see :mod:`pose_tracking_ros.blazepose.geometry`
    :param size: width and height of the image in pixels
    """
    side = min(SHOWN_SIDE * roi[2] * size[0], max(size))
    center = [
        length / 2 if side >= length else min(max(at * length, side / 2), length - side / 2)
        for at, length in zip(roi[:2], size)
    ]
    width, height = size
    region = [center[0] / width, center[1] / height, side / width, side / height]
    rotations = [roi[4]] if abs(roi[4]) < TURNED_FROM else [roi[4], 0.0]
    return [np.array([*region, rotation]) for rotation in rotations]


def _low_passed(value: float, before: float | None, alpha: float) -> float:
    return value if before is None else alpha * value + (1 - alpha) * before
