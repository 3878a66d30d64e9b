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

"""Frames and their times from a video file, images or a camera."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from math import inf
from pathlib import Path

from pose_tracking_ros.image_decoding import MAX_IMAGE_PIXELS
from pose_tracking_ros.video.camera import Camera, camera_index
from pose_tracking_ros.video.frames import VideoError, VideoFrame
from pose_tracking_ros.video.image_series import DEFAULT_RATE, IMAGE_SUFFIXES, ImageSeries
from pose_tracking_ros.video.video_file import VideoFile

__all__ = ['VideoError', 'VideoFrame', 'VideoSource']


class VideoSource:
    """
    A video file, image files or a camera, to iterate over once; a context manager.

    Images are as in a player: oriented by the metadata of the file, with square pixels.

    :param video: path of a video file, of a folder with numbered images or of an image; or a
        camera, by its index such as ``0`` or by its name such as ``/dev/video0``
    :param repeat: how many times a file is played; after the end it goes on at its beginning. A
        camera has no end and ignores it
    :param max_rate: maximum frames per second, evenly spread over a faster video; 0 takes all
    :param image_rate: numbers per second of numbered images
    :param max_pixels: maximum number of pixels of an image in a file
    :raises VideoError: if there is no such file or camera, or nothing in it can be decoded
    :raises ValueError: when repeat is less than 1, max_rate less than 0, or image_rate not more
    """

    def __init__(
        self,
        video: str | Path,
        repeat: int = 1,
        max_rate: float = 0.0,
        image_rate: float = DEFAULT_RATE,
        max_pixels: int = MAX_IMAGE_PIXELS,
    ) -> None:
        if repeat < 1:
            raise ValueError(f'repeat is {repeat}, accepted is 1 or more')
        if max_rate < 0:
            raise ValueError(f'max_rate is {max_rate}, accepted is 0 or more')
        if not 0 < image_rate < inf:
            raise ValueError(f'image_rate is {image_rate}, accepted is more than 0')
        self.name = str(video)
        self.left_out = 0
        self._clip = _open(self.name, image_rate, max_pixels)
        self.is_camera = isinstance(self._clip, Camera)
        self._passes = 1 if self.is_camera else repeat
        self._max_rate = max_rate
        self.rate = self._clip.rate
        self.width, self.height = self._clip.size

    @property
    def expected_frames(self) -> int | None:
        """Return the declared number of frames over all repeats; None for a camera."""
        frames = self._clip.expected_frames
        return None if frames is None else frames * self._passes

    @property
    def damage(self) -> str:
        """Return the damage found so far in a file, empty without any."""
        return self._clip.damage

    def __iter__(self) -> Iterator[VideoFrame]:
        """
        Yield the frames; those of a camera come in real time, those of a file at once.

        Counts those that are skipped for the sake of ``max_rate`` in ``left_out``.
        """
        period_ns = round(1e9 / self.rate)
        gap_ns = round(1e9 / self._max_rate) if self._max_rate else 0
        index, stamp_ns, next_ns = 0, -period_ns, 0
        for _ in range(self._passes):
            first_stamp_ns, origin_ns = stamp_ns + period_ns, None
            with closing(self._clip.frames()) as frames:
                for position_ns, decode in frames:
                    if origin_ns is None:
                        origin_ns = position_ns
                    # Files without times have none, or the same one for every frame.
                    told_ns = stamp_ns
                    if position_ns is not None:
                        told_ns = first_stamp_ns + position_ns - origin_ns
                    stamp_ns = told_ns if told_ns > stamp_ns else stamp_ns + period_ns
                    # A tolerance for times rounded to milliseconds.
                    if gap_ns and stamp_ns < next_ns - period_ns // 4:
                        self.left_out += 1
                    else:
                        next_ns = max(next_ns, stamp_ns - gap_ns) + gap_ns
                        yield VideoFrame(index, stamp_ns, decode)
                    index += 1

    def close(self) -> None:
        """Let a camera go."""
        if isinstance(self._clip, Camera):
            self._clip.close()

    def __enter__(self) -> VideoSource:
        """Return the source."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let a camera go."""
        self.close()


def _open(name: str, image_rate: float, max_pixels: int) -> VideoFile | ImageSeries | Camera:
    """Open a video; raise a VideoError if that fails."""
    index = camera_index(name)
    if index is not None:
        return Camera(index)
    if '://' in name:
        raise VideoError(
            f'{_without_credentials(name)} is a stream, accepted are files and cameras: record '
            'it first, as with ffmpeg -i URL -c copy walk.mkv, or let a camera driver publish it'
        )
    path = Path(name)
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        return ImageSeries(path, image_rate, max_pixels)
    if path.exists() and not path.is_file():
        raise VideoError(
            f'{name} is a device and not a file: use the index of the camera, 0 for /dev/video0'
        )
    return VideoFile(path, max_pixels)


def _without_credentials(url: str) -> str:
    """Return a URL without user, password and parameters."""
    scheme, _, rest = url.partition('://')
    return f'{scheme}://{rest.partition("?")[0].rpartition("@")[2]}'
