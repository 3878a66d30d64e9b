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

"""The error of an image that is not decoded, and the limits of its size."""

from __future__ import annotations

MAX_IMAGE_PIXELS = 2**26
"""Default maximum number of pixels: twice those of 8K (7680x4320), 192 MiB as RGB."""

MAX_SIDE = 32766
"""Maximum side in pixels: the limit of remap of OpenCV (SHRT_MAX)."""


class ImageDecodingError(ValueError):
    """
    An image message is invalid, or of an encoding that is not accepted.

    :param reason: the fault in a word or two, by which rejected images are counted
    :param message: describes the image, and what is accepted
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def check_size(came: str, width: int, height: int, max_pixels: int) -> None:
    """
    Check that an image is neither empty nor too large.

    :param came: description of the image for the error, with its size
    :param width: its width in pixels
    :param height: its height in pixels
    :param max_pixels: maximum number of pixels
    :raises ImageDecodingError: if it has no pixels or too many
    """
    if width < 1 or height < 1:
        raise ImageDecodingError('no pixels', f'{came} has no pixels')
    if max(width, height) > MAX_SIDE:
        raise ImageDecodingError(
            'too large', f'{came} is too large, accepted are sides up to {MAX_SIDE} pixels'
        )
    if width * height > max_pixels:
        raise ImageDecodingError(
            'too large',
            f'{came} is too large: it has {width * height} pixels, accepted are up to '
            f'{max_pixels} (max_image_pixels)',
        )
