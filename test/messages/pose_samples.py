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

"""Poses for the tests of messages."""

from __future__ import annotations

import numpy as np

from pose_tracking_ros.blazepose import FULL_BODY, Pose, UPPER_BODY

ROI = np.array([0.4, 0.6, 1.2, 0.9, -0.3])


def random_pose(count: int = 33, mask: np.ndarray | None = None, seed: int = 0) -> Pose:
    """Return a pose of random numbers: 33 landmarks, or 25 without a world."""
    random = np.random.default_rng(seed)
    return Pose(
        skeleton=FULL_BODY if count == 33 else UPPER_BODY,
        landmarks=random.random((count, 5), np.float32),
        world_landmarks=random.random((33 if count == 33 else 0, 3), np.float32),
        inside_image=random.random(count) < 0.5,
        inside_region=random.random(count) < 0.5,
        score=0.75,
        roi=ROI,
        track_id=7,
        segmentation_mask=mask,
    )
