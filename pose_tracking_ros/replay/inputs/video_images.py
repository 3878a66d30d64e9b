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


"""The images of a video file."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

from pose_tracking_ros.replay.inputs.images import SourceError, StampedImage, Window
from pose_tracking_ros.replay.problems import ProblemKind, Problems
from pose_tracking_ros.video.source import VideoError, VideoSource

VIDEO_SUFFIXES = ('.mp4', '.mkv', '.avi', '.mov', '.webm', '.m4v')


class VideoImages:
    """
    A video as a recording: its stamps are the times since its first frame.

    :param path: the file
    :param problems: where to count what is missing
    :raises SourceError: when it cannot be opened, or holds no frame
    """

    topic = ''
    camera_info: dict[str, Any] | None = None

    def __init__(self, path: Path, problems: Problems) -> None:
        self.name = path.stem
        self._path = path
        self._problems = problems
        try:
            with VideoSource(path) as video:
                self._frames, self._rate = video.expected_frames, video.rate
        except VideoError as error:
            raise SourceError(str(error)) from error

    def expected_images(self, window: Window) -> int | None:
        """Return about how many images there are in a part, None where that is not known."""
        if self._frames is None:
            return None
        end = min(self._frames / self._rate, window.end)
        return max(0, round((end - window.start) * self._rate)) // window.every

    def images(self, window: Window) -> Iterator[StampedImage]:
        """Yield the images of a part in the order of their recording."""
        end_ns = inf if window.end == inf else round(window.end * 1e9)
        index, number = 0, -1
        last = None
        longest_step_ns = round(1e9 / self._rate)
        with VideoSource(self._path) as video:
            for frame in video:
                if last is not None:
                    longest_step_ns = max(longest_step_ns, frame.stamp_ns - last.stamp_ns)
                last = frame
                if last.stamp_ns >= end_ns:
                    return
                if last.stamp_ns < round(window.start * 1e9):
                    continue
                number += 1
                if number % window.every == 0:
                    yield _stamped(index, last.stamp_ns, last.image)
                    index += 1
        if self._frames is None:
            return
        frames, end = 0, 0.0
        if last is not None:
            frames, end = last.index + 1, (last.stamp_ns + 2 * longest_step_ns) / 1e9
        # Of some files the number is a guess, by their duration and mean rate.
        if frames < self._frames - 1 and end < self._frames / self._rate:
            self._problems.add(
                ProblemKind.DAMAGED_FILE,
                f'{self._path.name} ends after {frames} of the {self._frames} frames that it '
                'says it has',
            )


def _stamped(index: int, stamp_ns: int, bgr: np.ndarray) -> StampedImage:
    """Return a frame as an image of a recording."""
    return StampedImage(index, stamp_ns, stamp_ns, '', lambda: bgr[:, :, ::-1])
