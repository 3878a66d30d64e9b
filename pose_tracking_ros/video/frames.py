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

"""A frame of a video."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

Decode = Callable[[], np.ndarray]
"""Returns uint8 (H, W, 3) BGR; raises an ImageDecodingError when that is impossible."""


class VideoError(RuntimeError):
    """A video cannot be opened or holds no frame; the message tells the user why."""


@dataclass(eq=False)
class VideoFrame:
    """
    One frame of a video.

    :param index: counts the frames of the video from 0, on through repeats
    :param stamp_ns: time since the first frame in nanoseconds, on through repeats; rises strictly
    :param decode: what makes its image
    """

    index: int
    stamp_ns: int
    decode: Decode

    @cached_property
    def image(self) -> np.ndarray:
        """
        Return the image, upright and with square pixels: uint8 (H, W, 3) BGR.

        :raises ImageDecodingError: when it cannot be decoded, or is too large
        """
        return self.decode()
