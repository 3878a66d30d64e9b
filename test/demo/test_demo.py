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

"""The demo as a user runs it: three processes, a real clip, and what is left behind."""

from __future__ import annotations

import csv
import itertools
import json
import math
import os
from pathlib import Path
import re
import shutil
import signal
import subprocess
import sys
import time

import av
import cv2
import numpy as np
import pytest
from rosbags.highlevel import AnyReader

from one_person import pose_of
from pose_tracking_ros.blazepose import PoseTracker
from pose_tracking_ros.command_line.pose_bag import main as analyse_bag
from pose_tracking_ros.video.source import VideoSource

MARK = 'POSE_TRACKING_TEST'


def demo_process(*arguments, marker: str = '') -> subprocess.Popen:
    """Start the demo, with a mark that it and what it starts can be told by."""
    return subprocess.Popen(
        [sys.executable, '-m', 'pose_tracking_ros.demo', *map(str, arguments)],
        env=os.environ | {MARK: marker},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Also where the tests run in a background, whose processes ignore interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def run_demo(*arguments, marker: str = '') -> tuple[int, str, str]:
    """Run the demo to its end; return its exit code, its output and its complaints."""
    process = demo_process(*arguments, marker=marker)
    output, complaints = process.communicate(timeout=120)
    return process.returncode, output, complaints


def processes_of(marker: str) -> list[str]:
    """Return the command lines of the running processes that have inherited a mark."""
    found = []
    for folder in Path('/proc').glob('[0-9]*'):
        try:
            if f'{MARK}={marker}'.encode() in (folder / 'environ').read_bytes().split(b'\0'):
                command = (folder / 'cmdline').read_bytes()
                found.append(command.replace(b'\0', b' ').decode(errors='replace'))
        except OSError:
            continue  # It has just ended.
    return found


@pytest.fixture(scope='module')
def run(walking_man, tmp_path_factory):
    """Return the output folder and the printed lines of a run on one second and a half."""
    folder = tmp_path_factory.mktemp('demo') / "the user's: output"
    code, output, complaints = run_demo(
        *('--video', walking_man, '--output', folder, '--seconds', 1.5, '--max-rate', 20),
        marker=str(folder),
    )
    assert code == 0, f'{output}\n{complaints}'
    return folder, output


@pytest.fixture(scope='module')
def summary(run):
    """Return the figures of the run."""
    return json.loads((run[0] / 'summary.json').read_text())


def test_the_man_is_found_in_the_frames_that_are_received(summary):
    assert (summary['frames_sent'], summary['frames_left_out']) == (30, 60)
    assert 1 < summary['frames_received'] <= 30
    assert summary['frames_with_pose'] >= 0.95 * summary['frames_received']
    assert 1 <= summary['detector_runs'] <= summary['frames_received']
    assert summary['execution_provider'].endswith('ExecutionProvider')
    assert 0 < summary['latency_median_ms'] <= summary['latency_p95_ms']
    assert summary['frames_per_second'] > 0


def test_the_printed_summary_tells_the_same_figures(run, summary):
    _, output = run
    assert re.search(rf'frames sent +{summary["frames_sent"]}\b', output)
    assert re.search(rf'received +{summary["frames_received"]}\b', output)
    assert re.search(rf'with a pose +{summary["frames_with_pose"]}\b', output)
    assert f'{summary["latency_median_ms"]:.1f} ms median' in output
    assert re.search(rf'ran on +{summary["execution_provider"]}', output)
    assert 'images received' in summary['node_account']


def test_the_bag_of_the_demo_can_be_analysed(run, summary, tmp_path):
    bag = run[0] / 'bag'
    assert analyse_bag([str(bag), '--output', str(tmp_path), '--model-complexity', '0']) == 0
    result = json.loads((tmp_path / 'summary.json').read_text())['result']
    assert result['images'] == summary['annotated_images']
    assert result['images_with_pose'] >= 0.9 * result['images']


def test_another_run_replaces_the_results(run, walking_man, tmp_path):
    folder = shutil.copytree(run[0], tmp_path / 'again')
    code, output, complaints = run_demo(
        *('--video', walking_man, '--output', folder, '--seconds', 0.3, '--max-rate', 20),
        marker=str(folder),
    )
    assert code == 0, f'{output}\n{complaints}'
    assert json.loads((folder / 'summary.json').read_text())['frames_sent'] == 6
    assert {path.name for path in folder.iterdir()} == {path.name for path in run[0].iterdir()}


def test_the_progress_counts_frames(run):
    assert re.search(r'sent \d+, received \d+, with a pose \d+', run[1])


def test_the_bag_holds_every_answer_and_opens_with_nothing_but_itself(run, summary):
    folder, _ = run
    with AnyReader([folder / 'bag']) as reader:
        counts = {connection.topic: connection.msgcount for connection in reader.connections}
        stamps = []
        for connection, _, data in reader.messages():
            message = reader.deserialize(data, connection.msgtype)
            if connection.topic == '/pose_landmarks':
                stamps.append((message.header.stamp.sec, message.header.stamp.nanosec))
                assert [len(person.landmarks) for person in message.persons] in ([], [33])
                assert (message.image_width, message.image_height) == (1088, 1920)
    assert counts['/pose_landmarks'] == summary['frames_received']
    assert counts['/annotated_image/compressed'] == summary['annotated_images'] > 0
    assert counts['/markers'] > 0
    assert stamps == sorted(set(stamps))


def test_the_table_has_all_landmarks_of_all_poses(run, summary):
    with (run[0] / 'landmarks.csv').open(newline='') as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 33 * summary['frames_with_pose']
    assert all(math.isfinite(float(row['world_x'])) for row in rows)
    with (run[0] / 'joint_angles.csv').open(newline='') as file:
        angles = list(csv.DictReader(file))
    assert len(angles) == summary['frames_with_pose']
    assert all(0 <= float(row['left_knee']) <= 180 for row in angles)


def test_the_table_of_activities_has_the_posture_of_all_poses(run, summary):
    with (run[0] / 'activities.csv').open(newline='') as file:
        postures = [row['posture'] for row in csv.DictReader(file)]
    assert len(postures) == summary['frames_with_pose']
    assert postures[-1] == 'standing'


def test_the_poses_are_those_of_the_same_tracker_without_ros(run, walking_man):
    tracker = PoseTracker()
    with VideoSource(walking_man) as source:
        # On a busy machine the node misses the first second.
        poses = [
            pose_of(tracker.process(frame.image[:, :, ::-1], frame.stamp_ns)) for frame in source
        ]
    with (run[0] / 'landmarks.csv').open(newline='') as file:
        rows = itertools.islice(csv.DictReader(file), 33)
        first = np.array([(float(row['x']), float(row['y'])) for row in rows])
    errors = [np.abs(pose.landmarks[:, :2] - first).max() for pose in poses]
    assert min(errors) < 0.01


def test_the_video_shows_every_annotated_image_at_its_time(run, summary):
    with av.open(str(run[0] / 'annotated.mp4')) as container:
        frames = [(frame.time, frame.width, frame.height) for frame in container.decode(video=0)]
    assert len(frames) == summary['annotated_images']
    assert {frame[1:] for frame in frames} == {(1088, 1920)}
    assert frames[0][0] == 0
    assert frames[-1][0] <= 1.5 + summary['video_paused_seconds']


def test_the_contact_sheet_is_a_picture(run):
    assert min(cv2.imread(str(run[0] / 'contact_sheet.png')).shape[:2]) > 300


def test_no_process_is_left(run):
    assert processes_of(str(run[0])) == []


def test_a_video_without_people_fails_and_says_so(grey_clip, tmp_path):
    code, _, complaints = run_demo('--video', grey_clip, '--output', tmp_path)
    assert code == 1
    assert re.search(r'no person was found in the \d+ images of the video', complaints)
    assert json.loads((tmp_path / 'summary.json').read_text())['frames_with_pose'] == 0
    assert (tmp_path / 'annotated.mp4').exists()


def test_a_node_that_dies_is_reported_with_its_log(grey_clip, tmp_path):
    code, _, complaints = run_demo(
        *('--video', grey_clip, '--output', tmp_path, '--set', 'cameras:=[a, a]'),
        marker=str(tmp_path),
    )
    assert code == 1
    assert 'pose_tracking_node failed with exit code' in complaints
    assert 'each camera needs a name of its own' in complaints
    assert processes_of(str(tmp_path)) == []


def test_a_node_that_cannot_be_configured_is_reported_with_the_reason(grey_clip, tmp_path):
    code, _, complaints = run_demo(
        *('--video', grey_clip, '--output', tmp_path, '--set', 'landmark_model:=/missing.onnx'),
        marker=str(tmp_path),
    )
    assert code == 1
    assert '/missing.onnx cannot be read' in complaints
    assert processes_of(str(tmp_path)) == []


def test_parameters_reach_the_node_and_an_interrupt_leaves_whole_results(walking_man, tmp_path):
    process = demo_process(
        *('--video', walking_man, '--repeat', 100, '--max-rate', 5),
        *('--output', tmp_path, '--set', 'upper_body_only:=true'),
        marker=str(tmp_path),
    )
    for line in process.stdout:
        if re.search(r'with a pose [1-9]', line):
            break
    # The demo, the node, the recorder and the publisher.
    assert len(processes_of(str(tmp_path))) == 4
    process.send_signal(signal.SIGINT)
    output, complaints = process.communicate(timeout=60)
    assert process.returncode == 130, complaints
    assert re.search(r'with a pose +[1-9]', output)
    with (tmp_path / 'landmarks.csv').open(newline='') as file:
        assert len({row['landmark'] for row in csv.DictReader(file)}) == 25
    assert processes_of(str(tmp_path)) == []


def test_several_interrupts_end_all_without_a_traceback(walking_man, tmp_path):
    process = demo_process(
        *('--video', walking_man, '--repeat', 100, '--output', tmp_path), marker=str(tmp_path)
    )
    for line in process.stdout:
        if re.search(r'received [1-9]', line):
            break
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == 130, complaints
    assert 'Traceback' not in complaints
    assert processes_of(str(tmp_path)) == []


def test_a_video_that_is_not_there_fails_before_anything_starts(tmp_path):
    code, output, complaints = run_demo('--video', 'nowhere.mp4', '--output', tmp_path / 'output')
    assert code == 1
    assert output == ''
    assert complaints == 'demo: nowhere.mp4 does not exist\n'
    assert not (tmp_path / 'output').exists()


def test_results_of_an_earlier_run_are_replaced_and_nothing_else_is(grey_clip, tmp_path):
    output = tmp_path / 'output'
    for _ in range(2):
        assert run_demo('--video', grey_clip, '--output', output)[0] == 1, 'no person'
        (output / 'notes.txt').write_text('mine')
        (output / '.pose_tracking_results').write_text('..\nnotes.txt\n')
    assert (output / 'notes.txt').read_text() == 'mine'
    assert json.loads((output / 'summary.json').read_text())['frames_sent'] == 20


def test_files_of_others_in_the_output_folder_are_kept(grey_clip, tmp_path):
    (tmp_path / 'landmarks.csv').write_text('mine')
    code, _, complaints = run_demo('--video', grey_clip, '--output', tmp_path)
    assert code == 1
    assert 'landmarks.csv exists' in complaints
    assert (tmp_path / 'landmarks.csv').read_text() == 'mine'


def test_for_several_people_the_sample_has_several(tmp_path):
    code, printed, _ = run_demo(
        '--set', 'num_poses:=2', '--repeat', '1', '--max-rate', '10', '--output', tmp_path
    )
    assert code == 0
    assert 'pose2sim_people_cam04.mp4' in printed
    assert json.loads((tmp_path / 'summary.json').read_text())['people'] >= 2


@pytest.mark.parametrize(
    'arguments',
    [
        ('--repeat', '-1'),
        ('--set', 'nonsense'),
        ('--set', 'num_pose:=4'),
        ('--set', 'num_poses:=two'),
        ('--set', 'num_poses:=17'),
        ('--rate', '5', '--max-rate', '5'),
    ],
)
def test_arguments_that_make_no_sense_are_usage_errors(arguments, grey_clip):
    code, _, complaints = run_demo('--video', grey_clip, *arguments)
    assert code == 2
    assert arguments[0] in complaints
