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


"""What an analysis finds in an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pose_tracking_ros.blazepose import FrameReport, Pose

NOTHING_SEEN = FrameReport(detector_ran=False, score=np.nan, roi=np.full(5, np.nan))
"""What the tracker reports of an image that it was not given."""


@dataclass(frozen=True, eq=False)
class AnalysedFrame:
    """
    An image of a recording after its analysis.

    :param index: counts the images, from 0
    :param stamp_ns: when it was taken, in nanoseconds
    :param received_ns: when it was recorded, in nanoseconds
    :param frame_id: the optical frame of its camera
    :param size: width and height in pixels, 0 where it could not be decoded
    :param pose: the person in it, if any
    :param report: what the tracker did
    :param problem: why it could not be decoded, empty where it could
    :param thumbnail: the image with the pose, small, as JPEG; empty for most images
    """

    index: int
    stamp_ns: int
    received_ns: int
    frame_id: str
    size: tuple[int, int]
    pose: Pose | None
    report: FrameReport
    problem: str = ''
    thumbnail: bytes = b''
