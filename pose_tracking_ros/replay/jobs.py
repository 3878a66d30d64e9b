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

"""Jobs of several recordings: inputs, folders of results, and the merged summary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any, TYPE_CHECKING

from pose_tracking_ros import __version__
from pose_tracking_ros.replay.analysis import analyse, RESULTS
from pose_tracking_ros.replay.frame_loop import Progress, RunControl
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
from pose_tracking_ros.replay.output_folder import (
    check_between,
    check_folder,
    JOURNAL,
    OutputFolder,
    SUMMARY,
)
from pose_tracking_ros.replay.problems import ProblemKind, Problems, reason
from pose_tracking_ros.replay.safe_files import is_file, is_folder
from pose_tracking_ros.replay.summary import parse_summary, read_summary
from pose_tracking_ros.safe_text import unicode_path, without_credentials

if TYPE_CHECKING:
    from upath import UPath


@dataclass(frozen=True)
class Job:
    """
    A recording to be analysed.

    :param recording: its path, or its place in a storage
    :param output: the folder for its results, or a place in a storage
    :param name: unique name in tables and summaries
    """

    recording: Path | UPath
    output: Path | UPath
    name: str


def make_jobs(inputs: Sequence[Path | UPath], output: Path | UPath) -> list[Job]:
    """
    Return a job for each recording.

    The results of one recording go into the output folder itself, the results of several into
    subfolders named after the recordings. A number is added to a name that another recording, or a
    result of it, already has.

    :param inputs: recordings, or folders with recordings
    :param output: the folder for all results
    :raises FileNotFoundError: if there is no recording at one of the paths
    """
    found: list[tuple[str, Path | UPath]] = []
    for path in [match for wanted in inputs for match in matches(wanted)]:
        with storage_errors(path):
            recordings = find_recordings(path)
            has_results = recordings != [path] and (
                (path / SUMMARY).exists() or (path / JOURNAL).exists()
            )
        if has_results:
            results = {path / name for name in RESULTS}
            recordings = [recording for recording in recordings if recording not in results]
        if not recordings:
            raise FileNotFoundError(
                f'{path} holds results of pose-bag, not a recording' if has_results
                else f'{path} holds no recording: no bag and no video'
            )
        for recording in recordings:
            inside = recording.relative_to(path) if recording != path else _last_name(recording)
            found.append((_name(str(inside)), recording))
    if not found:
        raise FileNotFoundError(f'there is nothing at {", ".join(map(str, inputs))}')
    if len(found) == 1:
        name, recording = found[0]
        return [Job(recording, output, name)]
    names = _Names()
    named = [(names.own(wanted), recording) for wanted, recording in found]
    return [Job(recording, output / name, name) for name, recording in named]


class _Names:
    """Unique names of the folders of recordings."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._folders: set[str] = set()  # these and their parents
        self._results = {SUMMARY, JOURNAL}

    def own(self, wanted: str) -> str:
        """Return a free name; a number is added to each part already in use."""
        name = ''
        *folders, last = wanted.split('/')
        for folder in folders:
            name = self._numbered(f'{name}{folder}', lambda path: path not in self._results) + '/'
        name = self._numbered(f'{name}{last}', self._is_free)
        self._names.add(name)
        parts = name.split('/')
        self._folders.update('/'.join(parts[: end + 1]) for end in range(len(parts)))
        self._results.update(f'{name}/{result}' for result in (*RESULTS, JOURNAL))
        return name

    def _is_free(self, name: str) -> bool:
        written = {f'{name}/{result}' for result in (*RESULTS, JOURNAL)}
        return name not in self._names | self._results and written.isdisjoint(self._folders)

    @staticmethod
    def _numbered(name: str, is_free: Callable[[str], bool]) -> str:
        number, candidate = 1, name
        while not is_free(candidate):
            number += 1
            candidate = f'{name}_{number}'
        return candidate


def prepare_outputs(jobs: Sequence[Job], output: Path | UPath, force: bool, resume: bool) -> None:
    """
    Check that results can be written, before any is.

    :param force: whether to remove existing results
    :param resume: whether to resume interrupted analyses and keep complete ones
    :raises FileExistsError: if there are results, and neither force nor resume is set, or other
        files or folders of these names; nothing is removed of this and the following recordings
    """
    if is_remote(output):
        prepare_storage(output, [job.output for job in jobs], RESULTS, force, resume)
        return
    check_folder(output)
    for job in jobs:
        check_between(output, job.output)
        _check_apart(job)
    for job in jobs:
        if not (resume and _is_complete(job)):
            OutputFolder(job.output, RESULTS, force, resume).close()


def run_job(
    job: Job,
    options: AnalysisOptions,
    is_stopped: Callable[[], bool],
    progress: Progress | None = None,
) -> dict[str, Any]:
    """
    Analyse a recording, after :func:`prepare_outputs`.

    An interrupted analysis is resumed, a complete one kept. Any exception fails this recording
    only.

    :return: its summary; if nothing could be analysed, one with the reason; that of an earlier run
        has the key ``was_complete``
    """
    control = RunControl(resume=True, progress=progress or Progress(), is_stopped=is_stopped)
    try:
        earlier = _earlier_summary(job)
        if earlier is not None:
            _check_same(earlier, job, options)
            return {**earlier, 'was_complete': True}
        with local_recording(job.recording) as recording, local_output(job.output) as output:
            return analyse(recording, output, options, control, job.name, _path(job.recording))
    except Exception as error:
        # A stop request may end reading with an exception.
        if is_stopped():
            return failure(job, 'interrupted before its first image: continue with --resume')
        return failure(job, reason(error))


def _is_complete(job: Job) -> bool:
    """Return whether a job is complete or cannot be run."""
    try:
        return _earlier_summary(job) is not None
    except FileExistsError:
        raise  # not a file
    except OSError:
        return True  # run_job fails with the reason


def _earlier_summary(job: Job) -> dict[str, Any] | None:
    """Return the summary of a complete analysis, None if there is none."""
    path = job.output / SUMMARY
    if not is_remote(path):
        if is_folder(job.output / JOURNAL) or not is_file(path):
            return None
        return read_summary(path)
    with storage_errors(job.output):
        if (job.output / JOURNAL).exists() or not path.exists():
            return None
        content = path.read_bytes()
    return parse_summary(content, str(path))


def _check_apart(job: Job) -> None:
    """Raise a FileExistsError if a recording is in the place of its results."""
    if is_remote(job.recording):
        return
    recording = job.recording.resolve()
    for name in (*RESULTS, JOURNAL):
        if recording.is_relative_to((job.output / name).resolve()):
            raise FileExistsError(
                f'{job.recording} is in the place of a result: choose another --output'
            )


def _check_same(earlier: dict[str, Any], job: Job, options: AnalysisOptions) -> None:
    """Raise a ValueError with the differences if a complete analysis is not the requested one."""
    asked = {'recording': {'name': job.name}, 'options': options.as_dict()}
    del asked['options']['inference']
    differing = ', '.join(differences(earlier, json.loads(json.dumps(asked))))
    if differing:
        raise ValueError(
            f'{job.output} holds the results of another analysis, with other values of '
            f'{differing}: choose another folder, or start over with --force'
        )


def failure(job: Job, reason: str) -> dict[str, Any]:
    """Return the summary of a recording that could not be analysed."""
    problems = Problems()
    problems.add(ProblemKind.FAILED, reason)
    return {
        'version': __version__,
        'recording': {'name': job.name, 'path': _path(job.recording)},
        'complete': False,
        'result': None,
        'problems': problems.as_list(),
        'exit_code': 2,
    }


def merge(jobs: Iterable[Job], summaries: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """
    Return the summary of several recordings.

    :param jobs: all jobs; each is counted once
    :param summaries: their summaries by name; a missing one means not analysed
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
                'output': _path(job.output),
                'exit_code': summary['exit_code'],
                **{key: result.get(key, 0) for key in _SUMS},
                'problems': summary['problems'],
            }
        )
    return {
        'version': __version__,
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
    """Return an absolute path, or a URL."""
    if is_remote(place):
        return without_credentials(str(place))
    return unicode_path(str(place.absolute()))


def _last_name(place: Path | UPath) -> str:
    """Return the name of a file or folder."""
    if is_remote(place):
        # A query belongs to the access, not to the file.
        return place.name.split('?')[0] if place.protocol in ('http', 'https') else place.name
    return place.name if place.name not in ('', '..') else place.resolve().name


def _name(inside: str) -> str:
    """
    Return the name of a recording: its path up to the first point of the file name.

    The name stays inside the output folder, and is valid on every file system.
    """
    *folders, last = unicode_path(inside).split('/')
    parts = [*folders, last.split('.')[0] or last]
    return '/'.join('_' if part in ('', '.', '..') else part for part in parts)
