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

from pathlib import Path

import numpy as np
from parity import agreement, figure

from parity_measures import (
    distances_px,
    frames_agree,
    mask_errors,
    visibility_errors,
    world_errors_m,
)
from pose_tracking_ros.blazepose import FULL_BODY, Pose
from reference_answers import Reference


def pose(x: float, visibility: float) -> Pose:
    landmarks = np.zeros((33, 5), np.float32)
    landmarks[:, 0], landmarks[:, 3] = x, visibility
    world = np.full((33, 3), x, np.float32)
    mask = np.full((128, 128), x, np.float32)
    everywhere = np.ones(33, bool)
    return Pose(
        FULL_BODY, landmarks, world, everywhere, everywhere, 1.0, np.zeros(5), 1, mask
    )


def recording(folder: Path) -> Reference:
    path = folder / 'walk.full.npz'
    np.savez(
        path,
        landmarks=np.zeros((3, 33, 4)),
        world=np.zeros((3, 33, 3)),
        detected=[True, True, False],
        frame=[0, 1, 2],
        size=[200, 100],
        mask_frame=[1],
        mask64=np.zeros((1, 64, 64), np.uint8),
    )
    return Reference('walk', 'full', path)


def test_differences_are_those_of_the_frames_where_both_have_a_pose(tmp_path: Path) -> None:
    reference = recording(tmp_path)
    poses = [pose(0.5, 0.0), pose(0.25, 0.5), None]
    np.testing.assert_allclose(distances_px(reference, poses).mean(axis=1), [100, 50])
    np.testing.assert_allclose(distances_px(reference, poses, without=[0]).mean(), 50)
    np.testing.assert_allclose(visibility_errors(reference, poses).mean(axis=1), [0, 0.5])
    np.testing.assert_allclose(
        world_errors_m(reference, poses).mean(axis=1), [0.5 * 3**0.5, 0.25 * 3**0.5], rtol=1e-6
    )
    np.testing.assert_allclose(mask_errors(reference, poses), [0.25 * 255])


def test_frames_agree_where_both_have_a_pose_or_none(tmp_path: Path) -> None:
    agree = frames_agree(recording(tmp_path), [None, pose(0, 0), None])
    assert agree.tolist() == [False, True, True]
    assert agreement(agree) == '2 of 3'


def test_a_figure_of_nothing_is_an_empty_cell() -> None:
    assert figure(np.array([1.0, 2.0]), np.mean, 2) == '1.50'
    assert figure(np.empty(0), np.mean) == ''
