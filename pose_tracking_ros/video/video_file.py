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

"""The frames of a video file as a player shows them: upright, and with square pixels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from errno import EINVAL
from fractions import Fraction
from io import FileIO
from pathlib import Path
import re

import av
from av.codec.context import ThreadType
from av.container import InputContainer
from av.sidedata.sidedata import SideDataContainer
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Disposition
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
import numpy as np

from pose_tracking_ros.image_decoding import MAX_IMAGE_PIXELS
from pose_tracking_ros.image_decoding.limits import check_size
from pose_tracking_ros.missing_content import HEAD_SIZE, missing_content
from pose_tracking_ros.video.damage import decoder_options, has_hole, logged_errors, READ_ERRORS
from pose_tracking_ros.video.frame_pixels import bgr_pixels
from pose_tracking_ros.video.frames import Decode, VideoError
from pose_tracking_ros.video.orientation import Orientation

CONTAINERS = {
    'mov': ('.mp4', '.m4v', '.mov', '.3gp', '.3g2'),
    'matroska': ('.mkv', '.webm'),
    'avi': ('.avi',),
    'mpegts': ('.ts', '.mts', '.m2ts'),
    'mpeg': ('.mpg', '.mpeg', '.vob'),
    'mpegvideo': ('.m2v',),
    'flv': ('.flv', '.f4v'),
    'asf': ('.wmv', '.asf'),
    'ogg': ('.ogv',),
    'mxf': ('.mxf',),
    'dv': ('.dv',),
    'ivf': ('.ivf',),
    'nut': ('.nut',),
    'gif': ('.gif',),
    'apng': ('.apng',),
    'yuv4mpegpipe': ('.y4m',),
    'mjpeg': ('.mjpeg', '.mjpg'),
    'h264': ('.h264', '.264'),
    'hevc': ('.hevc', '.h265', '.265'),
}
"""
The accepted demuxers of FFmpeg, each with its file suffixes.

None of them opens other files, as the playlists of hls, dash and concat do.
"""

VIDEO_SUFFIXES = tuple(suffix for suffixes in CONTAINERS.values() for suffix in suffixes)

_DURATION_IN_HEADER = ('matroska,webm', 'flv', 'asf')
"""Containers with the duration in their header; that of others is taken from their end."""

_TS_PACKETS = (188, 192, 204)
"""Bytes of a packet of an MPEG transport stream: plain, with a time (m2ts), with parity."""

_FALLBACK_RATE = 30.0  # frames per second of a file without a declared rate

_BUFFER_SIZE = 1 << 18

_LARGE = 2**24  # pixels, twice those of 4K (3840 x 2160)


class VideoFile:
    """
    A video file.

    :param path: the file; no other file is read
    :param max_pixels: maximum number of pixels of a frame
    :raises VideoError: if it is not a video, or nothing in it can be decoded
    """

    def __init__(self, path: Path, max_pixels: int = MAX_IMAGE_PIXELS) -> None:
        self.path = path
        self._max_pixels = max_pixels
        self.damage = ''
        if not path.is_file():
            reason = 'is not a file' if path.exists() else 'does not exist'
            raise VideoError(f'{path} {reason}')
        with self._open() as (container, stream):
            rate = float(stream.average_rate or stream.guessed_rate or 0)
            self.rate = rate if 1 <= rate <= 1000 else _FALLBACK_RATE
            self._declared_frames = _declared_frames(container, stream)
            self._declared_seconds = _declared_seconds(container, stream)
            self._start_seconds = float((stream.start_time or 0) * (stream.time_base or 0))
            first = next(_Pass(container, stream, self._max_pixels).frames(), None)
        if first is None:
            raise VideoError(f'{path} holds no frame that can be decoded')
        _, self.size, _ = first

    @property
    def expected_frames(self) -> int | None:
        """Return the declared number of frames, None if there is none."""
        if self._declared_frames is None and self._declared_seconds is not None:
            return max(1, round((self._declared_seconds - self._start_seconds) * self.rate))
        return self._declared_frames

    def frames(self) -> Iterator[tuple[int | None, Decode]]:
        """
        Yield the presentation time of each frame in nanoseconds, and its image.

        After that, or when the iterator is closed, ``damage`` describes the damage of the file.
        """
        with self._open() as (container, stream):
            reading = _Pass(container, stream, self._max_pixels)
            is_at_end = False
            try:
                for position_ns, _, decode in reading.frames():
                    yield position_ns, decode
                is_at_end = True
            finally:
                damage = [reading.damage()]
                if is_at_end:
                    damage.append(self._missing(reading) or self._cut_packet(container))
                self.damage = '; '.join(filter(None, damage))

    @contextmanager
    def _open(self) -> Iterator[tuple[InputContainer, VideoStream]]:
        """Open the file for FFmpeg, which would take some names for protocols or patterns."""
        options = {
            'format_whitelist': ','.join(CONTAINERS),
            'protocol_whitelist': 'file',
            **decoder_options('', self._max_pixels),
        }
        try:
            file = _File(self.path)
        except OSError as error:
            raise VideoError(f'{self.path} cannot be read: {error.strerror}') from error
        with file:
            reason = missing_content(file.read(HEAD_SIZE), 'a video')
            if reason:
                raise VideoError(f'{self.path} {reason}')
            file.seek(0)
            try:
                container = av.open(
                    file, options=options, buffer_size=_BUFFER_SIZE, metadata_errors='replace',
                    io_open=_refuse,
                )
            except READ_ERRORS as error:
                raise VideoError(
                    f'{self.path} is not a video of an accepted format ({_reason(error)})'
                ) from error
            with container:
                stream = container.streams.best('video')
                if stream is None or stream.disposition & Disposition.attached_pic:
                    raise VideoError(f'{self.path} is not a video: it has no video stream')
                context = stream.codec_context
                if context is None:
                    raise VideoError(f'{self.path} is of a codec that FFmpeg cannot decode')
                if context.width * context.height > self._max_pixels:
                    raise VideoError(
                        f'{self.path} has frames of {context.width} x {context.height} pixels, '
                        f'accepted are {self._max_pixels} in all (max_image_pixels)'
                    )
                # Decoding large frames in parallel takes much memory.
                is_large = context.width * context.height > _LARGE
                stream.thread_type = ThreadType.SLICE if is_large else ThreadType.AUTO
                context.options = decoder_options(context.name, self._max_pixels)
                try:
                    yield container, stream
                finally:
                    # PyAV waits for the threads of the decoder with the GIL held, and for the GIL
                    # they may wait to log an error: let them finish before.
                    context.flush_buffers()

    def _missing(self, reading: _Pass) -> str:
        """Describe the part missing at the end of the video, empty without any."""
        # Two steps after the last frame: rates and durations are rounded, and rates change.
        count = reading.count
        end = (reading.last_ns + 2 * reading.longest_step_ns) / 1e9
        if self._declared_frames is not None:
            # In some files the number is a guess, or includes repeated frames.
            length = end - (reading.first_ns or 0) / 1e9
            if count < self._declared_frames - 1 and length < self._declared_frames / self.rate:
                return f'ends after {count} of its {self._declared_frames} frames'
        elif self._declared_seconds is not None and end < self._declared_seconds:
            return (
                f'ends after {count} frames, at {reading.last_ns / 1e9:.2f} of the '
                f'{self._declared_seconds:.2f} s of its declared duration'
            )
        return ''

    def _cut_packet(self, container: InputContainer) -> str:
        """Report a transport stream that ends within a packet, empty if it does not."""
        size = self.path.stat().st_size
        if container.format.name == 'mpegts' and all(size % packet for packet in _TS_PACKETS):
            return 'is cut off: its last packet is incomplete'
        return ''


class _File(FileIO):
    """A file that accepts seeks to invalid offsets, which damaged files cause."""

    def seek(self, offset: int, whence: int = 0) -> int:
        """Seek; return a negative number for an invalid offset, as FFmpeg expects."""
        try:
            return super().seek(offset, whence)
        except (OSError, OverflowError):
            return -EINVAL


class _Pass:
    """One pass over a video; undecodable frames are counted and skipped."""

    def __init__(self, container: InputContainer, stream: VideoStream, max_pixels: int) -> None:
        self.count = 0
        self.first_ns: int | None = None
        self.last_ns = 0
        self.longest_step_ns = 0
        self._container = container
        self._stream = stream
        self._codec = stream.codec_context.codec.canonical_name
        self._max_pixels = max_pixels
        self._damaged: dict[object, float] = {}
        self._broken_off = ''
        self._reformatter = VideoReformatter()
        # PyAV returns None for an unknown ratio, and 0 for an invalid one.
        self._pixel_aspect = stream.sample_aspect_ratio or Fraction(1)

    def frames(self) -> Iterator[tuple[int | None, tuple[int, int], Decode]]:
        """Yield the time of each frame, its width and height, and its image."""
        known = logged_errors()
        for packet in self._packets():
            frames, is_damaged = [], packet.is_corrupt or has_hole(self._codec, bytes(packet))
            try:
                frames = self._stream.decode(packet)
            except READ_ERRORS:
                is_damaged = True
            before, known = known, logged_errors()
            if is_damaged or known > before:
                self._damage(packet.pts, self.last_ns)
            for frame in frames:
                if frame.is_corrupt:
                    self._damage(frame.pts, self._ns(frame.pts))
                yield self._shown(frame)

    def damage(self) -> str:
        """Describe the damage, empty without any."""
        damage = []
        if self._damaged:
            damage.append(
                f'has damaged or missing frames: {len(self._damaged)}, first at '
                f'{min(self._damaged.values()):.3f} s; frames after them may be smeared'
            )
        if self._broken_off:
            damage.append(f'cannot be read to its end: {self._broken_off}')
        return '; '.join(damage)

    def _packets(self) -> Iterator[av.Packet]:
        """Yield the packets of the stream, up to the first read error."""
        try:
            yield from self._container.demux(self._stream)
        except READ_ERRORS as error:
            self._broken_off = _reason(error)

    def _shown(self, frame: av.VideoFrame) -> tuple[int | None, tuple[int, int], Decode]:
        """Return the time of a frame, its width and height, and a function for its image."""
        position_ns = self._ns(frame.pts)
        self.count += 1
        if position_ns is not None:
            if self.first_ns is None:
                self.first_ns = self.last_ns = position_ns
            self.longest_step_ns = max(self.longest_step_ns, position_ns - self.last_ns)
            self.last_ns = position_ns
        width, height = _square(frame.width, frame.height, self._pixel_aspect)
        orientation = _orientation(frame)

        def decode() -> np.ndarray:
            came = f'a frame of {width} x {height} pixels'
            check_size(came, width, height, self._max_pixels)
            return orientation.apply(bgr_pixels(frame, width, height, self._reformatter))

        size = (height, width) if orientation.transpose else (width, height)
        return position_ns, size, decode

    def _damage(self, pts: int | None, position_ns: int | None) -> None:
        """Count a frame as damaged, once."""
        # The time may be that of the frame before: the threads of a decoder report damage late.
        key = pts if pts is not None else f'frame {self.count}'
        since_first_ns = (position_ns or self.last_ns) - (self.first_ns or 0)
        self._damaged.setdefault(key, max(0, since_first_ns) / 1e9)

    def _ns(self, pts: int | None) -> int | None:
        """Return a time of the stream in nanoseconds."""
        if pts is None or not self._stream.time_base:
            return None
        return round(pts * self._stream.time_base * 1_000_000_000)


def _refuse(*_: object) -> None:
    """Refuse to open another file."""
    raise PermissionError('a video that refers to other files is not accepted')


def _reason(error: Exception) -> str:
    """Return the error of FFmpeg without the file name."""
    return getattr(error, 'strerror', None) or str(error)


def _declared_frames(container: InputContainer, stream: VideoStream) -> int | None:
    """Return the declared number of shown frames of a stream, None if there is none."""
    count = stream.frames
    if container.format.name.startswith('mov'):
        # Frames that an edit list skips are counted, but have no entry, or a marked one.
        entries = stream.index_entries
        count = min(count, len(entries)) - sum(entry.is_discard for entry in entries)
    return count if count > 0 else None


def _declared_seconds(container: InputContainer, stream: VideoStream) -> float | None:
    """Return the declared duration of a stream in seconds, None if unknown."""
    declared = re.fullmatch(r'(\d+):(\d+):([\d.]+)\0*', stream.metadata.get('DURATION', ''))
    if declared:
        hours, minutes, seconds = declared.groups()
        return 3600 * int(hours) + 60 * int(minutes) + float(seconds)
    is_alone = len(container.streams) == 1
    if is_alone and container.duration and container.format.name in _DURATION_IN_HEADER:
        return container.duration / av.time_base
    return None


def _square(width: int, height: int, pixel_aspect: Fraction) -> tuple[int, int]:
    """Return the size with square pixels, with no side shorter than before."""
    if pixel_aspect > 1:
        return max(width, round(width * pixel_aspect)), height
    return width, max(height, round(height / pixel_aspect))


def _orientation(frame: av.VideoFrame) -> Orientation:
    """Return the display orientation of a frame."""
    try:
        # Not frame.side_data: it keeps the frame until garbage collection.
        matrix = SideDataContainer(frame)[SideDataType.DISPLAYMATRIX]
    except KeyError:
        return Orientation()
    return Orientation.from_display_matrix(bytes(matrix))
