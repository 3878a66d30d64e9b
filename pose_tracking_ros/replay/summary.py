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


"""The summary of an analysis: what was analysed, with what, and what came out."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pose_tracking_ros.blazepose import PoseTracker
from pose_tracking_ros.blazepose.inference import Model
from pose_tracking_ros.replay.inputs.images import ImageSource
from pose_tracking_ros.replay.options import AnalysisOptions
from pose_tracking_ros.replay.problems import Problems
from pose_tracking_ros.replay.statistics import Statistics

_PACKAGE = 'pose_tracking_ros'


def package_version() -> str:
    """Return the version of this package, empty where it cannot be found."""
    for parent in Path(__file__).resolve().parents:
        for manifest in (
            parent / 'package.xml',
            parent / 'share' / _PACKAGE / 'package.xml',
        ):
            if manifest.is_file():
                return ElementTree.parse(manifest).getroot().findtext('version', '')
    try:
        return version(_PACKAGE)
    except PackageNotFoundError:
        return ''


def describe_job(
    recording: Path, source: ImageSource, options: AnalysisOptions, tracker: PoseTracker
) -> dict[str, Any]:
    """Return what is analysed and how, as plain values: all that the results depend on."""
    return {
        'version': package_version(),
        'recording': {
            'name': source.name,
            'path': str(recording.absolute()),
            'bytes': size_on_disk(recording),
            'topic': source.topic,
            'camera_info': source.camera_info,
        },
        'options': options.as_dict(),
        'models': {
            'detector': _describe_model(tracker.models.detector),
            'landmarks': _describe_model(tracker.models.landmark_model),
        },
        'execution_provider': tracker.execution_provider,
    }


def summarize(
    job: dict[str, Any],
    statistics: Statistics,
    problems: Problems,
    is_complete: bool,
    new_frames: int,
    seconds: float,
) -> dict[str, Any]:
    """
    Return the summary of an analysis as plain values.

    :param job: what :func:`describe_job` tells
    :param statistics: of all frames
    :param problems: all that were counted
    :param is_complete: whether the end of the recording was reached
    :param new_frames: how many frames were analysed in this run
    :param seconds: how long it took
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


def exit_code(analysed_images: int, problems: Problems) -> int:
    """Return 0 when all was analysed, 1 when a part of it was, 2 when nothing was."""
    if not analysed_images:
        return 2
    return 1 if problems.lost_something else 0


def size_on_disk(path: Path) -> int:
    """Return the size of a file, or of all files in a folder, in bytes."""
    if path.is_dir():
        return sum(item.stat().st_size for item in path.rglob('*') if item.is_file())
    return path.stat().st_size


def _describe_model(model: Model) -> dict[str, Any]:
    """Return which model that is."""
    return {'file': model.file.path.name, 'sha256': dict(model.file.sha256)}
