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

"""Damaged videos, each made from a seed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np

from fuzzing.recordings import check_says_why, damage
from pose_tracking_ros.image_decoding import ImageDecodingError
from pose_tracking_ros.video.source import VideoError, VideoSource
from video.clips import noise_images, write_clip

_CODECS = {
    '.mp4': ('libx264', {}),
    '.mov': ('mpeg4', {}),
    '.mkv': ('libx265', {}),
    '.webm': ('libvpx-vp9', {}),
    '.avi': ('mpeg4', {}),
    '.ts': ('libx264', {}),
    '.mpg': ('mpeg2video', {}),
    '.flv': ('flv1', {'container_format': 'flv'}),
    '.wmv': ('wmv2', {}),
    '.nut': ('mpeg4', {}),
    '.gif': ('gif', {'pixel_format': 'rgb8'}),
    '.mjpeg': ('mjpeg', {'pixel_format': 'yuvj420p'}),
}


def mutated_video(folder: Path, seed: int) -> Path:
    """Write a damaged video into an empty folder; the same seed does the same damage."""
    random = Random(seed)
    suffix = random.choice(sorted(_CODECS))
    data = bytearray(_whole(suffix))
    for _ in range(random.choice((1, 2, 8))):
        if data:
            damage(data, random)
    path = folder / f'clip{suffix}'
    path.write_bytes(data)
    return path


def check_frames(path: Path) -> str:
    """
    Read a video.

    :return: what came of it: ``read``, ``partly`` or ``refused``
    :raises AssertionError: when a frame is no image, or a stamp does not rise
    """
    rejected, last_ns = 0, -1
    try:
        with VideoSource(path) as source:
            for frame in source:
                assert frame.stamp_ns > last_ns
                last_ns = frame.stamp_ns
                try:
                    assert frame.image.dtype == np.uint8
                except ImageDecodingError as error:
                    check_says_why(error)
                    rejected += 1
    except VideoError as error:
        check_says_why(error)
        return 'refused'
    return 'partly' if rejected or source.damage else 'read'


@cache
def _whole(suffix: str) -> bytes:
    """Return a video of a few frames."""
    codec, options = _CODECS[suffix]
    with TemporaryDirectory() as folder:
        return write_clip(
            Path(folder, f'clip{suffix}'), noise_images(6), codec, **options
        ).read_bytes()
