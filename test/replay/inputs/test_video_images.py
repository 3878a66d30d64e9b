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

"""Videos and images as recordings."""

from __future__ import annotations

from dataclasses import replace
import os
import resource
import subprocess
import sys

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from pose_tracking_ros.replay.analysis import analyse
from pose_tracking_ros.replay.inputs.images import SourceError, Window
from pose_tracking_ros.replay.inputs.recordings import find_recordings, open_recording
from pose_tracking_ros.replay.options import AnalysisOptions, Outputs
from pose_tracking_ros.replay.problems import Problems
from pose_tracking_ros.video.source import VideoSource
from replay.recordings import image_entries, write_bag
from video.clips import grey_images, noise_images, turn, write_clip

NOTHING = Outputs(csv=False, bag=False, report=False)


@pytest.fixture
def quick(options) -> AnalysisOptions:
    """Return options for analyses of which only the tables are read."""
    return replace(options, outputs=NOTHING)


def test_a_portrait_video_of_a_phone_gives_the_landmarks_of_an_upright_one(
    walk, quick, tmp_path
):
    upright = write_clip(tmp_path / 'upright.mp4', walk, crf='1')
    stored = [np.ascontiguousarray(np.rot90(image)) for image in walk]
    phone = turn(write_clip(tmp_path / 'phone.mp4', stored, crf='1'), (0, 1, -1, 0))
    found = []
    for path in (upright, phone):
        summary = analyse(path, tmp_path / path.stem, quick)
        assert (summary['exit_code'], summary['result']['images']) == (0, 24)
        frames = pq.read_table(tmp_path / path.stem / 'frames.parquet').to_pylist()
        assert {(row['width'], row['height']) for row in frames} == {(180, 320)}
        table = pq.read_table(tmp_path / path.stem / 'landmarks.parquet')
        found.append(np.stack([table.column(name).to_numpy() for name in 'xy']))
    assert np.median(np.abs(found[0] - found[1])) < 0.01


def test_damage_in_a_video_is_a_problem_of_its_file(quick, tmp_path):
    path = write_clip(tmp_path / 'clip.avi', noise_images(48), 'mpeg4')
    os.truncate(path, path.stat().st_size // 2)
    summary = analyse(path, tmp_path / 'out', quick)
    (problem,) = summary['problems']
    assert (problem['kind'], problem['count']) == ('damaged_file', 1)
    assert f'ends after {summary["result"]["images"]} of its 48 frames' in problem['first']
    assert summary['exit_code'] == 1


def test_the_end_of_a_whole_video_is_not_missed_where_a_part_of_it_is_analysed(quick, tmp_path):
    path = write_clip(tmp_path / 'clip.mkv', grey_images(12))
    window = Window(start=0.1, end=0.3, every=2)
    summary = analyse(path, tmp_path / 'out', replace(quick, window=window))
    assert (summary['exit_code'], summary['problems']) == (0, [])
    frames = pq.read_table(tmp_path / 'out' / 'frames.parquet')
    stamps = frames.column('stamp_ns').to_numpy()
    np.testing.assert_allclose(stamps, [120_000_000, 200_000_000, 280_000_000], atol=1_000_000)
    assert frames.column('frame').to_pylist() == [0, 1, 2]


def test_numbered_images_are_a_recording_and_keep_its_rate(walk, walk_results, quick, tmp_path):
    folder = tmp_path / 'walk'
    folder.mkdir()
    for index, image in enumerate(walk):
        cv2.imwrite(str(folder / f'image_{index}.png'), image)
    summary = analyse(folder, tmp_path / 'out', replace(quick, image_rate=1e9 / 33_000_000))
    assert (summary['exit_code'], summary['recording']['name']) == (0, 'walk')
    assert summary['result']['images_per_second'] == pytest.approx(1e9 / 33_000_000)
    found, expected = (
        pq.read_table(path / 'landmarks.parquet').column('x').to_numpy()
        for path in (tmp_path / 'out', walk_results)
    )
    np.testing.assert_array_equal(found, expected)


def test_one_image_that_is_too_large_or_broken_is_counted_and_the_others_continue(quick, tmp_path):
    folder = tmp_path / 'images'
    folder.mkdir()
    for index, image in enumerate(grey_images(4)):
        cv2.imwrite(str(folder / f'{index}.png'), image)
    cv2.imwrite(str(folder / '1.png'), np.zeros((10, 33_000, 3), np.uint8))
    (folder / '2.png').write_text('not an image')
    summary = analyse(folder, tmp_path / 'out', quick)
    assert (summary['result']['images'], summary['result']['undecodable_images']) == (4, 2)
    (problem,) = summary['problems']
    assert (problem['kind'], problem['count']) == ('undecodable_image', 2)
    assert '33000x10' in problem['first']
    assert summary['exit_code'] == 1


def test_a_single_image_is_a_recording(astronaut, quick, tmp_path):
    path = tmp_path / 'astronaut.jpg'
    cv2.imwrite(str(path), astronaut[:, :, ::-1])
    summary = analyse(path, tmp_path / 'out', quick)
    assert (summary['result']['images'], summary['result']['images_with_pose']) == (1, 1)


@pytest.mark.parametrize('name', ['clip.mp4', 'clip', '0.png', 'series'])
def test_the_limit_of_pixels_is_the_one_that_was_asked_for(name, tmp_path):
    path = tmp_path / name
    if name == 'clip':
        write_clip(tmp_path / 'clip.mkv', grey_images()).rename(path)
    elif name == 'clip.mp4':
        write_clip(path, grey_images())
    else:
        folder = path if name == 'series' else tmp_path
        folder.mkdir(exist_ok=True)
        for number, image in enumerate(grey_images(2)):
            cv2.imwrite(str(folder / f'{number}.png'), image)
    height, width = grey_images(1)[0].shape[:2]
    for limit in (height * width, 2**40):
        options = AnalysisOptions(max_image_pixels=limit)
        for image in open_recording(path, options, Problems()).images(Window()):
            assert image.decode().shape[:2] == (height, width)
    with pytest.raises(SourceError):
        open_recording(path, AnalysisOptions(max_image_pixels=height * width - 1), Problems())


@pytest.mark.parametrize('name', ['clip', 'clip.dat', 'clip.backup.MP4'])
def test_a_video_is_recognized_by_its_content(name, quick, tmp_path):
    path = write_clip(tmp_path / 'original.mp4', grey_images(3)).rename(tmp_path / name)
    assert analyse(path, tmp_path / 'out', quick)['result']['images'] == 3


def test_invalid_recording_is_reported_with_the_accepted_kinds(quick, tmp_path):
    path = tmp_path / 'thesis.odt'
    path.write_text('words')
    with pytest.raises(SourceError, match=r'thesis\.odt is no recording.*\.mcap.*\.webm.*\.png'):
        analyse(path, tmp_path / 'out', quick)


def test_videos_and_folders_of_numbered_images_are_found_but_no_other_images(grey, tmp_path):
    images = tmp_path / 'day' / 'images'
    images.mkdir(parents=True)
    for name in ('1.png', '2.png'):
        cv2.imwrite(str(images / name), grey[0])
    clip = write_clip(tmp_path / 'day' / 'clip.webm', grey_images(2), 'libvpx-vp9')
    cv2.imwrite(str(tmp_path / 'day' / 'photo.png'), grey[0])
    bag = write_bag(tmp_path / 'day' / 'bag', image_entries(grey))
    for name in ('thumb_1.png', 'thumb_2.png'):
        cv2.imwrite(str(bag / name), grey[0])
    assert sorted(find_recordings(tmp_path)) == sorted([images, clip, bag])


@pytest.mark.parametrize('shape', [(1, 1), (64, 20_000), (3, 7)])
def test_unusual_sizes_have_a_video_and_a_contact_sheet(shape, options, tmp_path):
    bag = write_bag(
        tmp_path / 'bag', image_entries([np.full((*shape, 3), 99, np.uint8)] * 3)
    )
    outputs = Outputs(csv=False, bag=False, report=False, video=True, contact_sheet=True)
    summary = analyse(bag, tmp_path / 'out', replace(options, outputs=outputs))
    assert (summary['exit_code'], summary['problems']) == (0, [])
    with VideoSource(tmp_path / 'out' / 'annotated.mp4') as video:
        assert sum(1 for _ in video) == 3
    assert cv2.imread(str(tmp_path / 'out' / 'contact_sheet.png')) is not None


def test_a_video_that_cannot_be_written_is_given_up_and_all_else_continues(tmp_path):
    path = write_clip(tmp_path / 'noise.mp4', noise_images(200, 160, 120))
    command = [
        sys.executable, '-m', 'pose_tracking_ros.command_line.pose_bag', str(path),
        '--output', str(tmp_path / 'out'),
        *('--video', '--no-report', '--no-bag', '--no-csv', '--model-complexity', '0'),
    ]
    # In place of a disk that is full.
    limit = (61_440, 61_440)
    run = subprocess.run(
        command, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )
    assert run.returncode == 1, run.stderr
    assert 'annotated.mp4' in run.stderr
    assert 'interrupted' not in run.stderr
    assert pq.read_table(tmp_path / 'out' / 'frames.parquet').num_rows == 200
    assert not (tmp_path / 'out' / 'annotated.mp4').exists()


def test_a_broken_link_is_found_and_reported_by_its_analysis(tmp_path):
    lost = [tmp_path / 'walk.mp4', tmp_path / 'walk.mcap']
    for path in [*lost, tmp_path / 'notes.txt']:
        path.symlink_to(tmp_path / 'unplugged' / path.name)
    assert sorted(find_recordings(tmp_path)) == sorted(lost)
