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

from itertools import islice
from pathlib import Path

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

import numpy as np
from stages import ORDER, position_rows, positions, SIZES, stage_rows
from stopwatch import Stopwatch

from pose_tracking_ros.blazepose import position
from pose_tracking_ros.video.source import VideoSource


def test_every_stage_of_the_table_takes_time(astronaut: np.ndarray) -> None:
    clip = np.stack([astronaut] * 4)
    rows = list(stage_rows([clip] * len(SIZES)))
    assert [row[0] for row in rows] == ORDER
    for row in rows:
        assert all(float(cell) > 0 for cell in row[1:]), row


def test_positions_take_time_without_and_with_depth(walking_man: Path) -> None:
    with VideoSource(walking_man) as video:
        clip = np.stack([frame.image[:, :, ::-1] for frame in islice(video, 4)])
    rows = list(position_rows([clip]))
    assert [row[1] for row in rows] == ['no', 'yes']
    assert all(float(cell) > 0 for row in rows for cell in row[2:])


def test_joints_are_measured_on_a_wall_at_the_distance_of_the_person(
    walking_man: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with VideoSource(walking_man) as video:
        clip = np.stack([frame.image[:, :, ::-1] for frame in islice(video, 2)])
    places = []
    measure = position.measure
    monkeypatch.setattr(
        position, 'measure', lambda *given: places.append(measure(*given)) or places[-1]
    )
    distances = positions(clip, [None, None], Stopwatch())
    depths = [np.full(clip.shape[1:3], far, np.float32) for far in distances]
    positions(clip, depths, Stopwatch())
    assert [place is not None for place in places] == [True, True]
