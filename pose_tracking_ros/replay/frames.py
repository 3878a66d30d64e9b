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

"""The analysis result of an image."""

from __future__ import annotations

from dataclasses import dataclass

from pose_tracking_ros.activities import ActivityResult
from pose_tracking_ros.blazepose import Pose, PoseTrackerResult

_NOTHING = ActivityResult()


@dataclass(frozen=True, eq=False)
class AnalysedFrame:
    """
    An image of a recording after its analysis.

    :param index: number of the image, from 0
    :param stamp_ns: its stamp in nanoseconds
    :param received_ns: its time of recording in nanoseconds
    :param frame_id: the optical frame of its camera
    :param size: width and height in pixels, 0 if it could not be decoded
    :param result: result of the tracker, empty if it could not be decoded
    :param problem: the reason if it could not be decoded, else empty
    :param depth_problem: the reason for missing depth, empty if there is depth or none requested
    :param thumbnail: a small annotated image as JPEG; empty for most images
    :param activities: activities of the people, one for each pose; empty in a journal
    """

    index: int
    stamp_ns: int
    received_ns: int
    frame_id: str
    size: tuple[int, int]
    result: PoseTrackerResult
    problem: str = ''
    thumbnail: bytes = b''
    depth_problem: str = ''
    activities: ActivityResult = _NOTHING

    @property
    def poses(self) -> tuple[Pose, ...]:
        """Return the poses, the main person first."""
        return self.result.poses
