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
from pathlib import Path, PurePosixPath
from typing import Any, TYPE_CHECKING

from pose_tracking_ros.blazepose import ModelError
from pose_tracking_ros.replay.analysis import analyse, RESULTS
from pose_tracking_ros.replay.frame_loop import Progress, RunControl
from pose_tracking_ros.replay.inputs.reading import ReadingStopped
from pose_tracking_ros.replay.inputs.recordings import find_recordings
from pose_tracking_ros.replay.journal import differences
from pose_tracking_ros.replay.object_storage import (
    is_remote,
    local_output,
    local_recording,
    matches,
    prepare_storage,
    storage_errors,
)
from pose_tracking_ros.replay.options import AnalysisOptions
from pose_tracking_ros.replay.output_folder import JOURNAL, OutputFolder, SUMMARY
from pose_tracking_ros.replay.problems import ProblemKind, Problems
from pose_tracking_ros.replay.summary import package_version

if TYPE_CHECKING:
    from upath import UPath


@dataclass(frozen=True)
class Job:
    """
    A recording to be analysed.

    :param recording: its path, or its place in a storage
    :param output: the folder for its results, or such a place
    :param name: what tables and summaries call it; no other job has the same
    """

    recording: Path | UPath
    output: Path | UPath
    name: str


def make_jobs(inputs: Sequence[Path | UPath], output: Path | UPath) -> list[Job]:
    """
    Return a job for each recording.

    The results of one recording go into the output folder itself, those of several into folders
    inside that are named after the recordings.

    :param inputs: recordings, or folders with recordings
    :param output: the folder for all results
    :raises FileNotFoundError: when there is no recording at one of the paths
    """
    found: list[tuple[str, Path | UPath]] = []
    for path in [match for wanted in inputs for match in matches(wanted)]:
        with storage_errors(path):
            recordings = find_recordings(path)
        if not recordings:
            raise FileNotFoundError(f'{path} holds no recording: no bag and no video')
        for recording in recordings:
            inside = recording.relative_to(path) if recording != path else recording.name
            found.append((_without_suffix(inside), recording))
    if not found:
        raise FileNotFoundError(f'there is nothing at {", ".join(map(str, inputs))}')
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


def prepare_outputs(
    jobs: Sequence[Job], output: Path | UPath, force: bool, resume: bool
) -> None:
    """
    Make sure that results can be written, before any is.

    :param jobs: the recordings
    :param output: the folder for all results
    :param force: whether to remove results that are there
    :param resume: whether to go on with what was interrupted, and keep what is complete
    :raises FileExistsError: when there are results, and neither force nor resume is set; nothing
        was removed of this and the following recordings then
    """
    if is_remote(output):
        prepare_storage(output, [job.output for job in jobs], RESULTS, force, resume)
        return
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
            _check_same(earlier, job, options)
            return earlier
        with (
            local_recording(job.recording) as recording,
            local_output(job.output) as output,
        ):
            return analyse(recording, output, options, control, job.name, _path(job.recording))
    except ReadingStopped:
        return failure(job, 'interrupted before its first image: --resume goes on')
    except (OSError, ValueError, ModelError) as error:
        return failure(job, str(error))


def _earlier_summary(job: Job) -> dict[str, Any] | None:
    """Return the summary of an analysis that is complete, if there is one."""
    path = job.output / SUMMARY
    with storage_errors(job.output):
        if (job.output / JOURNAL).exists() or not path.exists():
            return None
        text = path.read_text(encoding='utf-8')
    try:
        return dict(json.loads(text))
    except (ValueError, TypeError) as error:
        raise OSError(f'{path} is not the summary of an analysis') from error


def _check_same(earlier: dict[str, Any], job: Job, options: AnalysisOptions) -> None:
    """
    Check that an analysis that is complete is the one that is asked for, wherever it ran.

    :raises ValueError: when it is another; tells what differs
    """
    asked = {'recording': {'name': job.name}, 'options': options.as_dict()}
    del asked['options']['inference']
    differing = ', '.join(differences(earlier, json.loads(json.dumps(asked))))
    if differing:
        raise ValueError(
            f'{job.output} holds the results of another analysis, with other values of '
            f'{differing}: choose another folder, or start over with --force'
        )


def failure(job: Job, reason: str) -> dict[str, Any]:
    """Return the summary of a recording of which nothing could be analysed."""
    problems = Problems()
    problems.add(ProblemKind.FAILED, reason)
    return {
        'version': package_version(),
        'recording': {'name': job.name, 'path': _path(job.recording)},
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


def _path(place: Path | UPath) -> str:
    """Return a path as it is from anywhere on its machine, or a URL."""
    return str(place if is_remote(place) else place.absolute())


def _without_suffix(inside: str | Path | UPath) -> str:
    """Return a path without what comes after the first point of the file's name."""
    path = PurePosixPath(str(inside))
    return str(path.with_name(path.name.split('.')[0] or path.name))
