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

import json
import multiprocessing
import os
from pathlib import Path
import resource
import signal
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest

from pose_tracking_ros.command_line.pose_bag import main
from replay.recordings import image_entries, TOPIC, write_bag

PROGRAM = Path(__file__).parents[2] / 'scripts' / 'pose-bag'
QUICK = ['--model-complexity', '0', '--no-bag', '--no-report', '--no-csv']
PATIENCE = 120


def run(*arguments: object, **options: object) -> subprocess.CompletedProcess:
    """Run the program in a process of its own."""
    return subprocess.run(
        [sys.executable, PROGRAM, *map(str, arguments)], capture_output=True, text=True,
        timeout=PATIENCE, check=False, **options)


def test_bag_goes_in_and_all_results_come_out(walk_bag, tmp_path, capsys):
    output = tmp_path / 'out'
    assert main([str(walk_bag), '--output', str(output), '--model-complexity', '0',
                 '--topic', TOPIC]) == 0
    assert {path.name for path in output.iterdir()} == {
        'summary.json', 'report.html', 'bag', 'frames.csv', 'frames.parquet', 'landmarks.csv',
        'landmarks.parquet', 'joint_angles.csv', 'joint_angles.parquet'}
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
    assert (tmp_path / 'summary.json').read_bytes() == before
    (tmp_path / 'summary.json').write_text('[1')
    assert main([*arguments, '--resume']) == 2
    assert 'is not the summary of an analysis' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('arguments', 'reason'),
    [
        (['nowhere'], 'does not exist'),
        (['--topic', '/other'], 'is not recorded'),
        (['--camera-info', '/other'], 'is not recorded'),
    ], ids=['path', 'topic', 'camera info'])
def test_what_is_not_there_is_told_and_nothing_is_left(
    arguments, reason, walk_bag, tmp_path, capsys
):
    inputs = [str(tmp_path / 'nowhere')] if arguments == ['nowhere'] else [
        str(walk_bag), *arguments]
    assert main([*inputs, '--output', str(tmp_path / 'out'), *QUICK]) == 2
    assert reason in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


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
    if number != signal.SIGKILL:
        assert process.returncode == 1, errors
        assert '--resume' in errors
        images = json.loads((output / 'summary.json').read_text())['result']['images']
        assert 256 <= images < 360
        assert pq.read_table(output / 'frames.parquet').num_rows == images
    assert main(arguments) == 2, 'without --resume'
    assert main([*arguments, '--resume']) == 0
    assert json.loads((output / 'summary.json').read_text())['run']['images'] < 360
    for name in ('frames.parquet', 'landmarks.parquet', 'joint_angles.parquet'):
        assert (output / name).read_bytes() == (long_results / name).read_bytes()
    assert main([*arguments, '--resume']) == 0, 'there is nothing left to do'


def test_full_disk_is_told_and_what_was_written_before_is_kept(long_bag, tmp_path):
    limit = 1 << 20

    def no_more_space() -> None:
        # The files cannot grow beyond that, as on a disk that is full.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    result = run(long_bag, '--output', tmp_path / 'out', '--model-complexity', '0', '--no-report',
                 preexec_fn=no_more_space)
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
def test_folder_without_permission_is_told(walk_bag, tmp_path):
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
    for option in ('--topic', '--params-file', '--resume', '--dask', '--min-tracking-confidence'):
        assert option in result.stdout
