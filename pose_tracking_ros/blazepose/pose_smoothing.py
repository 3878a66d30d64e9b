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

"""Smooth the landmarks of a pose, and its region of interest."""

from __future__ import annotations

from typing import Any

import numpy as np

from pose_tracking_ros.blazepose import saved_state
from pose_tracking_ros.blazepose.landmarker import PredictedLandmarks
from pose_tracking_ros.blazepose.pipelines import body_circle_diameter, Pipeline
from pose_tracking_ros.blazepose.smoothing import LowPassFilter, one_euro_constants, OneEuroFilter

_VISIBILITY_ALPHA = 0.1

# In pixels: keeps the speed of a body of size zero finite.
_MIN_OBJECT_SIZE = 1e-6

# Diameter of the body circle in metres: the ratio of MediaPipe's betas for the image (80) and for
# the world (40).
_WORLD_OBJECT_SIZE = 2.0


class PoseSmoother:
    """
    The filters of one tracked body.

    The region is always filtered as in MediaPipe, so that smoothing does not affect tracking.

    :param pipeline: with MediaPipe's filters
    :param smoothing: the option of that name
    :raises ValueError: if there is no such smoothing
    """

    def __init__(self, pipeline: Pipeline, smoothing: str) -> None:
        constants = one_euro_constants(smoothing)
        self._smooth_landmarks = smoothing != 'off'
        self._smooth_alignment = self._smooth_landmarks or pipeline.always_filter_alignment
        if constants is None:
            self._landmark_filter = pipeline.landmark_filter()
            self._landmark_size = pipeline.object_size
            self._world_filter = pipeline.world_filter()
            self._world_scale = 1.0
        else:
            self._landmark_filter = OneEuroFilter(constants)
            self._landmark_size = body_circle_diameter
            self._world_filter = OneEuroFilter(constants)
            self._world_scale = 1 / _WORLD_OBJECT_SIZE
        self._alignment_filter = pipeline.alignment_filter()
        self._alignment_size = pipeline.object_size
        self._visibility_filter = LowPassFilter(_VISIBILITY_ALPHA)

    def lose(self) -> None:
        """
        Reset the filters of image coordinates.

        As in MediaPipe, the filters of world landmarks and visibilities continue with the next
        body.
        """
        self._landmark_filter.reset()
        self._alignment_filter.reset()

    def __call__(
        self, prediction: PredictedLandmarks, size: tuple[int, int], stamp_ns: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """
        Return the filtered landmarks, world landmarks and alignment points of a prediction.

        :param prediction: the output of the landmark model
        :param size: width and height of the image in pixels
        :param stamp_ns: time of the image in nanoseconds
        """
        width, height = size
        pixels = prediction.landmarks[:, :3] * (width, height, width)
        alignment = prediction.alignment_points * size
        landmarks, world_landmarks = prediction.landmarks, prediction.world_landmarks
        if self._smooth_landmarks:
            scale = _scale(self._landmark_size(pixels, alignment))
            landmarks = landmarks.copy()
            landmarks[:, :3] = self._landmark_filter(pixels, stamp_ns, scale)
            landmarks[:, :3] /= (width, height, width)
            landmarks[:, 3] = self._visibility_filter(landmarks[:, 3])
            world_landmarks = self._world_filter(world_landmarks, stamp_ns, self._world_scale)
        if self._smooth_alignment:
            scale = _scale(self._alignment_size(alignment, alignment))
            alignment = self._alignment_filter(alignment, stamp_ns, scale)
        return landmarks, world_landmarks, alignment / size

    def _filters(self) -> dict[str, Any]:
        return {
            'landmarks': self._landmark_filter,
            'world_landmarks': self._world_filter,
            'alignment_points': self._alignment_filter,
            'visibility': self._visibility_filter,
        }

    def state(self) -> dict[str, Any]:
        """Return the state of all filters as plain values."""
        return {name: kept.state() for name, kept in self._filters().items()}

    def restore(self, state: Any, count: int, world_count: int) -> None:
        """
        Restore the state of a smoother with the same smoothing.

        :param state: from :meth:`state`
        :param count: number of landmarks
        :param world_count: number of world landmarks
        :raises ValueError: if the state is not valid
        """
        shapes = {
            'landmarks': (count, 3),
            'world_landmarks': (world_count, 3),
            'alignment_points': (2, 2),
            'visibility': (count,),
        }
        fields = saved_state.fields(state, *shapes)
        for name, kept in self._filters().items():
            kept.restore(fields[name], shapes[name])


def _scale(object_size: float) -> float:
    return 1 / max(object_size, _MIN_OBJECT_SIZE)
