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

"""Write annotated images: a video, and a contact sheet."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import av.error
import numpy as np

from pose_tracking_ros.blazepose import Pose
from pose_tracking_ros.drawing import PoseAnnotator
from pose_tracking_ros.messages import bgr_copy
from pose_tracking_ros.replay.frames import AnalysedFrame
from pose_tracking_ros.replay.problems import ProblemKind, Problems
from pose_tracking_ros.video.annotated_video import AnnotatedVideo
from pose_tracking_ros.video.contact_sheet import ContactSheet

_ANNOTATOR = PoseAnnotator(color_order='bgr')

_LAST_FRAME_RATE = 30.0
"""Determines the duration of the last frame."""


class VideoOutput:
    """
    A video of the annotated images, written frame by frame.

    :param path: the .mp4 file
    :param problems: counts images that do not fit into the video
    """

    def __init__(self, path: Path, problems: Problems) -> None:
        self._path = path
        self._video = AnnotatedVideo(path, _LAST_FRAME_RATE)
        self._problems = problems

    def write(self, frame: AnalysedFrame, rgb: np.ndarray | None) -> None:
        """Append an image: see :class:`Output`."""
        if rgb is None:
            return
        image = _annotated(rgb, frame.poses)
        try:
            self._video.write(image, frame.stamp_ns)
        except av.error.FFmpegError:
            raise  # some are also a ValueError
        except ValueError as error:
            self._problems.add(ProblemKind.NOT_IN_VIDEO, f'image {frame.index}: {error}')

    def close(self) -> None:
        """Finish the file."""
        self._video.close()

    def abort(self) -> None:
        """Remove the file: players cannot open it without its end."""
        with suppress(OSError, av.error.FFmpegError):
            self._video.close()
        self._path.unlink(missing_ok=True)


class SheetOutput:
    """A contact sheet as PNG, written at the end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sheet = ContactSheet()
        self._first_ns: int | None = None

    def write(self, frame: AnalysedFrame, rgb: np.ndarray | None) -> None:
        """Append an image: see :class:`Output`."""
        if rgb is None:
            return
        if self._first_ns is None:
            self._first_ns = frame.stamp_ns
        seconds = (frame.stamp_ns - self._first_ns) / 1e9
        self._sheet.add(seconds, lambda: _annotated(rgb, frame.poses))

    def close(self) -> None:
        """Write the file, if there are images."""
        self._sheet.save(self._path)

    def abort(self) -> None:
        """Do nothing: nothing was written."""


def _annotated(rgb: np.ndarray, poses: Sequence[Pose]) -> np.ndarray:
    return _ANNOTATOR.annotate(bgr_copy(rgb), poses)
