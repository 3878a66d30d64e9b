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

"""What the tracker answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pose_tracking_ros.blazepose.topology import FULL_BODY, Topology, UPPER_BODY


@dataclass(frozen=True, eq=False)
class Pose:
    """
    The pose of one person in one image.

    :param landmarks: float32 (33, 5), upper body (25, 5): x and y in units of the image width and
        height, origin at the top left; z in units of the image width, origin mid-hips, smaller is
        nearer, NaN for the upper body; visibility and presence in [0, 1]. The position of a
        landmark that min_landmark_visibility drops is NaN, here and in the world
    :param world_landmarks: float32 (33, 3): x right, y down, z forward in metres, origin mid-hips,
        axes parallel to the camera's optical frame; (0, 3) for the upper body
    :param inside_image: bool (33,), upper body (25,): which landmarks lie inside the image
    :param inside_region: bool (33,), upper body (25,): which lie inside the region; the landmark
        model has not seen the place of the others
    :param score: probability in [0, 1] that a body is in the region, from the landmark model
    :param roi: float64 (5,): the region the landmark model looked at: centre x, centre y, width,
        height in units of the image width and height, clockwise rotation in radians
    :param detector_ran: whether the person detector ran on this image
    :param track_id: rises by one whenever the detector finds a body anew, starts at 1
    :param segmentation_mask: float32 (H, W) in [0, 1], 1 on the person, or None when it was not
        asked for
    """

    landmarks: np.ndarray
    world_landmarks: np.ndarray
    inside_image: np.ndarray
    inside_region: np.ndarray
    score: float
    roi: np.ndarray
    detector_ran: bool
    track_id: int
    segmentation_mask: np.ndarray | None = None

    @property
    def topology(self) -> Topology:
        """Return the names and connections of the landmarks."""
        return FULL_BODY if len(self.landmarks) == len(FULL_BODY.landmarks) else UPPER_BODY


@dataclass(frozen=True, eq=False)
class FrameReport:
    """
    What happened on one image, with a person in it or without.

    :param detector_ran: whether the person detector ran
    :param score: probability in [0, 1] that a body is in the region, NaN when the landmark model
        did not run because there was no region
    :param roi: float64 (5,): the region as in :class:`Pose`, NaN when there was none
    """

    detector_ran: bool
    score: float
    roi: np.ndarray
