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


"""The topics of a recording, to be copied into another bag."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from rosbags.interfaces import Connection, Nodetype
from rosbags.rosbag2 import Writer
from rosbags.typesys import get_types_from_msg, get_typestore, Stores

from pose_tracking_ros.replay.inputs.bag import Bag
from pose_tracking_ros.replay.inputs.storage import Channel
from pose_tracking_ros.replay.message_types import typestore
from pose_tracking_ros.replay.problems import ProblemKind, Problems

_ROS1 = get_typestore(Stores.ROS1_NOETIC)


class OriginalTopics:
    """
    The topics of a recording, except some.

    :param bag: the recording
    :param problems: where to count topics that cannot be copied
    :param except_for: names of topics that are not copied, since the other bag has its own
    """

    def __init__(self, bag: Bag, problems: Problems, except_for: Collection[str]) -> None:
        self._bag = bag
        self._problems = problems
        self._except_for = except_for

    def copy_to(self, writer: Writer) -> Iterator[tuple[int, Connection, bytes]]:
        """
        Add the topics to a bag, and return an iterator over what to write to it.

        :return: when a message was recorded, in nanoseconds, its connection in the other bag, and
            the serialized message
        """
        connections: dict[tuple[str, str], Connection] = {}
        for channel in self._bag.channels:
            if channel.topic in self._except_for:
                continue
            try:
                connections[channel.topic, channel.type_name] = _add(writer, channel)
            # What a definition of another may hold, the parser answers with many errors.
            except Exception:
                self._problems.add(
                    ProblemKind.UNKNOWN_DEFINITION, f'{channel.topic} of type {channel.type_name}'
                )
        return self._messages(connections)

    def _messages(
        self, connections: dict[tuple[str, str], Connection]
    ) -> Iterator[tuple[int, Connection, bytes]]:
        topics = {topic for topic, _ in connections}
        for message in self._bag.messages(topics):
            channel = message.channel
            connection = connections.get((channel.topic, channel.type_name))
            if connection is None:
                continue
            data = message.data
            if channel.is_ros1:
                try:
                    data = bytes(typestore().ros1_to_cdr(data, channel.type_name))
                except Exception:  # as any code that reads what it trusts
                    self._problems.add(
                        ProblemKind.UNREADABLE_MESSAGE,
                        f'{channel.topic} at {message.received_ns} ns',
                    )
                    continue
            yield message.received_ns, connection, data


def _is_same_in_ros2(name: str) -> bool:
    """Return whether a type of ROS 1 has the same fields in ROS 2, except for its headers."""
    if name == 'std_msgs/msg/Header':
        return True
    fields = _ROS1.fielddefs[name][1]
    if fields != typestore().fielddefs[name][1]:
        return False
    return all(_is_same_in_ros2(part) for _, kind in fields for part in _messages_in(kind))


def _messages_in(kind: tuple) -> list[str]:
    """Return the names of the messages in the type of a field."""
    node, content = kind
    if node == Nodetype.NAME:
        return [content]
    return [] if node == Nodetype.BASE else _messages_in(content[0])


def _add(writer: Writer, channel: Channel) -> Connection:
    """
    Add a topic to a bag.

    :raises Exception: of several types, when nobody knows the definition of its type
    """
    name = channel.type_name
    if channel.is_ros1:
        if not _is_same_in_ros2(name):
            raise ValueError(f'{name} has another layout in ROS 2')
        return writer.add_connection(channel.topic, name, typestore=typestore())
    if not channel.definition:
        return writer.add_connection(channel.topic, name, typestore=typestore())
    digest = channel.digest
    if not digest:
        store = get_typestore(Stores.EMPTY)
        store.register(get_types_from_msg(channel.definition, name))
        digest = store.hash_rihs01(name)
    return writer.add_connection(
        channel.topic, name, msgdef=channel.definition, rihs01=digest
    )
