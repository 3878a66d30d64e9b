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

"""Write the tables of the parameters into README.md and docs/node.md, and the files in config/."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill

from pose_tracking_ros.parameter_table import (
    ACTIVITY_PARAMETERS,
    Change,
    ParameterDeclaration,
    PARAMETERS,
    Value,
)

ROOT = Path(__file__).parents[1]
BEGIN = '<!-- tools/write_parameters_table.py writes what follows -->\n'
END = '<!-- end of the table -->\n'

_CONFIGURATION_HEAD = """\
# Every parameter of the node, with its default; tools/write_parameters_table.py writes this file.
# One that can be set at any time applies to the next image; the others state when they can be set.
/**:
  ros__parameters:
"""


@dataclass(frozen=True)
class NodePages:
    """
    The documents with the parameters of a node.

    :param parameters: of the node
    :param page: the page with their table
    :param configuration: the file with their defaults
    """

    parameters: Sequence[ParameterDeclaration]
    page: Path
    configuration: Path


NODES = (
    NodePages(PARAMETERS, ROOT / 'README.md', ROOT / 'config' / 'pose_tracking.yaml'),
    NodePages(
        ACTIVITY_PARAMETERS, ROOT / 'docs' / 'node.md', ROOT / 'config' / 'pose_activity.yaml'
    ),
)


def parameters_table(parameters: Sequence[ParameterDeclaration]) -> str:
    """Return the parameters as a table in Markdown."""
    rows = ['| parameter | default | can be set | |', '|---|---|---|---|']
    rows += [
        f'| `{parameter.name}` | `{_yaml(parameter.default)}` | {parameter.change.value} '
        f'| {_explanation(parameter)} |'
        for parameter in parameters
    ]
    return '\n'.join(rows) + '\n'


def configuration_file(parameters: Sequence[ParameterDeclaration]) -> str:
    """Return the configuration file with all defaults and explanations."""
    licence = ''.join((ROOT / 'Makefile').read_text().partition('\n\n')[:2])
    entries = []
    for parameter in parameters:
        text = _explanation(parameter)
        if parameter.change is not Change.LIVE:
            text += f' Can be set: {parameter.change.value}.'
        comment = fill(text, 99, initial_indent='    # ', subsequent_indent='    # ')
        entries.append(f'{comment}\n    {parameter.name}: {_yaml(parameter.default)}\n')
    return licence + _CONFIGURATION_HEAD + '\n'.join(entries)


def with_table(text: str, parameters: Sequence[ParameterDeclaration]) -> str:
    """Return the text of a page with the table in its place."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + '\n' + parameters_table(parameters) + '\n' + END + rest.split(END)[1]


def _explanation(parameter: ParameterDeclaration) -> str:
    """Return the purpose of a parameter, and its accepted values."""
    accepted = parameter.accepted
    return parameter.description + (f' {accepted[:1].upper()}{accepted[1:]}.' if accepted else '')


def _yaml(value: Value) -> str:
    """Return a value in YAML."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if value != '' else "''"


if __name__ == '__main__':
    for node in NODES:
        node.page.write_text(with_table(node.page.read_text(), node.parameters))
        node.configuration.write_text(configuration_file(node.parameters))
