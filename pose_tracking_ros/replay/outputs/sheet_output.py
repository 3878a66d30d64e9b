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

"""Write a contact sheet of annotated images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pose_tracking_ros.blazepose import Pose
from pose_tracking_ros.drawing import PoseAnnotator
from pose_tracking_ros.messages import bgr_copy
from pose_tracking_ros.replay.frames import AnalysedFrame
from pose_tracking_ros.video.contact_sheet import ContactSheet


class SheetOutput:
    """
    A contact sheet, written at the end.

    :param path: the .png file
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sheet = ContactSheet()
        self._annotator = PoseAnnotator(color_order='bgr')
        self._first_ns: int | None = None

    def write(self, frame: AnalysedFrame, rgb: np.ndarray | None) -> None:
        """Append an image: see :class:`Output`."""
        if rgb is None:
            return
        if self._first_ns is None:
            self._first_ns = frame.stamp_ns
        seconds = (frame.stamp_ns - self._first_ns) / 1e9
        self._sheet.add(seconds, lambda: self._drawn(rgb, frame.poses))

    def close(self) -> None:
        """Write the file, if there are images."""
        self._sheet.save(self._path)

    def abort(self) -> None:
        """Do nothing: nothing was written."""

    def _drawn(self, rgb: np.ndarray, poses: Sequence[Pose]) -> np.ndarray:
        return self._annotator.annotate(bgr_copy(rgb), poses)
