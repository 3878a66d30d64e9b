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

"""Frames of clips, decoded and resized before the measurement."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from pose_tracking_ros.sample_data import sample_path
from pose_tracking_ros.video.source import VideoSource

CLIPS = ('pose2sim_cam01.mp4', 'pose2sim_cam04.mp4', 'sports2d_demo.mp4')


@dataclass(frozen=True)
class Frames:
    """
    Frames of a clip.

    :param name: of the clip
    :param path: a file of RGB images, one after the other without gaps
    :param size: width and height of each in pixels
    :param count: number of frames
    """

    name: str
    path: Path
    size: tuple[int, int]
    count: int

    def load(self) -> np.ndarray:
        """Return all frames as uint8 (count, H, W, 3), RGB."""
        width, height = self.size
        return np.fromfile(self.path, np.uint8).reshape(-1, height, width, 3)


def prepare(clip: Path, count: int, size: tuple[int, int] | None, folder: Path) -> Frames:
    """
    Write the first frames of a clip into a file.

    :param clip: the video
    :param count: number of frames; fewer if the clip is shorter
    :param size: width and height to fit the frames into; None keeps their own
    :param folder: of the file
    """
    path = folder / f'{clip.stem}_{"own" if size is None else f"{size[0]}x{size[1]}"}.rgb'
    written = 0
    with path.open('wb') as file:
        for frame in islice(VideoSource(str(clip)), count):
            image = frame.image if size is None else fit(frame.image, size)
            file.write(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
            written += 1
    return Frames(clip.stem, path, image.shape[1::-1], written)


def fit(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """
    Scale a whole image into another size, keeping its aspect ratio, with black borders.

    :param image: uint8 (H, W, 3)
    :param size: width and height of the result in pixels
    """
    width, height = size
    scale = min(width / image.shape[1], height / image.shape[0])
    inner = round(image.shape[1] * scale), round(image.shape[0] * scale)
    scaled = cv2.resize(
        image, inner, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    result = np.zeros((height, width, 3), np.uint8)
    result[top : top + inner[1], left : left + inner[0]] = scaled
    return result


def sample_clips() -> list[Path]:
    """Return the default clips."""
    return [sample_path(name) for name in CLIPS]
