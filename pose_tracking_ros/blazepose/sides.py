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
Keep left and right where they were.

From some sides, and most with the smaller models, a body looks much the same from the front and
from the back: the landmark model then exchanges left and right for an image or a few. A body that
jumps onto its own mirror image and back has not turned round in between.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pose_tracking_ros.blazepose.landmarker import PredictedLandmarks
from pose_tracking_ros.blazepose.topology import other_side, PoseLandmark

# Each left one is followed by its right one.
_LIMBS = np.array([
    PoseLandmark.LEFT_SHOULDER,
    PoseLandmark.RIGHT_SHOULDER,
    PoseLandmark.LEFT_ELBOW,
    PoseLandmark.RIGHT_ELBOW,
    PoseLandmark.LEFT_WRIST,
    PoseLandmark.RIGHT_WRIST,
    PoseLandmark.LEFT_HIP,
    PoseLandmark.RIGHT_HIP,
    PoseLandmark.LEFT_KNEE,
    PoseLandmark.RIGHT_KNEE,
    PoseLandmark.LEFT_ANKLE,
    PoseLandmark.RIGHT_ANKLE,
])

# How much nearer to the pose before than the predicted one an exchanged one must be: the ratio of
# the sums of distances. Anything from 0.5 to 0.8 gives the same on clips with known truth.
_MAX_RATIO = 0.7

# Seconds for which the model may insist on the opposite of what it has long said.
_MAX_TRUST = 2.0


_MIRRORED = np.array([other_side(landmark) for landmark in PoseLandmark])


class SideKeeper:
    """
    Put left and right of a tracked body where they were in the image before.

    Each image on which the model agrees with the sides that are kept raises the trust in them by
    the time since the image before, each on which it does not lowers it by as much. When no trust
    is left, the model is followed.
    """

    def __init__(self) -> None:
        """Start without a body."""
        self.reset()

    def reset(self) -> None:
        """Forget the body."""
        self._limbs: np.ndarray | None = None
        self._stamp_ns = 0
        self._trust = 0.0

    def __call__(
        self, prediction: PredictedLandmarks, size: tuple[int, int], stamp_ns: int
    ) -> PredictedLandmarks:
        """
        Return the prediction, with left and right exchanged where they are the wrong way round.

        :param prediction: what the model sees
        :param size: width and height of the image in pixels
        :param stamp_ns: time of the image in nanoseconds, not before that of the image before
        """
        count = len(prediction.landmarks)
        # As complex numbers, of which the magnitude of a difference is a distance.
        limbs = (prediction.landmarks[_LIMBS[count > _LIMBS], :2] * size).view(np.complex128)[:, 0]
        if self._limbs is None:
            self._limbs, self._stamp_ns = limbs, stamp_ns
            return prediction
        exchanged = limbs.reshape(-1, 2)[:, ::-1].ravel()
        distance = np.abs(limbs - self._limbs).sum()
        exchange = np.abs(exchanged - self._limbs).sum() < _MAX_RATIO * distance
        seconds = (stamp_ns - self._stamp_ns) / 1e9
        self._trust = min(self._trust + (-seconds if exchange else seconds), _MAX_TRUST)
        if self._trust < 0:
            self._trust, exchange = 0.0, False
        self._limbs, self._stamp_ns = exchanged if exchange else limbs, stamp_ns
        return _exchanged(prediction) if exchange else prediction


def _exchanged(prediction: PredictedLandmarks) -> PredictedLandmarks:
    mirrored = _MIRRORED[: len(prediction.landmarks)]
    world = prediction.world_landmarks
    return replace(
        prediction,
        landmarks=prediction.landmarks[mirrored],
        world_landmarks=world[mirrored] if len(world) else world,
        inside_region=prediction.inside_region[mirrored],
    )
