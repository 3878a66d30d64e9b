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

"""Search for recordings, and open them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pose_tracking_ros.replay.inputs.bag import Bag, is_storage_file, METADATA, split_name
from pose_tracking_ros.replay.inputs.bag_images import BagImages
from pose_tracking_ros.replay.inputs.images import SourceError
from pose_tracking_ros.replay.inputs.reading import never
from pose_tracking_ros.replay.inputs.video_images import VideoImages
from pose_tracking_ros.replay.options import AnalysisOptions
from pose_tracking_ros.replay.output_folder import JOURNAL, SUMMARY
from pose_tracking_ros.replay.problems import Problems
from pose_tracking_ros.video.camera import camera_index
from pose_tracking_ros.video.image_series import IMAGE_SUFFIXES, series_prefixes
from pose_tracking_ros.video.video_file import VIDEO_SUFFIXES


def open_recording(
    path: Path,
    options: AnalysisOptions,
    problems: Problems,
    is_stopped: Callable[[], bool] = never,
) -> BagImages | VideoImages:
    """
    Open a recording.

    :param path: a bag, a video, a folder of numbered images, or an image
    :param options: options of the analysis
    :param problems: counts the problems of the recording
    :param is_stopped: returns whether to stop
    :raises ReadingStopped: on a stop request while the recording is opened or read
    :raises SourceError: if it lacks the requested images
    :raises OSError: if it cannot be read
    """

    def video() -> VideoImages:
        return VideoImages(path, problems, options.image_rate, options.max_image_pixels)

    is_recording = path.is_file() or path.is_dir()
    if not is_recording and (path.exists() or camera_index(str(path)) is not None):
        raise SourceError(
            f'{path} is a device, accepted are recordings: record it first, or let make demo or '
            'video_publisher play it into the node'
        )
    if not is_recording:
        raise FileNotFoundError(f'{path} does not exist')
    if path.is_file() and path.suffix.lower() in (*VIDEO_SUFFIXES, *IMAGE_SUFFIXES):
        return video()
    if path.is_dir() and _is_series(sorted(path.iterdir())):
        return video()
    if path.is_file() and not is_storage_file(path):
        # The name of a video may have any suffix.
        try:
            return video()
        except SourceError as error:
            raise SourceError(
                f'{path} is no recording: accepted are rosbag2 folders, .mcap, .db3 and .bag '
                f'files, videos ({", ".join(VIDEO_SUFFIXES)}) and images '
                f'({", ".join(IMAGE_SUFFIXES)})'
            ) from error
    return BagImages(
        Bag(path, problems, is_stopped),
        problems,
        options.topic,
        options.camera_info,
        options.max_image_pixels,
        options.depth_topic,
        options.depth_slop,
    )


def find_recordings(path: Path, is_inside: bool = False) -> list[Path]:
    """
    Return the recordings at a path: itself, or all inside a folder and its subfolders.

    The files of a bag without ``metadata.yaml`` are one recording if their names differ by the
    number only. A folder that cannot be read counts as a recording, so that its analysis reports
    the reason. A folder of numbered images is a recording; other images have to be named.

    :param path: a recording, or a folder
    :param is_inside: whether it was found in a folder: results are skipped then
    """
    try:
        if not path.is_dir():
            return [path]
        # One listing per folder: in a remote storage each is a request.
        items = sorted(path.iterdir())
        files = [item for item in items if item.is_file()]
        folders = [item for item in items if item.is_dir() and not item.name.startswith('.')]
    except PermissionError:
        return [path]
    names = {item.name for item in items}
    if METADATA in names:
        return [path]
    if is_inside and not names.isdisjoint((SUMMARY, JOURNAL)):
        return []
    parts = [file for file in files if is_storage_file(file)]
    is_split = len({split_name(file) for file in parts}) == 1 and (
        len(parts) > 1 or split_name(parts[0]) == path.name
    )
    found = [path] if is_split else parts
    if _is_series(items):
        found.append(path)
    found += [file for file in files if file.suffix.lower() in VIDEO_SUFFIXES]
    found += [item for item in items if _has_no_content(item)]
    for folder in folders:
        if not _leads_back(folder):
            found += find_recordings(folder, is_inside=True)
    return found


def _is_series(items: Sequence[Path]) -> bool:
    """Return whether the items of a folder are numbered images, and not a bag."""
    is_bag = any(item.name == METADATA or is_storage_file(item) for item in items)
    return not is_bag and bool(series_prefixes(item.name for item in items))


def _has_no_content(item: Path) -> bool:
    """Return whether a path is a broken link or a device."""
    is_named_so = is_storage_file(item) or item.suffix.lower() in VIDEO_SUFFIXES
    return is_named_so and not item.is_file() and not item.is_dir()


def _leads_back(folder: Path) -> bool:
    """Return whether a folder is a link to one of its parents."""
    return folder.is_symlink() and folder.parent.resolve().is_relative_to(folder.resolve())
