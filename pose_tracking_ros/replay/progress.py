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

"""Progress of an analysis: a bar on a terminal, lines in a log."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from tqdm import tqdm

from pose_tracking_ros.replay.frame_loop import Progress
from pose_tracking_ros.safe_text import line_for, print_line

_LOG_PERIOD = 10.0
"""Seconds between two lines."""


class ImageProgress(Progress):
    """
    The progress of an analysis in images.

    :param stream: output, by default the standard error
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._bar: tqdm | None = None
        self._name = ''
        self._expected: int | None = None
        self._count = 0
        self._started = self._printed = time.monotonic()

    def start(self, name: str, expected_images: int | None) -> None:
        """Start, with the approximate number of images."""
        self._name, self._expected = name, expected_images
        self._started = self._printed = time.monotonic()
        if self._stream.isatty():
            self._bar = tqdm(
                desc=line_for(self._stream, name), total=expected_images, unit=' images',
                file=self._stream, dynamic_ncols=True,
            )

    def advance(self) -> None:
        """Count one more image."""
        self._count += 1
        if self._bar is not None:
            self._bar.update()
        elif time.monotonic() - self._printed >= _LOG_PERIOD:
            self._printed = time.monotonic()
            print_line(self._line(), self._stream)

    def close(self) -> None:
        """Finish the bar, or write the last line."""
        if self._bar is not None:
            self._bar.close()
        elif self._count:
            print_line(self._line(), self._stream)

    def _line(self) -> str:
        """Return the number of images, the speed and the time left."""
        seconds = max(time.monotonic() - self._started, 1e-9)
        rate = self._count / seconds
        of, left = '', ''
        # The number of images of a video is approximate.
        if self._expected and self._count <= self._expected:
            of = f' of {self._expected}'
            left = f', {(self._expected - self._count) / rate:.0f} s left'
        return f'{self._name}: {self._count}{of} images, {rate:.1f} images/s{left}'


class RecordingProgress:
    """
    The progress of several analyses in recordings.

    :param total: number of recordings
    :param stream: output, by default the standard error
    """

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._total = total
        self._count = 0
        self._bar = tqdm(
            total=total, unit=' recordings', file=self._stream, dynamic_ncols=True,
            disable=not self._stream.isatty(),
        )

    def advance(self, line: str) -> None:
        """Report a finished recording and its result."""
        self._count += 1
        if self._bar.disable:
            print_line(f'{self._count} of {self._total}: {line}', self._stream)
        else:
            self._bar.write(line_for(self._stream, line), file=self._stream)
            self._bar.update()

    def close(self) -> None:
        """Finish the bar."""
        self._bar.close()
