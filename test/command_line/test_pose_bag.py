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

"""``pose-bag`` from the command line to its files."""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
from pathlib import Path
import re
import resource
import signal
import subprocess
import sys
import time
from xml.etree import ElementTree

import numpy as np
import pyarrow.parquet as pq
import pytest

from pose_tracking_ros.command_line.pose_bag import _parser, main
from pose_tracking_ros.replay.options import Outputs
from pose_tracking_ros.replay.tables import TABLES
from replay.recordings import image_entries, TOPIC, write_bag

PROGRAM = Path(__file__).parents[2] / 'scripts' / 'pose-bag'
QUICK = ['--model-complexity', '0', '--no-bag', '--no-report', '--no-csv']
PATIENCE = 120


def run(*arguments: object, **options: object) -> subprocess.CompletedProcess:
    """Run the program in a process of its own."""
    return subprocess.run(
        [sys.executable, PROGRAM, *map(str, arguments)], capture_output=True, text=True,
        timeout=PATIENCE, check=False, **options)


def test_all_results_of_a_bag_are_written(walk_bag, tmp_path, capsys):
    output = tmp_path / 'out'
    assert main([str(walk_bag), '--output', str(output), '--model-complexity', '0',
                 '--topic', TOPIC]) == 0
    assert {path.name for path in output.iterdir()} == {
        'summary.json', 'report.html', 'bag',
        *(f'{table}.{form}' for table in TABLES for form in ('csv', 'parquet'))}
    captured = capsys.readouterr()
    assert '24' in captured.out
    assert '24 of 24 images' in captured.err


def test_results_are_not_replaced_without_force(walk_bag, tmp_path, capsys):
    arguments = [str(walk_bag), '--output', str(tmp_path), *QUICK, '--end', '0.1']
    assert main(arguments) == 0
    before = (tmp_path / 'summary.json').read_bytes()
    assert main(arguments) == 2
    assert '--force' in capsys.readouterr().err
    assert (tmp_path / 'summary.json').read_bytes() == before
    (tmp_path / 'bag').mkdir()
    assert main([*arguments, '--force']) == 0
    assert not (tmp_path / 'bag').exists(), 'a result of an earlier run with other outputs'


@pytest.mark.parametrize(
    ('others', 'differing'),
    [(['--every', '2'], 'options.window.every'),
     (['--min-tracking-confidence', '0.7'], 'options.tracker.min_tracking_confidence'),
     (['--video'], 'options.outputs.video')], ids=['every', 'tracker', 'outputs'])
def test_results_of_other_options_are_not_taken_for_those_asked_for(
    others, differing, walk_bag, tmp_path, capsys
):
    arguments = [str(walk_bag), '--output', str(tmp_path), *QUICK, '--end', '0.1']
    assert main(arguments) == 0
    before = (tmp_path / 'summary.json').read_bytes()
    assert main([*arguments, *others, '--resume']) == 2
    assert differing in capsys.readouterr().err
    assert main([*arguments, '--num-threads', '2', '--resume']) == 0
    text = capsys.readouterr().out
    assert f'{tmp_path} is already complete' in text
    assert 'track ids  1' in text
    assert 'repetitions' not in text
    assert (tmp_path / 'summary.json').read_bytes() == before
    summary = json.loads(before)
    summary['result']['activities']['repetition'] = {
        'pushups': {'times': 1}, 'squats': {'times': 9}}
    (tmp_path / 'summary.json').write_text(json.dumps(summary))
    assert main([*arguments, '--resume']) == 0
    assert 'repetitions  pushups: 1, squats: 9\n' in capsys.readouterr().out
    (tmp_path / 'summary.json').write_text('[1')
    assert main([*arguments, '--resume']) == 2
    assert 'is not the summary of an analysis' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('arguments', 'reason'),
    [
        (['nowhere'], 'does not exist'),
        (['--topic', '/other'], 'is not recorded'),
        (['--camera-info', '/other'], 'is not recorded'),
        (['--exercises', 'jumps'], "there is no exercise 'jumps'"),
    ], ids=['path', 'topic', 'camera info', 'exercise'])
def test_a_missing_recording_is_reported_and_leaves_no_files(
    arguments, reason, walk_bag, tmp_path, capsys
):
    inputs = [str(tmp_path / 'nowhere')] if arguments == ['nowhere'] else [
        str(walk_bag), *arguments]
    assert main([*inputs, '--output', str(tmp_path / 'out'), *QUICK]) == 2
    message = capsys.readouterr().err
    assert reason in message
    assert message.count('\n') == 1
    assert 'first:' not in message
    assert not (tmp_path / 'out').exists()


def test_a_start_after_the_end_has_no_table(walking_man, walk_bag, tmp_path, capsys):
    for name, recording, length in (
        ('video', walking_man, r': the recording has \d+\.\d\d s'), ('bag', walk_bag, '')
    ):
        output = tmp_path / name
        arguments = [str(recording), '--output', str(output), *QUICK, '--start', '100']
        assert main(arguments) == 2
        captured = capsys.readouterr()
        assert captured.out == ''
        assert re.fullmatch(f'pose-bag: no image after --start 100{length}\n', captured.err)


def test_a_file_of_parameters_that_is_missing_is_named(walk_bag, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(walk_bag), '--params-file', str(tmp_path / 'nowhere.yaml')])
    assert f'error: {tmp_path}/nowhere.yaml does not exist (see' in capsys.readouterr().err


def test_annotated_images_are_analysed_with_a_warning(walk, tmp_path, capsys):
    bag = write_bag(tmp_path / 'bag', image_entries(walk[:2], topic='/annotated_image'))
    assert main([str(bag), '--output', str(tmp_path / 'out'), *QUICK]) == 0
    assert 'an output of this package' in capsys.readouterr().err


def test_results_are_no_recording(walking_man, tmp_path, capsys):
    output = tmp_path / 'out'
    arguments = [str(walking_man), '--output', str(output), *QUICK, '--end', '0.1', '--video']
    assert main(arguments) == 0
    capsys.readouterr()
    assert main([str(output), '--output', str(tmp_path / 'again'), *QUICK]) == 2
    error = f'pose-bag: {output} holds results of pose-bag, not a recording\n'
    assert capsys.readouterr().err == error


@pytest.mark.parametrize('name', ['pose-bag', 'pose-video', 'pose-classes'])
def test_the_version_is_that_of_the_package(name):
    output = subprocess.check_output([sys.executable, PROGRAM.with_name(name), '--version'])
    manifest = ElementTree.parse(PROGRAM.parents[1] / 'package.xml')
    assert output.decode() == f'{name} {manifest.findtext("version")}\n'


@pytest.mark.parametrize(
    'arguments', [['--every', '0'], ['--start', '-1'], ['--jobs', '-1'],
                  ['--model-complexity', '7'], ['--no-bag', '--annotated-images']],
    ids=' '.join)
def test_arguments_out_of_their_range_are_usage_errors(arguments, walk_bag, tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        main([str(walk_bag), '--output', str(tmp_path / 'out'), *arguments])
    assert caught.value.code == 2
    assert not (tmp_path / 'out').exists()


def test_file_of_parameters_of_the_node_sets_the_options(walk_bag, tmp_path):
    parameters = tmp_path / 'node.yaml'
    parameters.write_text(
        '/**:\n  ros__parameters:\n    model_complexity: 0\n    smoothing: off\n'
        '    min_tracking_confidence: 0.7\n')
    assert main([
        str(walk_bag), '--output', str(tmp_path / 'out'), '--params-file', str(parameters),
        '--min-tracking-confidence', '0.6', '--no-bag', '--no-report', '--end', '0.2']) == 0
    options = json.loads((tmp_path / 'out' / 'summary.json').read_text())['options']['tracker']
    assert options['model_complexity'] == 0
    assert options['smoothing'] == 'off'
    assert options['min_tracking_confidence'] == 0.6


@pytest.mark.parametrize('text', ['', '- a', '/**:\n  ros__parameters:\n    colour: red'])
def test_other_files_of_parameters_are_usage_errors(text, walk_bag, tmp_path, capsys):
    (tmp_path / 'node.yaml').write_text(text)
    with pytest.raises(SystemExit):
        main([str(walk_bag), '--output', str(tmp_path / 'out'), '--params-file',
              str(tmp_path / 'node.yaml')])
    assert 'node.yaml' in capsys.readouterr().err


def _nested_anchors() -> str:
    """Return a file of parameters of which one value is ten thousand million texts."""
    lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    lines += [f'a{n}: &a{n} [{", ".join([f"*a{n - 1}"] * 10)}]' for n in range(1, 10)]
    anchors = '\n'.join(f'    {line}' for line in lines)
    return (f'/other:\n  ros__parameters:\n{anchors}\n'
            '/**:\n  ros__parameters:\n    smoothing: *a9\n')


def _nested_merges() -> str:
    """Return one whose last section has ten thousand million keys, before doubles are left out."""
    lines = ['/a0: &a0 {ros__parameters: {}, b: 1}']
    lines += [f'/a{n}: &a{n} {{<<: [{", ".join([f"*a{n - 1}"] * 10)}]}}' for n in range(1, 11)]
    return '\n'.join(lines)


@pytest.mark.parametrize(
    ('text', 'reason'),
    [(_nested_anchors(), 'accepted is a string'), (_nested_merges(), 'is not a parameter file'),
     ('[' * 50_000, 'is not a parameter file'),
     ('42:\n  ros__parameters: {}', 'is not a parameter file'),
     ('/**:\n  ros__parameters:\n    7: true', 'is not a parameter file'),
     ('/**:\n  ros__parameters: [a]', 'is not a parameter file'),
     ('/**:\n  - ros__parameters', 'is not a parameter file'),
     ('/**:\n  ros__parameters:\n    "a\\e[2J": 1', r'no parameter a\x1b[2J'),
     ('#' * (2 << 20), 'is not a parameter file')], ids=range(9))
def test_file_of_parameters_that_harms_is_a_usage_error(text, reason, walk_bag, tmp_path, capsys):
    (tmp_path / 'node.yaml').write_text(text)
    with pytest.raises(SystemExit) as caught:
        main([str(walk_bag), '--output', str(tmp_path / 'out'), '--params-file',
              str(tmp_path / 'node.yaml')])
    assert caught.value.code == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert reason in line
    assert len(line) < 3000


HOSTILE = '/a\x1b]0;title\x07\x1b[2J\n2 x fake line'


def test_names_in_a_recording_reach_the_terminal_in_their_line(grey, tmp_path, capsys):
    entries = [*image_entries(grey[:1], HOSTILE), *image_entries(grey[:1], '/b')]
    bag = write_bag(tmp_path / 'bag', entries)
    assert main([str(bag), '--output', str(tmp_path / 'out'), *QUICK]) == 2
    error = capsys.readouterr().err
    assert '\x1b' not in error
    assert r'/a\x1b]0;title\x07\x1b[2J\n2 x fake line' in error
    assert not any(line.startswith('2 x fake') for line in error.splitlines())
    assert main([str(bag), '--output', str(tmp_path / 'out'), '--topic', HOSTILE, *QUICK]) == 0


def test_names_of_files_and_in_summaries_reach_the_terminal_in_their_line(grey, tmp_path, capsys):
    folder = tmp_path / 'in'
    for name in ('a\x1b[2J\nfake', 'b?%20#', 'c\udcff', '=cmd'):
        # The metadata of its writer could not hold every name.
        write_bag(folder / 'bag', image_entries(grey[:2])).rename(folder / name)
    arguments = [str(folder), '--output', str(tmp_path / 'out'), '--model-complexity', '0',
                 '--no-bag', '--jobs', '1']
    assert main(arguments) == 0
    captured = capsys.readouterr()
    assert '\x1b' not in captured.err
    assert r'a\x1b[2J\nfake: 2 images' in captured.err
    merged = json.loads((tmp_path / 'out' / 'summary.json').read_text())
    assert {row['name'] for row in merged['recordings']} == {
        'a\x1b[2J\nfake', 'b?%20#', 'c\\xff', '=cmd'}
    for name, cell in (('=cmd', "'=cmd"), ('b?%20#', 'b?%20#'), ('c\\xff', 'c\\xff')):
        with (tmp_path / 'out' / name / 'frames.csv').open(newline='') as file:
            assert [row['bag'] for row in csv.DictReader(file)] == [cell] * 2
        table = pq.read_table(tmp_path / 'out' / name / 'frames.parquet')
        assert table.column('bag').to_pylist() == [name] * 2
    first, second = (tmp_path / 'out' / name for name in ('a\x1b[2J\nfake', '=cmd'))
    assert main(['compare', str(first), str(second)]) == 0
    text = capsys.readouterr().out
    assert '\x1b' not in text
    assert r'recording: a\x1b[2J\nfake in A, =cmd in B' in text


def test_recordings_of_colliding_names_have_results_of_their_own(grey, tmp_path):
    for path in ('x', 'x/bag', 'summary.json/q'):
        file = next(write_bag(tmp_path / 'made' / path, image_entries(grey[:2])).glob('*.mcap'))
        (tmp_path / 'in' / path).parent.mkdir(parents=True, exist_ok=True)
        file.rename(tmp_path / 'in' / f'{path}.mcap')
    arguments = [str(tmp_path / 'in'), '--output', str(tmp_path / 'out'), *QUICK, '--jobs', '1']
    assert main(arguments) == 0
    merged = json.loads((tmp_path / 'out' / 'summary.json').read_text())
    assert {row['name']: row['images'] for row in merged['recordings']} == {
        'x': 2, 'x/bag_2': 2, 'summary.json_2/q': 2}


@pytest.mark.parametrize('place', ['summary.json', 'a', 'a/summary.json', 'a/.pose_bag'])
def test_links_in_the_folder_of_a_batch_are_refused(place, folder_of_recordings, tmp_path, capsys):
    (tmp_path / 'in').mkdir()
    for name in 'ab':
        (tmp_path / 'in' / name).symlink_to(folder_of_recordings / 'monday' / 'one')
    (tmp_path / 'precious').mkdir()
    (tmp_path / 'precious' / 'lock').write_text('precious')
    (tmp_path / 'out' / place).parent.mkdir(parents=True)
    (tmp_path / 'out' / place).symlink_to(tmp_path / 'precious')
    for mode in ('--force', '--resume'):
        assert main([str(tmp_path / 'in'), '--output', str(tmp_path / 'out'), mode, *QUICK]) == 2
        assert 'is a link' in capsys.readouterr().err
    assert [path.name for path in (tmp_path / 'precious').iterdir()] == ['lock']
    assert (tmp_path / 'precious' / 'lock').read_text() == 'precious'


@pytest.fixture(scope='session')
def folder_of_recordings(walk, grey, tmp_path_factory) -> Path:
    """Return a folder with four bags, one of them of nobody, and a file that is no bag."""
    folder = tmp_path_factory.mktemp('recordings')
    for name in ('monday/one', 'monday/two', 'tuesday/one'):
        write_bag(folder / name, image_entries(walk))
    write_bag(folder / 'empty_room', image_entries(grey))
    (folder / 'broken.mcap').write_bytes(b'this is no bag')
    return folder


def test_folder_of_recordings_is_worked_through_in_processes(folder_of_recordings, tmp_path):
    result = run(folder_of_recordings, '--output', tmp_path / 'out', '--jobs', 2, *QUICK)
    assert result.returncode == 1, result.stderr
    merged = json.loads((tmp_path / 'out' / 'summary.json').read_text())
    rows = {row['name']: row for row in merged['recordings']}
    assert set(rows) == {'monday/one', 'monday/two', 'tuesday/one', 'empty_room', 'broken'}
    assert rows['broken']['exit_code'] == 2
    assert merged['total']['images'] == 3 * 24 + 10
    assert merged['total']['complete'] == 4
    table = pq.read_table(tmp_path / 'out' / 'tuesday' / 'one' / 'frames.parquet')
    assert table.column('bag').unique().to_pylist() == ['tuesday/one']
    assert '5 of 5' in result.stderr
    again = run(folder_of_recordings, '--output', tmp_path / 'out', *QUICK)
    assert (again.returncode, again.stdout) == (2, '')
    assert 'summary.json exists' in again.stderr


def _start_and_wait(arguments: list[str], output: Path) -> subprocess.Popen:
    """Start the program, and wait until it has begun to analyse."""
    process = subprocess.Popen(
        [sys.executable, PROGRAM, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + PATIENCE
    # The first part of the journal.
    while not list(output.glob('.pose_bag/*.arrow')) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGKILL],
                         ids=lambda item: item.name)
def test_resumed_after_a_signal_the_results_are_the_same(
    number, long_bag, long_results, tmp_path
):
    output = tmp_path / 'out'
    arguments = [str(long_bag), '--output', str(output), *QUICK]
    process = _start_and_wait(arguments, output)
    process.send_signal(number)
    _, errors = process.communicate(timeout=PATIENCE)
    # It may have been done before the signal came, or had to be ended at once on a busy machine.
    assert process.returncode in (0, 1, 128 + number, -signal.SIGKILL), errors
    assert 'Traceback' not in errors
    if process.returncode == 1:
        assert '--resume' in errors
        images = json.loads((output / 'summary.json').read_text())['result']['images']
        assert 256 <= images < 360
        assert pq.read_table(output / 'frames.parquet').num_rows == images
    assert main(arguments) == 2, 'without --resume'
    assert main([*arguments, '--resume']) == 0
    if process.returncode:
        assert json.loads((output / 'summary.json').read_text())['run']['images'] <= 360 - 256
    for name in ('frames.parquet', 'landmarks.parquet', 'joint_angles.parquet'):
        assert (output / name).read_bytes() == (long_results / name).read_bytes()
    assert main([*arguments, '--resume']) == 0, 'there is nothing left to do'


def test_signal_ends_the_program_while_it_loads(walk_bag, tmp_path):
    process = subprocess.Popen(
        [sys.executable, '-X', 'importtime', PROGRAM, str(walk_bag), '--output',
         str(tmp_path / 'out')], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # What comes behind this module is loaded under the watch.
    while 'command_line.programs' not in process.stderr.readline():
        assert process.poll() is None
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode in (2, 128 + signal.SIGINT)
    assert 'Traceback' not in errors


def _limit_files(limit: int) -> None:
    """Let no file grow beyond a size, as on a disk that is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


@pytest.fixture(scope='session')
def noise_bag(tmp_path_factory) -> Path:
    """Return a bag of images that take as much space in a video as in any file."""
    random = np.random.default_rng(1)
    images = [random.integers(0, 255, (180, 320, 3), np.uint8) for _ in range(60)]
    return write_bag(tmp_path_factory.mktemp('noise') / 'noise', image_entries(images))


@pytest.mark.parametrize(
    ('limit', 'outputs', 'given_up'),
    [(300_000, ['--video', '--no-bag', '--no-report'], {'annotated.mp4'}),
     (300_000, ['--annotated-images', '--no-report'], {'bag'}),
     (3_000_000, ['--no-bag'], {'report.html'}),
     (3_600, ['--no-bag', '--no-report'], {'tables', 'journal'})],
    ids=['video', 'bag', 'report', 'journal'])
def test_output_that_cannot_be_written_is_given_up_and_the_others_continue(
    limit, outputs, given_up, noise_bag, tmp_path
):
    output = tmp_path / 'out'
    result = run(noise_bag, '--output', output, '--model-complexity', '0', '--no-csv', *outputs,
                 preexec_fn=lambda: _limit_files(limit))
    assert result.returncode == 1, result.stderr
    assert 'interrupted' not in result.stderr
    assert 'Traceback' not in result.stderr
    plural = 's' * (len(given_up) > 1)
    assert f'{len(given_up)} result{plural} that could not be written' in result.stderr
    assert result.stdout.split()[:2] == ['images', '60']
    problem, = json.loads((output / 'summary.json').read_text())['problems']
    assert problem['first'].split(':')[0] in given_up
    if 'tables' not in given_up:
        assert pq.read_table(output / 'frames.parquet').num_rows == 60


def test_a_video_that_cannot_be_written_is_no_damage_of_the_one_that_is_read(
    walking_man, tmp_path
):
    result = run(walking_man, '--output', tmp_path / 'out', '--video', '--no-report', '--no-bag',
                 '--model-complexity', '0', preexec_fn=lambda: _limit_files(100_000))
    assert 'first: annotated.mp4: [Errno 27] File too large' in result.stderr
    assert 'damaged' not in result.stderr


def test_full_disk_is_reported_and_what_was_written_before_is_kept(long_bag, tmp_path):
    result = run(long_bag, '--output', tmp_path / 'out', '--model-complexity', '0', '--no-report',
                 preexec_fn=lambda: _limit_files(1 << 20))
    assert result.returncode == 1, result.stderr
    assert 'could not be written' in result.stderr
    assert 'File too large' in result.stderr
    assert pq.read_table(tmp_path / 'out' / 'frames.parquet').num_rows > 0


def _run_as_nobody(arguments: list[str], errors: Path) -> None:
    """Run the program in this process, after giving up the rights of the superuser."""
    with errors.open('w') as stream:
        os.setgroups([])
        os.setuid(65534)
        sys.stderr = stream
        code = main(arguments)
    os._exit(code)


@pytest.mark.skipif(os.geteuid() != 0, reason='only the superuser can give its rights away')
def test_folder_without_permission_is_reported(walk_bag, tmp_path):
    arguments = [str(walk_bag), '--output', str(tmp_path / 'out'), *QUICK]
    # A new interpreter may lie where only the superuser can read.
    process = multiprocessing.get_context('fork').Process(
        target=_run_as_nobody, args=(arguments, tmp_path / 'errors'))
    process.start()
    process.join(PATIENCE)
    assert process.exitcode == 2
    assert 'Permission denied' in (tmp_path / 'errors').read_text()
    assert not (tmp_path / 'out').exists()


def test_help_describes_every_option():
    result = run('--help')
    assert result.returncode == 0
    reported = ' '.join(result.stdout.split())
    for action in _parser('pose-bag', Outputs())._actions:
        assert action.help or action.dest == 'inputs'
        assert set(action.option_strings) <= set(reported.replace(',', ' ').split()), action
        help_ = ' '.join(((action.help or '') % vars(action)).split())
        # Long words are broken at their hyphens.
        assert help_.replace(' ', '') in reported.replace(' ', ''), action


def test_an_empty_name_of_a_recording_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit) as error:
        main(['', '--output', str(tmp_path / 'out')])
    assert error.value.code == 2
    assert 'the name of a recording is empty' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('arguments', 'hint'),
    [(['--num_poses', '4'], '--num-poses'),
     (['--num_poses=4'], '--num-poses'),
     (['--every-n', '2'], '--every'),
     (['--num-pose', '4'], '--num-poses'),
     (['--xyzzy'], '')],
    ids=['underscore', 'with a value', 'similar', 'shortened', 'nothing similar'])
def test_an_unknown_option_is_refused_with_a_similar_one(arguments, hint, tmp_path, capsys):
    with pytest.raises(SystemExit) as error:
        main(['walk', *arguments, '--output', str(tmp_path / 'out')])
    assert error.value.code == 2
    message = capsys.readouterr().err
    assert f'unrecognized arguments: {" ".join(arguments)}' in message
    assert f'did you mean {hint}?' in message if hint else 'did you mean' not in message
