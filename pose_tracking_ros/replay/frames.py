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

from pose_tracking_ros.activities import ActivityResult
from pose_tracking_ros.blazepose import Pose, PoseTrackerResult

_NOTHING = ActivityResult()


@dataclass(frozen=True, eq=False)
class AnalysedFrame:
    """
    An image of a recording after its analysis.

    :param index: counts the images, from 0
    :param stamp_ns: when it was taken, in nanoseconds
    :param received_ns: when it was recorded, in nanoseconds
    :param frame_id: the optical frame of its camera
    :param size: width and height in pixels, 0 where it could not be decoded
    :param result: what the tracker found in it, nothing where it could not be decoded
    :param problem: why it could not be decoded, empty where it could
    :param depth_problem: why no depth was measured, empty where it was or was not asked for
    :param thumbnail: the image with the people, small, as JPEG; empty for most images
    :param activities: what the people do, one activity for each pose; nothing in a journal
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
        """Return the people in it, the main person first."""
        return self.result.poses
