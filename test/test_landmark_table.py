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

"""The table of landmarks, as a reader of it finds it."""

import csv

import numpy as np
import pytest

from pose_tracking_ros.blazepose import FULL_BODY, Pose, UPPER_BODY
from pose_tracking_ros.landmark_table import COLUMNS, LandmarkTable


def a_pose(skeleton, seed=0):
    """Return a pose with other values for every landmark."""
    random = np.random.default_rng(seed)
    count = len(skeleton.landmarks)
    landmarks = random.uniform(-0.2, 1.2, (count, 5)).astype(np.float32)
    world = random.uniform(-1, 1, (count, 3)).astype(np.float32)
    if skeleton is UPPER_BODY:
        landmarks[:, 2] = np.nan
        world = np.empty((0, 3), np.float32)
    inside = np.ones(count, bool)
    return Pose(skeleton, landmarks, world, inside, inside, 0.9, np.zeros(5), track_id=seed + 1)


def written(path, *frames):
    """Write frames to a table and return its rows."""
    with LandmarkTable(path) as table:
        for frame in frames:
            table.write(*frame)
    with path.open(newline='', encoding='utf-8') as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize('skeleton', [FULL_BODY, UPPER_BODY], ids=['full body', 'upper body'])
def test_every_landmark_of_a_frame_has_a_row(tmp_path, skeleton):
    pose = a_pose(skeleton)
    rows = written(tmp_path / 'table.csv', (7, 123_456_789_012_345_678, [pose]))
    assert [row['landmark'] for row in rows] == list(skeleton.names)
    assert {(row['frame'], row['stamp_ns'], row['track_id']) for row in rows} == {
        ('7', '123456789012345678', '1')
    }
    values = np.array(
        [
            [float(row[name] or 'nan') for name in ('x', 'y', 'z', 'visibility', 'presence')]
            for row in rows
        ]
    )
    assert np.allclose(values, pose.landmarks, atol=1e-6, equal_nan=True)


def test_the_place_in_space_stands_beside_its_landmark(tmp_path):
    pose = a_pose(FULL_BODY)
    rows = written(tmp_path / 'table.csv', (0, 0, [pose]))
    world = np.array([[float(row[f'world_{axis}']) for axis in 'xyz'] for row in rows])
    assert np.allclose(world, pose.world_landmarks, atol=1e-6)


def test_what_the_upper_body_model_does_not_predict_is_empty(tmp_path):
    rows = written(tmp_path / 'table.csv', (0, 0, [a_pose(UPPER_BODY)]))
    assert {row[name] for row in rows for name in ('z', 'world_x', 'world_y', 'world_z')} == {''}


def test_a_landmark_that_was_dropped_has_empty_positions_and_its_visibility(tmp_path):
    pose = a_pose(FULL_BODY)
    pose.landmarks[5, :3] = pose.world_landmarks[5] = np.nan
    row = written(tmp_path / 'table.csv', (0, 0, [pose]))[5]
    assert {row[name] for name in ('x', 'y', 'z', 'world_x', 'world_y', 'world_z')} == {''}
    assert float(row['visibility']) == pytest.approx(pose.landmarks[5, 3], abs=1e-6)


def test_a_frame_without_a_pose_has_no_rows(tmp_path):
    first, last = a_pose(FULL_BODY, 0), a_pose(FULL_BODY, 1)
    rows = written(tmp_path / 'table.csv', (0, 10, [first]), (1, 20, []), (2, 30, [last]))
    assert [row['frame'] for row in rows] == ['0'] * 33 + ['2'] * 33
    assert [row['track_id'] for row in rows] == ['1'] * 33 + ['2'] * 33


def test_each_person_of_a_frame_has_rows_the_main_one_first(tmp_path):
    people = [a_pose(FULL_BODY, seed) for seed in (4, 1)]
    rows = written(tmp_path / 'table.csv', (0, 10, people))
    assert [row['track_id'] for row in rows] == ['5'] * 33 + ['2'] * 33
    assert [row['landmark'] for row in rows] == 2 * list(FULL_BODY.names)


def test_a_table_without_poses_has_its_header(tmp_path):
    path = tmp_path / 'table.csv'
    assert written(path) == []
    assert path.read_text() == ','.join(COLUMNS) + '\n'
