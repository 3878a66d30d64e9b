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

"""The pixels of the frames that FFmpeg decodes."""

from __future__ import annotations

import av
import av.error
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
import numpy as np

from pose_tracking_ros.image_decoding import ImageDecodingError

READ_ERRORS = (av.error.FFmpegError, OSError, ValueError)
"""What PyAV raises where something is damaged, or cannot be read."""


def bgr_pixels(
    frame: av.VideoFrame, width: int, height: int, reformatter: VideoReformatter
) -> np.ndarray:
    """
    Return the pixels of a frame, with the colours that OpenCV, and with it MediaPipe, gives them.

    These are by BT.601 at all sizes.

    :param width: to scale to, in pixels
    :param height: to scale to, in pixels
    :param reformatter: is reused for frames of the same video
    :return: uint8 (height, width, 3) in the order blue, green, red
    :raises ImageDecodingError: when there is no way from its format
    """
    try:
        converted = reformatter.reformat(
            frame, width, height, 'bgr24',
            src_colorspace=Colorspace.ITU601, dst_colorspace=Colorspace.ITU601,
            interpolation=Interpolation.BICUBIC,
        )
    except READ_ERRORS as error:
        raise ImageDecodingError(
            'format', f'a frame of format {frame.format.name} cannot be converted: {error}'
        ) from error
    (plane,) = converted.planes
    if plane.line_size != 3 * width:
        return converted.to_ndarray()
    # Not copied, where rows are dense.
    pixels = np.frombuffer(plane, np.uint8, plane.line_size * height)
    return pixels.reshape(height, width, 3)
