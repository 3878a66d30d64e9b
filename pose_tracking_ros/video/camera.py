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

"""A camera of this machine."""

from __future__ import annotations

from collections.abc import Iterator
import re
import time

import cv2

from pose_tracking_ros.video.frames import Decode, VideoError

_FALLBACK_RATE = 30.0  # frames per second of a camera that does not report its rate


def camera_index(name: str) -> int | None:
    """Return the index of the camera that a text names, None if it names no camera."""
    found = re.fullmatch(r'(?:/dev/video)?(\d+)', name, re.ASCII)
    return int(found[1]) if found else None


class Camera:
    """
    A camera, which has no end.

    :param index: its index, on Linux that of ``/dev/video0`` and so on
    :raises VideoError: if it cannot be opened, or delivers no image
    """

    expected_frames = None
    damage = ''

    def __init__(self, index: int) -> None:
        self._capture = cv2.VideoCapture(index)
        if not self._capture.isOpened():
            raise VideoError(f'camera {index} cannot be opened: on Linux it is /dev/video{index}')
        is_read, image = self._capture.read()
        if not is_read:
            self.close()
            raise VideoError(f'camera {index} gives no image: is another program using it?')
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.rate = rate if 1 <= rate <= 1000 else _FALLBACK_RATE
        self.size = image.shape[1], image.shape[0]

    def frames(self) -> Iterator[tuple[int, Decode]]:
        """Yield the time of arrival of each frame in nanoseconds, and its image."""
        while True:
            is_read, image = self._capture.read()
            if not is_read:
                return
            yield time.monotonic_ns(), lambda image=image: image

    def close(self) -> None:
        """Release the camera."""
        self._capture.release()
