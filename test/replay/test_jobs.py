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

"""Which recordings there are, and where their results go."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace
import os
from pathlib import Path
import signal
import tempfile
from tempfile import TemporaryDirectory
import time

from hypothesis import given
from hypothesis import strategies as st
import pyarrow as pa
import pytest
import zstandard

from pose_tracking_ros.replay.analysis import RESULTS
from pose_tracking_ros.replay.jobs import (
    failure,
    Job,
    make_jobs,
    merge,
    prepare_outputs,
    run_job,
)
from pose_tracking_ros.replay.local_processes import run_on_cores
from pose_tracking_ros.replay.options import AnalysisOptions, Outputs
from pose_tracking_ros.replay.output_folder import OutputFolder
from replay.recordings import image_entries, write_bag


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def found(folder: Path) -> dict[str, str]:
    """Return the recordings in a folder by the names of their jobs."""
    jobs = make_jobs([folder], folder)
    return {job.name: str(job.recording.relative_to(folder)) for job in jobs}


def test_recordings_in_a_folder_are_found_with_names_of_their_own(tmp_path):
    touch(
        tmp_path / 'a' / 'metadata.yaml', tmp_path / 'a' / 'a_0.mcap',
        tmp_path / 'b' / 'walk.bag', tmp_path / 'b' / 'run.bag',
        tmp_path / 'c.mp4', tmp_path / 'd' / 'd_0.db3', tmp_path / 'd' / 'd_1.db3',
        tmp_path / 'notes.txt', tmp_path / '.cache' / 'e.mcap', tmp_path / 'c.mcap.zstd')
    assert found(tmp_path) == {
        'a': 'a', 'b/run': 'b/run.bag', 'b/walk': 'b/walk.bag', 'c': 'c.mcap.zstd',
        'c_2': 'c.mp4', 'd': 'd'}


def test_results_in_a_folder_are_no_recordings(tmp_path):
    touch(
        tmp_path / 'walk' / 'metadata.yaml', tmp_path / 'out' / 'summary.json',
        tmp_path / 'out' / 'bag' / 'metadata.yaml', tmp_path / 'half' / '.pose_bag' / 'job.json',
        tmp_path / 'half' / 'annotated.mp4')
    assert found(tmp_path) == {'walk': 'walk'}


def test_link_to_a_folder_above_is_not_followed(tmp_path):
    touch(tmp_path / 'a' / 'metadata.yaml', tmp_path / 'b' / 'c' / 'metadata.yaml')
    (tmp_path / 'b' / 'back').symlink_to(tmp_path)
    assert found(tmp_path) == {'a': 'a', 'b/c': 'b/c'}


def test_folder_that_cannot_be_read_does_not_hide_the_others():
    # Not the folder of the test, which nobody but its user can read.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        touch(folder / 'closed' / 'metadata.yaml', folder / 'open' / 'metadata.yaml')
        (folder / 'closed').chmod(0)
        child = os.fork()
        if not child:
            if os.geteuid() == 0:
                os.setuid(65534)  # The superuser can read everything, nobody can not.
            os._exit(found(folder) != {'closed': 'closed', 'open': 'open'})
        assert os.waitpid(child, 0)[1] == 0
        (folder / 'closed').chmod(0o755)


def test_results_of_a_single_recording_go_into_the_folder_itself(tmp_path):
    touch(tmp_path / 'walk.bag')
    job, = make_jobs([tmp_path / 'walk.bag'], tmp_path / 'out')
    assert (job.output, job.name) == (tmp_path / 'out', 'walk')


def test_folder_without_recordings_is_reported(tmp_path):
    with pytest.raises(FileNotFoundError, match='no recording'):
        make_jobs([tmp_path], tmp_path / 'out')


@pytest.mark.parametrize('results', ['annotated.mp4', 'bag/metadata.yaml', 'walk/summary.json'])
def test_results_are_no_recordings_but_those_beside_them_are(results, tmp_path):
    touch(tmp_path / 'summary.json', tmp_path / results)
    with pytest.raises(FileNotFoundError, match='holds results of pose-bag, not a recording'):
        make_jobs([tmp_path], tmp_path / 'out')
    touch(tmp_path / 'walk.bag')
    assert found(tmp_path) == {'walk': 'walk.bag'}


def test_merged_summary_counts_each_recording_once_and_those_not_reached(tmp_path):
    jobs = [Job(tmp_path / name, tmp_path / 'out' / name, name) for name in 'abc']
    done = {**failure(jobs[0], 'why'), 'exit_code': 0, 'result': {'images': 7, 'seconds': 1.5}}
    merged = merge(jobs, {'a': done, 'b': failure(jobs[1], 'broken')})
    assert merged['total']['recordings'] == 3
    assert (merged['total']['complete'], merged['total']['failed']) == (1, 2)
    assert (merged['total']['images'], merged['total']['seconds']) == (7, 1.5)
    assert merged['exit_code'] == 1
    assert merged['recordings'][2]['problems'][0]['first'] == 'it was not reached'


def test_folder_is_not_written_to_by_two(tmp_path):
    with (
        closing(OutputFolder(tmp_path / 'out', ['table.csv'])),
        pytest.raises(FileExistsError, match='another process'),
    ):
        OutputFolder(tmp_path / 'out', ['table.csv'], resume=True)


def test_results_are_refused_before_any_analysis_begins(tmp_path):
    touch(tmp_path / 'out' / 'b' / 'summary.json')
    jobs = [Job(tmp_path / name, tmp_path / 'out' / name, name) for name in 'ab']
    with pytest.raises(FileExistsError, match=r'summary\.json'):
        prepare_outputs(jobs, tmp_path / 'out', force=False, resume=False)
    assert not (tmp_path / 'out' / 'a').exists()


def batch(walk, options, tmp_path, **times: int) -> tuple[dict[str, Job], AnalysisOptions]:
    """Return jobs on bags of so many times the walk, and options for quick analyses."""
    jobs = {}
    for name, count in times.items():
        bag = write_bag(tmp_path / name, image_entries(walk * count))
        jobs[name] = Job(bag, tmp_path / 'out' / name, name)
    outputs = Outputs(csv=False, bag=False, report=False)
    return jobs, AnalysisOptions(tracker=options.tracker, outputs=outputs)


def workers() -> list[int]:
    """Return the processes of a batch."""
    children = Path(f'/proc/self/task/{os.getpid()}/children').read_text().split()
    found = []
    for child in children:
        with suppress(OSError):
            if b'spawn_main' in Path(f'/proc/{child}/cmdline').read_bytes():
                found.append(int(child))
    return found


def test_killed_processes_lose_no_recording(walk, options, tmp_path):
    """What a kernel does that is out of memory."""
    jobs, options = batch(walk, options, tmp_path, long=8, short=1)
    killed = []

    def kill_once_at_work() -> bool:
        """Kill all processes once there is an analysis; do not stop."""
        if not killed and workers():
            while not (tmp_path / 'out' / 'long' / '.pose_bag' / 'job.json').exists() and not (
                tmp_path / 'out' / 'long' / 'summary.json').exists():
                time.sleep(0.01)
            killed.extend(workers())
            for worker in killed:
                os.kill(worker, signal.SIGKILL)
        return False

    done = {job.name: summary for job, summary in run_on_cores(
        list(jobs.values()), options, 2, kill_once_at_work)}
    assert killed
    assert {name: summary['exit_code'] for name, summary in done.items()} == {
        'long': 0, 'short': 0}
    assert done['long']['result']['images'] == 8 * 24


class Deadly:
    """
    A recording that ends the process that takes it, until that was often enough.

    :param path: what it is then
    :param times: a file that tells how often it did
    """

    def __init__(self, path: Path, times: Path) -> None:
        self._path, self._times = str(path), str(times)

    def __reduce__(self) -> tuple:
        return eval, (
            f'__import__("pathlib").Path({self._path!r}) if len(open({self._times!r}).read()) == 2'
            f' else (open({self._times!r}, "a").write("x"),'
            f' __import__("os").kill(__import__("os").getpid(), {signal.SIGSEGV:d}))',)


@pytest.mark.parametrize('times', [2, 3], ids=['twice', 'always'])
def test_recording_that_ends_its_process_fails_alone(times, walk, options, tmp_path):
    jobs, options = batch(walk, options, tmp_path, deadly=1, a=1, b=1, c=1)
    (tmp_path / 'times').write_text('')
    deadly = Deadly(jobs['deadly'].recording, tmp_path / 'times')
    jobs['deadly'] = replace(jobs['deadly'], recording=deadly)
    if times == 3:
        jobs['deadly'] = replace(jobs['deadly'], recording=Deadly(tmp_path, Path('/dev/null')))
    done = {job.name: summary for job, summary in run_on_cores(
        list(jobs.values()), options, 2, lambda: False)}
    assert {name: summary['exit_code'] for name, summary in done.items()} == {
        'a': 0, 'b': 0, 'c': 0, 'deadly': 0 if times == 2 else 2}
    if times == 3:
        assert 'was killed (SIGSEGV) 3 times' in done['deadly']['problems'][0]['first']


@pytest.mark.parametrize('error', [
    MemoryError(), RecursionError('too deep'), OverflowError('too large'), TypeError('no text'),
    KeyError('op'), zstandard.ZstdError('damaged'), AssertionError(), StopIteration(3),
    pa.ArrowInvalid('no table')], ids=lambda error: type(error).__name__)
def test_any_exception_fails_its_recording_only(error, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr('pose_tracking_ros.replay.analysis.open_recording', refuse)
    summary = run_job(Job(tmp_path / 'a.mcap', tmp_path / 'out', 'a'), AnalysisOptions(), bool)
    assert summary['exit_code'] == 2
    problem, = summary['problems']
    assert problem['kind'] == 'failed'
    assert str(error) in problem['first'] or type(error).__name__ in problem['first']
    assert not (tmp_path / 'out').exists()


def test_interruption_by_the_user_is_no_failure_of_a_recording(tmp_path, monkeypatch):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr('pose_tracking_ros.replay.analysis.open_recording', interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_job(Job(tmp_path / 'a.mcap', tmp_path / 'out', 'a'), AnalysisOptions(), bool)


PARTS = st.sampled_from(['x', 'bag', 'bag_2', 'frames.csv', 'annotated.mp4', 'y'])


@given(paths=st.sets(st.lists(PARTS, min_size=1, max_size=3).map('/'.join), min_size=2))
def test_no_recording_writes_where_another_does(paths):
    with TemporaryDirectory() as name:
        for path in paths:
            touch(Path(name) / 'in' / path / 'q.bag', Path(name) / 'in' / f'{path}.bag')
        jobs = make_jobs([Path(name) / 'in'], Path(name) / 'out')
        written = [{job.output / result for result in RESULTS} for job in jobs]
        written.append({Path(name) / 'out' / 'summary.json'})
        for index, job in enumerate(jobs):
            assert job.output.is_relative_to(Path(name) / 'out')
            for other, places in enumerate(written):
                ways = {job.output, *job.output.parents}
                assert other == index or places.isdisjoint({*written[index], *ways})
        assert len({job.output for job in jobs}) == len(jobs)


@pytest.mark.parametrize(
    ('files', 'names'),
    [
        (['x.db3', 'x/bag.db3'], ['x', 'x/bag_2']),
        (['x.db3', 'x/frames.csv/q.db3'], ['x', 'x/frames.csv_2/q']),
        (['x.db3', 'summary.json/q.db3', 'summary.json/r.db3'],
         ['summary.json_2/q', 'summary.json_2/r', 'x']),
        (['a?b.db3', 'a%20b.db3', 'a#b.db3'], ['a#b', 'a%20b', 'a?b']),
        (['a\udcff.db3', 'b.db3'], ['a\\xff', 'b']),
        (['x.db3', 'x.mp4'], ['x', 'x_2']),
    ], ids=lambda item: item[0])
def test_names_are_those_of_the_recordings_unless_they_collide(files, names, tmp_path):
    touch(*(tmp_path / 'in' / file for file in files))
    jobs = make_jobs([tmp_path / 'in'], tmp_path / 'out')
    assert sorted(job.name for job in jobs) == names
    assert all(job.output == tmp_path / 'out' / job.name for job in jobs)


def test_path_that_goes_up_gives_no_folder_outside(tmp_path, monkeypatch):
    touch(tmp_path / 'bag' / 'metadata.yaml', tmp_path / 'bag' / 'sub' / 'a.mcap')
    monkeypatch.chdir(tmp_path / 'bag' / 'sub')
    jobs = make_jobs([Path('..'), Path('a.mcap')], tmp_path / 'out')
    assert [job.output for job in jobs] == [tmp_path / 'out' / 'bag', tmp_path / 'out' / 'a']


@pytest.mark.parametrize('name', ['annotated.mp4', 'bag'])
def test_recording_is_not_replaced_by_its_results(name, tmp_path):
    touch(tmp_path / name / 'metadata.yaml' if name == 'bag' else tmp_path / name)
    jobs = make_jobs([tmp_path / name], tmp_path)
    with pytest.raises(FileExistsError, match='in the place of a result'):
        prepare_outputs(jobs, tmp_path, force=True, resume=False)
    assert (tmp_path / name).exists()


@pytest.mark.parametrize('content', [
    '[' * 100_000, '[]', '{}', '{"version": 3}', 'null', '"a"', '\x00',
    '{"version": "1", "exit_code": 0, "recording": {"name": "a", "path": "a"}, "result": null}',
], ids=range(8))
def test_invalid_summary_fails_its_recording_only(content, tmp_path):
    job = Job(tmp_path / 'a.mcap', tmp_path / 'out', 'a')
    touch(job.output / 'summary.json')
    (job.output / 'summary.json').write_text(content)
    prepare_outputs([job], tmp_path / 'out', force=False, resume=True)
    summary = run_job(job, AnalysisOptions(), bool)
    assert summary['exit_code'] == 2
    assert 'is not the summary of an analysis: repeat it with pose-bag --force' in (
        summary['problems'][0]['first'])
