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

"""Diagnosis of missing landmarks from the ROS graph."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.qos import qos_check_compatible, QoSCompatibility
from rclpy.subscription import Subscription

_TYPE = 'pose_tracking_ros/msg/PoseLandmarks'


def why_no_landmarks(node: Node, subscription: Subscription, seconds: float) -> str:
    """
    Return a likely reason for missing landmarks, and the fix.

    :param node: the subscribing node
    :param subscription: its subscription
    :param seconds: seconds without landmarks
    """
    topic = subscription.topic_name
    publishers = node.get_publishers_info_by_topic(topic)
    if not publishers:
        return (
            f'No publisher on {topic}: is pose_tracking_node running and configured, and is the '
            'name right? Compare ros2 topic list, and remap pose_landmarks'
        )
    names = {
        info.topic_type: f'{info.node_namespace.rstrip("/")}/{info.node_name}'
        for info in publishers
    }
    if _TYPE not in names:
        type_name, name = next(iter(names.items()))
        return (
            f'{topic} has messages of type {type_name} from {name}, accepted is {_TYPE}: remap '
            'pose_landmarks'
        )
    refused = [
        reason
        for verdict, reason in (
            qos_check_compatible(info.qos_profile, subscription.qos_profile)
            for info in publishers
            if info.topic_type == _TYPE
        )
        if verdict == QoSCompatibility.ERROR
    ]
    if refused and len(refused) == sum(info.topic_type == _TYPE for info in publishers):
        return (
            f'{names[_TYPE]} publishes {topic} with an incompatible quality of service: '
            f'{refused[0].removeprefix("ERROR: ").rstrip("; ")}. Give this node another '
            f'qos_overrides.{topic}.subscription.reliability'
        )
    return (
        f'No landmarks on {topic} for {seconds:.0f} s: is {names[_TYPE]} active, and does it get '
        'images? See its diagnostics'
    )
