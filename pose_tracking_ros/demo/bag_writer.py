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

from pose_tracking_ros.demo.message_definitions import message_definition


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
        definition = message_definition(type_name)
        self._connections[topic] = self._writer.add_connection(
            topic,
            type_name,
            msgdef=definition.text,
            rihs01=definition.type_hash,
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
