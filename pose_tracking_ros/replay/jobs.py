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


"""Several recordings: which there are, where their results go, and what came out of all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
import json
from pathlib import Path
from typing import Any

from pose_tracking_ros.blazepose import ModelError
from pose_tracking_ros.replay.analysis import analyse, RESULTS, SUMMARY
from pose_tracking_ros.replay.frame_loop import Progress, RunControl
from pose_tracking_ros.replay.inputs.recordings import find_recordings
from pose_tracking_ros.replay.options import AnalysisOptions
from pose_tracking_ros.replay.output_folder import JOURNAL, OutputFolder
from pose_tracking_ros.replay.problems import ProblemKind, Problems
from pose_tracking_ros.replay.summary import package_version


@dataclass(frozen=True)
class Job:
    """
    A recording to be analysed.

    :param recording: its path
    :param output: the folder for its results
    :param name: what tables and summaries call it; no other job has the same
    """

    recording: Path
    output: Path
    name: str


def make_jobs(inputs: Sequence[Path], output: Path) -> list[Job]:
    """
    Return a job for each recording.

    The results of one recording go into the output folder itself, those of several into folders
    inside that are named after the recordings.

    :param inputs: recordings, or folders with recordings
    :param output: the folder for all results
    :raises FileNotFoundError: when there is no recording at one of the paths
    """
    found: list[tuple[str, Path]] = []
    for path in inputs:
        recordings = find_recordings(path)
        if not recordings:
            raise FileNotFoundError(f'{path} holds no recording: no bag and no video')
        for recording in recordings:
            inside = recording.relative_to(path) if recording != path else Path(recording.name)
            found.append((_without_suffix(inside), recording))
    if len(found) == 1:
        name, recording = found[0]
        return [Job(recording, output, name)]
    jobs: list[Job] = []
    names: set[str] = set()
    for wanted, recording in found:
        name, number = wanted, 1
        while name in names:
            number += 1
            name = f'{wanted}_{number}'
        names.add(name)
        jobs.append(Job(recording, output / name, name))
    return jobs


def prepare_outputs(jobs: Iterable[Job], force: bool, resume: bool) -> None:
    """
    Make sure that results can be written, before any is.

    :param jobs: the recordings
    :param force: whether to remove results that are there
    :param resume: whether to go on with what was interrupted, and keep what is complete
    :raises FileExistsError: when there are results, and neither force nor resume is set; nothing
        was removed of this and the following recordings then
    """
    for job in jobs:
        if not (resume and _earlier_summary(job)):
            OutputFolder(job.output, RESULTS, force, resume).close()


def run_job(
    job: Job,
    options: AnalysisOptions,
    is_stopped: Callable[[], bool],
    progress: Progress | None = None,
) -> dict[str, Any]:
    """
    Analyse a recording, after :func:`prepare_outputs`.

    Where the analysis has begun, it goes on; where it is complete, nothing is done.

    :param job: the recording
    :param options: what to analyse, how, and what to write
    :param is_stopped: tells whether to stop before the next image
    :param progress: who wants to know how far it has come
    :return: its summary; when nothing could be analysed one that tells why
    """
    control = RunControl(resume=True, is_stopped=is_stopped)
    if progress is not None:
        control = replace(control, progress=progress)
    try:
        earlier = _earlier_summary(job)
        if earlier is not None:
            return earlier
        return analyse(job.recording, job.output, options, control, job.name)
    except (OSError, ValueError, ModelError) as error:
        return failure(job, str(error))


def _earlier_summary(job: Job) -> dict[str, Any] | None:
    """Return the summary of an analysis that is complete, if there is one."""
    path = job.output / SUMMARY
    if (job.output / JOURNAL).exists() or not path.exists():
        return None
    return json.loads(path.read_text(encoding='utf-8'))


def failure(job: Job, reason: str) -> dict[str, Any]:
    """Return the summary of a recording of which nothing could be analysed."""
    problems = Problems()
    problems.add(ProblemKind.FAILED, reason)
    return {
        'version': package_version(),
        'recording': {'name': job.name, 'path': str(job.recording.absolute())},
        'complete': False,
        'result': None,
        'problems': problems.as_list(),
        'exit_code': 2,
    }


def merge(jobs: Iterable[Job], summaries: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """
    Return the summary of several recordings.

    :param jobs: all of them; each is counted once
    :param summaries: what came out, by the names of the jobs; those that are missing were not
        analysed
    """
    rows, codes = [], []
    for job in jobs:
        summary = summaries.get(job.name) or failure(job, 'it was not reached')
        result = summary['result'] or {}
        codes.append(summary['exit_code'])
        rows.append(
            {
                'name': job.name,
                'path': summary['recording']['path'],
                'output': str(job.output),
                'exit_code': summary['exit_code'],
                **{key: result.get(key, 0) for key in _SUMS},
                'problems': summary['problems'],
            }
        )
    return {
        'version': package_version(),
        'recordings': rows,
        'total': {
            'recordings': len(rows),
            'complete': codes.count(0),
            'partly': codes.count(1),
            'failed': codes.count(2),
            **{key: sum(row[key] for row in rows) for key in _SUMS},
        },
        'exit_code': codes[0] if len(set(codes)) == 1 else 1,
    }


_SUMS = ('images', 'undecodable_images', 'images_with_pose', 'detector_runs', 'people', 'seconds')


def _without_suffix(path: Path) -> str:
    """Return a path without what comes after the first point of the file's name."""
    return str(path.with_name(path.name.split('.')[0] or path.name))
