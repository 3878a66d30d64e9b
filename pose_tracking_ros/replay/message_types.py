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

"""The message types of rosbags, for the functions in ``messages/``, without ROS."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from rosbags.interfaces import Nodetype
from rosbags.typesys import get_types_from_msg, get_typestore, Stores
from rosbags.typesys.store import Typestore

from pose_tracking_ros.messages import MessageTypes

_PACKAGE = 'pose_tracking_ros'

_NOT_ZERO = {'geometry_msgs/msg/Quaternion': {'w': 1.0}}
"""Defaults in message definitions, which rosbags ignores."""

_EMPTY = {'bool': False, 'string': '', 'float32': 0.0, 'float64': 0.0}


@cache
def typestore() -> Typestore:
    """Return the message types of ROS 2 together with those of this package."""
    store = get_typestore(Stores.LATEST)
    types: dict = {}
    for path in sorted(_definitions_directory().glob('*.msg')):
        name = f'{_PACKAGE}/msg/{path.stem}'
        types |= get_types_from_msg(path.read_text(encoding='utf-8'), name)
    store.register(types)
    return store


class RosbagsMessageTypes(MessageTypes):
    """The message types of rosbags with the defaults of ROS."""

    def __init__(self) -> None:
        super().__init__(
            lambda package, name: partial(_make, f'{package}/msg/{name}'),
            byte_array=lambda content: np.frombuffer(content, np.uint8),
        )

    def header(self, stamp_ns: int, frame_id: str) -> Any:
        """Return a std_msgs/Header with a stamp in nanoseconds."""
        seconds, nanoseconds = divmod(stamp_ns, 1_000_000_000)
        stamp = self.Time(sec=seconds, nanosec=nanoseconds)
        return self.Header(stamp=stamp, frame_id=frame_id)


def _definitions_directory() -> Path:
    """Return the folder of the definitions, in the package or in the source tree."""
    package = Path(__file__).parents[1]
    installed = package / 'message_definitions'
    return installed if installed.is_dir() else package.resolve().parent / 'msg'


def nested_types(kind: tuple) -> list[str]:
    """Return the names of the messages in the type of a field."""
    node, content = kind
    if node == Nodetype.NAME:
        return [content]
    return [] if node == Nodetype.BASE else nested_types(content[0])


def _make(name: str, /, **fields: Any) -> Any:
    """Return a message with the given fields, the others empty."""
    type_, defaults = _type_and_defaults(name)
    if len(fields) == len(defaults):
        return type_(**fields)
    return type_(**{**defaults, **fields})


@cache
def _type_and_defaults(name: str) -> tuple[Callable[..., Any], dict[str, Any]]:
    """Return the type of a message, and the default of each field."""
    _, fields = typestore().fielddefs[name]
    defaults = {field: _default(kind) for field, kind in fields}
    return typestore().types[name], defaults | _NOT_ZERO.get(name, {})


def _default(kind: tuple) -> Any:
    """Return the default value of a field type, read-only."""
    node, content = kind
    if node == Nodetype.NAME:
        return _make(content)
    if node == Nodetype.BASE:
        return _EMPTY.get(content[0], 0)
    (element, element_type), length = content
    is_number = element == Nodetype.BASE and element_type[0] not in ('string', 'bool')
    if is_number:
        return np.zeros(length if node == Nodetype.ARRAY else 0, element_type[0])
    return [_default((element, element_type))] * (length if node == Nodetype.ARRAY else 0)
