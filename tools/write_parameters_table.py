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

"""Write the table of the node's parameters into README.md."""

from __future__ import annotations

from pathlib import Path

from pose_tracking_ros.node.parameters import PARAMETERS

README = Path(__file__).parents[1] / 'README.md'
BEGIN = '<!-- tools/write_parameters_table.py writes what follows -->\n'
END = '<!-- end of the table -->\n'


def parameters_table() -> str:
    """Return the parameters as a table in Markdown."""
    rows = ['| parameter | default | live | |', '|---|---|---|---|']
    for parameter in PARAMETERS:
        default = str(parameter.default)
        default = default.lower() if isinstance(parameter.default, bool) else default
        accepted = '' if isinstance(parameter.default, bool) else f' {parameter.accepted}.'
        rows.append(
            f'| `{parameter.name}` | `{default}` | {"" if parameter.read_only else "yes"} '
            f'| {parameter.description}{accepted[:2].upper()}{accepted[2:]} |'
        )
    return '\n'.join(rows) + '\n'


def with_table(text: str) -> str:
    """Return the text of the README with the table in its place."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + '\n' + parameters_table() + '\n' + END + rest.split(END)[1]


if __name__ == '__main__':
    README.write_text(with_table(README.read_text()))
