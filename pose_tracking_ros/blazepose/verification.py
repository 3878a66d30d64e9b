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
body is there, and its landmarks come with high visibility. Its heatmaps tell more: on a person
they have sharp peaks where the landmarks are, on a table or a car they are blurred. Where they
leave a doubt, a second signal is used: the score of the person detector around the body. Each
signal fails at times, in other images than the other one: in doubt their sum decides, so that
none of them alone refuses a person. docs/truth.md has the figures.

All of it goes by the stamps of the images, so that it is the same at any frame rate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import exp, inf
from typing import Any

import numpy as np

from pose_tracking_ros.blazepose import saved_state
from pose_tracking_ros.blazepose.options import MODEL_COMPLEXITIES, PoseTrackerOptions
from pose_tracking_ros.blazepose.skeleton import Skeleton
from pose_tracking_ros.blazepose.stamps import DEFAULT_PERIOD_NS, MAX_STAMP_NS

# A person who is partly hidden or outside the image still has this many clear landmarks.
CLEAR_CORE_LANDMARKS = 3
CLEAR_LANDMARKS = 8

# Seconds over which the clarity is averaged: a blurred image or two do not count.
CLARITY_SECONDS = 0.1

# Share of the newest look in what the detector says.
DETECTOR_ALPHA = 0.5

# Seconds after which a body that stays undecided is given up, and the detector looks elsewhere.
UNDECIDED_SECONDS = 0.3

# Seconds in doubt from one look of the detector to the next, at least and at most: while clarity
# and detector speak for a person, the intervals double.
LOOK_AFTER, LOOK_EVERY = 0.03, 0.4

# The evidence that somebody is a person: time, multiplied by how far the sum of clarity and
# detector is above the limit, less a margin, so that only who is clearly seen gains some. Time
# below the limit takes from it; nobody is refused before it is used up. So a person who is blurred
# or turned away for a moment is kept, but not what has just passed.
CLEAR_MARGIN = 0.1
MAX_EVIDENCE = 0.03

# Seconds of doubt before which nobody who was confirmed is refused, whatever the evidence.
REFUSE_SECONDS = 0.03

# Side of what the detector is shown in sides of the region: so the body has the size in it at
# which the detector is most certain.
SHOWN_SIDE = 1.5

# Rotation of a region in radians from which the detector is also shown the image as it is.
TURNED_FROM = 0.35

_LOOK_AFTER_NS, _LOOK_EVERY_NS, _REFUSE_NS, _UNDECIDED_NS = (
    round(seconds * 1e9) for seconds in (LOOK_AFTER, LOOK_EVERY, REFUSE_SECONDS, UNDECIDED_SECONDS)
)


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
        self._time_ns: int | None = None
        self._clarity: float | None = None
        self._detected: float | None = None
        self._confirmed = False
        self._since_look_ns: int | None = None
        self._interval_ns = _LOOK_AFTER_NS
        self._doubted_ns: int | None = None
        self._evidence = 0.0

    def __call__(
        self,
        heatmap_peaks: np.ndarray | None,
        score: float,
        time_ns: int,
        detector_score: Callable[[], float],
    ) -> Verdict:
        """
        Return what is known after one more image.

        :param heatmap_peaks: (N,) in [0, 1]: how clearly the heatmaps show the landmarks, None
            where there are none
        :param score: probability in [0, 1] that a body is there, of the landmark model
        :param time_ns: time of the image in nanoseconds
        :param detector_score: asks the person detector for the probability in [0, 1] that a
            person is around the body; called in doubt only
        """
        step_ns = self._step(time_ns)
        clarity = score if heatmap_peaks is None else body_clarity(heatmap_peaks, self._skeleton)
        alpha = 1 - exp(-step_ns * 1e-9 / CLARITY_SECONDS)
        self._clarity = _low_passed(clarity, self._clarity, alpha)
        if self._since_look_ns is not None:
            self._since_look_ns = min(self._since_look_ns + step_ns, _LOOK_EVERY_NS)
        if self._clarity >= self._limits.certain_from:
            self._evidence = MAX_EVIDENCE
            return self._confirm()
        if self._look_is_due():
            look = detector_score()
            self._detected = _low_passed(look, self._detected, DETECTOR_ALPHA)
            # The longer the looks have spoken for a person, the later the next one.
            against = self._clarity + look < self._limits.person_from
            longer = min(2 * self._interval_ns, _LOOK_EVERY_NS)
            self._interval_ns = _LOOK_AFTER_NS if against else longer
            self._since_look_ns = 0
        if self._confirmed:
            self._weigh(step_ns)
        if self._agreed():
            return self._confirm()
        self._doubted_ns = 0 if self._doubted_ns is None else self._doubted_ns + step_ns
        if self._confirmed:
            is_kept = self._evidence > 0 or self._doubted_ns < _REFUSE_NS
            return Verdict.PERSON if is_kept else Verdict.NOBODY
        return Verdict.UNDECIDED if self._doubted_ns < _UNDECIDED_NS else Verdict.NOBODY

    def _step(self, time_ns: int) -> int:
        """Return the time since the image before."""
        step_ns = 0 if self._time_ns is None else time_ns - self._time_ns
        self._time_ns = time_ns
        # As in the filters of landmarks, the usual time has passed where stamps tell of none.
        return step_ns if step_ns > 0 else DEFAULT_PERIOD_NS

    def _weigh(self, step_ns: int) -> None:
        """Add what clarity and detector say in the time since the image before."""
        margin = (self._clarity or 0.0) + (self._detected or 0.0) - self._limits.person_from
        if margin > 0:
            margin = max(margin - CLEAR_MARGIN, 0.0)
        evidence = self._evidence + margin * step_ns * 1e-9
        self._evidence = min(max(evidence, 0.0), MAX_EVIDENCE)

    def _look_is_due(self) -> bool:
        if self._since_look_ns is None:
            return True
        settled = self._confirmed and self._agreed()
        return self._since_look_ns >= (self._interval_ns if settled else _LOOK_AFTER_NS)

    def _agreed(self) -> bool:
        """Return whether clarity and detector together see a person."""
        return (self._clarity or 0.0) + (self._detected or 0.0) >= self._limits.person_from

    def _confirm(self) -> Verdict:
        self._confirmed, self._doubted_ns = True, None
        return Verdict.PERSON

    def state(self) -> dict[str, Any]:
        """Return what is known as plain values."""
        return {
            'time_ns': self._time_ns,
            'clarity': self._clarity,
            'detected': self._detected,
            'confirmed': self._confirmed,
            'since_look_ns': self._since_look_ns,
            'interval_ns': self._interval_ns,
            'doubted_ns': self._doubted_ns,
            'evidence': self._evidence,
        }

    def restore(self, state: Any) -> None:
        """
        Go on where another was.

        :param state: what its :meth:`state` returned
        :raises ValueError: when it is none
        """
        fields = saved_state.fields(
            state,
            *('time_ns', 'clarity', 'detected', 'confirmed'),
            *('since_look_ns', 'interval_ns', 'doubted_ns', 'evidence'),
        )
        probability = saved_state.optional(saved_state.number(0, 1))
        stamp = saved_state.integer(-MAX_STAMP_NS, MAX_STAMP_NS)
        duration = saved_state.optional(saved_state.integer(0, MAX_STAMP_NS))
        self._time_ns = saved_state.optional(stamp)(fields['time_ns'])
        self._clarity = probability(fields['clarity'])
        self._detected = probability(fields['detected'])
        self._confirmed = saved_state.boolean(fields['confirmed'])
        self._since_look_ns = duration(fields['since_look_ns'])
        self._interval_ns = saved_state.integer(_LOOK_AFTER_NS, _LOOK_EVERY_NS)(
            fields['interval_ns']
        )
        self._doubted_ns = duration(fields['doubted_ns'])
        self._evidence = saved_state.number(0.0, MAX_EVIDENCE)(fields['evidence'])


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
