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

"""What all storage files of bags have in common: channels and messages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from rosbags.interfaces import Qos


@dataclass(frozen=True)
class Channel:
    """
    A topic as a file records it.

    :param topic: its name
    :param type_name: such as ``sensor_msgs/msg/Image``, for ROS 1 as well
    :param definition: text of the message definition, empty where the file has none
    :param digest: hash of the type, empty where the file has none
    :param is_ros1: whether its messages are serialized as in ROS 1
    :param offered_qos: the profiles with which its publishers offered it, as far as recorded
    """

    topic: str
    type_name: str
    definition: str = ''
    digest: str = ''
    is_ros1: bool = False
    offered_qos: tuple[Qos, ...] = field(default=(), compare=False)


class RawMessage(NamedTuple):
    """
    A message as it was recorded.

    :param channel: what it belongs to
    :param received_ns: when it was recorded, in nanoseconds
    :param data: serialized
    """

    channel: Channel
    received_ns: int
    data: bytes


def counts_by_channel(
    channels: Mapping[int, Channel], counts: Mapping[int, int] | None
) -> dict[Channel, int | None]:
    """
    Return the numbers of messages of channels, several of which may be the same.

    :param channels: by their number in the file
    :param counts: by the number of the channel, None where that is not known
    """
    total: dict[Channel, int | None] = {}
    for number, channel in channels.items():
        if counts is None:
            total[channel] = None
        else:
            total[channel] = total.get(channel, 0) + counts.get(number, 0)
    return total


class Storage(Protocol):
    """
    A file of a bag.

    Whatever is in the file: what cannot be read is counted, and the rest is read. Several threads
    may read at the same time.
    """

    channels: dict[Channel, int | None]
    """What is in the file, with the number of messages, None where only reading would tell."""

    def messages(
        self, topics: Collection[str], start_ns: int | None, end_ns: int | None
    ) -> Iterator[RawMessage]:
        """
        Yield the messages of some topics in the order of their recording.

        :param topics: names of topics
        :param start_ns: when the first was recorded, None for no limit
        :param end_ns: before what time the last was recorded, None for no limit
        :raises ReadingStopped: when somebody asks to stop
        """


class NotABagError(OSError):
    """A file is not what its name says; the message goes on from the name, as in ``is empty``."""
