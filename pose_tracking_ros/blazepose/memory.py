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


"""What an object remembers, as plain data: to go on in another process, without trusting it."""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Collection
import inspect
import json
from typing import Any

import numpy as np

_PLAIN = (type(None), bool, int, float, str)
_SEQUENCES = {'tuple': tuple, 'list': list, 'deque': deque}


def remembered(thing: object, except_for: Collection[str] = ()) -> bytes:
    """
    Return what an object remembers, and the objects that it holds.

    Functions and named tuples are left out: they say how an object works, not what it saw.

    :param thing: its attributes, and those of the objects in them, hold numbers, texts, arrays,
        sequences of such, or None
    :param except_for: names of attributes that are left out as well
    :return: JSON
    :raises TypeError: when an attribute holds something else
    """
    attributes = _attributes(thing)
    kept = {name: value for name, value in attributes.items() if name not in except_for}
    return json.dumps({name: _encoded(value) for name, value in kept.items()}).encode()


def remind(thing: object, memory: bytes) -> None:
    """
    Let an object remember what another of its kind did.

    Whatever the memory holds, no code comes out of it.

    :param thing: an object that was made with the same arguments as the other
    :param memory: what :func:`remembered` returned
    :raises ValueError: when it is no memory of such an object; half of it may be taken in then
    """
    try:
        _set_attributes(thing, json.loads(memory))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f'this is no memory of a {type(thing).__name__}: {error}') from error


def _attributes(thing: object) -> dict[str, Any]:
    """Return the attributes in which an object may remember something."""
    return {
        name: value
        for name, value in vars(thing).items()
        if not (inspect.isroutine(value) or hasattr(value, '_fields'))
    }


def _encoded(value: Any) -> Any:
    """Return a value as JSON has it; what JSON does not have is an object with one key."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        value = np.asarray(value)
        data = base64.b64encode(value.tobytes()).decode()
        return {'array': [value.dtype.str, value.shape, data]}
    for name, kind in _SEQUENCES.items():
        if isinstance(value, kind):
            return {name: [_encoded(item) for item in value]}
    if not type(value).__module__.startswith(__package__):
        raise TypeError(f'a {type(value).__name__} cannot be remembered')
    return {'object': {name: _encoded(part) for name, part in _attributes(value).items()}}


def _set_attributes(thing: object, memory: dict[str, Any]) -> None:
    """Set the attributes of an object that is alike."""
    for name, value in memory.items():
        before = vars(thing)[name]
        if isinstance(value, dict) and 'object' in value:
            _set_attributes(before, value['object'])
        else:
            value = _decoded(value)
            # Its length is limited by what it is for.
            limit = before.maxlen if isinstance(before, deque) else None
            setattr(thing, name, deque(value, limit) if isinstance(value, deque) else value)


def _decoded(value: Any) -> Any:
    """Return the value that was encoded."""
    if isinstance(value, _PLAIN):
        return value
    ((kind, content),) = value.items()
    if kind == 'array':
        type_, shape, data = content
        array = np.frombuffer(base64.b64decode(data), np.dtype(type_)).reshape(shape)
        # Of an array without axes this is the number in it.
        return array.copy()[()]
    return _SEQUENCES[kind](_decoded(item) for item in content)
