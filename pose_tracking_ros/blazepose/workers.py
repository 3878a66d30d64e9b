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

"""Run tasks at the same time on the cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pose_tracking_ros.blazepose.inference import usable_cores
from pose_tracking_ros.blazepose.options import MAX_POSES


class Workers:
    """Threads for tasks that release the interpreter lock; they start with the first two tasks."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    def __call__(self, tasks: Sequence[Callable[[], Any]]) -> list[Any]:
        """Run tasks, and return their results in the same order."""
        if len(tasks) > 1 and self._pool is None:
            threads = min(usable_cores(), MAX_POSES)
            self._pool = ThreadPoolExecutor(threads, 'pose_landmarks') if threads > 1 else None
        run = map if len(tasks) < 2 or self._pool is None else self._pool.map
        return list(run(lambda task: task(), tasks))
