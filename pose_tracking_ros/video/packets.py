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

"""
Video in messages: packets of H.264 or H.265, decodable from a key frame on.

A message is any object with the fields of foxglove_msgs/CompressedVideo or
ffmpeg_image_transport_msgs/FFMPEGPacket.
"""

from __future__ import annotations

from dataclasses import dataclass
import reprlib
from typing import Any, Generic, TypeVar

import av
import av.logging
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import VideoReformatter
import numpy as np

from pose_tracking_ros.image_decoding import ImageDecodingError, MAX_IMAGE_PIXELS
from pose_tracking_ros.image_decoding.limits import check_size
from pose_tracking_ros.video.damage import decoder_options, has_hole, READ_ERRORS
from pose_tracking_ros.video.frame_numbers import FrameNumbers, NAL_UNIT
from pose_tracking_ros.video.frame_pixels import bgr_pixels

VIDEO_DEFINITIONS = {
    'foxglove_msgs/msg/CompressedVideo': """
builtin_interfaces/Time timestamp
string frame_id
uint8[] data
string format
""",
    'ffmpeg_image_transport_msgs/msg/FFMPEGPacket': """
std_msgs/Header header
int32 width
int32 height
string encoding
uint64 pts
uint8 flags
bool is_bigendian
uint8[] data
""",
}
"""The types of video messages, with the leading fields common to all versions."""

NO_KEY_FRAME = 'no key frame'
"""Reason for rejecting a packet before the first key frame."""

_MAX_REORDERED = 16  # maximum reorder depth of both standards, in frames

_Item = TypeVar('_Item')


@dataclass(frozen=True, eq=False)
class DecodedPacket(Generic[_Item]):
    """
    The result of decoding a packet.

    :param item: the item passed with the packet
    :param frame: its frame, None if nothing could be decoded
    :param problem: the reason without a frame
    :param is_damaged: whether the frame may be smeared: it is damaged, or one between the last key
        frame and it
    """

    item: _Item
    frame: av.VideoFrame | None = None
    problem: ImageDecodingError | None = None
    is_damaged: bool = False

    @property
    def nbytes(self) -> int:
        """Return the approximate memory of the frame."""
        return 2 * self.frame.width * self.frame.height if self.frame else 0


class PacketDecoder(Generic[_Item]):
    """
    A decoder of the packets of a topic.

    :param max_pixels: how many pixels a frame may have: larger ones are refused before memory is
        taken for them
    """

    def __init__(self, max_pixels: int = MAX_IMAGE_PIXELS) -> None:
        self.max_pixels = max_pixels
        self._codec = ''
        self._context: VideoCodecContext | None = None
        self._has_begun = False
        self._damaged: list[int] = []
        self._frame_numbers = FrameNumbers()
        self._number = 0
        self._waiting: dict[int, _Item] = {}
        self._reformatter = VideoReformatter()

    def decode(self, message: Any, item: _Item) -> list[DecodedPacket[_Item]]:
        """
        Decode a packet.

        :param message: the message with the packet
        :param item: returned with its frame
        :return: what is known now of this packet and of earlier ones, each once: frames that are
            shown after later ones in the order in which they are shown
        """
        data = bytes(memoryview(message.data))
        try:
            codec = _codec(message)
            if not data:
                raise ImageDecodingError('not an image', 'a packet without data')
        except ImageDecodingError as error:
            return [DecodedPacket(item, problem=error)]
        done = []
        if codec != self._codec:
            done = self.finish()
            self._codec, self._context = codec, self._open(codec)
            self._frame_numbers = FrameNumbers()
        if not self._has_begun and not _begins_anew(codec, data):
            problem = ImageDecodingError(
                NO_KEY_FRAME,
                f'a packet of {codec} before the first key frame, which decoding starts from',
            )
            return [*done, DecodedPacket(item, problem=problem)]
        self._has_begun = True
        packet = av.Packet(data)
        packet.pts = self._number
        self._waiting[self._number] = item
        is_gap = codec == 'h264' and self._frame_numbers.is_gap_before(data)
        if is_gap or has_hole(codec, data):
            self._damage(self._number)
        self._number += 1
        return done + self._decoded(packet)

    def finish(self) -> list[DecodedPacket[_Item]]:
        """Return the results of the packets that are pending, and reset the decoder."""
        done = self._decoded(None) if self._waiting else []
        self._context, self._codec = None, ''
        self._has_begun, self._damaged = False, []
        return done

    def rgb(self, decoded: DecodedPacket[_Item]) -> np.ndarray:
        """
        Return the pixels of a frame as uint8 (H, W, 3) RGB, not to be written to.

        :raises ImageDecodingError: if there are none
        """
        if decoded.frame is None:
            raise decoded.problem
        width, height = decoded.frame.width, decoded.frame.height
        check_size(f'a frame of {width}x{height} pixels', width, height, self.max_pixels)
        return bgr_pixels(decoded.frame, width, height, self._reformatter)[:, :, ::-1]

    def _open(self, codec: str) -> VideoCodecContext:
        context = av.CodecContext.create(codec, 'r')
        context.options = decoder_options(codec, self.max_pixels)
        # Threads would delay the newest frames, or mark no damage.
        context.thread_count = 1
        return context

    def _decoded(self, packet: av.Packet | None) -> list[DecodedPacket[_Item]]:
        """Return what is known of packets with the next one, or with none behind the last."""
        refused, why = None, 'it has no frame'
        try:
            # A missing reference, as after a lost packet, is only logged.
            with av.logging.Capture() as errors:
                frames = self._context.decode(packet)
            if errors:
                self._damage(self._number - 1)
        except READ_ERRORS as error:
            frames, why = [], getattr(error, 'strerror', None) or str(error)
            refused = self._number - 1
            if packet is not None and _begins_anew(self._codec, bytes(packet)):
                # FFmpeg does not report this reason.
                limit = f'up to {self.max_pixels} pixels (max_image_pixels)'
                why += f'; accepted are frames of {limit}'
        done = [shown for frame in frames if (shown := self._shown(frame)) is not None]
        # What is not shown by now never is: those that could wait for others, and one refused.
        may_wait = packet is not None and self._context.has_b_frames
        known = self._number - (_MAX_REORDERED if may_wait else 0)
        for number in [item for item in self._waiting if item < known or item == refused]:
            self._damage(number)
            problem = ImageDecodingError(
                'not an image', f'a packet of {self._codec} cannot be decoded: {why}'
            )
            done.append(DecodedPacket(self._waiting.pop(number), problem=problem))
        return done

    def _shown(self, frame: av.VideoFrame) -> DecodedPacket[_Item] | None:
        """Return a frame with the item of its packet, None if the packet was given up."""
        if frame.is_corrupt:
            self._damage(frame.pts)
        if frame.key_frame:
            self._damaged = [number for number in self._damaged if number >= frame.pts]
        if frame.pts not in self._waiting:
            return None
        is_damaged = any(number <= frame.pts for number in self._damaged)
        return DecodedPacket(self._waiting.pop(frame.pts), frame=frame, is_damaged=is_damaged)

    def _damage(self, number: int) -> None:
        """Count the frames from a packet on, up to the next key frame, as damaged."""
        # The first one and the last one: between them may be a key frame that waits to be shown.
        self._damaged = [*self._damaged[:1], number]


def header_fields(message: Any) -> tuple[int, str]:
    """Return the stamp of a video message in nanoseconds, and the frame of its camera."""
    header = getattr(message, 'header', message)
    stamp = header.stamp if header is not message else message.timestamp
    return stamp.sec * 1_000_000_000 + stamp.nanosec, header.frame_id


def _codec(message: Any) -> str:
    """Return FFmpeg's name of the codec; raise an ImageDecodingError if not H.264 or H.265."""
    # An FFMPEGPacket may have the name of an encoder, followed by pixel formats.
    encoding = getattr(message, 'encoding', None) or getattr(message, 'format', '')
    name = encoding.partition(';')[0].lower()
    if '264' in name or name == 'avc':
        return 'h264'
    if '265' in name or 'hevc' in name:
        return 'hevc'
    raise ImageDecodingError(
        'encoding', f'video of format {reprlib.repr(encoding)}, accepted are h264 and h265'
    )


def _begins_anew(codec: str, data: bytes) -> bool:
    """Return whether a packet in Annex B format has parameter sets or a key frame."""
    for start in NAL_UNIT.finditer(data):
        (head,) = start[1]
        if codec == 'h264':
            if head & 31 in (5, 7):  # IDR, SPS
                return True
        elif 16 <= (head >> 1 & 63) <= 21 or (head >> 1 & 63) == 33:  # IRAP, SPS
            return True
    return False
