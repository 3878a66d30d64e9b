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

"""Write the table of the node's parameters into README.md, and config/pose_tracking.yaml."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill

from pose_tracking_ros.parameter_table import Change, ParameterDeclaration, PARAMETERS, Value

ROOT = Path(__file__).parents[1]
README = ROOT / 'README.md'
CONFIGURATION = ROOT / 'config' / 'pose_tracking.yaml'
BEGIN = '<!-- tools/write_parameters_table.py writes what follows -->\n'
END = '<!-- end of the table -->\n'

_CONFIGURATION_HEAD = """\
# Every parameter of the node, with its default; tools/write_parameters_table.py writes this file.
# One that can be set at any time applies to the next image; the others tell when they can be set.
/**:
  ros__parameters:
"""


def parameters_table() -> str:
    """Return the parameters as a table in Markdown."""
    rows = ['| parameter | default | can be set | |', '|---|---|---|---|']
    rows += [
        f'| `{parameter.name}` | `{_yaml(parameter.default)}` | {parameter.change.value} '
        f'| {_explanation(parameter)} |'
        for parameter in PARAMETERS
    ]
    return '\n'.join(rows) + '\n'


def configuration_file() -> str:
    """Return the configuration file with all defaults, as its comments explain them."""
    licence = ''.join(README.with_name('Makefile').read_text().partition('\n\n')[:2])
    entries = []
    for parameter in PARAMETERS:
        text = _explanation(parameter)
        if parameter.change is not Change.LIVE:
            text += f' Can be set: {parameter.change.value}.'
        comment = fill(text, 99, initial_indent='    # ', subsequent_indent='    # ')
        entries.append(f'{comment}\n    {parameter.name}: {_yaml(parameter.default)}\n')
    return licence + _CONFIGURATION_HEAD + '\n'.join(entries)


def with_table(text: str) -> str:
    """Return the text of the README with the table in its place."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + '\n' + parameters_table() + '\n' + END + rest.split(END)[1]


def _explanation(parameter: ParameterDeclaration) -> str:
    """Return what a parameter is for, and what it accepts."""
    accepted = parameter.accepted
    return parameter.description + (f' {accepted[:1].upper()}{accepted[1:]}.' if accepted else '')


def _yaml(value: Value) -> str:
    """Return a value as YAML has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if value != '' else "''"


if __name__ == '__main__':
    README.write_text(with_table(README.read_text()))
    CONFIGURATION.write_text(configuration_file())
