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

"""The options of the tracker as command line arguments."""

from __future__ import annotations

from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from dataclasses import fields
from typing import TypeVar

from pose_tracking_ros.blazepose import InferenceOptions, PoseTrackerOptions
from pose_tracking_ros.parameter_table import INFERENCE_PARAMETERS, TRACKER_PARAMETERS

_Options = TypeVar('_Options', InferenceOptions, PoseTrackerOptions)


def add_tracker_arguments(parser: ArgumentParser) -> None:
    """Add an argument for each parameter of the tracker, ``--upper-body-only`` and so on."""
    for title, declarations in (
        ('tracker', TRACKER_PARAMETERS),
        ('inference', INFERENCE_PARAMETERS),
    ):
        group = parser.add_argument_group(title)
        for declaration in declarations:
            default = declaration.default
            accepted = f' ({declaration.accepted})' if declaration.accepted else ''
            text = f'{declaration.description}{accepted} (default: {default})'
            group.add_argument(
                f'--{declaration.name.replace("_", "-")}',
                default=default,
                help=text.replace('%', '%%'),
                **(
                    {'action': BooleanOptionalAction}
                    if isinstance(default, bool)
                    else {'type': type(default), 'metavar': type(default).__name__.upper()}
                ),
            )


def tracker_options(arguments: Namespace) -> tuple[PoseTrackerOptions, InferenceOptions]:
    """
    Return the options that were given on the command line.

    :raises ValueError: when one is out of its range
    """
    return _read(PoseTrackerOptions, arguments), _read(InferenceOptions, arguments)


def _read(options: type[_Options], arguments: Namespace) -> _Options:
    """Make options out of the arguments of the same names."""
    return options(**{field.name: getattr(arguments, field.name) for field in fields(options)})
