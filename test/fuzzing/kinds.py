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

"""What is made of a seed, and how it must end, by kind."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
import re
import subprocess
import sys
from typing import Any, NamedTuple

from fuzzing.images import decode, image_message, MAX_MEMORY
from fuzzing.layouts import mutated_layout
from fuzzing.messages import check_each_is_accounted_for, recording_of_mutated_messages
from fuzzing.recordings import check_is_accounted_for, mutated_recording, MutatedRecording
from fuzzing.videos import check_frames, mutated_video
from pose_tracking_ros.replay.problems import LOSSES, ProblemKind

RECORDINGS_AT_ONCE = 8


class Kind(NamedTuple):
    """
    A kind of input.

    :param make: makes an input from an empty folder and a seed
    :param check: reads it; returns in a word what came of it, and raises where that is a fault
    :param max_data: bytes that its process may allocate, used or not
    :param batch: seeds that a process takes one after the other
    """

    make: Callable[[Path, int], Any]
    check: Callable[[Any], str]
    max_data: int = MAX_MEMORY
    batch: int = 250


def _recordings_for_the_command(folder: Path, seed: int) -> list[MutatedRecording]:
    """Write several damaged recordings."""
    recordings = []
    for number in range(seed * RECORDINGS_AT_ONCE, (seed + 1) * RECORDINGS_AT_ONCE):
        place = folder / str(number)
        place.mkdir()
        recordings.append(mutated_recording(place, number))
    return recordings


def _check_command(recordings: list[MutatedRecording]) -> str:
    """
    Analyse recordings as a user does.

    :return: the exit code, in words
    :raises AssertionError: when something else than recordings fails, or images of one are missing
        and nothing is reported
    """
    folder = recordings[0].path.parents[1]
    done = subprocess.run(
        [
            sys.executable, '-m', 'pose_tracking_ros.command_line.pose_bag',
            *(recording.path for recording in recordings), '--output', folder / 'out',
            '--model-complexity', '0', '--video', '--contact-sheet',
        ],
        capture_output=True, text=True, cwd=folder,
    )
    assert done.returncode in (0, 1, 2), done.stderr[-2000:]
    assert 'Traceback' not in done.stderr + done.stdout, done.stderr[-3000:]
    summary = json.loads((folder / 'out' / 'summary.json').read_text())
    reported = {Path(recording['path']): recording for recording in summary['recordings']}
    for recording in recordings:
        outcome = reported[recording.path]
        problems = outcome['problems']
        reasons = [problem['first'] for problem in problems]
        if outcome['images'] < recording.images:
            losses = [item for item in problems if ProblemKind(item['kind']) in LOSSES]
            assert losses, (recording, outcome)
        # None lacks memory, or has its process die.
        assert not re.search('MemoryError|its process', ' '.join(reasons)), (recording, reasons)
    return f'exit code {done.returncode}'


KINDS: dict[str, Kind] = {
    'recording': Kind(mutated_recording, check_is_accounted_for),
    'layout': Kind(mutated_layout, check_is_accounted_for),
    'message': Kind(recording_of_mutated_messages, check_each_is_accounted_for),
    'image': Kind(lambda _, seed: image_message(seed), decode),
    'video': Kind(mutated_video, check_frames, batch=60),
    # Of what ONNX Runtime reserves for its threads it uses little: what is used is measured.
    'pose-bag': Kind(_recordings_for_the_command, _check_command, 8 << 30, batch=2),
}
