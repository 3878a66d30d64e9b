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

"""Progress on a terminal and in a log."""

from contextlib import closing
from io import StringIO

from pose_tracking_ros.command_line.progress_line import ProgressLine


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        """Return that it is."""
        return True


def test_a_terminal_gets_one_line_without_remains_of_longer_ones():
    terminal = Terminal()
    with closing(ProgressLine(terminal)) as progress:
        progress.show('a long text')
        progress.show('short')
    assert terminal.getvalue() == '\ra long text\rshort      \n'


def test_a_log_gets_whole_lines_and_the_last_one_for_sure():
    log = StringIO()
    with closing(ProgressLine(log)) as progress:
        for index in range(1000):
            progress.show(f'frame {index}')
    lines = log.getvalue().splitlines()
    assert lines[0] == 'frame 0'
    assert lines[-1] == 'frame 999'
    assert len(lines) < 100, 'a line for every frame floods a log'


def test_nothing_shown_leaves_nothing():
    for stream in StringIO(), Terminal():
        ProgressLine(stream).close()
        assert stream.getvalue() == ''
