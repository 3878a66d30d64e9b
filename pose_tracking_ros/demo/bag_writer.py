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

"""A rosbag2 in MCAP format, written without rosbag2."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from rclpy.duration import Duration
from rclpy.qos import QoSProfile
from rosbags.interfaces import (
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_types_from_msg, get_typestore, Stores

from pose_tracking_ros.replay.message_types import nested_types


class BagWriter:
    """
    A writer of a bag.

    :param path: the folder to create
    :raises rosbags.rosbag2.WriterError: if the folder exists
    """

    def __init__(self, path: str | Path) -> None:
        self._writer = Writer(
            path, version=Writer.VERSION_LATEST, storage_plugin=StoragePlugin.MCAP
        )
        self._writer.open()
        self._connections = {}

    def add_topic(self, topic: str, type_name: str, offered_qos: Sequence[QoSProfile]) -> None:
        """
        Add a topic.

        :param topic: its absolute name
        :param type_name: such as ``std_msgs/msg/Header``; must be installed
        :param offered_qos: QoS of its publishers, used again on playback
        """
        definition, type_hash = message_definition(type_name)
        self._connections[topic] = self._writer.add_connection(
            topic,
            type_name,
            msgdef=definition,
            rihs01=type_hash,
            offered_qos_profiles=[_to_rosbags(profile) for profile in offered_qos],
        )

    def write(self, topic: str, received_ns: int, serialized: bytes) -> None:
        """
        Append a message.

        :param topic: an added topic
        :param received_ns: time of reception in nanoseconds
        :param serialized: the message in CDR
        """
        self._writer.write(self._connections[topic], received_ns, serialized)

    def close(self) -> None:
        """Finish the bag: write its index and metadata."""
        self._writer.close()


def _to_rosbags(profile: QoSProfile) -> Qos:
    """Convert a QoS profile; both libraries number the policies alike."""
    return Qos(
        QosHistory(profile.history.value),
        profile.depth,
        QosReliability(profile.reliability.value),
        QosDurability(profile.durability.value),
        _to_time(profile.deadline),
        _to_time(profile.lifespan),
        QosLiveliness(profile.liveliness.value),
        _to_time(profile.liveliness_lease_duration),
        profile.avoid_ros_namespace_conventions,
    )


def _to_time(duration: Duration) -> QosTime:
    """Convert a duration."""
    return QosTime(*divmod(duration.nanoseconds, 1_000_000_000))


def message_definition(name: str) -> tuple[str, str]:
    """
    Return the definition of an installed message type, and its REP-2011 hash.

    The definition is the .msg file with its comments, then those of all nested types.

    :param name: such as ``std_msgs/msg/Header``
    :raises LookupError: if its package is not installed
    :raises OSError: if the package has no such message
    """
    typestore = get_typestore(Stores.EMPTY)
    texts: dict[str, str] = {}
    missing = [name]
    while missing:
        wanted = missing.pop(0)
        if wanted in texts:
            continue
        texts[wanted] = _installed_text(wanted)
        types = get_types_from_msg(texts[wanted], wanted)
        typestore.register(types)
        missing += [part for _, field in types[wanted][1] for part in nested_types(field)]
    separator = '=' * 80
    dependencies = [
        f'{separator}\nMSG: {other.replace("/msg/", "/")}\n{text}'
        for other, text in texts.items()
        if other != name
    ]
    return '\n'.join([texts[name], *dependencies]), typestore.hash_rihs01(name)


def _installed_text(name: str) -> str:
    """Return the .msg file of a type."""
    package, _, message = name.split('/')
    share = Path(get_package_share_directory(package))
    return (share / 'msg' / f'{message}.msg').read_text(encoding='utf-8')
