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

from dataclasses import replace

import numpy as np

from pose_tracking_ros.blazepose import FULL_BODY, Pose, UPPER_BODY

ROI = np.array([0.4, 0.6, 1.2, 0.9, -0.3])


def placed_pose(seed: int = 0, **fields: object) -> Pose:
    """Return a pose of random numbers whose position is known."""
    random = np.random.default_rng(seed)
    spread = random.normal(size=(3, 3))
    return replace(
        random_pose(seed=seed),
        position=random.normal(size=3) + np.array([0, 0, 3]),
        position_covariance=spread @ spread.T,
        camera_landmarks=random.normal(size=(33, 3)) + np.array([0, 0, 3]),
        landmark_sources=random.integers(0, 3, 33).astype(np.uint8),
        position_problem=None,
        **fields,
    )


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
