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

"""The tracker of this package as a measured process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from measuring_loop import serve, Track
import numpy as np

from pose_tracking_ros.blazepose import InferenceOptions, PoseTracker, PoseTrackerOptions

_PERIOD_NS = 33_333_333


def load(options: dict[str, Any]) -> tuple[Track, Callable[[], None]]:
    """Load a tracker with some options and the defaults of all others."""
    inference = {'execution_provider': 'cpu', **options.pop('inference', {})}
    tracker = PoseTracker(PoseTrackerOptions(**options), InferenceOptions(**inference))

    def track(image: np.ndarray, frame: int) -> tuple[list, bool]:
        result = tracker.process(image, frame * _PERIOD_NS)
        return [pose.landmarks[:, :2].tolist() for pose in result.poses], result.detector_ran

    return track, tracker.reset


if __name__ == '__main__':
    serve(load)
