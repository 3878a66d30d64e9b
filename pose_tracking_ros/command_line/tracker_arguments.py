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

"""The options of the tracker and of the recognizer as command line arguments."""

from __future__ import annotations

from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from dataclasses import fields
from typing import Any, TypeVar

from pose_tracking_ros.activities import ActivityOptions
from pose_tracking_ros.blazepose import InferenceOptions, PoseTrackerOptions
from pose_tracking_ros.parameter_table import (
    ACTIVITY_OPTION_PARAMETERS,
    INFERENCE_PARAMETERS,
    ParameterDeclaration,
    TRACKER_PARAMETERS,
    Value,
)

_Options = TypeVar('_Options', ActivityOptions, InferenceOptions, PoseTrackerOptions)


def add_tracker_arguments(parser: ArgumentParser) -> None:
    """Add an argument for each option, ``--upper-body-only`` and so on."""
    for title, declarations in (
        ('tracker', TRACKER_PARAMETERS),
        ('inference', INFERENCE_PARAMETERS),
        ('activities', ACTIVITY_OPTION_PARAMETERS),
    ):
        group = parser.add_argument_group(title)
        for declaration in declarations:
            default = declaration.default
            accepted = f' ({declaration.accepted})' if declaration.accepted else ''
            text = f'{declaration.description}{accepted} (default: {_text(default)})'
            group.add_argument(
                f'--{declaration.name.replace("_", "-")}',
                default=default,
                help=text.replace('%', '%%'),
                **_kind(declaration),
            )


def _text(default: Value) -> str:
    """Return a value in the syntax of the command line."""
    return ','.join(default) if isinstance(default, list) else str(default)


def _kind(declaration: ParameterDeclaration) -> dict[str, Any]:
    """Return the arguments of add_argument for the type of a parameter."""
    default = declaration.default
    if isinstance(default, bool):
        return {'action': BooleanOptionalAction}
    if isinstance(default, list):
        return {'type': lambda text: text.split(','), 'metavar': 'NAME,NAME'}
    return {'type': type(default), 'metavar': type(default).__name__.upper()}


def tracker_options(arguments: Namespace) -> tuple[PoseTrackerOptions, InferenceOptions]:
    """
    Return the options of the tracker on the command line.

    :raises ValueError: if one is out of range
    """
    return _read(PoseTrackerOptions, arguments), _read(InferenceOptions, arguments)


def activity_options(arguments: Namespace) -> ActivityOptions:
    """
    Return the options of the recognizer on the command line.

    :raises ValueError: if one is out of range
    """
    return _read(ActivityOptions, arguments)


def _read(options: type[_Options], arguments: Namespace) -> _Options:
    """Return options with the values of the arguments of the same names."""
    return options(**{field.name: getattr(arguments, field.name) for field in fields(options)})
