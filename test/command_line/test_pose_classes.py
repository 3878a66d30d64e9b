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

"""``pose-classes`` from the command line to its files."""

from __future__ import annotations

import cv2
import pytest

from pose_tracking_ros.activities import PoseClasses
from pose_tracking_ros.command_line.pose_classes import main

FRAMES = (5, 25, 45, 65)


@pytest.fixture(scope='module')
def pictures(walking_man, tmp_path_factory):
    """Return a folder with pictures of a man, as if they showed two classes."""
    folder = tmp_path_factory.mktemp('pictures')
    video = cv2.VideoCapture(str(walking_man))
    for k in range(max(FRAMES) + 1):
        image = video.read()[1]
        if k in FRAMES:
            name = 'steps_left' if k < 40 else 'steps_right'
            (folder / name).mkdir(exist_ok=True)
            cv2.imwrite(str(folder / name / f'{k}.jpg'), image)
    return folder


def learn(folder, output, *arguments):
    """Run the command with the smallest model."""
    return main(['learn', str(folder), '--output', str(output), '--model-complexity', '0',
                 *map(str, arguments)])  # fmt: skip


def test_pictures_in_folders_named_after_classes_are_learnt_and_checked(
    pictures, tmp_path, capsys
):
    output = tmp_path / 'my.csv'
    assert learn(pictures, output) == 0
    out = capsys.readouterr().out
    assert 'exercise steps: left -> right -> left' in out
    assert 'each image counts as a recording of its own' in out
    classes = PoseClasses.load(output)
    assert [(sample.recording, sample.name) for sample in classes.samples] == [
        ('25.jpg', 'steps_left'),
        ('5.jpg', 'steps_left'),
        ('45.jpg', 'steps_right'),
        ('65.jpg', 'steps_right'),
    ]
    assert main(['check', str(output), '--picture', str(tmp_path / 'confusion.png')]) == 0
    assert 'steps_left: samples 2, recordings 2' in capsys.readouterr().out
    text = output.read_text().splitlines()
    output.write_text('\n'.join(text[:-1]) + '\n')
    assert main(['check', str(output)]) == 0
    assert 'steps_right has one recording: add another' in capsys.readouterr().out
    assert cv2.imread(str(tmp_path / 'confusion.png')) is not None


def test_table_of_intervals_labels_recordings(pictures, tmp_path):
    table = tmp_path / 'table.csv'
    # Numbered images are a recording, 30 a second.
    table.write_text('recording,start,end,class\nsteps_left,0,0.5,a_up\nsteps_left,0.6,9,a_down\n')
    output = tmp_path / 'my.csv'
    assert learn(pictures, output, '--intervals', table, '--period', 0.1) == 0
    names = [sample.name for sample in PoseClasses.load(output).samples]
    assert names == ['a_up', 'a_down']


def test_unreadable_recordings_are_left_out_and_reported(pictures, tmp_path, capsys):
    (tmp_path / 'in' / 'lunges_up').mkdir(parents=True)
    (tmp_path / 'in' / 'lunges_up' / 'broken.mp4').write_bytes(b'nothing')
    picture = (pictures / 'steps_left' / '5.jpg').read_bytes()
    (tmp_path / 'in' / 'lunges_up' / 'good.jpg').write_bytes(picture)
    assert learn(tmp_path / 'in', tmp_path / 'my.csv') == 1
    assert 'broken.mp4: left out' in capsys.readouterr().err
    assert len(PoseClasses.load(tmp_path / 'my.csv').samples) == 1


@pytest.mark.parametrize(
    ('table', 'message'),
    [
        ('recording,start,end\n', 'has not the columns'),
        ('recording,start,end,class\nsteps_left,2,1,a\n', 'is empty'),
        ('recording,start,end,class\nsteps_left,x,1,a\n', 'are seconds'),
        ('recording,start,end,class\nnowhere,0,1,a\n', 'there is no'),
        ('recording,start,end,class\nsteps_left,0,1,\n', 'no name of a class'),
        ('recording,start,end,class\n', 'no rows'),
    ],
)
def test_empty_table_is_rejected(pictures, tmp_path, capsys, table, message):
    path = tmp_path / 'table.csv'
    path.write_text(table)
    assert learn(pictures, tmp_path / 'my.csv', '--intervals', path) == 2
    assert message in capsys.readouterr().err


def test_file_that_is_there_is_replaced_only_with_force(pictures, tmp_path, capsys):
    output = tmp_path / 'my.csv'
    output.write_text('mine')
    assert learn(pictures, output) == 2
    assert '--force' in capsys.readouterr().err
    assert output.read_text() == 'mine'


@pytest.mark.parametrize('command', ['learn', 'check'])
def test_what_does_not_exist_is_named(command, tmp_path, capsys):
    path = tmp_path / 'nowhere'
    options = ['--output', str(tmp_path / 'my.csv')] if command == 'learn' else []
    assert main([command, str(path), *options]) == 2
    assert capsys.readouterr().err == f'pose-classes: {path} does not exist\n'


def test_folder_without_classes_is_refused(tmp_path, capsys):
    assert learn(tmp_path, tmp_path / 'my.csv') == 2
    assert 'no folders named after classes' in capsys.readouterr().err


def test_exercises_of_the_package_are_checked_by_default(capsys):
    assert main(['check']) == 0
    assert capsys.readouterr().out.splitlines()[-1].split('%')[0] >= '97'
