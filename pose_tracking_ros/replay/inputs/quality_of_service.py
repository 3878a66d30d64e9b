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

"""The offered quality of service of recorded topics."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar

from rosbags.interfaces import (
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)

from pose_tracking_ros.replay.inputs.bounded_yaml import load_texts, YamlError

_MAX_PROFILES = 64
"""Maximum profiles of a topic."""

_Member = TypeVar('_Member', bound=Enum)


@lru_cache(maxsize=256)
def offered_qos(text: str) -> tuple[Qos, ...]:
    """
    Return the profiles of a topic in a file.

    :param text: YAML of a recorder, with names (from version 9 of bags on) or numbers
    :return: the profiles, none if the text is not valid
    """
    try:
        profiles = load_texts(text)
    except YamlError:
        return ()
    return qos_profiles(profiles) if isinstance(profiles, list) else ()


def qos_profiles(profiles: Any) -> tuple[Qos, ...]:
    """
    Return the profiles of a topic in the metadata of a bag.

    :param profiles: a list of dictionaries of texts, or a text as in a file
    :return: the profiles, none if they are not valid
    """
    if isinstance(profiles, str):
        return offered_qos(profiles)
    try:
        return tuple(_profile(profile) for profile in profiles[:_MAX_PROFILES])
    except (KeyError, TypeError, ValueError):
        return ()


def _profile(profile: dict[str, Any]) -> Qos:
    """Return a profile; raise any exception if it is not valid."""
    return Qos(
        history=_member(QosHistory, profile['history']),
        depth=_number(profile['depth']),
        reliability=_member(QosReliability, profile['reliability']),
        durability=_member(QosDurability, profile['durability']),
        deadline=_time(profile['deadline']),
        lifespan=_time(profile['lifespan']),
        liveliness=_member(QosLiveliness, profile['liveliness']),
        liveliness_lease_duration=_time(profile['liveliness_lease_duration']),
        avoid_ros_namespace_conventions=(
            profile['avoid_ros_namespace_conventions'].lower() == 'true'
        ),
    )


def _member(kind: type[_Member], text: str) -> _Member:
    """Return the policy for a name or a number."""
    if text.isdecimal():
        return kind(_number(text))
    return kind.__members__.get(text.upper(), kind['UNKNOWN'])


def _time(profile: dict[str, str]) -> QosTime:
    """Return a time."""
    return QosTime(_number(profile['sec']), _number(profile['nsec']))


def _number(text: str) -> int:
    """Return a number of up to 64 bits; raise a ValueError if the text is none."""
    if len(text) > 20 or not 0 <= int(text) < 1 << 64:
        raise ValueError(f'{text:.40} is not a number of a profile')
    return int(text)
