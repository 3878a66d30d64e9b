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

"""Copy the topics of a recording into another bag."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from rosbags.interfaces import Connection
from rosbags.rosbag2 import Writer
from rosbags.typesys import get_types_from_msg, get_typestore, Stores

from pose_tracking_ros.replay.inputs.bag import Bag
from pose_tracking_ros.replay.inputs.reading import ReadingStopped
from pose_tracking_ros.replay.inputs.storage import Channel, RawMessage
from pose_tracking_ros.replay.message_types import nested_types, typestore
from pose_tracking_ros.replay.problems import ProblemKind, Problems, reason

_ROS1 = get_typestore(Stores.ROS1_NOETIC)


_OWN_PLACE = '/original'
"""Prefix of recorded topics whose name is used in the other bag."""


class OriginalTopics:
    """
    The topics of a recording.

    :param bag: the recording
    :param problems: counts topics that cannot be copied, or are renamed
    """

    def __init__(self, bag: Bag, problems: Problems) -> None:
        self._bag = bag
        self._problems = problems

    def copy_to(self, writer: Writer) -> Iterator[tuple[int, Connection, bytes]]:
        """
        Add the topics to a bag, and return an iterator over their messages.

        Topics with names already in the bag are renamed.

        :return: time of recording in nanoseconds, connection in the other bag, and serialized
            message
        """
        connections: dict[tuple[str, str], Connection] = {}
        digests = {connection.msgtype: connection.digest for connection in writer.connections}
        own = {connection.topic for connection in writer.connections}
        names = _names([channel.topic for channel in self._bag.channels], own)
        for channel in self._bag.channels:
            name, type_name = names[channel.topic], channel.type_name
            described = f'{channel.topic} of type {type_name}'
            try:
                definition, digest = _definition(channel)
            # The parser raises many types of errors.
            except Exception:
                self._problems.add(ProblemKind.UNKNOWN_DEFINITION, described)
                continue
            # A bag has one definition of each type.
            if digests.setdefault(type_name, digest) != digest:
                self._problems.add(ProblemKind.OTHER_DEFINITION, described)
                continue
            if name != channel.topic:
                self._problems.add(ProblemKind.RENAMED_TOPIC, f'{channel.topic} is {name}')
            connections[channel.topic, type_name] = writer.add_connection(
                name, type_name, msgdef=definition, rihs01=digest,
                offered_qos_profiles=channel.offered_qos,
            )
        return self._messages(connections)

    def _messages(
        self, connections: dict[tuple[str, str], Connection]
    ) -> Iterator[tuple[int, Connection, bytes]]:
        topics = {topic for topic, _ in connections}
        for message in self._readable(topics):
            channel = message.channel
            connection = connections.get((channel.topic, channel.type_name))
            if connection is None:
                continue
            data = message.data
            if channel.is_ros1:
                try:
                    data = bytes(typestore().ros1_to_cdr(data, channel.type_name))
                except Exception:  # the deserializer raises anything on invalid content
                    self._problems.add(
                        ProblemKind.UNREADABLE_MESSAGE,
                        f'{channel.topic} at {message.received_ns} ns',
                    )
                    continue
            yield message.received_ns, connection, data

    def _readable(self, topics: Collection[str]) -> Iterator[RawMessage]:
        """Yield the messages as far as the bag can be read."""
        try:
            yield from self._bag.messages(topics)
        except ReadingStopped:
            return
        # Invalid content raises any exception, and must not fail the other bag.
        except Exception as error:
            self._problems.add(ProblemKind.DAMAGED_FILE, reason(error))


def _is_same_in_ros2(name: str) -> bool:
    """Return whether a type of ROS 1 has the same fields in ROS 2, except for its headers."""
    if name == 'std_msgs/msg/Header':
        return True
    fields = _ROS1.fielddefs[name][1]
    if fields != typestore().fielddefs[name][1]:
        return False
    return all(_is_same_in_ros2(part) for _, kind in fields for part in nested_types(kind))


def _names(topics: Collection[str], own: Collection[str]) -> dict[str, str]:
    """Return a unique name for each topic that is not in the other bag."""
    names = {topic: topic for topic in topics if topic not in own}
    for topic in topics:
        name, number = f'{_OWN_PLACE}{topic}', 1
        while topic not in names and name in names.values():
            number += 1
            name = f'{_OWN_PLACE}_{number}{topic}'
        names.setdefault(topic, name)
    return names


def _definition(channel: Channel) -> tuple[str, str]:
    """Return the definition of a type in ROS 2, and its hash; raise any exception if unknown."""
    name = channel.type_name
    if channel.is_ros1 and not _is_same_in_ros2(name):
        raise ValueError(f'{name} has another layout in ROS 2')
    if channel.is_ros1 or not channel.definition:
        store = typestore()
        return store.generate_msgdef(name, ros_version=2)[0], store.hash_rihs01(name)
    if channel.digest:
        return channel.definition, channel.digest
    store = get_typestore(Stores.EMPTY)
    store.register(get_types_from_msg(channel.definition, name))
    return channel.definition, store.hash_rihs01(name)
