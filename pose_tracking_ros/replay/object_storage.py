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

"""
Recordings and results in object storage, by URLs such as ``s3://bucket/path``.

Bag readers need random access, so each recording is copied to the local machine, and its results
are copied back. fsspec accesses the storage, with its own settings and credentials.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pose_tracking_ros.replay.output_folder import is_result, JOURNAL, SUMMARY
from pose_tracking_ros.replay.problems import reason
from pose_tracking_ros.replay.temporary import temporary_folder
from pose_tracking_ros.safe_text import without_credentials

if TYPE_CHECKING:
    from upath import UPath


_STREAMS = ('rtsp', 'rtsps', 'rtmp', 'rtmps', 'rtp', 'srt', 'udp', 'tcp')
"""URL schemes of cameras, not storage."""


def location(text: str) -> Path | UPath:
    """
    Return the place for a text: a path, or a URL of a storage.

    :raises ValueError: if the kind of storage is not supported
    """
    if '://' not in text:
        return Path(text)
    if text.partition('://')[0].lower() in _STREAMS:
        raise ValueError(
            'a stream is not a recording: record it first: ffmpeg -i URL -c copy walk.mkv'
        )
    try:
        from upath import UPath

        place = UPath(text)
        place.fs.ls  # noqa: B018 (imports the library of the storage)
    except (ImportError, ValueError) as error:
        raise ValueError(
            f'{without_credentials(text)}: {error}; URLs need '
            "python3 -m pip install 'pose_tracking_ros[cloud]', and "
            'other storages than S3 an fsspec library of their own'
        ) from error
    return place


def is_remote(place: Path | UPath) -> bool:
    """Return whether a place is in a storage."""
    return not isinstance(place, Path)


def matches(place: Path | UPath) -> list[Path | UPath]:
    """
    Return the places that match a URL with ``*``; the shell expands paths.

    :raises OSError: if the storage cannot be read
    """
    if not is_remote(place) or '*' not in place.path:
        return [place]
    with storage_errors(place):
        return [_with_path(place, path) for path in sorted(place.fs.glob(place.path))]


def prepare_storage(
    root: UPath, outputs: Collection[UPath], names: Collection[str], force: bool, resume: bool
) -> None:
    """
    Check that results can be written, before any is.

    :param root: the place for all results
    :param outputs: the place for each recording, at the root or beneath it
    :param names: names of the files and folders to write to each
    :param force: whether to remove existing results of these names
    :param resume: whether to resume interrupted analyses and keep complete ones
    :raises OSError: if there are results and neither force nor resume is set, with nothing
        removed; or if the storage cannot be reached
    """
    folders = {PurePosixPath(output.path) for output in outputs}
    with storage_errors(root):
        # One listing for thousands of recordings.
        root.fs.invalidate_cache()
        files = map(PurePosixPath, root.fs.find(root.path) if root.fs.exists(root.path) else ())
        existing = [
            str(file)
            for file in files
            if any(
                folder in folders and is_result(file.relative_to(folder), names)
                for folder in (file.parent, file.parent.parent)
            )
        ]
        if existing and not (force or resume):
            raise FileExistsError(
                f'{root} contains an analysis: choose another place, continue with --resume, or '
                'replace it with --force'
            )
        if existing and force and not resume:
            root.fs.rm(existing)


@contextmanager
def local_recording(place: Path | UPath) -> Iterator[Path]:
    """
    Provide a local recording, a copy if it is in a storage.

    :raises OSError: if it cannot be read, or there is no space for the copy
    """
    if not is_remote(place):
        yield place
        return
    if place.name in ('', '.', '..'):
        raise OSError(f'{place} has no name')
    with temporary_folder() as folder:
        copy = folder / place.name
        with storage_errors(place):
            _fetch(place, copy)
        yield copy


@contextmanager
def local_output(place: Path | UPath) -> Iterator[Path]:
    """
    Provide a local folder whose content is uploaded to the place for results.

    It begins with the journal of an interrupted analysis, if any. The journal is uploaded first,
    to resume after an interrupted upload, and the summary last, so that a summary means complete
    results. After an exception nothing is uploaded.

    :raises OSError: if the storage cannot be written to
    """
    if not is_remote(place):
        yield place
        return
    with temporary_folder() as temporary:
        folder = temporary / 'results'
        folder.mkdir()
        journal = place / JOURNAL
        with storage_errors(place):
            place.fs.invalidate_cache()
            for part in _journal_files(journal):
                (folder / JOURNAL).mkdir(exist_ok=True)
                place.fs.get_file(part, str(folder / JOURNAL / PurePosixPath(part).name))
        yield folder
        with storage_errors(place):
            earlier = _journal_files(journal)
            if earlier:
                place.fs.rm(earlier)
            files = [file for file in folder.rglob('*') if file.is_file()]
            for file in sorted(files, key=_put_order):
                target = place / file.relative_to(folder).as_posix()
                target.parent.mkdir(parents=True, exist_ok=True)
                place.fs.put_file(str(file), target.path)


def _journal_files(journal: UPath) -> list[str]:
    """Return the files of a journal only."""
    if not journal.exists():
        return []
    names = {PurePosixPath(path).name: path for path in journal.fs.ls(journal.path, detail=False)}
    return [path for name, path in names.items() if is_result(PurePosixPath(JOURNAL, name), ())]


def _put_order(file: Path) -> tuple[bool, bool, bool, str]:
    """Return the sort key of a file."""
    # The parts of a journal need job.json.
    return file.name == SUMMARY, file.parent.name != JOURNAL, file.suffix != '.json', file.name


def _fetch(place: UPath, copy: Path) -> None:
    """Copy a file or a folder; raise an OSError if a name leads out of the folder."""
    for path in place.fs.find(place.path):
        inside = PurePosixPath(path).relative_to(PurePosixPath(place.path))
        if '..' in inside.parts:
            raise OSError(f'{path} leads out of its folder: such a name is not copied')
        target = copy / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        place.fs.get_file(path, str(target))


def _with_path(place: UPath, path: str) -> UPath:
    """Return another place in the same storage."""
    return type(place)(path, protocol=place.protocol, **place.storage_options)


@contextmanager
def storage_errors(place: Path | UPath) -> Iterator[None]:
    """Convert the errors of storage libraries to OSError."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        if not is_remote(place):
            raise
        raise OSError(f'{place}: {reason(error)}') from error
