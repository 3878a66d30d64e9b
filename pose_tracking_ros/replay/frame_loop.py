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

"""Decode, track and write the images of a recording, each step in its own thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from pose_tracking_ros.blazepose import PoseTracker, PoseTrackerResult
from pose_tracking_ros.blazepose.depth import DepthView
from pose_tracking_ros.replay.bounded_threads import (
    ReadAhead,
    Room,
    short_gil_interval,
    WriteBehind,
)
from pose_tracking_ros.replay.frames import AnalysedFrame
from pose_tracking_ros.replay.inputs.images import ImageSource, StampedImage
from pose_tracking_ros.replay.journal import Journal
from pose_tracking_ros.replay.options import AnalysisOptions
from pose_tracking_ros.replay.outputs.frame_writer import BATCH, FrameWriter, WrittenFrame
from pose_tracking_ros.replay.problems import ProblemKind, Problems, reason
from pose_tracking_ros.replay.thumbnails import thumbnail_step

_WAITING_IMAGES, _WAITING_BYTES = 6, 128 * 2**20
"""Maximum images and bytes in the queue between two threads."""


class Progress:
    """Callbacks for the progress of an analysis; those of the base class do nothing."""

    def start(self, name: str, expected_images: int | None) -> None:
        """Start, with the approximate number of images."""

    def advance(self) -> None:
        """Count one more image."""


@dataclass(frozen=True)
class RunControl:
    """
    Treatment of existing results, progress and stop requests.

    :param force: whether to replace existing results
    :param resume: whether to resume an interrupted analysis
    :param progress: receives the progress
    :param is_stopped: returns whether to stop before the next image
    """

    force: bool = False
    resume: bool = False
    progress: Progress = field(default_factory=Progress)
    is_stopped: Callable[[], bool] = field(default=lambda: False)


class _Decoded(NamedTuple):
    """An image, its pixels if needed, and the reason if it cannot be decoded."""

    image: StampedImage
    rgb: np.ndarray | None
    problem: str
    depth: np.ndarray | None = None
    depth_problem: str = ''

    @property
    def nbytes(self) -> int:
        """Return its size in memory."""
        arrays = (self.rgb, self.depth)
        return self.image.nbytes + sum(array.nbytes for array in arrays if array is not None)


_ROOM = Room(_WAITING_IMAGES, _WAITING_BYTES, attrgetter('nbytes'))


class FrameLoop:
    """
    Analyses the images of a recording.

    Frames in the journal are read from it; the tracker resumes after them.
    """

    def __init__(
        self,
        source: ImageSource,
        tracker: PoseTracker,
        journal: Journal,
        options: AnalysisOptions,
        problems: Problems,
    ) -> None:
        self.new_frames = 0
        """Number of frames that were not in the journal."""
        self.was_stopped = False
        """Whether a stop request came before the end of the recording."""
        self._source = source
        self._tracker = tracker
        self._journal = journal
        self._options = options
        self._problems = problems
        self._known = journal.frame_count()
        self._needs_images = options.outputs.need_images
        self._expected = source.expected_images(options.window)
        self._thumbnail_step = thumbnail_step(self._expected)

    def run(self, writer: FrameWriter, control: RunControl) -> bool:
        """
        Analyse all images.

        :return: whether the end of the recording was reached
        :raises ValueError: if the journal is of another recording, or damaged
        """
        state = self._journal.tracker_state()
        if state is not None:
            try:
                self._tracker.load_state(state)
            # A damaged state raises any exception.
            except Exception as error:
                raise ValueError(
                    f'cannot resume: {reason(error)}; start over with --force'
                ) from error
        control.progress.start(self._source.name, self._expected)
        try:
            is_complete = self._loop(writer, control)
        except BaseException:
            writer.abort()
            raise
        writer.close(self._tracker.save_state())
        return is_complete

    def _loop(self, writer: FrameWriter, control: RunControl) -> bool:
        earlier = self._journal.frames()
        with (
            short_gil_interval(),
            closing(WriteBehind(writer.write, _ROOM)) as behind,
            ReadAhead(self._decoded(control), _ROOM, control.is_stopped) as ahead,
        ):
            for decoded in ahead:
                if control.is_stopped():
                    self.was_stopped = True
                    return False
                if writer.is_useless:
                    return False
                if decoded.image.index < self._known:
                    behind.put(self._restored(decoded, next(earlier)))
                else:
                    behind.put(self._analysed(decoded))
                control.progress.advance()
            self.was_stopped |= ahead.was_stopped
        return not self.was_stopped

    def _decoded(self, control: RunControl) -> Iterator[_Decoded]:
        """Yield the images of the recording, with their pixels if needed."""
        try:
            for image in self._source.images(self._options.window):
                if image.index < self._known and not self._needs_images:
                    yield _Decoded(image, None, '')
                    continue
                try:
                    rgb = image.decode()
                # Invalid content raises any exception.
                except Exception as error:
                    yield _Decoded(image, None, reason(error))
                else:
                    yield _Decoded(image, rgb, '', *self._depth(image, rgb.shape[1::-1]))
        except Exception as error:
            # A stop request may end reading with an exception.
            if control.is_stopped():
                self.was_stopped = True
            else:
                self._problems.add(ProblemKind.DAMAGED_FILE, reason(error))

    def _depth(self, image: StampedImage, size: tuple[int, int]) -> tuple[np.ndarray | None, str]:
        """Return the depth image of an image, or the reason why there is none."""
        if not self._source.depth_topic:
            return None, ''
        if image.decode_depth is None:
            return None, 'no depth image within the slop'
        try:
            depth = image.decode_depth()
            DepthView(depth, size)
        # Invalid content raises any exception.
        except Exception as error:
            return None, reason(error)
        return depth, ''

    def _restored(self, decoded: _Decoded, frame: AnalysedFrame) -> WrittenFrame:
        """Return a frame of the journal for the results."""
        if frame.stamp_ns != decoded.image.stamp_ns:
            raise ValueError(
                f'image {frame.index} has another stamp than when the analysis began: the '
                'recording has changed; start over with --force'
            )
        return WrittenFrame(frame, decoded.rgb, None, is_new=False, needs_thumbnail=False)

    def _analysed(self, decoded: _Decoded) -> WrittenFrame:
        """Return an analysed image for the results."""
        image, rgb, problem, depth, depth_problem = decoded
        result, size = PoseTrackerResult(), (0, 0)
        if rgb is not None:
            try:
                result = self._tracker.process(
                    rgb, image.stamp_ns, camera=self._source.camera, depth=depth
                )
                size = rgb.shape[1::-1]
            # A failure loses this image only, as in the live node.
            except Exception as error:
                rgb, problem = None, f'its analysis failed: {reason(error)}'
        self.new_frames += 1
        has_thumbnail = (
            rgb is not None
            and self._options.outputs.report
            and image.index % self._thumbnail_step == 0
        )
        ends_batch = (image.index + 1) % BATCH == 0
        return WrittenFrame(
            AnalysedFrame(
                image.index, image.stamp_ns, image.received_ns, image.frame_id, size, result,
                problem, depth_problem=depth_problem,
            ),
            rgb if has_thumbnail or self._needs_images else None,
            self._tracker.save_state() if ends_batch else None,
            is_new=True,
            needs_thumbnail=has_thumbnail,
        )
