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

"""
Saved state of a tracker as plain values, and readers that check each value.

A class with state between images has a method ``state`` that returns it in JSON types, and a
method ``restore`` that reads it. Each field is read with a reader of this module, which raises a
ValueError if the value is not valid.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from math import isfinite
from typing import Any, TypeVar

import numpy as np

T = TypeVar('T')
# Above any value in pixels or metres, and below any overflow.
_LIMIT = 1e9

Reader = Callable[[Any], T]
"""Returns the value of a plain one, or raises a ValueError."""


def fields(state: Any, *names: str) -> dict[str, Any]:
    """
    Return the fields of an object.

    :raises ValueError: if its fields are not exactly these
    """
    if not isinstance(state, dict) or set(state) != set(names):
        found = ', '.join(sorted(map(str, state))) if isinstance(state, dict) else repr(state)[:80]
        raise ValueError(f'expected the fields {", ".join(sorted(names))}, not {found}')
    return state


def integer(lowest: int, highest: int) -> Reader[int]:
    """Return a reader of integers in a range."""

    def read(value: Any) -> int:
        if type(value) is not int or not lowest <= value <= highest:
            raise ValueError(f'expected an integer in [{lowest}, {highest}], not {value!r:.80}')
        return value

    return read


def number(lowest: float, highest: float) -> Reader[float]:
    """Return a reader of finite numbers in a range."""

    def read(value: Any) -> float:
        if type(value) is not float or not (isfinite(value) and lowest <= value <= highest):
            raise ValueError(f'expected a number in [{lowest}, {highest}], not {value!r:.80}')
        return value

    return read


def boolean(value: Any) -> bool:
    """Read true or false."""
    if type(value) is not bool:
        raise ValueError(f'expected true or false, not {value!r:.80}')
    return value


def optional(reader: Reader[T]) -> Reader[T | None]:
    """Return a reader that accepts null as None, and the values of another reader."""
    return lambda value: None if value is None else reader(value)


def sequence(reader: Reader[T], max_length: int) -> Reader[list[T]]:
    """Return a reader of lists up to a length, each item with another reader."""

    def read(value: Any) -> list[T]:
        if not isinstance(value, list) or len(value) > max_length:
            raise ValueError(f'expected a list of at most {max_length}, not {value!r:.80}')
        return [reader(item) for item in value]

    return read


def array_text(value: np.ndarray) -> str:
    """Return an array as base64 text, for :func:`array`."""
    return base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()


def optional_array_text(value: np.ndarray | None) -> str | None:
    """Return an array as base64 text, None for None."""
    return None if value is None else array_text(value)


def array(
    shape: tuple[int, ...], dtype: type = np.float64, limit: float = _LIMIT
) -> Reader[np.ndarray]:
    """Return a reader of arrays of a shape and type, with values up to a magnitude."""
    type_ = np.dtype(dtype)
    count = int(np.prod(shape))

    def read(value: Any) -> np.ndarray:
        if not isinstance(value, str):
            raise ValueError(f'expected an array as text, not {value!r:.80}')
        try:
            data = base64.b64decode(value.encode('ascii'), validate=True)
        except (binascii.Error, UnicodeEncodeError) as error:
            raise ValueError(f'not the text of an array: {error}') from error
        if len(data) != count * type_.itemsize:
            raise ValueError(
                f'expected an array of {count} x {type_}, {count * type_.itemsize} bytes, '
                f'not {len(data)} bytes'
            )
        values = np.frombuffer(data, type_).reshape(shape).copy()
        if not (np.abs(values) <= limit).all():
            raise ValueError(f'array with values that are not finite or beyond {limit:g}')
        return values

    return read
