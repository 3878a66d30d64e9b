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

"""``pose-bag compare``: report the differences between two analyses of a recording."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
import sys

from pose_tracking_ros.command_line.tracker_arguments import Parser
from pose_tracking_ros.replay.compare import compare, comparison_lines
from pose_tracking_ros.replay.problems import reason
from pose_tracking_ros.replay.report.comparison import write_comparison
from pose_tracking_ros.replay.safe_files import check_replaceable
from pose_tracking_ros.safe_text import print_line, unicode_path


def main(argv: Sequence[str]) -> int:
    """
    Compare the analyses named on the command line.

    :return: 0 if they are the same, 1 if they differ, 2 if they cannot be compared
    """
    arguments = _parser().parse_args(argv)
    try:
        output = arguments.output
        if output is not None:
            check_replaceable(output, arguments.force)
        comparison = compare(arguments.first, arguments.second)
        names = str(arguments.first), str(arguments.second)
        lines = comparison_lines(comparison, *names)
        for line in lines:
            print_line(line, sys.stdout)
        if output is not None:
            write_comparison(output, comparison, *map(unicode_path, names), lines)
    # The files in a folder of results may be invalid in any way.
    except Exception as error:
        print_line(f'pose-bag compare: {reason(error)}', sys.stderr)
        return 2
    return 0 if comparison.is_same else 1


def _parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(
        prog='pose-bag compare',
        description='Report the differences between two analyses of a recording, to choose a '
        'model or to check an upgrade. Images are matched by stamp. Exits with 0 if the analyses '
        'are the same, with 1 if they differ, with 2 if they cannot be compared.',
    )
    parser.add_argument('first', type=Path, metavar='A', help='folder of results')
    parser.add_argument('second', type=Path, metavar='B', help='another folder of results')
    parser.add_argument(
        '--output', type=Path, metavar='FILE', help='also draw the differences, in an .html file'
    )
    parser.add_argument('--force', action='store_true', help='replace an existing file')
    return parser
