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
Correct short exchanges of left and right.

From some angles a body looks similar from the front and from the back: the landmark model, most
often a smaller one, then exchanges left and right for a few images. A body that jumps onto its own
mirror image and back has not turned round in between.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pose_tracking_ros.blazepose import saved_state
from pose_tracking_ros.blazepose.landmarker import PredictedLandmarks
from pose_tracking_ros.blazepose.skeleton import Skeleton
from pose_tracking_ros.blazepose.stamps import MAX_STAMP_NS

# Maximum ratio of the distances of the exchanged and the predicted pose from the previous one.
# Values from 0.5 to 0.8 give the same result on clips with known truth.
_MAX_RATIO = 0.7

# Seconds after which the model's sides are accepted in any case.
_MAX_TRUST = 2.0


class SideKeeper:
    """
    Keep left and right of a tracked body as in the previous image.

    Each image in which the model agrees with the kept sides raises the trust in them by the time
    since the previous image; each other image lowers it by as much. At zero the model's sides are
    accepted.

    :param skeleton: what the landmarks mean
    """

    def __init__(self, skeleton: Skeleton) -> None:
        self._limb_indices = np.array(skeleton.limbs)
        self._mirrored = np.array(skeleton.mirrored)
        self.reset()

    def reset(self) -> None:
        """Clear the state."""
        self._limbs: np.ndarray | None = None
        self._stamp_ns = 0
        self._trust = 0.0

    def __call__(
        self, prediction: PredictedLandmarks, size: tuple[int, int], stamp_ns: int
    ) -> PredictedLandmarks:
        """
        Return the prediction, with left and right exchanged if they are wrong.

        :param prediction: the output of the landmark model
        :param size: width and height of the image in pixels
        :param stamp_ns: time of the image in nanoseconds, not before the previous one
        """
        # Complex numbers: the magnitude of a difference is a distance.
        limbs = (prediction.landmarks[self._limb_indices, :2] * size).view(np.complex128)[:, 0]
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
        return self._exchanged(prediction) if exchange else prediction

    def _exchanged(self, prediction: PredictedLandmarks) -> PredictedLandmarks:
        mirrored, world = self._mirrored, prediction.world_landmarks
        return replace(
            prediction,
            landmarks=prediction.landmarks[mirrored],
            world_landmarks=world[mirrored] if len(world) else world,
            inside_region=prediction.inside_region[mirrored],
        )

    def state(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return {
            'limbs': saved_state.optional_array_text(self._limbs),
            'stamp_ns': self._stamp_ns,
            'trust': self._trust,
        }

    def restore(self, state: Any) -> None:
        """Restore a state."""
        fields = saved_state.fields(state, 'limbs', 'stamp_ns', 'trust')
        limbs = saved_state.array((len(self._limb_indices),), np.complex128)
        self._limbs = saved_state.optional(limbs)(fields['limbs'])
        self._stamp_ns = saved_state.integer(-MAX_STAMP_NS, MAX_STAMP_NS)(fields['stamp_ns'])
        self._trust = saved_state.number(0.0, _MAX_TRUST)(fields['trust'])
