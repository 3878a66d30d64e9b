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

from __future__ import annotations

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

import numpy as np
from stages import ORDER, SIZES, stage_rows


def test_every_stage_of_the_table_takes_time(astronaut: np.ndarray) -> None:
    clip = np.stack([astronaut] * 4)
    rows = list(stage_rows([clip] * len(SIZES)))
    assert [row[0] for row in rows] == ORDER
    for row in rows:
        assert all(float(cell) > 0 for cell in row[1:]), row
