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

"""Run the demo: a video publisher, the pose node and a recorder, in separate processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
import os
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
import time

from ament_index_python.packages import get_package_prefix
from rosbags.highlevel import AnyReaderError

from pose_tracking_ros.command_line.progress_line import ProgressLine
from pose_tracking_ros.demo.child_process import ChildProcess, read_status
from pose_tracking_ros.demo.graph_environment import graph_environment
from pose_tracking_ros.demo.results import (
    BAG,
    read_frames,
    SHEET,
    SUMMARY,
    TABLES,
    VIDEO,
    write_results,
)
from pose_tracking_ros.demo.summary import DemoSummary, summarize
from pose_tracking_ros.replay.output_folder import OutputFolder

_START_SECONDS = 60.0
"""Timeout for the node to load its models and be discovered."""

_QUIET_SECONDS = 1.0
_MAX_DRAIN_SECONDS = 10.0
"""The recording ends this long after the last message, or after the end of the video."""

_POLL_SECONDS = 0.05

_PUBLISHER, _NODE, _RECORDER = 'video_publisher', 'pose_tracking_node', 'demo_recorder'


class DemoError(RuntimeError):
    """The demo failed; the message has the reason."""


@dataclass(frozen=True)
class DemoOptions:
    """
    The options of the demo, see its command line.

    :param rate: frames per second to play a file at; 0 plays it at its own
    :param max_rate: maximum frames per second; 0 sends all
    :param seconds: when to stop, 0 at the end of the video
    :param node_parameters: parameters of the pose node, each as ``name:=value``
    """

    video: str
    output: Path
    domain_id: int
    repeat: int = 1
    rate: float = 0.0
    max_rate: float = 0.0
    seconds: float = 0.0
    node_parameters: Sequence[str] = field(default_factory=tuple)


def run_demo(options: DemoOptions) -> tuple[DemoSummary, bool]:
    """
    Run the demo and write its results to the output folder.

    :return: the figures, and whether the video was played to its end
    :raises FileExistsError: if the output folder holds other files
    :raises ProcessError: if a process dies
    :raises DemoError: if the pose node does not start
    """
    with (
        closing(_output_folder(options.output)) as folder,
        TemporaryDirectory(prefix='pose_tracking_demo_') as scratch,
        closing(ProgressLine()) as progress,
    ):
        run = _Run(options, folder, Path(scratch), progress.show)
        finished = run.play()
        try:
            frames = read_frames(folder / BAG)
        except AnyReaderError as error:
            raise DemoError(f'the recording cannot be read: {error}') from error
        summary = summarize(
            frames, run.publisher_status(), run.recorder_status(), run.node_account()
        )
        write_results(folder, frames, summary, progress.show)
    return summary, finished


def _output_folder(path: Path) -> OutputFolder:
    """Return the folder, without earlier results; raise a FileExistsError for other files."""
    logs = [f'{name}.log' for name in (_NODE, _RECORDER, _PUBLISHER)]
    names = (BAG, SHEET, SUMMARY, *TABLES, VIDEO, *logs)
    # Files that every run writes, and nothing else does.
    if not (path / logs[0]).is_file():
        for name in names:
            if (path / name).exists():
                raise FileExistsError(
                    f'{path / name} exists and was not written by an earlier run: move it away '
                    'or choose another folder'
                )
    return OutputFolder(path, names, force=True)


class _Run:
    """The processes of one run, and their status."""

    def __init__(
        self,
        options: DemoOptions,
        folder: OutputFolder,
        scratch: Path,
        show: Callable[[str], None],
    ) -> None:
        self._options = options
        self._folder = folder
        self._scratch = scratch
        self._show = show
        self._environment = graph_environment(os.environ, options.domain_id)
        self._children: list[ChildProcess] = []

    def play(self) -> bool:
        """Record the whole video; return False if the user interrupts it."""
        try:
            finished = self._record()
        finally:
            self._stop()
        self._children[1].check()  # It fails when the bag cannot be finished.
        return finished

    def _record(self) -> bool:
        """Start the processes and watch them until all is recorded, or the user interrupts."""
        try:
            self._start(_NODE, self._options.node_parameters)
            self._start(
                _RECORDER,
                [
                    _string('bag', self._folder / BAG),
                    _string('status_file', self._status(_RECORDER)),
                ],
            )
            self._await_node()
            publisher = self._start(
                _PUBLISHER,
                [
                    _string('video', self._options.video),
                    f'repeat:={self._options.repeat}',
                    f'rate:={float(self._options.rate)}',
                    f'max_rate:={float(self._options.max_rate)}',
                    f'max_seconds:={float(self._options.seconds)}',
                    _string('status_file', self._status(_PUBLISHER)),
                ],
            )
            while not publisher.check():
                self._watch()
            self._drain()
            return True
        except KeyboardInterrupt:
            if not self.recorder_status().get('ready'):
                raise
            return False

    def publisher_status(self) -> dict:
        """Return the last status of the video publisher."""
        return read_status(self._status(_PUBLISHER))

    def recorder_status(self) -> dict:
        """Return the last status of the recorder."""
        return read_status(self._status(_RECORDER))

    def node_account(self) -> str:
        """Return the last log line of the pose node: at the end, the counts of images."""
        return self._children[0].last_words()

    def _status(self, name: str) -> Path:
        """Return the status file of a process."""
        return self._scratch / name

    def _start(self, executable: str, parameters: Sequence[str]) -> ChildProcess:
        """Start an executable of the package with parameters."""
        path = Path(get_package_prefix('pose_tracking_ros'), 'lib/pose_tracking_ros', executable)
        command = [sys.executable, str(path), '--ros-args']
        for parameter in parameters:
            command += ['-p', parameter]
        log = self._folder / f'{executable}.log'
        self._children.append(ChildProcess(executable, command, self._environment, log))
        return self._children[-1]

    def _await_node(self) -> None:
        """Wait until the node runs and the recorder has subscribed."""
        started = time.monotonic()
        while not self.recorder_status().get('ready'):
            if time.monotonic() - started > _START_SECONDS:
                raise DemoError(
                    f'the pose node did not start in {_START_SECONDS:.0f} s: see '
                    f'{self._folder / _NODE}.log and {self._folder / _RECORDER}.log'
                )
            self._show('starting the pose node and the recorder')
            self._check()
            if (words := self.node_account()).startswith('Cannot configure'):
                raise DemoError(f'the pose node does not start: {words}')
            time.sleep(_POLL_SECONDS)

    def _drain(self) -> None:
        """Wait for the answers to the last images."""
        now = quiet_since = time.monotonic()
        deadline, received = now + _MAX_DRAIN_SECONDS, -1
        while now < min(deadline, quiet_since + _QUIET_SECONDS):
            self._watch()
            now = time.monotonic()
            if self.recorder_status()['received'] != received:
                received, quiet_since = self.recorder_status()['received'], now

    def _watch(self) -> None:
        """Check the processes, show the progress, and wait a moment."""
        self._check()
        publisher, recorder = self.publisher_status(), self.recorder_status()
        if publisher:
            latency = recorder['latency_ms']
            self._show(
                f'{publisher["played"]:4.0%}  sent {publisher["sent"]}, '
                f'received {recorder["received"]}, with a pose {recorder["with_pose"]}, '
                f'{recorder["rate"]:.1f} frames/s'
                + (f', latency {latency:.0f} ms' if latency is not None else '')
            )
        time.sleep(_POLL_SECONDS)

    def _check(self) -> None:
        """Check that the node and the recorder run."""
        for child in self._children[:2]:
            child.check_runs()

    def _stop(self) -> None:
        """Stop the processes, the recorder last; kill them at a second interrupt."""
        try:
            for child in sorted(self._children, key=lambda child: child.name == _RECORDER):
                child.stop()
        except KeyboardInterrupt:
            for child in self._children:
                child.kill()
            raise


def _string(name: str, value: object) -> str:
    """Return a string parameter for the command line, where values are YAML."""
    return f'{name}:=' + "'" + str(value).replace("'", "''") + "'"
