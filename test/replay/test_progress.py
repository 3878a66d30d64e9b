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

"""What the user sees of the progress: a bar on a terminal, lines in a log."""

from __future__ import annotations

from contextlib import closing
from io import StringIO

from pose_tracking_ros.replay.progress import ImageProgress, RecordingProgress


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_bar_on_a_terminal_has_images_speed_and_time_left():
    stream = Terminal()
    with closing(ImageProgress(stream)) as progress:
        progress.start('walk', 1000)
        for _ in range(1000):
            progress.advance()
    last = stream.getvalue().split('\r')[-1]
    assert 'walk: 100%' in last
    assert '1000/1000' in last
    assert 'images/s' in last


def test_log_has_plain_lines_and_a_last_one(monkeypatch):
    monkeypatch.setattr('pose_tracking_ros.replay.progress._LOG_PERIOD', 0.0)
    stream = StringIO()
    with closing(ImageProgress(stream)) as progress:
        progress.start('walk', 3)
        for _ in range(3):
            progress.advance()
    lines = stream.getvalue().splitlines()
    assert lines[0].startswith('walk: 1 of 3 images, ')
    assert lines[-1].endswith(', 0 s left')
    assert '\r' not in stream.getvalue()


def test_more_images_than_expected_are_counted_without_the_number():
    stream = StringIO()
    with closing(ImageProgress(stream)) as progress:
        progress.start('walk', 1)
        progress.advance()
        progress.advance()
    assert stream.getvalue().startswith('walk: 2 images, ')


def test_log_is_quiet_between_lines():
    stream = StringIO()
    with closing(ImageProgress(stream)) as progress:
        progress.start('walk', None)
        for _ in range(100):
            progress.advance()
        assert stream.getvalue() == ''
    assert stream.getvalue().startswith('walk: 100 images, ')


def test_recordings_are_reported_one_by_one():
    stream = StringIO()
    with closing(RecordingProgress(2, stream)) as progress:
        progress.advance('monday: 24 images')
        progress.advance('tuesday: failed')
    assert stream.getvalue().splitlines() == [
        '1 of 2: monday: 24 images', '2 of 2: tuesday: failed']


def test_bar_of_recordings_lets_their_lines_stand():
    stream = Terminal()
    with closing(RecordingProgress(2, stream)) as progress:
        progress.advance('monday: 24 images')
    assert 'monday: 24 images\n' in stream.getvalue()
    assert '1/2' in stream.getvalue()
