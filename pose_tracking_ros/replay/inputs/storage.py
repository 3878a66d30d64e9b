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

from collections.abc import Collection, Iterator
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


def is_within(received_ns: int, start_ns: int | None, end_ns: int | None) -> bool:
    """Return whether a time is not before a start and before an end, None for no limit."""
    return (start_ns is None or received_ns >= start_ns) and (
        end_ns is None or received_ns < end_ns
    )


class Storage(Protocol):
    """A file of a bag, open for reading, a context manager."""

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
        """

    def __enter__(self) -> Storage:
        """Return the storage."""

    def __exit__(self, *_: object) -> None:
        """Close the file."""
