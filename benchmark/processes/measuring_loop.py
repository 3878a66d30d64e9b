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

"""
The loop of a measured process: one frame for each line of input, timed inside the process.

Runs in the environment of this package and in that of MediaPipe. A frame is read from its file
before the clock starts, into a reused buffer, so that frames do not add to the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import json
import os
from pathlib import Path
import sys
import time
from typing import Any

import numpy as np

Track = Callable[[np.ndarray, int], tuple[bool | list, bool]]
"""
Track people in an RGB image with an index; return whether there is a person, or the landmarks of
each as pairs of x and y, and whether the detector ran.
"""


def serve(load: Callable[[dict[str, Any]], tuple[Track, Callable[[], None]]]) -> None:
    """
    Answer until the input ends.

    A line of the input is a JSON object: ``path`` of a file of RGB images, their ``size`` (width,
    height), the index ``frame`` of one, and ``fresh``, whether it begins a new clip. The answer is
    a JSON object: ``wall_ns`` and ``cpu_ns`` of the frame, whether a person was ``found``, the
    landmarks of ``people`` if reported, whether they were ``detected`` and not tracked, the
    monotonic clock ``done_ns`` after it, and the peak memory of the process, ``peak_kib``.

    :param load: options from the command line -> functions that track and reset
    """
    with _answers() as answers:
        options = json.loads(sys.argv[1])
        track, start_over = load(options)
        image = np.empty(0, np.uint8)
        for line in sys.stdin:
            request = json.loads(line)
            width, height = request['size']
            if image.shape != (height, width, 3):
                image = np.empty((height, width, 3), np.uint8)
            _read(Path(request['path']), request['frame'], image)
            if request['fresh']:
                start_over()
            cpu_ns, wall_ns = time.process_time_ns(), time.perf_counter_ns()
            found, detected = track(image, request['frame'])
            wall_ns = time.perf_counter_ns() - wall_ns
            answer = {
                'wall_ns': wall_ns,
                'cpu_ns': time.process_time_ns() - cpu_ns,
                'found': bool(found),
                'people': found if isinstance(found, list) else [],
                'detected': bool(detected),
                'done_ns': time.monotonic_ns(),
                'peak_kib': _peak_kib(),
            }
            print(json.dumps(answer), file=answers, flush=True)


@contextmanager
def _answers() -> Iterator[Any]:
    """Reserve the standard output for answers: output of libraries goes to standard error."""
    with os.fdopen(os.dup(1), 'w') as answers:
        os.dup2(2, 1)
        yield answers


def _read(path: Path, frame: int, image: np.ndarray) -> None:
    with path.open('rb', buffering=0) as file:
        file.seek(frame * image.nbytes)
        if file.readinto(image) != image.nbytes:
            raise ValueError(f'{path} has no frame {frame}')


def _peak_kib() -> int:
    """Return the peak of the resident memory; ru_maxrss would include that of the parent."""
    for line in Path('/proc/self/status').read_text().splitlines():
        if line.startswith('VmHWM:'):
            return int(line.split()[1])
    raise ValueError('/proc/self/status has no VmHWM')
