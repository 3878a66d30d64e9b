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

"""Write measured tables into the pages of ``docs``, between marker lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
import os
from pathlib import Path
import platform

import cv2
import numpy

ROOT = Path(__file__).parents[1]


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown: words aligned left, figures aligned right."""
    rows = [list(row) for row in rows]
    right = [all(_is_figure(row[k]) for row in rows) for k in range(len(header))]
    lines = [header, ['--:' if figures else '---' for figures in right], *rows]
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in lines) + '\n'


def _is_figure(cell: str) -> bool:
    return not cell or cell[0] in '0123456789.-'


def with_section(text: str, name: str, content: str) -> str:
    """
    Return the text of a page with new content in one of its sections.

    :param text: the page, with the lines ``<!-- begin NAME -->`` and ``<!-- end NAME -->``
    :param name: NAME of these lines
    :param content: put between them
    :raises ValueError: when the page does not have both lines once
    """
    begin, end = f'<!-- begin {name} -->\n', f'<!-- end {name} -->\n'
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f'the page has not one line {begin.strip()!r} and one {end.strip()!r}')
    before, rest = text.split(begin)
    return before + begin + '\n' + content.strip() + '\n\n' + end + rest.split(end)[1]


def write_section(page: str, name: str, content: str) -> None:
    """Write new content into a section of ``docs/PAGE``."""
    path = ROOT / 'docs' / page
    path.write_text(with_section(path.read_text(), name, content))


def measured_with() -> str:
    """Return the versions and the machine of a run, as a sentence."""
    return (
        f'Measured with ONNX Runtime {_onnxruntime_version()}, OpenCV {cv2.__version__}, NumPy '
        f'{numpy.__version__}, Python {platform.python_version()}, on '
        f'{len(os.sched_getaffinity(0))} cores ({_processor()}).'
    )


def _onnxruntime_version() -> str:
    for package in ('onnxruntime', 'onnxruntime-gpu', 'onnxruntime-openvino'):
        try:
            return f'{version(package)} ({package})'
        except PackageNotFoundError:
            continue
    return 'of unknown version'


def _processor() -> str:
    information = Path('/proc/cpuinfo')
    if information.is_file():
        for line in information.read_text().splitlines():
            if line.startswith('model name'):
                return line.split(':')[1].strip()
    return platform.machine()
