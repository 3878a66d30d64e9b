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

"""Pixels of frames decoded by FFmpeg."""

from __future__ import annotations

import av
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
import numpy as np

from pose_tracking_ros.image_decoding import ImageDecodingError
from pose_tracking_ros.video.damage import READ_ERRORS


def bgr_pixels(
    frame: av.VideoFrame, width: int, height: int, reformatter: VideoReformatter
) -> np.ndarray:
    """
    Return the pixels of a frame, in the colours of OpenCV and MediaPipe: BT.601 at all sizes.

    :param width: to scale to, in pixels
    :param height: to scale to, in pixels
    :param reformatter: reused for frames of the same video
    :return: uint8 (height, width, 3) BGR
    :raises ImageDecodingError: if its format cannot be converted
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
    # No copy of contiguous rows.
    pixels = np.frombuffer(plane, np.uint8, plane.line_size * height)
    return pixels.reshape(height, width, 3)
