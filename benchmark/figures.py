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

"""Figures of many measured times, and their cells in a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Figures:
    """
    Statistics of the times of frames.

    :param median: of the times, in milliseconds
    :param percentile_95: of the times, in milliseconds
    :param cpu: mean CPU time of all threads in milliseconds; NaN if unknown
    """

    median: float
    percentile_95: float
    cpu: float = np.nan

    @classmethod
    def of(cls, wall_ms: Sequence[float], cpu_ms: Sequence[float] = ()) -> Figures:
        """Return the figures of times in milliseconds."""
        return cls(
            float(np.median(wall_ms)),
            float(np.percentile(wall_ms, 95)),
            float(np.mean(cpu_ms)) if len(cpu_ms) else np.nan,
        )

    @property
    def cells(self) -> list[str]:
        """Return median, 95th percentile, and the CPU time if known."""
        values = [self.median, self.percentile_95, self.cpu]
        return [milliseconds(value) for value in values if np.isfinite(value)]


def milliseconds(value: float) -> str:
    """Return a time for a cell: three significant digits, at most two decimals."""
    if value >= 100:
        return f'{value:.0f}'
    return f'{value:.1f}' if value >= 10 else f'{value:.2f}'


def ratio(ours: float, theirs: float) -> str:
    """Return the ratio of ours to theirs, for a cell."""
    return f'{ours / theirs:.2f}' if theirs else ''
