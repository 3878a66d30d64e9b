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
they leave a doubt, and for the upper body, whose model has none, the person detector is asked
about the region. The thresholds lie between what people and things show with all models;
docs/truth.md has the figures.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import numpy as np

from pose_tracking_ros.blazepose import saved_state
from pose_tracking_ros.blazepose.skeleton import Skeleton
from pose_tracking_ros.blazepose.smoothing import LowPassFilter

# A person who is partly hidden or outside the image still has this many clear landmarks.
_CLEAR_CORE_LANDMARKS = 3
_CLEAR_LANDMARKS = 8

# Clarity from which a body is a person, below which it is none any more, and from which there is
# no doubt.
_CONFIRM_FROM = 0.6
_REJECT_BELOW = 0.47
_CERTAIN_FROM = 0.75

# Share of the newest image in the clarity of a person: a blurred image or two do not count.
_CLARITY_ALPHA = 0.4

# Images after which a body that stays undecided is given up, and the detector looks elsewhere.
_MAX_UNDECIDED = 10

# Images in doubt from one look of the detector to the next, and the score below which it sees
# nobody there: beside heatmaps, and where it is the only witness.
_ASK_EVERY = 12
_MIN_SCORE_BESIDE_HEATMAPS = 0.4
_MIN_SCORE_ALONE = 0.6


class Verdict(Enum):
    """What is known of a tracked body."""

    PERSON = 'person'
    UNDECIDED = 'undecided'
    NOBODY = 'nobody'


class BodyVerifier:
    """
    Decide from image to image whether a tracked body is a person.

    :param skeleton: what the landmarks mean
    """

    def __init__(self, skeleton: Skeleton) -> None:
        """Start with a body of which nothing is known."""
        self._skeleton = skeleton
        self.reset()

    def reset(self) -> None:
        """Forget the body."""
        self._clarity = LowPassFilter(_CLARITY_ALPHA)
        self._confirmed = False
        self._undecided = 0
        self._in_doubt = 0

    def __call__(
        self, heatmap_peaks: np.ndarray | None, detector_score: Callable[[], float]
    ) -> Verdict:
        """
        Return what is known after one more image.

        :param heatmap_peaks: (N,) in [0, 1]: how clearly the heatmaps show the landmarks, None
            where there are none
        :param detector_score: asks the person detector for the probability in [0, 1] that a
            person is around the body; called now and then
        """
        alone = heatmap_peaks is None
        clarity = _CONFIRM_FROM if alone else body_clarity(heatmap_peaks, self._skeleton)
        min_score = _MIN_SCORE_ALONE if alone else _MIN_SCORE_BESIDE_HEATMAPS
        if self._confirmed:
            clarity = self._clarity(clarity)
            self._in_doubt = self._in_doubt + 1 if clarity < _CERTAIN_FROM else 0
            ask = self._in_doubt >= _ASK_EVERY
            if clarity < _REJECT_BELOW or (ask and not self._detected(detector_score, min_score)):
                return Verdict.NOBODY
            return Verdict.PERSON
        certain = clarity >= _CERTAIN_FROM
        if certain or (clarity >= _CONFIRM_FROM and self._detected(detector_score, min_score)):
            self._confirmed = True
            self._clarity(clarity)
            return Verdict.PERSON
        self._undecided += 1
        return Verdict.UNDECIDED if self._undecided < _MAX_UNDECIDED else Verdict.NOBODY

    def _detected(self, detector_score: Callable[[], float], min_score: float) -> bool:
        self._in_doubt = 0
        return detector_score() >= min_score

    def state(self) -> dict[str, Any]:
        """Return what is known as plain values."""
        return {
            'clarity': self._clarity.state(),
            'confirmed': self._confirmed,
            'undecided': self._undecided,
            'in_doubt': self._in_doubt,
        }

    def restore(self, state: Any) -> None:
        """
        Go on where another was.

        :param state: what its :meth:`state` returned
        :raises ValueError: when it is none
        """
        fields = saved_state.fields(state, 'clarity', 'confirmed', 'undecided', 'in_doubt')
        self._clarity.restore(fields['clarity'], shape=())
        self._confirmed = saved_state.boolean(fields['confirmed'])
        self._undecided = saved_state.integer(0, _MAX_UNDECIDED)(fields['undecided'])
        self._in_doubt = saved_state.integer(0, _ASK_EVERY)(fields['in_doubt'])


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
    core = sorted(peaks[landmark] for landmark in skeleton.core)[-_CLEAR_CORE_LANDMARKS:]
    clearest = sorted(peaks)[-_CLEAR_LANDMARKS:]
    return (sum(core) / _CLEAR_CORE_LANDMARKS + sum(clearest) / _CLEAR_LANDMARKS) / 2
