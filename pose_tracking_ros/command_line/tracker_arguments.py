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

from argparse import ArgumentParser, BooleanOptionalAction, SUPPRESS
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn

from pose_tracking_ros.parameter_table import (
    ACTIVITY_OPTION_PARAMETERS,
    INFERENCE_PARAMETERS,
    ParameterDeclaration,
    similar_name,
    TRACKER_PARAMETERS,
    Value,
)
from pose_tracking_ros.safe_text import printable

MODEL_GROUPS = {'tracker': TRACKER_PARAMETERS, 'inference': INFERENCE_PARAMETERS}
ALL_GROUPS = {**MODEL_GROUPS, 'activities': ACTIVITY_OPTION_PARAMETERS}


class Parser(ArgumentParser):
    """A parser with short errors, which escape untrusted text and suggest a similar option."""

    def __init__(self, **options: Any) -> None:
        """Accept whole names only: a shortened one may be ambiguous in a later version."""
        super().__init__(allow_abbrev=False, **options)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse the arguments; exit with an error if one is unknown."""
        namespace, unknown = self.parse_known_args(args, namespace)
        if unknown:
            hint = similar_name(unknown[0].partition('=')[0], self._option_string_actions)
            self.error(f'unrecognized arguments: {" ".join(unknown)}{hint}')
        return namespace

    def error(self, message: str) -> NoReturn:
        """Print an error, not the long usage, and exit with 2."""
        self.exit(2, f'{self.prog}: error: {printable(message)} (see {self.prog} --help)\n')


def add_tracker_arguments(
    parser: ArgumentParser,
    groups: Mapping[str, Sequence[ParameterDeclaration]],
    without: Collection[str] = (),
) -> None:
    """
    Add an argument for each option, ``--upper-body-only`` and so on.

    Only options on the command line are in the namespace, without their defaults.

    :param groups: the options by the title of their group in the help
    :param without: names of options that have no use
    """
    for title, declarations in groups.items():
        group = parser.add_argument_group(title)
        for declaration in declarations:
            if declaration.name in without:
                continue
            default = declaration.default
            # argparse shows the choices.
            accepted = '' if declaration.choices else declaration.accepted
            accepted = accepted and f' ({accepted})'
            text = f'{declaration.description}{accepted} (default: {_text(default)})'
            group.add_argument(
                f'--{declaration.name.replace("_", "-")}',
                default=SUPPRESS,
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
    if declaration.choices:
        return {'choices': declaration.choices}
    return {'type': type(default), 'metavar': type(default).__name__.upper()}
