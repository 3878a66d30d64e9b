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
Analysed frames on disk, for the report and to resume an interrupted analysis.

A journal is a folder of parts. Each is an Arrow file, written under a temporary name first, so
that all parts are complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pose_tracking_ros.blazepose import (
    NoPoseReason,
    Pose,
    PoseTrackerResult,
    PositionProblem,
    RejectedRegion,
    SKELETONS,
    StampProblem,
)
from pose_tracking_ros.replay.frames import AnalysedFrame
from pose_tracking_ros.replay.safe_files import is_file, read, replace

_JOB = 'job.json'
_STATE = b'tracker_state'
"""Key of the tracker's state after the last frame, in the metadata of a part."""

_LARGEST_JOB = 1 << 20
_LARGEST_PART = 1 << 28
"""Maximum sizes in bytes."""

_ARRAYS: dict[str, tuple[type, tuple[int, ...]]] = {
    'roi': (np.float64, (5,)),
    'landmarks': (np.float32, (-1, 5)),
    'world_landmarks': (np.float32, (-1, 3)),
    'inside_image': (np.bool_, (-1,)),
    'inside_region': (np.bool_, (-1,)),
    'position': (np.float64, (3,)),
    'position_covariance': (np.float64, (3, 3)),
    'camera_landmarks': (np.float64, (-1, 3)),
    'landmark_sources': (np.uint8, (-1,)),
}
"""Type and shape of the arrays of a pose."""

_POSE = pa.struct(
    {
        'track_id': pa.int64(),
        'skeleton': pa.string(),
        'score': pa.float64(),
        **{
            name: pa.list_(pa.from_numpy_dtype(kind), -1 if -1 in shape else int(np.prod(shape)))
            for name, (kind, shape) in _ARRAYS.items()
        },
        'position_problem': pa.string(),
    }
)
_REJECTED = pa.struct(
    {'roi': _POSE.field('roi').type, 'score': pa.float64(), 'reason': pa.string()}
)
_SCHEMA = pa.schema(
    {
        'index': pa.int64(),
        'stamp_ns': pa.int64(),
        'received_ns': pa.int64(),
        'frame_id': pa.string(),
        'width': pa.int32(),
        'height': pa.int32(),
        'problem': pa.string(),
        'depth_problem': pa.string(),
        'thumbnail': pa.binary(),
        'detector_ran': pa.bool_(),
        'stamp_problem': pa.string(),
        'poses': pa.list_(_POSE),
        'rejected': pa.list_(_REJECTED),
    }
)
_FRAME = ('index', 'stamp_ns', 'received_ns', 'frame_id', 'problem', 'depth_problem', 'thumbnail')
"""The columns that are attributes of a frame."""


class Journal:
    """
    The analysed frames of a recording.

    :param folder: folder of the parts, created if missing
    :param job: recording and options of the analysis, as plain values
    :raises ValueError: if the folder holds the frames of another job, with the differences in the
        message, or is damaged
    """

    def __init__(self, folder: Path, job: dict[str, Any]) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        job = json.loads(json.dumps(job))
        if is_file(folder / _JOB):
            differing = ', '.join(differences(self._earlier_job(), job))
            if differing:
                raise ValueError(
                    f'{folder.parent} holds an interrupted analysis with other values of '
                    f'{differing}: choose another folder, or start over with --force'
                )
        else:
            self._replace(_JOB, json.dumps(job, indent=2).encode())

    def append(self, frames: Sequence[AnalysedFrame], tracker_state: bytes) -> None:
        """
        Add a part.

        :param frames: one or more frames after the last part
        :param tracker_state: state of the tracker after the last one
        """
        table = pa.Table.from_pylist([_row(frame) for frame in frames], _SCHEMA)
        sink = pa.BufferOutputStream()
        schema = _SCHEMA.with_metadata({_STATE: tracker_state})
        options = pa.ipc.IpcWriteOptions(compression='lz4')
        with pa.ipc.new_file(sink, schema, options=options) as writer:
            writer.write_table(table.replace_schema_metadata(schema.metadata))
        self._replace(f'{frames[0].index:012d}.arrow', sink.getvalue())

    def frame_count(self) -> int:
        """
        Return the number of frames.

        :raises ValueError: if a part is missing or damaged
        """
        count = 0
        for part in self._parts():
            if int(part.stem) != count:
                raise self._damaged(f'the images from {count} on are missing')
            count += self._read(part).num_rows
        return count

    def frames(self) -> Iterator[AnalysedFrame]:
        """
        Yield all frames in order.

        :raises ValueError: if a part is damaged
        """
        for part in self._parts():
            rows = self._read(part).to_pylist()
            for index, row in enumerate(rows, int(part.stem)):
                try:
                    frame = _frame(row)
                # Damaged values raise any exception.
                except Exception as error:
                    raise self._damaged(f'{part.name}: {error}') from error
                if frame.index != index:
                    raise self._damaged(f'{part.name}: image {frame.index} in place of {index}')
                yield frame

    def tracker_state(self) -> bytes | None:
        """
        Return the state of the tracker after the last frame, None without frames.

        :raises ValueError: if the part is damaged
        """
        parts = self._parts()
        if not parts:
            return None
        return (self._read(parts[-1]).schema.metadata or {}).get(_STATE, b'')

    def _parts(self) -> list[Path]:
        return sorted(self._folder.glob('*.arrow'))

    def _earlier_job(self) -> dict[str, Any]:
        """Return the job of the interrupted analysis; raise a ValueError if it is damaged."""
        try:
            return dict(json.loads(read(self._folder / _JOB, _LARGEST_JOB)))
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise self._damaged(f'{_JOB}: {error}') from error

    def _read(self, part: Path) -> pa.Table:
        """Return the rows of a part; raise a ValueError if it is damaged."""
        try:
            with pa.ipc.open_file(read(part, _LARGEST_PART)) as file:
                table = file.read_all()
            table.validate(full=True)
        # Arrow raises many types of errors.
        except Exception as error:
            raise self._damaged(f'{part.name}: {error}') from error
        if table.schema != _SCHEMA or not table.num_rows:
            raise self._damaged(f'{part.name} holds other columns, or no row')
        return table

    def _replace(self, name: str, content: bytes | pa.Buffer) -> None:
        path = self._folder / name
        replace(path, content, path.with_suffix('.partial'))

    def _damaged(self, what: str) -> ValueError:
        return ValueError(
            f'{self._folder} cannot be resumed, {" ".join(what.split())}: start over with --force'
        )


def differences(before: Any, now: Any, name: str = '') -> Iterator[str]:
    """
    Yield the names of different plain values, such as ``options.window.every``.

    :param before: earlier values
    :param now: current values; earlier ones with other names are ignored
    :param name: name of both
    """
    if isinstance(before, dict) and isinstance(now, dict):
        for key, value in now.items():
            yield from differences(before.get(key), value, f'{name}.{key}' if name else key)
    elif before != now:
        yield name


def _row(frame: AnalysedFrame) -> dict[str, Any]:
    """Return a frame as a row of a part."""
    result = frame.result
    return {
        **{name: getattr(frame, name) for name in _FRAME},
        'width': frame.size[0],
        'height': frame.size[1],
        'detector_ran': result.detector_ran,
        'stamp_problem': result.stamp_problem.value if result.stamp_problem else None,
        'poses': [
            {
                'track_id': pose.track_id,
                'skeleton': pose.skeleton.name,
                'score': float(pose.score),
                **{name: getattr(pose, name).ravel() for name in _ARRAYS},
                'position_problem': pose.position_problem and pose.position_problem.value,
            }
            for pose in result.poses
        ],
        'rejected': [
            {'roi': region.roi, 'score': float(region.score), 'reason': region.reason.value}
            for region in result.rejected
        ],
    }


def _frame(row: dict[str, Any]) -> AnalysedFrame:
    """Return the frame of a row."""
    stamp_problem = row['stamp_problem']
    return AnalysedFrame(
        **{name: row[name] for name in _FRAME},
        size=(row['width'], row['height']),
        result=PoseTrackerResult(
            poses=tuple(map(_pose, row['poses'])),
            detector_ran=row['detector_ran'],
            rejected=tuple(
                RejectedRegion(
                    np.array(region['roi']), region['score'], NoPoseReason(region['reason'])
                )
                for region in row['rejected']
            ),
            stamp_problem=StampProblem(stamp_problem) if stamp_problem else None,
        ),
    )


def _pose(row: dict[str, Any]) -> Pose:
    """Return the pose of a row."""
    problem = row['position_problem']
    return Pose(
        skeleton=SKELETONS[row['skeleton']],
        score=row['score'],
        track_id=row['track_id'],
        position_problem=problem and PositionProblem(problem),
        **{
            name: np.array(row[name], kind).reshape(shape)
            for name, (kind, shape) in _ARRAYS.items()
        },
    )
