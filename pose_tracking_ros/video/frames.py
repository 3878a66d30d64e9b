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
"""Returns uint8 (H, W, 3) BGR; raises an ImageDecodingError if it cannot be decoded."""


class VideoError(RuntimeError):
    """A video cannot be opened or holds no frame; the message has the reason."""


@dataclass(eq=False)
class VideoFrame:
    """
    One frame of a video.

    :param index: counts the frames from 0, through all repeats
    :param stamp_ns: time since the first frame in nanoseconds, strictly increasing
    :param decode: returns its image
    """

    index: int
    stamp_ns: int
    decode: Decode

    @cached_property
    def image(self) -> np.ndarray:
        """
        Return the image, upright and with square pixels: uint8 (H, W, 3) BGR.

        :raises ImageDecodingError: if it cannot be decoded, or is too large
        """
        return self.decode()
