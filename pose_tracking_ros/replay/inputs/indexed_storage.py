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


"""Whole files of bags, read with their index."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from rosbags.interfaces import Connection, MessageDefinitionFormat
from rosbags.rosbag1 import Reader as Reader1
from rosbags.rosbag2 import Reader as Reader2

from pose_tracking_ros.replay.inputs.plain_files import decompressed_message
from pose_tracking_ros.replay.inputs.storage import Channel, RawMessage


class IndexedStorage:
    """
    A file of a bag that is as it should be, a context manager.

    :param path: an .mcap or .db3 file of rosbag2, or a .bag file of ROS 1
    :raises Exception: of any type, when the file is damaged: its reader expects no such thing
    """

    def __init__(self, path: Path) -> None:
        is_ros1 = path.suffix == '.bag'
        self._reader = (Reader1 if is_ros1 else Reader2)(path)
        self._reader.open()
        self._connections = [
            (connection, _channel(connection, is_ros1)) for connection in self._reader.connections
        ]
        self.channels: dict[Channel, int | None] = {}
        for connection, channel in self._connections:
            self.channels[channel] = self.channels.get(channel, 0) + connection.msgcount

    def messages(
        self, topics: Collection[str], start_ns: int | None, end_ns: int | None
    ) -> Iterator[RawMessage]:
        """Yield the messages of some topics: see :class:`Storage`."""
        wanted = {
            connection.id: (connection, channel)
            for connection, channel in self._connections
            if channel.topic in topics
        }
        if not wanted:
            return
        connections = [connection for connection, _ in wanted.values()]
        for connection, received_ns, data in self._reader.messages(connections, start_ns, end_ns):
            yield RawMessage(wanted[connection.id][1], received_ns, decompressed_message(data))

    def __enter__(self) -> IndexedStorage:
        """Return the storage, which is open from the start."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        # A reader that failed half-way may fail again here.
        with suppress(Exception):
            self._reader.close()


def _channel(connection: Connection, is_ros1: bool) -> Channel:
    """Describe a connection."""
    has_definition = connection.msgdef.format != MessageDefinitionFormat.NONE
    return Channel(
        topic=connection.topic,
        type_name=connection.msgtype,
        definition=connection.msgdef.data if has_definition else '',
        digest=connection.digest,
        is_ros1=is_ros1,
        offered_qos=tuple(getattr(connection.ext, 'offered_qos_profiles', ())),
    )
