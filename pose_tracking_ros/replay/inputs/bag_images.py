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

"""The images of a topic in a bag."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from math import inf
from typing import Any, NamedTuple

import numpy as np
from rosbags.typesys import get_types_from_msg, get_typestore, Stores

from pose_tracking_ros.blazepose import CameraModel
from pose_tracking_ros.camera_topics import camera_info_topic as camera_info_beside
from pose_tracking_ros.camera_topics import is_rectified
from pose_tracking_ros.image_decoding import (
    decode_compressed_depth_image,
    decode_compressed_image,
    decode_depth_image,
    decode_image,
    ImageDecodingError,
    MAX_IMAGE_PIXELS,
)
from pose_tracking_ros.replay.inputs.bag import Bag
from pose_tracking_ros.replay.inputs.images import SourceError, StampedImage, Window
from pose_tracking_ros.replay.inputs.reading import MAX_TIME_NS
from pose_tracking_ros.replay.inputs.storage import Channel, RawMessage
from pose_tracking_ros.replay.problems import ProblemKind, Problems
from pose_tracking_ros.video.packets import (
    DecodedPacket,
    header_fields,
    NO_KEY_FRAME,
    PacketDecoder,
    VIDEO_DEFINITIONS,
)

_DECODERS: dict[str, Callable[[Any, int], np.ndarray]] = {
    'sensor_msgs/msg/Image': decode_image,
    'sensor_msgs/msg/CompressedImage': decode_compressed_image,
}

_DEPTH_DECODERS: dict[str, Callable[[Any, int], np.ndarray]] = {
    'sensor_msgs/msg/Image': decode_depth_image,
    'sensor_msgs/msg/CompressedImage': decode_compressed_depth_image,
}

IMAGE_TYPES = (*_DECODERS, *VIDEO_DEFINITIONS)
CAMERA_INFO_TYPE = 'sensor_msgs/msg/CameraInfo'

# Maximum wait of an image for its depth image in recorded time, and maximum images that wait.
_PATIENCE_NS = 1_000_000_000
_MAX_WAITING = 32

_NO_DATA = np.zeros(0, np.uint8)

_MAX_LISTED = 50
"""Maximum topics listed in a message."""

# The definitions of images and calibrations are the same in every version of ROS 2.
_ROS1, _ROS2 = get_typestore(Stores.ROS1_NOETIC), get_typestore(Stores.LATEST)
for _name, _definition in VIDEO_DEFINITIONS.items():
    _ROS1.register(get_types_from_msg(_definition, _name))
    _ROS2.register(get_types_from_msg(_definition, _name))


class BagImages:
    """
    The images of a topic in a bag.

    :param problems: counts unreadable messages
    :param topic: name of the topic; empty for the only image topic
    :param camera_info_topic: topic of the calibration; empty for the sibling of the image topic,
        if it was recorded
    :param depth_topic: topic of depth images of the same view; empty for none
    :param depth_slop: maximum difference in seconds between the stamps of an image and its depth
    :raises SourceError: if there is no such topic, or more than one; the message lists them
    """

    seconds = None

    def __init__(
        self,
        bag: Bag,
        problems: Problems,
        topic: str = '',
        camera_info_topic: str = '',
        max_pixels: int = MAX_IMAGE_PIXELS,
        depth_topic: str = '',
        depth_slop: float = 0.0,
    ) -> None:
        self.name = bag.path.name.split('.')[0]
        self.bag = bag
        self._problems = problems
        self._max_pixels = max_pixels
        self.depth_topic = _choose(bag, depth_topic).topic if depth_topic else ''
        self._depth_slop_ns = round(depth_slop * 1e9)
        self._channel = _choose(bag, topic, self.depth_topic)
        self.topic = self._channel.topic
        if self.topic.removesuffix('/compressed').endswith('/annotated_image'):
            problems.add(ProblemKind.OWN_OUTPUT, self.topic)
        self.camera: CameraModel | None = None
        self.camera_info_topic = _camera_info_topic(bag, self.topic, camera_info_topic)
        self.camera_info = self._read_camera_info()

    def expected_images(self, window: Window) -> int | None:
        """Return the approximate number of images in a window, None if unknown."""
        count = self.bag.channels[self._channel]
        if count is None or window.start or window.end < inf:
            return None
        return -(-count // window.every)

    def images(self, window: Window) -> Iterator[StampedImage]:
        """Yield the images of a window in the order of their recording, of a video in its own."""
        if self._channel.type_name in VIDEO_DEFINITIONS:
            yield from self._video_images(window)
            return
        index = 0
        for message, depth in self._pairs(window):
            image = self._stamped(index, message, depth)
            if image is not None:
                yield image
                index += 1

    def _video_images(self, window: Window) -> Iterator[StampedImage]:
        """Yield the images of a window of a video, decoded from its first frame on."""
        decoder: PacketDecoder[tuple[int, Any]] = PacketDecoder(self._max_pixels)
        start_ns, index, number = None, 0, -1
        for decoded in self._decoded(decoder, window):
            received_ns, content = decoded.item
            if start_ns is None:
                start_ns = _after(received_ns, window.start)
            stamp_ns, frame_id = header_fields(content)
            where = f'{self.topic} at {received_ns} ns'
            if decoded.problem is not None and decoded.problem.reason == NO_KEY_FRAME:
                self._problems.add(ProblemKind.BEFORE_KEY_FRAME, f'{where}: {decoded.problem}')
                continue
            if received_ns < start_ns:
                continue
            number += 1
            if number % window.every:
                continue
            if decoded.is_damaged:
                self._problems.add(ProblemKind.DAMAGED_IMAGE, where)
            yield StampedImage(
                index=index,
                stamp_ns=stamp_ns,
                received_ns=received_ns,
                frame_id=frame_id,
                decode=partial(decoder.rgb, decoded),
                nbytes=decoded.nbytes,
            )
            index += 1

    def _decoded(
        self, decoder: PacketDecoder[tuple[int, Any]], window: Window
    ) -> Iterator[DecodedPacket[tuple[int, Any]]]:
        """Yield the decoded packets of a video up to the end of a window."""
        for message in self._messages(Window(end=window.end)):
            if message.channel.topic == self.depth_topic:
                continue  # The frames of a video are decoded late: they get no depth.
            content = self._content(message)
            if content is not None:
                # Do not keep its data, which may be large.
                item = message.received_ns, replace(content, data=_NO_DATA)
                yield from decoder.decode(content, item)
        yield from decoder.finish()

    def _pairs(self, window: Window) -> Iterator[tuple[RawMessage, _Depth | None]]:
        """
        Yield the images of a window, each with the depth image with the nearest stamp.

        An image waits for a later depth image, up to a limit in recorded time.
        """
        number = -1
        waiting: deque[tuple[int, RawMessage]] = deque()
        depths: deque[_Depth] = deque(maxlen=_MAX_WAITING)
        for message in self._messages(window):
            if message.channel.topic == self.depth_topic:
                depth = self._read_depth(message)
                if depth is not None:
                    depths.append(depth)
            else:
                number += 1
                if number % window.every:
                    continue
                if not self.depth_topic:
                    yield message, None
                    continue
                content = _deserialize(message)
                stamp_ns = message.received_ns if content is None else _stamp_ns(content)
                waiting.append((stamp_ns, message))
            while waiting and (
                any(depth.stamp_ns >= waiting[0][0] for depth in depths)
                or message.received_ns - waiting[0][1].received_ns > _PATIENCE_NS
                or len(waiting) > _MAX_WAITING
            ):
                yield self._with_depth(*waiting.popleft(), depths)
        for stamp_ns, message in waiting:
            yield self._with_depth(stamp_ns, message, depths)

    def _with_depth(
        self, stamp_ns: int, message: RawMessage, depths: Iterable[_Depth]
    ) -> tuple[RawMessage, _Depth | None]:
        """Return an image with the nearest depth image, None if it is too far in time."""
        nearest = min(depths, key=lambda depth: abs(depth.stamp_ns - stamp_ns), default=None)
        if nearest is None or abs(nearest.stamp_ns - stamp_ns) > self._depth_slop_ns:
            return message, None
        return message, nearest

    def _read_depth(self, message: RawMessage) -> _Depth | None:
        """Return the depth image in a message, None if it is not valid."""
        content = self._content(message)
        if content is None:
            return None
        decoder = _DEPTH_DECODERS[message.channel.type_name]
        decode = partial(_decode, decoder, content, self._max_pixels)
        return _Depth(_stamp_ns(content), decode, len(message.data))

    def _messages(self, window: Window) -> Iterator[RawMessage]:
        """Yield the messages in a window, which begins at the first image of the bag."""
        topics = [self.topic, *filter(None, [self.depth_topic])]
        if not window.start and window.end == inf:
            yield from self.bag.messages(topics)
            return
        first = next(self.bag.messages([self.topic]), None)
        if first is not None:
            start_ns = _after(first.received_ns, window.start)
            end_ns = None if window.end == inf else _after(first.received_ns, window.end)
            yield from self.bag.messages(topics, start_ns, end_ns)

    def _stamped(
        self, index: int, message: RawMessage, depth: _Depth | None
    ) -> StampedImage | None:
        """Return the image in a message, None if it is not valid."""
        content = self._content(message)
        if content is None:
            return None
        return StampedImage(
            index=index,
            stamp_ns=_stamp_ns(content),
            received_ns=message.received_ns,
            frame_id=content.header.frame_id,
            decode=partial(
                _decode, _DECODERS[message.channel.type_name], content, self._max_pixels
            ),
            nbytes=len(message.data) + (depth.nbytes if depth else 0),
            decode_depth=depth.decode if depth else None,
        )

    def _content(self, message: RawMessage) -> Any:
        """Return the content of a message, or count it and return None if it is not valid."""
        is_right = message.channel.type_name == self._channel.type_name or (
            {message.channel.type_name, self._channel.type_name} <= set(_DECODERS)
        )
        content = _deserialize(message) if is_right else None
        if content is None:
            self._problems.add(
                ProblemKind.UNREADABLE_MESSAGE,
                f'{message.channel.topic} at {message.received_ns} ns: {len(message.data)} bytes '
                f'are not a {message.channel.type_name}',
            )
        return content

    def _read_camera_info(self) -> dict[str, Any] | None:
        """Return the first recorded calibration."""
        if not self.camera_info_topic:
            return None
        for message in self.bag.messages([self.camera_info_topic]):
            content = _deserialize(message)
            if content is None:
                continue
            rectified = is_rectified(self.topic)
            try:
                self.camera = CameraModel.from_camera_info(content, rectified)
            except (ValueError, AttributeError) as error:
                self._problems.add(
                    ProblemKind.BAD_CALIBRATION, f'{self.camera_info_topic}: {error}'
                )
            # ROS 1 has the names in upper case.
            matrix = getattr(content, 'k', getattr(content, 'K', ()))
            distortion = getattr(content, 'd', getattr(content, 'D', ()))
            return {
                'topic': self.camera_info_topic,
                'width': int(content.width),
                'height': int(content.height),
                'distortion_model': content.distortion_model,
                'd': [float(value) for value in distortion],
                'k': [float(value) for value in matrix],
                'rectified': rectified,
            }
        return None


class _Depth(NamedTuple):
    """A depth image: stamp, decoder, and size in bytes."""

    stamp_ns: int
    decode: Callable[[], np.ndarray]
    nbytes: int


def _stamp_ns(content: Any) -> int:
    """Return the stamp of a message in nanoseconds."""
    stamp = content.header.stamp
    return stamp.sec * 1_000_000_000 + stamp.nanosec


def _after(received_ns: int, seconds: float) -> int:
    """Return a time some seconds after another, at most :data:`MAX_TIME_NS`."""
    return min(received_ns + round(min(seconds * 1e9, 2.0**63)), MAX_TIME_NS)


def _decode(
    decoder: Callable[[Any, int], np.ndarray], content: Any, max_pixels: int
) -> np.ndarray:
    """Return the pixels of a message; raise an ImageDecodingError if it cannot be decoded."""
    try:
        return decoder(content, max_pixels)
    except ImageDecodingError:
        raise
    # Content of a recording may be invalid in any way, and OpenCV has its own errors.
    except Exception as error:
        raise ImageDecodingError('not an image', ' '.join(str(error).split())) from error


def _deserialize(message: RawMessage) -> Any:
    """Return the content of a message, or None if it is invalid for its type."""
    channel = message.channel
    try:
        if channel.type_name in VIDEO_DEFINITIONS:
            return _deserialize_start(message)
        if channel.is_ros1:
            return _ROS1.deserialize_ros1(message.data, channel.type_name)
        return _ROS2.deserialize_cdr(message.data, channel.type_name)
    # The deserializers raise anything on invalid content.
    except Exception:
        return None


def _deserialize_start(message: RawMessage) -> Any:
    """Return the known fields of a message; newer versions of its type append more."""
    data, name = memoryview(message.data), message.channel.type_name
    if message.channel.is_ros1:
        definition = _ROS1.get_msgdef(name)
        return definition.deserialize_ros1(data, 0, definition.cls, _ROS1)[0]
    definition = _ROS2.get_msgdef(name)
    is_little_endian = {b'\0\0': False, b'\0\1': True}[bytes(data[:2])]
    deserialize = (
        definition.deserialize_cdr_le if is_little_endian else definition.deserialize_cdr_be
    )
    return deserialize(data[4:], 0, definition.cls, _ROS2)[0]


def _choose(bag: Bag, topic: str, other: str = '') -> Channel:
    """
    Return the channel of the images.

    :param other: an image topic to ignore
    :raises SourceError: if there is no such topic, or more than one
    """
    candidates = [
        channel
        for channel in bag.channels
        if channel.type_name in IMAGE_TYPES and channel.topic != other
    ]
    choices = _listed(_described(channel, bag) for channel in candidates)
    if topic:
        named = _named(bag.channels, topic)
        images = [channel for channel in named if channel in candidates]
        if images:
            return images[0]
        reason = f'is of type {named[0].type_name}' if named else 'is not recorded'
        raise SourceError(
            f'{bag.path}: {topic} {reason}; topics with images: {choices}{bag.damage}'
        )
    if not candidates:
        topics = _listed(_described(channel, bag) for channel in bag.channels)
        raise SourceError(
            f'{bag.path} holds no topic with images; its topics: {topics}{bag.damage}'
        )
    if len(candidates) > 1:
        raise SourceError(
            f'{bag.path} holds more than one topic with images, choose one with --topic: {choices}'
        )
    return candidates[0]


def _named(channels: Iterable[Channel], topic: str) -> list[Channel]:
    """
    Return the channels of a topic.

    Topics recorded by a library, not a node, may lack the leading slash. If a name is recorded
    with and without, the exact match comes first.
    """
    named = [item for item in channels if item.topic.lstrip('/') == topic.lstrip('/')]
    return sorted(named, key=lambda item: item.topic != topic)


def _listed(texts: Iterable[str]) -> str:
    """Return texts in a line, at most :data:`_MAX_LISTED` of them."""
    texts = list(texts)
    rest = f' and {len(texts) - _MAX_LISTED} more' if len(texts) > _MAX_LISTED else ''
    return ', '.join(texts[:_MAX_LISTED]) + rest or 'none'


def _described(channel: Channel, bag: Bag) -> str:
    """Return the description of a topic."""
    count = bag.channels[channel]
    messages = 'messages' if count is None else f'{count} messages'
    return f'{channel.topic} ({channel.type_name.rsplit("/", 1)[-1]}, {messages})'


def _camera_info_topic(bag: Bag, image_topic: str, wanted: str) -> str:
    """Return the topic of the calibration, empty if none; it has to exist if it is wanted."""
    recorded = [item for item in bag.channels if item.type_name == CAMERA_INFO_TYPE]
    if wanted:
        named = _named(recorded, wanted)
        if not named:
            choices = _listed(item.topic for item in recorded)
            raise SourceError(
                f'{bag.path}: {wanted} is not recorded, topics with calibrations: {choices}'
                f'{bag.damage}'
            )
        return named[0].topic
    beside = camera_info_beside(image_topic)
    return beside if beside in {item.topic for item in recorded} else ''
