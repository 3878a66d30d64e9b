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

"""A stopwatch that wraps functions from outside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
import time
from typing import Any

_MS = 1e-6

Stage = str | Callable[..., str]
"""Name of a stage, or a function: arguments of a call -> name."""


class Stopwatch:
    """
    Measures the time of each stage in each frame, without the stages within it.

    :ivar wall_ms: for each frame, stage -> milliseconds
    :ivar cpu_ms: the CPU time of this thread, which a busy machine affects less
    """

    def __init__(self) -> None:
        """Start with no frames."""
        self.wall_ms: list[dict[str, float]] = []
        self.cpu_ms: list[dict[str, float]] = []
        # For each current stage, the time of the stages within it.
        self._within: list[list[float]] = []

    @contextmanager
    def frame(self) -> Iterator[None]:
        """Begin a frame; stages before the first one are not recorded."""
        self.wall_ms.append(defaultdict(float))
        self.cpu_ms.append(defaultdict(float))
        yield

    def wrap(self, function: Callable, stage: Stage) -> Callable:
        """
        Return the function with its time measured.

        :param stage: of its time
        """

        @wraps(function)
        def measured(*arguments: Any, **named: Any) -> Any:
            self._within.append([0.0, 0.0])
            wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
            try:
                return function(*arguments, **named)
            finally:
                cpu, wall = time.thread_time_ns() - cpu, time.perf_counter_ns() - wall
                self._count(stage if isinstance(stage, str) else stage(*arguments), wall, cpu)

        return measured

    @contextmanager
    def attached(self, places: dict[tuple[Any, str], Stage]) -> Iterator[None]:
        """
        Measure functions wherever they are called, until the context ends.

        :param places: module or class and the name in it -> stage
        """
        kept = {(owner, name): getattr(owner, name) for owner, name in places}
        for (owner, name), stage in places.items():
            setattr(owner, name, self.wrap(kept[owner, name], stage))
        try:
            yield
        finally:
            for (owner, name), function in kept.items():
                setattr(owner, name, function)

    def _count(self, stage: str, wall: float, cpu: float) -> None:
        within_wall, within_cpu = self._within.pop()
        if self._within:
            self._within[-1][0] += wall
            self._within[-1][1] += cpu
        if self.wall_ms:
            self.wall_ms[-1][stage] += (wall - within_wall) * _MS
            self.cpu_ms[-1][stage] += (cpu - within_cpu) * _MS
