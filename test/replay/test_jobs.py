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

import os
from pathlib import Path
import signal
import tempfile
import time

import pytest

from pose_tracking_ros.replay.jobs import failure, Job, make_jobs, merge, prepare_outputs
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


def test_folder_without_recordings_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match='no recording'):
        make_jobs([tmp_path], tmp_path / 'out')


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
        OutputFolder(tmp_path / 'out', ['table.csv']),
        pytest.raises(FileExistsError, match='another process'),
    ):
        OutputFolder(tmp_path / 'out', ['table.csv'], resume=True)


def test_results_are_refused_before_any_analysis_begins(tmp_path):
    touch(tmp_path / 'out' / 'b' / 'summary.json')
    jobs = [Job(tmp_path / name, tmp_path / 'out' / name, name) for name in 'ab']
    with pytest.raises(FileExistsError, match=r'summary\.json'):
        prepare_outputs(jobs, tmp_path / 'out', force=False, resume=False)
    assert not (tmp_path / 'out' / 'a').exists()


def test_killed_process_costs_no_recording(walk, options, tmp_path):
    """What a kernel does that is out of memory."""
    jobs = []
    for name in ('long', 'short'):
        images = walk * (8 if name == 'long' else 1)
        bag = write_bag(tmp_path / name, image_entries(images))
        jobs.append(Job(bag, tmp_path / 'out' / name, name))
    options = AnalysisOptions(
        tracker=options.tracker, outputs=Outputs(csv=False, bag=False, report=False))
    killed = []

    def kill_one_at_work() -> bool:
        """Kill a process of the pool once it is in the middle of an analysis; do not stop."""
        if not killed and (tmp_path / 'out' / 'long' / '.pose_bag' / 'job.json').exists():
            children = Path(f'/proc/self/task/{os.getpid()}/children').read_text().split()
            workers = [
                int(child) for child in children
                if b'spawn_main' in Path(f'/proc/{child}/cmdline').read_bytes()]
            killed.extend(workers)
            for worker in workers:
                os.kill(worker, signal.SIGKILL)
            time.sleep(0.1)
        return False

    done = {job.name: summary for job, summary in run_on_cores(jobs, options, 2, kill_one_at_work)}
    assert killed
    assert {name: summary['exit_code'] for name, summary in done.items()} == {
        'long': 0, 'short': 0}
    assert done['long']['result']['images'] == 8 * 24
