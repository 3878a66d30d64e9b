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

"""Options as fields of a dataclass: default, description and accepted values in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from numbers import Integral, Real
import os
import reprlib
import textwrap
from typing import Any, ClassVar, TypeVar

import numpy as np

OptionsType = TypeVar('OptionsType')

# A few bytes of YAML can expand to more than the memory.
_SHORT = reprlib.Repr()
_SHORT.maxlevel = 2
_SHORT.maxstring = 80


@dataclass(frozen=True)
class Option:
    """
    Description and accepted values of an option.

    :param name: its name
    :param default: its default, of its type
    :param description: one or two sentences for the user
    :param bounds: smallest and largest value of a number
    :param choices: accepted strings
    :param form: accepted values in words, if the bounds and choices do not say it
    :param is_path: whether an os.PathLike is accepted too
    :param selects_models: whether it decides which models are loaded, so that it cannot change
        while they are in use
    """

    name: str
    default: Any
    description: str
    bounds: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    form: str = ''
    is_path: bool = False
    selects_models: bool = False

    type_names: ClassVar[Mapping[type, str]] = {
        bool: 'True or False',
        int: 'an integer',
        float: 'a number',
        str: 'a string',
        tuple: 'a list of strings',
    }

    @property
    def accepted(self) -> str:
        """Return the accepted values in words, empty if the type says it all."""
        if self.form:
            return self.form
        if self.choices:
            return 'one of ' + ', '.join(self.choices)
        return '{:.10g} to {:.10g}'.format(*self.bounds) if self.bounds else ''

    def checked(self, value: Any) -> Any:
        """
        Return a value as a built-in type; numbers of numpy and path objects are accepted.

        :raises ValueError: if the value is not accepted; names the accepted values
        """
        plain = self._plain(value)
        if plain is None:
            raise self.error(value)
        return plain

    def error(self, value: Any) -> ValueError:
        """Return the error for a value that is not accepted."""
        accepted = ', '.join(filter(None, (self.type_names[type(self.default)], self.accepted)))
        return ValueError(f'{self.name} is {_SHORT.repr(value)}, accepted is {accepted}')

    def _plain(self, value: Any) -> Any:
        """Return a value as a built-in type, None if it is not accepted."""
        kind = type(self.default)
        is_bool = isinstance(value, bool | np.bool_)
        if kind is bool:
            return bool(value) if is_bool else None
        if kind in (int, float):
            is_number = isinstance(value, Integral if kind is int else Real) and not is_bool
            lowest, highest = self.bounds or (-np.inf, np.inf)
            return kind(value) if is_number and lowest <= value <= highest else None
        if kind in (tuple, list):
            is_list = isinstance(value, tuple | list)
            is_text = is_list and all(isinstance(item, str) for item in value)
            return tuple(filter(None, value)) if is_text else None
        if self.is_path and isinstance(value, os.PathLike):
            value = os.fspath(value)
        is_accepted = isinstance(value, str) and (not self.choices or value in self.choices)
        return str(value) if is_accepted else None


def option(default: Any, description: str, **constraints: Any) -> Any:
    """
    Return a dataclass field that is an option.

    :param default: its default
    :param description: one or two sentences for the user
    :param constraints: the other parameters of :class:`Option`
    """
    described = Option('', default, description, **constraints)
    return field(default=default, metadata={'option': described})


def options_of(options: type) -> tuple[Option, ...]:
    """Return the options that are the fields of a dataclass."""
    return tuple(replace(item.metadata['option'], name=item.name) for item in fields(options))


def check_options(options: object) -> None:
    """
    Check every field of a frozen dataclass of options, and store it as a built-in type.

    :raises ValueError: if one of them is not accepted
    """
    for item in options_of(type(options)):
        object.__setattr__(options, item.name, item.checked(getattr(options, item.name)))


def documented(options: type[OptionsType]) -> type[OptionsType]:
    """Add the options to the docstring of their dataclass."""
    lines = []
    for item in options_of(options):
        accepted = f' Accepted: {item.accepted}.' if item.accepted else ''
        lines += textwrap.wrap(
            f':param {item.name}: {item.description}{accepted}', 95, subsequent_indent='    '
        )
    if options.__doc__ is not None:  # python -OO has none
        text = textwrap.dedent(options.__doc__).strip()
        options.__doc__ = '\n'.join(
            (text, '', *lines, ':raises ValueError: if an option is not accepted')
        )
    return options
