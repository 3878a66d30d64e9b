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

"""A video at a glance: which frames, where, and how large."""

import numpy as np
import pytest

from pose_tracking_ros.video.annotated_video import AnnotatedVideo
from pose_tracking_ros.video.contact_sheet import contact_sheet, lay_out
from pose_tracking_ros.video.source import VideoFrame


def flat(index, shape, level):
    """Return a frame of one grey level."""
    return VideoFrame(index, index * 10**9, np.full((*shape, 3), level, np.uint8))


def cells(sheet, levels):
    """Return the top left corner of the area of each grey level, row first."""
    return [tuple(np.argwhere((sheet == level).all(axis=2)).min(axis=0)) for level in levels]


@pytest.mark.parametrize(
    ('shape', 'count', 'grid'),
    [
        pytest.param((90, 160), 12, (3, 4), id='landscape'),
        pytest.param((160, 90), 12, (2, 6), id='portrait'),
        pytest.param((100, 100), 1, (1, 1), id='one frame'),
    ],
)
def test_the_grid_is_filled_like_a_page_and_fits_the_frames(shape, count, grid):
    levels = [60 + 10 * index for index in range(count)]
    sheet = lay_out([flat(index, shape, level) for index, level in enumerate(levels)])
    corners = cells(sheet, levels)
    assert corners == sorted(corners), 'not in the order of reading'
    rows, columns = (len({corner[axis] for corner in corners}) for axis in (0, 1))
    assert (rows, columns) == grid
    for level in levels:
        assert (sheet == level).all(axis=2).sum() == shape[0] * shape[1]


def test_every_frame_has_its_time_beneath_it():
    levels = [60, 90, 120, 150]
    sheet = lay_out([flat(index, (90, 160), level) for index, level in enumerate(levels)])
    captions = [
        sheet[top + 91 : top + 91 + 26, left : left + 160].tobytes()
        for top, left in cells(sheet, levels)
    ]
    assert len(set(captions)) == 4, 'every time reads differently'


def test_a_sheet_spans_the_video_from_its_first_frame_to_its_last(tmp_path):
    path = tmp_path / 'video.mp4'
    with AnnotatedVideo(path, 10) as video:
        for index in range(23):
            video.write(np.full((48, 64, 3), 10 * index, np.uint8), index * 10**8)
    sheet = contact_sheet(path, count=3)
    greys = {int(round(float(value), -1)) for value in sheet[16 + 24, :, 0]}
    assert {0, 110, 220} <= greys


def test_a_real_clip_fits_a_screen(walking_man):
    height, width, channels = contact_sheet(walking_man).shape
    assert channels == 3
    assert 1200 < width < 2600
    assert 800 < height < 1600


def test_a_short_video_shows_what_it_has(tmp_path):
    path = tmp_path / 'video.mp4'
    with AnnotatedVideo(path, 10) as video:
        video.write(np.full((48, 64, 3), 100, np.uint8), 0)
    sheet = contact_sheet(path)
    assert sheet.shape[1] == 64 + 2 * 16


def test_a_missing_video_is_named():
    with pytest.raises(OSError, match=r'nowhere\.mp4'):
        contact_sheet('nowhere.mp4')
