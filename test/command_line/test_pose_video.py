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

"""``pose-video`` from the command line to its files."""

import csv
import re
import subprocess
import sys

import cv2
import numpy as np
import pytest

from pose_tracking_ros.command_line.pose_bag import main as pose_bag
from pose_tracking_ros.command_line.pose_video import main
from pose_tracking_ros.video.annotated_video import AnnotatedVideo
from pose_tracking_ros.video.source import VideoSource


@pytest.fixture(scope='session')
def short_walk(walking_man, tmp_path_factory):
    """Return the first 20 frames of the clip of a man, at half its size."""
    path = tmp_path_factory.mktemp('clips') / 'walk.mp4'
    with VideoSource(walking_man) as source, AnnotatedVideo(path, source.rate) as video:
        for frame in source:
            if frame.index == 20:
                break
            video.write(cv2.resize(frame.image, None, fx=0.5, fy=0.5), frame.stamp_ns)
    return path


@pytest.fixture
def empty_room(tmp_path):
    """Return a clip without people: grey."""
    path = tmp_path / 'grey.mp4'
    with AnnotatedVideo(path, 30) as video:
        for index in range(5):
            video.write(np.full((240, 320, 3), 128, np.uint8), index * 33_333_333)
    return path


@pytest.fixture(scope='session')
def results(short_walk, tmp_path_factory):
    """Return the folder that a run on the short walk fills."""
    output = tmp_path_factory.mktemp('runs') / 'results'
    assert main([str(short_walk), '--output', str(output)]) == 0
    return output


def test_the_video_has_every_frame_at_its_time_with_a_drawing_on_it(results, short_walk):
    with VideoSource(short_walk) as before, VideoSource(results / 'annotated.mp4') as after:
        pairs = list(zip(before, after, strict=True))
    assert len(pairs) == 20
    for plain, annotated in pairs:
        assert abs(plain.stamp_ns - annotated.stamp_ns) < 20_000
        changed = np.abs(plain.image.astype(int) - annotated.image).max(axis=2) > 60
        assert 0.001 < changed.mean() < 0.1


def test_the_table_has_all_landmarks_of_all_frames(results):
    with (results / 'landmarks.csv').open(newline='') as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 20 * 33
    nose = [float(row['y']) for row in rows if row['landmark'] == 'nose']
    heel = [float(row['y']) for row in rows if row['landmark'] == 'left_heel']
    assert all(above < below for above, below in zip(nose, heel, strict=True)), 'he stands'


def test_the_contact_sheet_shows_frames_with_a_drawing(results):
    sheet = cv2.imread(str(results / 'contact_sheet.png'))
    assert min(sheet.shape[:2]) > 400
    orange = (sheet[:, :, 2] > 220) & (sheet[:, :, 0] < 80)
    assert orange.mean() > 0.0005


def test_it_writes_the_tables_that_pose_bag_writes(results, short_walk, tmp_path):
    assert pose_bag([str(short_walk), '--output', str(tmp_path)]) == 0
    for name in ('landmarks.csv', 'frames.csv', 'joint_angles.parquet'):
        assert (results / name).read_bytes() == (tmp_path / name).read_bytes()
    assert not (tmp_path / 'annotated.mp4').exists()
    assert not (tmp_path / 'contact_sheet.png').exists()


def test_results_are_replaced_only_when_asked_for(empty_room, tmp_path, capsys):
    arguments = [str(empty_room), '--output', str(tmp_path), '--model-complexity', '0']
    (tmp_path / 'annotated.mp4').write_text('mine')
    assert main(arguments) == 2
    assert 'annotated.mp4' in capsys.readouterr().err
    assert (tmp_path / 'annotated.mp4').read_text() == 'mine'
    assert main([*arguments, '--force']) == 0
    assert (tmp_path / 'annotated.mp4').stat().st_size > 1000


@pytest.mark.parametrize('name', ['..', '.', 'mine.txt'])
def test_no_file_in_the_folder_decides_what_is_removed(name, empty_room, tmp_path):
    output = tmp_path / 'parent' / 'results'
    output.mkdir(parents=True)
    (output / '.pose_tracking_results').write_text(f'{name}\n')
    (output / 'mine.txt').write_text('mine')
    (output.parent / 'keep').write_text('mine')
    arguments = [str(empty_room), '--output', str(output), '--model-complexity', '0', '--force']
    assert main(arguments) == 0
    assert main(arguments) == 0
    assert (output / 'mine.txt').read_text() == (output.parent / 'keep').read_text() == 'mine'


@pytest.mark.parametrize(
    ('source', 'reason'),
    [
        ('nowhere.mp4', 'nowhere.mp4 does not exist'),
        ('0', '0 is a device.*record it first'),
        ('/dev/null', '/dev/null is a device.*record it first'),
        ('/dev/video99', '/dev/video99 is a device.*record it first'),
    ],
)
def test_an_invalid_video_fails_with_the_remedy_and_leaves_no_files(
    source, reason, tmp_path, capsys
):
    assert main([source, '--output', str(tmp_path / 'results')]) == 2
    assert re.search(reason, capsys.readouterr().err)
    assert not (tmp_path / 'results').exists()


def test_a_stream_is_rejected_with_the_remedy(capsys):
    with pytest.raises(SystemExit) as exit_info:
        main(['rtsp://me:secret@127.0.0.1:8554/cam'])
    assert exit_info.value.code == 2
    reported = capsys.readouterr().err
    assert 'record it first' in reported
    assert 'secret' not in reported


def test_help_names_the_outputs_that_can_be_left_out():
    run = subprocess.run(
        [sys.executable, '-m', 'pose_tracking_ros.command_line.pose_video', '--help'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.startswith('usage: pose-video')
    assert '--no-contact-sheet' in run.stdout
    assert '--no-video' in run.stdout
