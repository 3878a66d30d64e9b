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

"""Rotation and reflection of the frames of a video for display."""

from __future__ import annotations

from dataclasses import dataclass
import struct

import cv2
import numpy as np


@dataclass(frozen=True)
class Orientation:
    """
    A rotation by right angles, or a reflection, or both.

    :param transpose: whether rows become columns, before the flips
    :param flip_x: whether left and right are exchanged
    :param flip_y: whether top and bottom are exchanged
    """

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @classmethod
    def from_display_matrix(cls, matrix: bytes) -> Orientation:
        """
        Return the orientation that is nearest to a display matrix.

        :param matrix: that of FFmpeg, as in the track header of ISO/IEC 14496-12: nine int32
            a, b, u, c, d, v, x, y, w, by which a pixel is shown at (a x + c y, b x + d y)
        """
        a, b, _, c, d = struct.unpack('=5i', bytes(matrix)[:20])
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(False, a < 0, d < 0)
        return cls(True, c < 0, b < 0)

    def apply(self, image: np.ndarray) -> np.ndarray:
        """
        Return an image as it is to be shown.

        :param image: uint8 (H, W, 3)
        :returns: uint8 (H, W, 3), (W, H, 3) where it is transposed, without gaps between rows
        """
        if self.transpose:
            image = cv2.transpose(image)
        if self.flip_x:
            image = cv2.flip(image, 1)
        return cv2.flip(image, 0) if self.flip_y else image
