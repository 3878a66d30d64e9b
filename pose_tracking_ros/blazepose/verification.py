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
Distinguish tracked people from false detections.

The landmark model is trained on people, and often predicts a body with a high score and visible
landmarks where there is no person. Its heatmaps are better evidence: sharp peaks on a person,
blurred ones on a table or a car. This heatmap clarity decides if it is high; otherwise the
score of the person detector around the body is added to it. The two fail in different images, so
the sum is compared with the limit, and neither alone rejects a person. docs/truth.md has the
figures.

All durations are differences of image stamps, so the result does not depend on the frame rate.
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

# Number of clear landmarks that a partly hidden person still has.
CLEAR_CORE_LANDMARKS = 3
CLEAR_LANDMARKS = 8

# Seconds over which the clarity is averaged, against single blurred images.
CLARITY_SECONDS = 0.1

# Weight of the newest detector score in their average.
DETECTOR_ALPHA = 0.5

# Seconds after which an undecided body is rejected, and the detector searches elsewhere.
UNDECIDED_SECONDS = 0.3

# Minimum and maximum seconds between detector runs in doubt: the interval doubles while the sum
# of clarity and detector score indicates a person.
MIN_DETECTOR_INTERVAL, MAX_DETECTOR_INTERVAL = 0.03, 0.4

# Evidence for a person: the sum above its limit, less a margin, integrated over time. Time below
# the limit reduces it, and a confirmed body is rejected only at zero. So a person who is blurred
# or turned away for a moment is kept, but not a body just above the limit.
CLEAR_MARGIN = 0.1
MAX_EVIDENCE = 0.03

# A body is rejected at once if the sum in one image, not averaged, is below this ratio of its
# limit: one of 4200 images of people has such a sum, and many images without people.
REJECT_RATIO = 0.55

# Minimum seconds of doubt before a confirmed body is rejected, at any evidence.
REJECT_SECONDS = 0.03

# Side of the detector's region in sides of the body's region: the detector is most confident for
# a body of this size.
SHOWN_SIDE = 1.5

# Maximum distance between the detection of a body and its landmarks, in sides of its region.
DETECTION_REACH = 0.3

# Minimum rotation of a region in radians at which the detector also sees the image unrotated.
MIN_TURN = 0.35

_MIN_INTERVAL_NS, _MAX_INTERVAL_NS, _REJECT_NS, _UNDECIDED_NS = (
    round(seconds * 1e9)
    for seconds in (
        MIN_DETECTOR_INTERVAL, MAX_DETECTOR_INTERVAL, REJECT_SECONDS, UNDECIDED_SECONDS
    )
)


@dataclass(frozen=True)
class VerificationLimits:
    """
    Minimum evidence for a person.

    The limits depend on the landmark model: smaller models have more blurred heatmaps.
    docs/truth.md has the number of people who are lost with these limits.

    :param min_sum: minimum sum of clarity and detector score of a person; the score of a landmark
        model without heatmaps takes the place of the clarity
    :param min_clarity: minimum clarity that needs no detector score
    """

    min_sum: float
    min_clarity: float


VERIFICATION_LIMITS = {
    'lite': VerificationLimits(min_sum=1.05, min_clarity=0.7),
    'full': VerificationLimits(min_sum=1.1, min_clarity=0.75),
    'heavy': VerificationLimits(min_sum=1.05, min_clarity=0.8),
    'upper': VerificationLimits(min_sum=1.5, min_clarity=inf),
}


def verification_limits(options: PoseTrackerOptions) -> VerificationLimits:
    """Return the limits of the landmark model that the options ask for."""
    name = 'upper' if options.upper_body_only else MODEL_COMPLEXITIES[options.model_complexity]
    return VERIFICATION_LIMITS[name]


class Verdict(Enum):
    """The result of the verification of a body."""

    PERSON = 'person'
    UNDECIDED = 'undecided'
    NO_PERSON = 'no_person'


class BodyVerifier:
    """
    Decide for each image whether a tracked body is a person.

    :param skeleton: what the landmarks mean
    :param limits: of the landmark model
    """

    def __init__(self, skeleton: Skeleton, limits: VerificationLimits) -> None:
        """Start without a body."""
        self._skeleton = skeleton
        self._limits = limits
        self.reset()

    def reset(self) -> None:
        """Clear the state."""
        self._time_ns: int | None = None
        self._clarity: float | None = None
        self._detected: float | None = None
        self._confirmed = False
        self._since_look_ns: int | None = None
        self._interval_ns = _MIN_INTERVAL_NS
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
        Return the verdict for the next image.

        :param heatmap_peaks: (N,) in [0, 1]: peak of each landmark's heatmap, None without heatmap
        :param score: score of the landmark model in [0, 1]
        :param time_ns: time of the image in nanoseconds
        :param detector_score: returns the person detector's score in [0, 1] around the body;
            called in doubt only
        """
        step_ns = self._step(time_ns)
        clarity = score if heatmap_peaks is None else body_clarity(heatmap_peaks, self._skeleton)
        alpha = 1 - exp(-step_ns * 1e-9 / CLARITY_SECONDS)
        self._clarity = _low_passed(clarity, self._clarity, alpha)
        if self._since_look_ns is not None:
            self._since_look_ns = min(self._since_look_ns + step_ns, _MAX_INTERVAL_NS)
        too_low = self._limits.min_sum * REJECT_RATIO
        if self._clarity >= self._limits.min_clarity and clarity >= too_low:
            self._evidence = MAX_EVIDENCE
            return self._confirm()
        if self._detector_is_due():
            detected = detector_score()
            self._detected = _low_passed(detected, self._detected, DETECTOR_ALPHA)
            if clarity + detected < too_low:
                return Verdict.NO_PERSON
            against = self._clarity + detected < self._limits.min_sum
            longer = min(2 * self._interval_ns, _MAX_INTERVAL_NS)
            self._interval_ns = _MIN_INTERVAL_NS if against else longer
            self._since_look_ns = 0
        if self._confirmed:
            self._add_evidence(step_ns)
        if self._agreed():
            return self._confirm()
        self._doubted_ns = 0 if self._doubted_ns is None else self._doubted_ns + step_ns
        if self._confirmed:
            is_kept = self._evidence > 0 or self._doubted_ns < _REJECT_NS
            return Verdict.PERSON if is_kept else Verdict.NO_PERSON
        return Verdict.UNDECIDED if self._doubted_ns < _UNDECIDED_NS else Verdict.NO_PERSON

    def _step(self, time_ns: int) -> int:
        """Return the time since the previous image."""
        step_ns = 0 if self._time_ns is None else time_ns - self._time_ns
        self._time_ns = time_ns
        # As in the landmark filters, a repeated stamp counts as the usual period.
        return step_ns if step_ns > 0 else DEFAULT_PERIOD_NS

    def _add_evidence(self, step_ns: int) -> None:
        """Add the evidence since the previous image."""
        margin = (self._clarity or 0.0) + (self._detected or 0.0) - self._limits.min_sum
        if margin > 0:
            margin = max(margin - CLEAR_MARGIN, 0.0)
        evidence = self._evidence + margin * step_ns * 1e-9
        self._evidence = min(max(evidence, 0.0), MAX_EVIDENCE)

    def _detector_is_due(self) -> bool:
        if self._since_look_ns is None:
            return True
        settled = self._confirmed and self._agreed()
        return self._since_look_ns >= (self._interval_ns if settled else _MIN_INTERVAL_NS)

    def _agreed(self) -> bool:
        """Return whether the sum of clarity and detector score is that of a person."""
        return (self._clarity or 0.0) + (self._detected or 0.0) >= self._limits.min_sum

    def _confirm(self) -> Verdict:
        self._confirmed, self._doubted_ns = True, None
        return Verdict.PERSON

    def state(self) -> dict[str, Any]:
        """Return the state as plain values."""
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
        Restore a state.

        :param state: from :meth:`state`
        :raises ValueError: if it is not valid
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
        self._interval_ns = saved_state.integer(_MIN_INTERVAL_NS, _MAX_INTERVAL_NS)(
            fields['interval_ns']
        )
        self._doubted_ns = duration(fields['doubted_ns'])
        self._evidence = saved_state.number(0.0, MAX_EVIDENCE)(fields['evidence'])


def body_clarity(heatmap_peaks: np.ndarray, skeleton: Skeleton) -> float:
    """
    Return the heatmap clarity of a body, in [0, 1].

    :param heatmap_peaks: (N,) in [0, 1]: the highest probability near each landmark
    :param skeleton: what the landmarks mean
    :return: the mean of two means: of the clearest landmarks of trunk and nose, and of all
        landmarks
    """
    # Python's sort and sum are faster than numpy's for so few numbers.
    peaks = heatmap_peaks.tolist()
    core = sorted(peaks[landmark] for landmark in skeleton.core)[-CLEAR_CORE_LANDMARKS:]
    clearest = sorted(peaks)[-CLEAR_LANDMARKS:]
    return (sum(core) / CLEAR_CORE_LANDMARKS + sum(clearest) / CLEAR_LANDMARKS) / 2


def detector_regions(roi: np.ndarray, size: tuple[int, int]) -> list[np.ndarray]:
    """
    Return the regions on which the person detector runs for a body.

    They are larger than the body's region, and are moved and shrunk to lie inside the image: the
    body's region around a face close to the camera is mostly outside. The detector is trained on
    upright people, so a lying body is rotated upright; it also runs on the unrotated image,
    because an object may resemble a person only when rotated.

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
    rotations = [roi[4]] if abs(roi[4]) < MIN_TURN else [roi[4], 0.0]
    return [np.array([*region, rotation]) for rotation in rotations]


def _low_passed(value: float, before: float | None, alpha: float) -> float:
    return value if before is None else alpha * value + (1 - alpha) * before
