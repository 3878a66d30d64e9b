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

"""``pose-bag compare``: tell how two analyses of the same recording differ."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
import sys

from pose_tracking_ros.replay.compare import compare, comparison_lines
from pose_tracking_ros.replay.problems import reason
from pose_tracking_ros.replay.report.comparison import write_comparison
from pose_tracking_ros.replay.safe_files import is_file
from pose_tracking_ros.safe_text import print_line, printable, unicode_path


def main(argv: Sequence[str]) -> int:
    """
    Compare the analyses that the command line names.

    :return: 0 when they found the same, 1 when they differ, 2 when they cannot be compared
    """
    arguments = _parser().parse_args(argv)
    try:
        output = arguments.output
        if output is not None and is_file(output) and not arguments.force:
            raise FileExistsError(f'{output} exists; replace it with --force')
        comparison = compare(arguments.first, arguments.second)
        names = str(arguments.first), str(arguments.second)
        lines = [printable(line) for line in comparison_lines(comparison, *names)]
        for line in lines:
            print_line(line, sys.stdout)
        if output is not None:
            write_comparison(output, comparison, *map(unicode_path, names), '\n'.join(lines))
    # What somebody put into a folder of results can be wrong in any way.
    except Exception as error:
        print_line(f'pose-bag compare: {reason(error)}', sys.stderr)
        return 2
    return 0 if comparison.is_same else 1


def _parser() -> ArgumentParser:
    """Return the description of the command line."""
    parser = ArgumentParser(
        prog='pose-bag compare',
        description='Tell how two analyses of the same recording differ: for choosing a model, or '
        'checking an upgrade. Images are compared by their stamps. Exits with 0 when both found '
        'the same, with 1 when they differ, with 2 when they cannot be compared.',
    )
    parser.add_argument('first', type=Path, metavar='A', help='folder of results')
    parser.add_argument('second', type=Path, metavar='B', help='another one')
    parser.add_argument(
        '--output', type=Path, metavar='FILE', help='also draw the differences, in an .html file'
    )
    parser.add_argument('--force', action='store_true', help='replace a file that is there')
    return parser
