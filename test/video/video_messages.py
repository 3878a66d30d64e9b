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

"""Packets of video for the tests, and the messages that they travel in."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import av
import numpy as np

GOP = 6
"""Packets from one key frame to the next."""

BRIGHTNESS_STEP = 10

CODECS = ('h264', 'h264 with B-frames', 'h265', 'h265 with B-frames')

_ENCODERS = {
    'h264': ('libx264', {'tune': 'zerolatency'}),
    'h264 with B-frames': ('libx264', {'bf': '2'}),
    'h265': ('libx265', {'tune': 'zerolatency', 'x265-params': 'bframes=0:log-level=none'}),
    'h265 with B-frames': ('libx265', {'x265-params': 'bframes=2:log-level=none'}),
}


def textured_images(count: int = 2 * GOP, width: int = 64, height: int = 48) -> list[np.ndarray]:
    """Return images (H, W, 3) of which each is brighter than the one before."""
    texture = np.random.default_rng(0).integers(-30, 30, (height, width, 3))
    return [(texture + 40 + BRIGHTNESS_STEP * index).astype(np.uint8) for index in range(count)]


def number_of(image: np.ndarray) -> int:
    """Return which of these images one is."""
    return round((image.mean() - 40) / BRIGHTNESS_STEP)


def encode(images: Sequence[np.ndarray], codec: str = 'h264', gop: int = GOP) -> list[bytes]:
    """Return the packets of images (H, W, 3) BGR in the order in which an encoder sends them."""
    encoder, options = _ENCODERS[codec]
    context = av.CodecContext.create(encoder, 'w')
    context.height, context.width = images[0].shape[:2]
    context.pix_fmt, context.time_base, context.framerate = 'yuv420p', Fraction(1, 25), 25
    context.gop_size = gop
    context.options = options
    packets = []
    for index, image in enumerate(images):
        frame = av.VideoFrame.from_ndarray(image, 'bgr24')
        frame.pts, frame.time_base = index, context.time_base
        packets += context.encode(frame)
    packets += context.encode(None)
    return [bytes(packet) for packet in packets]


def foxglove_message(data: bytes, codec: str = 'h264', stamp: Any = None) -> SimpleNamespace:
    """Return what has the fields of a foxglove_msgs/CompressedVideo."""
    return SimpleNamespace(timestamp=stamp, frame_id='camera', data=data, format=codec[:4])


def ffmpeg_message(
    data: bytes, codec: str = 'h264', header: Any = None, encoding: str = ''
) -> SimpleNamespace:
    """Return what has the fields of an ffmpeg_image_transport_msgs/FFMPEGPacket."""
    encoding = encoding or {'h264': 'libx264', 'h265': 'hevc'}[codec[:4]]
    return SimpleNamespace(
        header=header, width=0, height=0, encoding=encoding, pts=0, flags=0, is_bigendian=False,
        data=data,
    )
