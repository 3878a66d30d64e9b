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
import json
import subprocess
import sys

import cv2
import numpy as np
import pytest

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


def test_the_contact_sheet_is_a_picture(results):
    assert min(cv2.imread(str(results / 'contact_sheet.png')).shape[:2]) > 400


def test_the_summary_agrees_with_the_table(results):
    summary = json.loads((results / 'summary.json').read_text())
    assert summary['frames'] == summary['frames_with_pose'] == 20
    assert summary['detector_runs'] == summary['people'] == 1
    assert summary['execution_provider'].endswith('ExecutionProvider')
    assert summary['frames_per_second'] == pytest.approx(20 / summary['seconds'])


def test_options_reach_the_tracker(short_walk, tmp_path):
    arguments = ['--upper-body-only', '--static-image-mode']
    assert main([str(short_walk), '--output', str(tmp_path), *arguments]) == 0
    with (tmp_path / 'landmarks.csv').open(newline='') as file:
        names = {row['landmark'] for row in csv.DictReader(file)}
    assert len(names) == 25
    assert 'left_knee' not in names
    assert json.loads((tmp_path / 'summary.json').read_text())['detector_runs'] == 20


def test_a_video_without_people_is_processed_and_said_to_be_empty(empty_room, tmp_path, capsys):
    output = tmp_path / 'results'
    assert main([str(empty_room), '--output', str(output)]) == 0
    assert 'no person was found' in capsys.readouterr().err
    assert len((output / 'landmarks.csv').read_text().splitlines()) == 1
    assert json.loads((output / 'summary.json').read_text())['frames_with_pose'] == 0


@pytest.mark.parametrize('video', ['nowhere.mp4', '99'])
def test_a_video_that_is_not_there_fails_and_leaves_nothing(video, tmp_path, capsys):
    assert main([video, '--output', str(tmp_path / 'results')]) == 1
    assert video in capsys.readouterr().err
    assert not (tmp_path / 'results').exists()


def test_files_of_others_in_the_output_folder_are_kept(empty_room, tmp_path, capsys):
    (tmp_path / 'landmarks.csv').write_text('mine')
    assert main([str(empty_room), '--output', str(tmp_path)]) == 1
    assert 'landmarks.csv exists' in capsys.readouterr().err
    assert (tmp_path / 'landmarks.csv').read_text() == 'mine'


@pytest.mark.parametrize(
    ('option', 'value'),
    [
        ('--model-complexity', '3'),
        ('--min-detection-confidence', '1.5'),
        ('--execution-provider', 'abacus'),
        ('--num-threads', '-1'),
    ],
)
def test_an_option_out_of_its_range_is_a_usage_error(option, value, empty_room, capsys):
    with pytest.raises(SystemExit) as exit_info:
        main([str(empty_room), option, value])
    assert exit_info.value.code == 2
    assert option.strip('-').replace('-', '_') in capsys.readouterr().err


def test_help_describes_every_option():
    run = subprocess.run(
        [sys.executable, '-m', 'pose_tracking_ros.command_line.pose_video', '--help'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert '--min-tracking-confidence' in run.stdout
    assert '`' not in run.stdout, 'markup of docstrings'
