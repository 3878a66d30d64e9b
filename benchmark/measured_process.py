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

"""Processes that track frame by frame on request, each on given cores."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
import json
import os
from pathlib import Path
import subprocess
import sys
import tempfile
import time
from typing import Any

from frames import Frames
import official_environment

_PROCESSES = Path(__file__).parent / 'processes'
_QUOTED_LINES = 15


@dataclass(frozen=True)
class Answer:
    """
    The answer of a process to a frame.

    :param wall_ms: time from image to landmarks
    :param cpu_ms: CPU time of all its threads
    :param found: whether there was a person
    :param detected: whether the detector ran; otherwise the person was tracked
    :param done_ns: the monotonic clock at the end of the frame
    :param peak_mb: peak of the resident memory of the process so far, in units of 10^6 bytes
    :param people: landmarks of each person as pairs of x and y in units of the image's width and
        height, if the program reports them
    """

    wall_ms: float
    cpu_ms: float
    found: bool
    detected: bool
    done_ns: int
    peak_mb: float
    people: tuple[list[list[float]], ...] = ()


def same_work(ours: Iterable[Answer], theirs: Iterable[Answer]) -> list[tuple[Answer, Answer]]:
    """
    Return the answers of two processes to the frames on which both did the same work.

    That is: both found the person, both by detection or both by tracking.

    :param ours: the answers of one process, frame by frame
    :param theirs: the answers of the other to the same frames
    """
    return [
        (one, other)
        for one, other in zip(ours, theirs)
        if one.found and other.found and one.detected == other.detected
    ]


class MeasuredProcess:
    """
    A program of ``processes/`` that processes one frame after the other.

    :param command: the program and its arguments
    :param environment: its environment variables
    :param cores: numbers of its cores
    """

    def __init__(
        self, command: list[str], environment: Mapping[str, str], cores: Collection[int]
    ) -> None:
        """Start it."""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (close() does)
        self.started_ns = time.monotonic_ns()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )

    def ask(self, frames: Frames, frame: int, fresh: bool) -> Answer:
        """
        Return its answer to a frame.

        :param fresh: whether the frame begins a new clip
        :raises RuntimeError: when the process has failed
        """
        request = {
            'path': str(frames.path), 'size': frames.size, 'frame': frame, 'fresh': fresh
        }  # fmt: skip
        try:
            print(json.dumps(request), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ''
        if not line:
            raise RuntimeError(f'the measured process ended:\n{self._last_errors()}')
        answer = json.loads(line)
        return Answer(
            wall_ms=answer['wall_ns'] * 1e-6,
            cpu_ms=answer['cpu_ns'] * 1e-6,
            found=answer['found'],
            detected=answer['detected'],
            done_ns=answer['done_ns'],
            peak_mb=answer['peak_kib'] * 1024e-6,
            people=tuple(answer['people']),
        )

    def close(self) -> None:
        """End it."""
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()
        self._errors.close()

    def _last_errors(self) -> str:
        self._process.wait(60)
        self._errors.seek(0)
        lines = self._errors.read().decode(errors='replace').splitlines()
        return '\n'.join(lines[-_QUOTED_LINES:])


def our_process(options: Mapping[str, Any], cores: Collection[int]) -> MeasuredProcess:
    """Start a process of the tracker of this package."""
    program = _PROCESSES / 'our_tracker.py'
    return MeasuredProcess([sys.executable, str(program), json.dumps(options)], os.environ, cores)


def official_process(
    options: Mapping[str, Any], cores: Collection[int], program: str = 'official_tracker.py'
) -> MeasuredProcess:
    """
    Start a process of official MediaPipe, whose environment must exist.

    :param program: ``official_tracker.py`` for MediaPipe Pose, ``official_people.py`` for the
        PoseLandmarker of MediaPipe Tasks
    """
    program = _PROCESSES / program
    return MeasuredProcess(
        [str(official_environment.PYTHON), str(program), json.dumps(options)],
        official_environment.variables(os.environ),
        cores,
    )
