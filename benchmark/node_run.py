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

"""One run of a pose node: cameras, node and listeners in processes of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, ExitStack, suppress
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import tempfile
from threading import Timer

from ament_index_python.packages import get_package_prefix
from frames import Frames
import official_environment

from pose_tracking_ros.demo.graph_environment import free_domain_id, graph_environment

_PROCESSES = Path(__file__).parent / 'processes'
_STOP_SECONDS = 30
_START_SECONDS = 120
"""Maximum seconds for processes to end, and to load and discover each other."""

_QUOTED_LINES = 15
_TICKS = os.sysconf('SC_CLK_TCK')

OURS, PLAIN = 'pose_tracking_node', 'plain node'
_LANDMARKS_TYPE = {OURS: 'PoseLandmarks', PLAIN: 'PoseArray'}


@dataclass(frozen=True)
class Scenario:
    """
    The load on the node.

    :param frames: of each camera
    :param cameras: their number
    :param annotated: whether the annotated image has a subscriber
    :param parameters: of our node, beside their defaults
    """

    frames: Frames
    cameras: int = 1
    annotated: bool = False
    parameters: Mapping[str, int] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Return the namespaces of the cameras."""
        if self.cameras == 1:
            return ['']
        return [f'camera_{k}/' for k in range(1, self.cameras + 1)]


@dataclass(frozen=True)
class Run:
    """
    The measurements of a node.

    :param latencies_ms: from the stamp of an image to its landmarks in another process
    :param sent: images that the cameras sent
    :param cpu_s: CPU time of the node in seconds
    :param memory_mb: resident memory at the end, in units of 10^6 bytes, without shared_mb
    :param shared_mb: shared memory that it has mapped for messages, its own and others'
    """

    latencies_ms: list[float]
    sent: int
    cpu_s: float
    memory_mb: float
    shared_mb: float

    @property
    def lost(self) -> int:
        """Return the number of unanswered images."""
        return self.sent - len(self.latencies_ms)


def run(node: str, scenario: Scenario, seconds: float) -> Run:
    """
    Run a node for some time.

    :param node: :data:`OURS` or :data:`PLAIN`
    :raises RuntimeError: when a process fails or is late
    """
    environment = graph_environment(os.environ, free_domain_id())
    landmarks = [_LANDMARKS_TYPE[node], *(f'{name}pose_landmarks' for name in scenario.names)]
    width, height = scenario.frames.size
    with ExitStack() as stack:
        nodes = [
            stack.enter_context(_process(command, variables))
            for command, variables in _node_commands(node, scenario, environment)
        ]
        listener = stack.enter_context(_script('listener', landmarks, environment))
        if scenario.annotated:
            topics = [f'{name}annotated_image' for name in scenario.names]
            stack.enter_context(_script('listener', ['Image', *topics], environment))
        camera = stack.enter_context(
            _script(
                'camera',
                [
                    *(str(scenario.frames.path), str(width), str(height)),
                    *('--seconds', str(seconds), '--names', *scenario.names),
                ],
                environment,
            )
        )
        pids = [process.pid for process in nodes]
        stack.enter_context(_time_limit(_START_SECONDS + seconds, [camera, listener]))
        _line(camera)
        cpu_s = -_cpu_s(pids)
        stamps = json.loads(_line(camera))
        cpu_s += _cpu_s(pids)
        memory = [_memory_kib(pid) for pid in pids]
        received = json.loads(_last_words(listener))
    return Run(
        latencies_ms=latencies_ms(stamps, received),
        sent=sum(map(len, stamps)),
        cpu_s=cpu_s,
        memory_mb=resident_mb(memory),
        shared_mb=max(kib['RssShmem'] for kib in memory) * 1024e-6,
    )


def latencies_ms(sent: list[list[int]], received: list[list[tuple[int, int]]]) -> list[float]:
    """
    Return the latency of each answered image, in milliseconds.

    :param sent: for each camera, the stamps of the counted images
    :param received: for each camera, stamp and time of each answer
    """
    return [
        (time_ns - stamp_ns) * 1e-6
        for stamps, answers in zip(sent, received)
        for stamp_ns, time_ns in dict(answers).items()
        if stamp_ns in frozenset(stamps)
    ]


def resident_mb(memory_kib: Collection[Mapping[str, int]]) -> float:
    """
    Return the memory of the processes of a node, in units of 10^6 bytes.

    Files, which are libraries, count once for all of them.

    :param memory_kib: for each process, its own resident memory ``RssAnon``, and ``RssFile``
    """
    own = sum(memory['RssAnon'] for memory in memory_kib)
    return (own + max(memory['RssFile'] for memory in memory_kib)) * 1024e-6


def _node_commands(
    node: str, scenario: Scenario, environment: Mapping[str, str]
) -> list[tuple[list[str], Mapping[str, str]]]:
    """Return the command and the environment of each process of a node."""
    if node == OURS:
        program = Path(get_package_prefix('pose_tracking_ros')) / 'lib/pose_tracking_ros' / node
        parameters = {name: str(value) for name, value in scenario.parameters.items()}
        if scenario.cameras > 1:
            names = ', '.join(name.rstrip('/') for name in scenario.names)
            parameters['cameras'] = f'[{names}]'
        command = [sys.executable, str(program), '--ros-args']
        for name, value in parameters.items():
            command += ['-p', f'{name}:={value}']
        return [(command, environment)]
    command = [str(official_environment.PYTHON), str(_PROCESSES / 'plain_node.py')]
    variables = official_environment.variables(environment)
    # One process a camera: it serves one.
    return [
        (command + (['--ros-args', '-r', f'__ns:=/{name.rstrip("/")}'] if name else []), variables)
        for name in scenario.names
    ]


def _script(
    name: str, arguments: list[str], environment: Mapping[str, str]
) -> contextmanager[subprocess.Popen]:
    return _process([sys.executable, str(_PROCESSES / f'{name}.py'), *arguments], environment)


@contextmanager
def _process(command: list[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen]:
    """
    Run a process until the context ends; then interrupt it, so that it frees its shared memory.

    :raises RuntimeError: when it fails, with the end of its output
    """
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=_STOP_SECONDS)
            except (subprocess.TimeoutExpired, ValueError):
                _kill(process)
            if process.returncode > 0:
                errors.seek(0)
                lines = errors.read().decode(errors='replace').splitlines()[-_QUOTED_LINES:]
                raise RuntimeError('\n'.join([f'{" ".join(command)} failed:', *lines]))


@contextmanager
def _time_limit(seconds: float, processes: list[subprocess.Popen]) -> Iterator[None]:
    """Kill processes when the context takes longer; readers of their output then end."""
    timer = Timer(seconds, lambda: list(map(_kill, processes)))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _kill(process: subprocess.Popen) -> None:
    """Kill a process and its children."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _last_words(process: subprocess.Popen) -> str:
    """Close the input of a process, and return the rest of its output."""
    try:
        return process.communicate(timeout=_STOP_SECONDS)[0]
    except subprocess.TimeoutExpired:
        _kill(process)
        raise RuntimeError(
            f'{" ".join(process.args)} did not end in {_STOP_SECONDS} s'
        ) from None


def _line(process: subprocess.Popen) -> str:
    """Return the next line of a process; without one, its context raises the reason."""
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f'{" ".join(process.args)} ended before its time')
    return line


def _cpu_s(pids: list[int]) -> float:
    """Return the CPU time of processes so far, in seconds."""
    ticks = 0
    for pid in pids:
        fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS


def _memory_kib(pid: int) -> dict[str, int]:
    """Return the kinds of resident memory of a process, as /proc/PID/status names them."""
    lines = Path(f'/proc/{pid}/status').read_text().splitlines()
    fields = (line.replace(':', '').split() for line in lines if line.startswith('Rss'))
    return {name: int(value) for name, value, _ in fields}
