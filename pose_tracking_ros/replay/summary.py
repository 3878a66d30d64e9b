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

"""The summary of an analysis: input, options and results."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
import json
from pathlib import Path
from typing import Any

import cv2
import numpy
import onnxruntime

from pose_tracking_ros import __version__
from pose_tracking_ros.blazepose import PoseTracker
from pose_tracking_ros.replay.inputs.images import ImageSource
from pose_tracking_ros.replay.options import AnalysisOptions
from pose_tracking_ros.replay.problems import Problems
from pose_tracking_ros.replay.safe_files import read
from pose_tracking_ros.replay.statistics import RecordingStatistics
from pose_tracking_ros.safe_text import unicode_path, without_credentials

_LARGEST = 1 << 26
"""Maximum bytes; the summary of a batch has a row per recording."""

_SUMMARY = {'version': str, 'exit_code': int, 'execution_provider': str, 'problems': list}
_RESULT = {
    'images': int,
    'undecodable_images': int,
    'images_with_pose': int,
    'detector_runs': int,
    'people': int,
    'activities': dict,
    'seconds': (int, float),
}
_PROBLEM = {'kind': str, 'count': int, 'meaning': str, 'first': str}
_RECORDING = {'name': str, 'path': str}
_OPTIONS = 'window', 'tracker', 'inference', 'activities'
"""Required fields of a summary, and their types."""

def describe_job(
    recording: Path, source: ImageSource, options: AnalysisOptions, tracker: PoseTracker
) -> dict[str, Any]:
    """Return everything that the results depend on, as plain values."""
    return {
        'version': __version__,
        'recording': {
            'name': source.name,
            'path': unicode_path(str(recording.absolute())),
            'bytes': size_on_disk(recording),
            'topic': source.topic,
            'camera_info': source.camera_info,
        },
        'options': options.as_dict(),
        'models': {
            name: {'file': model.file.path.name, 'sha256': dict(model.file.sha256)}
            for name, model in (
                ('detector', tracker.models.detector),
                ('landmarks', tracker.models.landmark_model),
            )
        },
        'execution_provider': tracker.execution_provider,
        'libraries': _libraries(),
        'pose_classes': _describe_pose_classes(options.activities.pose_classes),
    }


def summarize(
    job: dict[str, Any],
    statistics: RecordingStatistics,
    problems: Problems,
    is_complete: bool,
    new_frames: int,
    seconds: float,
) -> dict[str, Any]:
    """
    Return the summary of an analysis as plain values.

    :param is_complete: whether the end of the recording was reached
    :param new_frames: number of frames analysed in this run
    :param seconds: duration of this run
    """
    return {
        **job,
        'complete': is_complete,
        'result': statistics.as_dict(),
        'problems': problems.as_list(),
        'exit_code': exit_code(statistics.frames - statistics.undecodable, problems),
        'run': {
            'seconds': round(seconds, 3),
            'images': new_frames,
            'images_per_second': round(new_frames / seconds, 2) if seconds else 0.0,
        },
    }


def summary_bytes(summary: dict[str, Any]) -> bytes:
    """Return a summary as the content of its file, without the credentials of URLs."""
    return (json.dumps(_without_credentials(summary), indent=2) + '\n').encode()


def _without_credentials(value: Any) -> Any:
    """Return plain values in which no text holds the credentials of a URL."""
    if isinstance(value, str):
        return without_credentials(value)
    if isinstance(value, dict):
        return {key: _without_credentials(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_credentials(item) for item in value]
    return value


def read_summary(path: Path) -> dict[str, Any]:
    """
    Return the summary of an analysis.

    :raises FileNotFoundError: if it does not exist
    :raises OSError: if it is not the summary of one analysis
    """
    return parse_summary(read(path, _LARGEST), str(path))


def parse_summary(content: bytes | str, path: str) -> dict[str, Any]:
    """
    Return the summary of an analysis.

    :param content: content of the file
    :param path: path of the file, for errors
    :raises OSError: if it is not the summary of one analysis
    """
    try:
        summary = json.loads(content)
        _check(summary, _SUMMARY)
        _check(summary['recording'], _RECORDING)
        _check(summary['options'], dict.fromkeys(_OPTIONS, dict))
        _check(summary['result'], _RESULT)
        for problem in summary['problems']:
            _check(problem, _PROBLEM)
        for model in summary['models'].values():
            _check(model, {'file': str})
        _check(summary.get('libraries', {}), {})
        _check(summary['run'], {'images_per_second': (int, float)})
        if summary['exit_code'] not in (0, 1, 2):
            raise ValueError('another exit code')
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise OSError(
            f'{path} is not the summary of an analysis: repeat it with pose-bag --force'
        ) from error
    return summary


def _check(values: Any, types: dict[str, Any]) -> None:
    """Check the types of values; raise a TypeError or KeyError if one is wrong or missing."""
    if not isinstance(values, dict):
        raise TypeError(f'{type(values).__name__} in place of names and values')
    for name, type_ in types.items():
        if not isinstance(values[name], type_):
            raise TypeError(f'{name} is of type {type(values[name]).__name__}')


def exit_code(analysed_images: int, problems: Problems) -> int:
    """Return 0 if all was analysed, 1 for a part of it, 2 for nothing."""
    if not analysed_images:
        return 2
    return 1 if problems.lost_something else 0


def size_on_disk(path: Path) -> int:
    """Return the size of a file, or of all files in a folder, in bytes."""
    if path.is_dir():
        return sum(item.stat().st_size for item in path.rglob('*') if item.is_file())
    return path.stat().st_size


def _libraries() -> dict[str, str]:
    """Return the versions of the libraries that decide the last bits; PyAV decodes videos."""
    modules = {'numpy': numpy, 'opencv': cv2, 'onnxruntime': onnxruntime}
    versions = {name: module.__version__ for name, module in modules.items()}
    with suppress(PackageNotFoundError):
        versions['av'] = version('av')
    return versions


def _describe_pose_classes(path: str) -> dict[str, str] | None:
    """Return name and hash of a file of pose classes, None without one."""
    if not path:
        return None
    file = Path(path)
    return {'file': file.name, 'sha256': sha256(file.read_bytes()).hexdigest()}
