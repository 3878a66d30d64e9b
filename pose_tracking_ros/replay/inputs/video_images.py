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

"""The images of a video file, or numbered image files."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any

from pose_tracking_ros.blazepose import CameraModel
from pose_tracking_ros.replay.inputs.images import SourceError, StampedImage, Window
from pose_tracking_ros.replay.problems import ProblemKind, Problems
from pose_tracking_ros.video.frames import VideoError, VideoFrame
from pose_tracking_ros.video.source import VideoSource


class VideoImages:
    """
    A video as a recording, with stamps since its first frame.

    :param path: a video file, a folder of numbered images, or an image
    :param image_rate: numbers per second of numbered images
    :raises SourceError: if it cannot be opened, or has no frame
    """

    topic = ''
    camera_info: dict[str, Any] | None = None
    camera: CameraModel | None = None
    depth_topic = ''

    def __init__(self, path: Path, problems: Problems, image_rate: float, max_pixels: int) -> None:
        self.name = path.stem
        self._path = path
        self._problems = problems
        try:
            # A path with a folder in front is never the index of a camera.
            self._video = VideoSource(
                path.absolute(), image_rate=image_rate, max_pixels=max_pixels
            )
        except VideoError as error:
            raise SourceError(str(error)) from error

    @property
    def seconds(self) -> float | None:
        """Return the approximate duration, None if unknown."""
        frames = self._video.expected_frames
        return None if frames is None else frames / self._video.rate

    def expected_images(self, window: Window) -> int | None:
        """Return the approximate number of images in a window, None if unknown."""
        if self.seconds is None:
            return None
        end = min(self.seconds, window.end)
        return max(0, round((end - window.start) * self._video.rate)) // window.every

    def images(self, window: Window) -> Iterator[StampedImage]:
        """Yield the images of a window in the order of their recording."""
        start_ns = round(window.start * 1e9)
        end_ns = inf if window.end == inf else round(window.end * 1e9)
        number = -1
        frames = iter(self._video)
        try:
            for frame in frames:
                if frame.stamp_ns >= end_ns:
                    return
                if frame.stamp_ns >= start_ns:
                    number += 1
                    if number % window.every == 0:
                        yield _stamped(number // window.every, frame)
        except VideoError as error:
            raise SourceError(str(error)) from error  # the file was removed
        finally:
            frames.close()
            if self._video.damage:
                self._problems.add(
                    ProblemKind.DAMAGED_FILE, f'{self._path.name} {self._video.damage}'
                )


def _stamped(index: int, frame: VideoFrame) -> StampedImage:
    """Return a frame as an image of a recording."""
    return StampedImage(
        index, frame.stamp_ns, frame.stamp_ns, '', lambda: frame.image[:, :, ::-1]
    )
