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
What a tracker knows of earlier images as plain values, and reading such values without trust.

Whoever keeps something from image to image has a method ``state`` that returns it as JSON has it,
and a method ``restore`` that takes it from such a value. Each field is read with a reader of this
module, which raises a ValueError at anything but a value that the field can have.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from math import isfinite
from typing import Any, TypeVar

import numpy as np

T = TypeVar('T')
# Far beyond any pixel or metre, and far from what overflows.
_LIMIT = 1e9

Reader = Callable[[Any], T]
"""Returns the value that a plain one stands for, or raises a ValueError."""


def fields(state: Any, *names: str) -> dict[str, Any]:
    """
    Return the fields of an object.

    :raises ValueError: when it has others than these
    """
    if not isinstance(state, dict) or set(state) != set(names):
        found = ', '.join(sorted(map(str, state))) if isinstance(state, dict) else repr(state)[:80]
        raise ValueError(f'expected are the fields {", ".join(sorted(names))}, not {found}')
    return state


def integer(lowest: int, highest: int) -> Reader[int]:
    """Return what reads a whole number in a range."""

    def read(value: Any) -> int:
        if type(value) is not int or not lowest <= value <= highest:
            raise ValueError(f'expected is an integer in [{lowest}, {highest}], not {value!r:.80}')
        return value

    return read


def number(lowest: float, highest: float) -> Reader[float]:
    """Return what reads a finite number in a range."""

    def read(value: Any) -> float:
        if type(value) is not float or not (isfinite(value) and lowest <= value <= highest):
            raise ValueError(f'expected is a number in [{lowest}, {highest}], not {value!r:.80}')
        return value

    return read


def boolean(value: Any) -> bool:
    """Return a truth value."""
    if type(value) is not bool:
        raise ValueError(f'expected is true or false, not {value!r:.80}')
    return value


def optional(reader: Reader[T]) -> Reader[T | None]:
    """Return what reads null as None, and else as another reader does."""
    return lambda value: None if value is None else reader(value)


def sequence(reader: Reader[T], max_length: int) -> Reader[list[T]]:
    """Return what reads a list of at most some length, each item as another reader does."""

    def read(value: Any) -> list[T]:
        if not isinstance(value, list) or len(value) > max_length:
            raise ValueError(f'expected is a list of at most {max_length}, not {value!r:.80}')
        return [reader(item) for item in value]

    return read


def array_text(value: np.ndarray) -> str:
    """Return the bytes of an array as text, for :func:`array`."""
    return base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()


def optional_array_text(value: np.ndarray | None) -> str | None:
    """Return the same, None for None."""
    return None if value is None else array_text(value)


def array(
    shape: tuple[int, ...], dtype: type = np.float64, limit: float = _LIMIT
) -> Reader[np.ndarray]:
    """Return what reads an array of a shape and type, with values of at most some magnitude."""
    type_ = np.dtype(dtype)
    count = int(np.prod(shape))

    def read(value: Any) -> np.ndarray:
        if not isinstance(value, str):
            raise ValueError(f'expected is an array as text, not {value!r:.80}')
        try:
            data = base64.b64decode(value.encode('ascii'), validate=True)
        except (binascii.Error, UnicodeEncodeError) as error:
            raise ValueError(f'not the text of an array: {error}') from error
        if len(data) != count * type_.itemsize:
            raise ValueError(
                f'expected is an array of {count} x {type_}, {count * type_.itemsize} bytes, '
                f'not {len(data)} bytes'
            )
        values = np.frombuffer(data, type_).reshape(shape).copy()
        if not (np.abs(values) <= limit).all():
            raise ValueError(f'an array with values that are not finite or beyond {limit:g}')
        return values

    return read
