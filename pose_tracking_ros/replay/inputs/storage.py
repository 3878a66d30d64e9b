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

"""Channels and messages of bag files, and the interface to read them."""

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
    :param definition: text of the message definition, empty if not recorded
    :param digest: hash of the type, empty if not recorded
    :param is_ros1: whether its messages are serialized as in ROS 1
    :param offered_qos: recorded QoS profiles of its publishers
    """

    topic: str
    type_name: str
    definition: str = ''
    digest: str = ''
    is_ros1: bool = False
    offered_qos: tuple[Qos, ...] = field(default=(), compare=False)


class RawMessage(NamedTuple):
    """
    A serialized message.

    :param channel: its topic
    :param received_ns: time of recording in nanoseconds
    :param data: serialized content
    """

    channel: Channel
    received_ns: int
    data: bytes


def counts_by_channel(
    channels: Mapping[int, Channel], counts: Mapping[int, int] | None
) -> dict[Channel, int | None]:
    """Return the message counts, None if unknown; several numbers may stand for one channel."""
    total: dict[Channel, int | None] = {}
    for number, channel in channels.items():
        if counts is None:
            total[channel] = None
        else:
            total[channel] = total.get(channel, 0) + counts.get(number, 0)
    return total


class Storage(Protocol):
    """
    A bag file.

    Unreadable content is counted, and the rest is read. Several threads may read at the same time.
    """

    channels: dict[Channel, int | None]
    """The channels with their message counts, None if unknown before reading."""

    def messages(
        self, topics: Collection[str], start_ns: int | None, end_ns: int | None
    ) -> Iterator[RawMessage]:
        """
        Yield the messages of some topics in the order of their recording.

        :param topics: names of topics
        :param start_ns: minimum time of recording, None for no limit
        :param end_ns: time of recording at which to end, None for no limit
        :raises ReadingStopped: on a stop request
        """


class NotABagError(OSError):
    """A file is not what its name says; the message follows the name, as in ``is empty``."""
