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
Run a custom model once in a separate process, before it runs in this one.

The behaviour of a graph cannot be read from its file: it may need too much memory or never end.
In a separate process that does no harm.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
import subprocess
import sys
import tempfile
import time
from typing import BinaryIO

import numpy as np
import onnxruntime

from pose_tracking_ros.blazepose.loading import check_not_stopped
from pose_tracking_ros.blazepose.models import ModelError, ModelFile, Tensor
from pose_tracking_ros.blazepose.session import check_tensors, make_session

MAX_SECONDS = 60.0
"""Time limit for loading and running a model once on the CPU."""

MAX_MEMORY = 2**30
"""Memory limit for that in bytes."""

_POLL_PERIOD = 0.02

# Modules are not searched in the current folder, only in the paths of the parent process.
_PROGRAM = (
    'import sys; del sys.path[0]; from pose_tracking_ros.blazepose.trial import main; main()'
)

_passed: set[tuple[str, ...]] = set()


def try_model(file: ModelFile) -> None:
    """
    Load and run a model once on the CPU in a separate process; the same bytes only once.

    :raises ModelError: if it fails, takes too much memory or too long
    """
    key = tuple(sorted(file.sha256.values()))
    if key in _passed:
        return
    with tempfile.TemporaryFile() as question, tempfile.TemporaryFile() as answer:
        _write(file, question)
        question.seek(0)
        code = _run(file, question, answer)
        answer.seek(0)
        reason = answer.read().decode(errors='replace').strip()
    if code:
        raise ModelError(
            reason
            if code == _REFUSED
            else f'{file.path} ends the process that runs it (exit code {code}), it needs more '
            f'than {MAX_MEMORY >> 20} MiB, or makes ONNX Runtime fail'
        )
    _passed.add(key)


_REFUSED = 3


def _run(file: ModelFile, question: BinaryIO, answer: BinaryIO) -> int:
    """Run the process; return its exit code, or raise a ModelError if it takes too long."""
    paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
    # Each thread of a library would take additional memory.
    environment = {**os.environ, 'PYTHONPATH': paths, 'OPENBLAS_NUM_THREADS': '1'}
    process = subprocess.Popen(
        [sys.executable, '-c', _PROGRAM],
        stdin=question,
        stdout=answer,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,  # Ctrl-C must not reach it.
    )
    try:
        deadline = time.monotonic() + MAX_SECONDS
        while process.poll() is None:
            check_not_stopped()
            if time.monotonic() > deadline:
                raise ModelError(
                    f'{file.path} takes longer than {MAX_SECONDS:g} seconds to load and run once'
                )
            time.sleep(_POLL_PERIOD)
    finally:
        process.kill()
        process.wait()
    return process.returncode


def _write(file: ModelFile, stream: BinaryIO) -> None:
    """Write the input of the other process."""
    head = {
        'path': str(file.path),
        'files': [[name, len(content)] for name, content in file.content.items()],
        'inputs': {name: [item.type, item.shape] for name, item in file.inputs.items()},
        'outputs': {name: [item.type, item.shape] for name, item in file.outputs.items()},
        'memory': MAX_MEMORY,
        'seconds': MAX_SECONDS,
    }
    stream.write(json.dumps(head).encode() + b'\n')
    for content in file.content.values():
        stream.write(content)


def main() -> None:
    """Run the model from the standard input; print the error and exit if that fails."""
    head = json.loads(sys.stdin.buffer.readline())
    content = {name: sys.stdin.buffer.read(size) for name, size in head['files']}
    _limit(head['memory'], head['seconds'])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    path = Path(head['path'])
    problem = f'ONNX Runtime cannot load {path}'
    try:
        session = make_session(path, content, options, ['CPUExecutionProvider'])
        problem = f'ONNX Runtime cannot run {path}'
        inputs, outputs = (
            {name: Tensor(kind, tuple(shape)) for name, (kind, shape) in head[key].items()}
            for key in ('inputs', 'outputs')
        )
        check_tensors(session, path, inputs, outputs)
        images = {name: np.zeros(item.shape, item.type) for name, item in inputs.items()}
        session.run(list(outputs), images)
    except Exception as error:
        print(error if isinstance(error, ModelError) else f'{problem}: {error}')
        sys.exit(_REFUSED)


def _limit(memory: int, seconds: float) -> None:
    """Limit the memory and CPU time of this process, if the system can."""
    with contextlib.suppress(ImportError, OSError, StopIteration):
        import resource

        # This process ends even if its parent is killed.
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        status = Path('/proc/self/status').read_text().splitlines()
        taken = next(int(line.split()[1]) for line in status if line.startswith('VmData')) * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (taken + memory, taken + memory))
