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

"""Smooth the landmarks of a pose, and the region that follows it."""

from __future__ import annotations

import numpy as np

from pose_tracking_ros.blazepose.landmarker import PredictedLandmarks
from pose_tracking_ros.blazepose.pipelines import Pipeline
from pose_tracking_ros.blazepose.smoothing import LowPassFilter

_VISIBILITY_ALPHA = 0.1

# In pixels: keeps the speed of a body without extent finite.
_MIN_OBJECT_SIZE = 1e-6


class PoseSmoother:
    """
    The filters of one tracked body.

    :param pipeline: which filters it has
    :param smooth_landmarks: whether landmarks are filtered, or only the region
    """

    def __init__(self, pipeline: Pipeline, smooth_landmarks: bool) -> None:
        """Start without a past."""
        self._object_size = pipeline.object_size
        self._smooth_landmarks = smooth_landmarks
        self._smooth_alignment = smooth_landmarks or pipeline.always_filter_alignment
        self._landmark_filter = pipeline.landmark_filter()
        self._alignment_filter = pipeline.alignment_filter()
        self._world_filter = pipeline.world_filter()
        self._visibility_filter = LowPassFilter(_VISIBILITY_ALPHA)

    def reset(self) -> None:
        """Forget everything."""
        self.lose()
        self._world_filter.reset()
        self._visibility_filter.reset()

    def lose(self) -> None:
        """
        Forget where the body was in the image.

        World landmarks and visibilities do not depend on it: as in MediaPipe, their filters go on
        from where they were when a body is found again.
        """
        self._landmark_filter.reset()
        self._alignment_filter.reset()

    def __call__(
        self, prediction: PredictedLandmarks, size: tuple[int, int], stamp_ns: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """
        Return the filtered landmarks, world landmarks and alignment points of a prediction.

        :param prediction: what the model sees
        :param size: width and height of the image in pixels
        :param stamp_ns: time of the image in nanoseconds
        """
        width, height = size
        pixels = prediction.landmarks[:, :3] * (width, height, width)
        alignment = prediction.alignment_points * size
        landmarks, world_landmarks = prediction.landmarks, prediction.world_landmarks
        if self._smooth_landmarks:
            scale = self._scale(pixels, alignment)
            landmarks = landmarks.copy()
            landmarks[:, :3] = self._landmark_filter(pixels, stamp_ns, scale)
            landmarks[:, :3] /= (width, height, width)
            landmarks[:, 3] = self._visibility_filter(landmarks[:, 3])
            world_landmarks = self._world_filter(world_landmarks, stamp_ns)
        if self._smooth_alignment:
            scale = self._scale(alignment, alignment)
            alignment = self._alignment_filter(alignment, stamp_ns, scale)
        return landmarks, world_landmarks, alignment / size

    def _scale(self, points: np.ndarray, alignment_points: np.ndarray) -> float:
        return 1 / max(self._object_size(points, alignment_points), _MIN_OBJECT_SIZE)
