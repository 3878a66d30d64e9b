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

"""Write the outputs of an analysis frame by frame."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np

from pose_tracking_ros.replay.activities import FrameActivities
from pose_tracking_ros.replay.frames import AnalysedFrame
from pose_tracking_ros.replay.journal import Journal
from pose_tracking_ros.replay.problems import ProblemKind, Problems, reason
from pose_tracking_ros.replay.statistics import RecordingStatistics
from pose_tracking_ros.replay.tables import TableFiles
from pose_tracking_ros.replay.thumbnails import thumbnail

BATCH = 256
"""Frames between two points to resume from."""


class Output(Protocol):
    """A result that is written frame by frame."""

    def write(self, frame: AnalysedFrame, rgb: np.ndarray | None) -> None:
        """Append the result of an image."""

    def close(self) -> None:
        """Finish the result."""

    def abort(self) -> None:
        """Abandon the result after an error."""


class WrittenFrame(NamedTuple):
    """
    A frame to be written.

    :param frame: the analysed image
    :param rgb: its pixels, uint8 (H, W, 3), None if no output needs them
    :param tracker_state: state of the tracker after it, if it ends a batch
    :param is_new: whether it is not in the journal yet
    :param needs_thumbnail: whether to make a thumbnail of its pixels
    """

    frame: AnalysedFrame
    rgb: np.ndarray | None
    tracker_state: bytes | None
    is_new: bool
    needs_thumbnail: bool

    @property
    def nbytes(self) -> int:
        """Return its size in memory."""
        return 0 if self.rgb is None else self.rgb.nbytes


class FrameWriter:
    """
    Writes frames to the journal and to all outputs.

    An output that fails is abandoned and counted; the others continue.
    """

    def __init__(
        self,
        journal: Journal,
        activities: FrameActivities,
        outputs: dict[str, Callable[[], Output]],
        statistics: RecordingStatistics,
        problems: Problems,
    ) -> None:
        self.has_journal = True
        """Whether all frames are in the journal."""
        self._journal = journal
        self._activities = activities
        self._statistics = statistics
        self._problems = problems
        self._outputs: dict[str, Output] = {}
        self._wants_outputs = bool(outputs)
        self._new: list[AnalysedFrame] = []
        for name, make in outputs.items():
            try:
                self._outputs[name] = make()
            # The libraries raise many types of errors.
            except Exception as error:
                self._failed(name, error)

    @property
    def is_useless(self) -> bool:
        """Return whether no requested output can be written anymore."""
        return self._wants_outputs and not self._outputs and not self.has_journal

    def write(self, item: WrittenFrame) -> None:
        """Write a frame."""
        frame = item.frame
        if item.needs_thumbnail:
            try:
                frame = replace(frame, thumbnail=thumbnail(item.rgb, frame.poses))
            except Exception as error:
                self._failed(f'picture of image {frame.index}', error)
        try:
            frame = self._activities(frame)
        # A failure loses the activities of this image only, as in the live node.
        except Exception as error:
            self._failed(f'activities of image {frame.index}', error)
        self._statistics.add(frame)
        self._for_each(lambda output: output.write(frame, item.rgb))
        if item.is_new and self.has_journal:
            self._new.append(frame)
        if item.tracker_state is not None:
            self._keep(item.tracker_state)

    def close(self, tracker_state: bytes) -> None:
        """
        Finish all outputs.

        :param tracker_state: state of the tracker after the last frame
        """
        self._keep(tracker_state)
        self._for_each(lambda output: output.close())
        self._outputs = {}

    def abort(self) -> None:
        """Abandon all outputs; the journal stays."""
        for name in list(self._outputs):
            self._give_up(name)

    def _keep(self, tracker_state: bytes) -> None:
        """Put the new frames into the journal."""
        if not self._new:
            return
        try:
            self._journal.append(self._new, tracker_state)
        except Exception as error:
            self.has_journal = False
            self._failed('journal', error)
        self._new = []

    def _for_each(self, step: Callable[[Output], None]) -> None:
        """Call a step of each output, and abandon those that fail."""
        for name, output in list(self._outputs.items()):
            try:
                step(output)
            except Exception as error:
                self._failed(name, error)
                self._give_up(name)

    def _give_up(self, name: str) -> None:
        # A failed output may fail again.
        with suppress(Exception):
            self._outputs.pop(name).abort()

    def _failed(self, name: str, error: Exception) -> None:
        self._problems.add(ProblemKind.OUTPUT_FAILED, f'{name}: {reason(error)}')


class TablesOutput:
    """The tables as an output, written in batches that do not depend on interruptions."""

    def __init__(self, tables: TableFiles) -> None:
        self._tables = tables
        self._batch: list[AnalysedFrame] = []

    def write(self, frame: AnalysedFrame, _: np.ndarray | None) -> None:
        """Append the result of an image."""
        self._batch.append(frame)
        if (frame.index + 1) % BATCH == 0:
            self._tables.write(self._batch)
            self._batch = []

    def close(self) -> None:
        """Finish the files."""
        if self._batch:
            self._tables.write(self._batch)
        self._tables.close()

    def abort(self) -> None:
        """Close the files as they are."""
        self._tables.close()


