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

import cv2
from frames import fit, prepare
import numpy as np
import pytest


@pytest.mark.parametrize(
    ('size', 'inner'),
    [((640, 480), (slice(60, 420), slice(0, 640))), ((90, 80), (slice(14, 65), slice(0, 90)))],
)
def test_an_image_is_fitted_whole_and_in_its_proportions(
    size: tuple[int, int], inner: tuple[slice, slice]
) -> None:
    image = np.full((180, 320, 3), 200, np.uint8)
    fitted = fit(image, size)
    assert fitted.shape == (size[1], size[0], 3)
    assert (fitted[inner] == 200).all()
    assert (fitted == 200).sum() == fitted[inner].size


def test_frames_are_those_of_the_clip_in_rgb(walking_man: Path, tmp_path: Path) -> None:
    frames = prepare(walking_man, 3, None, tmp_path)
    assert (frames.size, frames.count) == ((1088, 1920), 3)
    decoded = cv2.VideoCapture(str(walking_man)).read()[1]
    np.testing.assert_array_equal(frames.load()[0], decoded[:, :, ::-1])


def test_sizes_of_one_clip_have_files_of_their_own(walking_man: Path, tmp_path: Path) -> None:
    small, own = (prepare(walking_man, 1, size, tmp_path) for size in ((64, 48), None))
    assert small.load().shape == (1, 48, 64, 3)
    assert own.load().shape == (1, 1920, 1088, 3)
