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

import cv2
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from pose_tracking_ros.video.contact_sheet import ContactSheet, lay_out, Picture
from pose_tracking_ros.video.source import VideoSource


def flat(index, shape, level):
    """Return a picture of one grey level."""
    return Picture(float(index), np.full((*shape, 3), level, np.uint8))


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


@given(st.integers(1, 700), st.integers(1, 13))
def test_a_sheet_spans_the_video_evenly_from_its_first_frame_to_its_last(total, count):
    sheet = ContactSheet(count)
    drawn = 0

    def draw():
        nonlocal drawn
        drawn += 1
        return np.zeros((2, 3, 3), np.uint8)

    for index in range(total):
        sheet.add(float(index), draw)
    times = [picture.seconds for picture in sheet.pictures()]
    assert len(times) == min(count, total)
    assert times[0] == 0
    assert times[-1] == (total - 1 if count > 1 else 0)
    if len(times) > 1:
        even = np.linspace(0, total - 1, len(times))
        assert np.abs(times - even).max() <= 0.3 * (total - 1) / (len(times) - 1) + 0.5
        assert times == sorted(set(times))
    assert drawn <= 4 * count * (2 + np.log2(total)), 'few frames are drawn'


def test_a_real_clip_fits_a_screen(walking_man, tmp_path):
    sheet = ContactSheet()
    with VideoSource(walking_man) as video:
        for frame in video:
            sheet.add(frame.stamp_ns / 1e9, lambda frame=frame: frame.image)
    sheet.save(tmp_path / 'sheet.png')
    height, width, channels = cv2.imread(str(tmp_path / 'sheet.png')).shape
    assert channels == 3
    assert 1200 < width < 2600
    assert 800 < height < 1600


def test_frames_of_several_sizes_lie_in_the_middle_of_their_places():
    sheet = lay_out([flat(0, (40, 120), 100), flat(1, (20, 60), 200)])
    (top, left), (small_top, small_left) = cells(sheet, [100, 200])
    assert (sheet == 200).all(axis=2).sum() == 20 * 60
    assert {small_top - top, small_left - left} & {10, 30}


@pytest.mark.parametrize('shape', [(1, 1), (1, 20_000), (20_000, 1)])
def test_frames_of_strange_shapes_have_a_sheet(shape, tmp_path):
    sheet = ContactSheet()
    for index in range(3):
        sheet.add(float(index), lambda: np.full((*shape, 3), 90, np.uint8))
    sheet.save(tmp_path / 'sheet.png')
    assert max(cv2.imread(str(tmp_path / 'sheet.png')).shape) < 5000


def test_a_video_without_frames_has_no_sheet(tmp_path):
    ContactSheet().save(tmp_path / 'sheet.png')
    assert not list(tmp_path.iterdir())


def test_a_sheet_that_cannot_be_written_is_an_error(tmp_path):
    sheet = ContactSheet()
    sheet.add(0.0, lambda: np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(OSError, match='nowhere'):
        sheet.save(tmp_path / 'nowhere' / 'sheet.png')
