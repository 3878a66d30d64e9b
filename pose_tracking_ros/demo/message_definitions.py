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

"""The definitions of installed message types, for bags."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from rosbags.interfaces import Nodetype
from rosbags.typesys import get_types_from_msg, get_typestore, Stores


@dataclass(frozen=True)
class MessageDefinition:
    """
    The complete definition of a message type.

    :param name: such as ``std_msgs/msg/Header``
    :param text: the .msg file with its comments, then those of all nested types
    :param type_hash: the REP-2011 hash, which identifies the version of a type
    """

    name: str
    text: str
    type_hash: str


def message_definition(name: str) -> MessageDefinition:
    """
    Describe an installed message type.

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
        missing += [part for _, field in types[wanted][1] for part in _names(field)]
    separator = '=' * 80
    dependencies = [
        f'{separator}\nMSG: {other.replace("/msg/", "/")}\n{text}'
        for other, text in texts.items()
        if other != name
    ]
    return MessageDefinition(
        name, '\n'.join([texts[name], *dependencies]), typestore.hash_rihs01(name)
    )


def _installed_text(name: str) -> str:
    """Return the .msg file of a type."""
    package, _, message = name.split('/')
    share = Path(get_package_share_directory(package))
    return (share / 'msg' / f'{message}.msg').read_text(encoding='utf-8')


def _names(field: tuple) -> list[str]:
    """Return the names of the message types in the type of a field."""
    kind, content = field
    if kind == Nodetype.NAME:
        return [content]
    if kind in (Nodetype.ARRAY, Nodetype.SEQUENCE):
        return _names(content[0])
    return []
