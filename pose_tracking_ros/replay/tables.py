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

"""Tables of an analysis: images, landmarks, joint angles and activities, as CSV and Parquet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from pose_tracking_ros.activities import GestureName, PersonActivity
from pose_tracking_ros.blazepose import LandmarkSource, Pose
from pose_tracking_ros.messages import repetitions_at
from pose_tracking_ros.replay.frames import AnalysedFrame
from pose_tracking_ros.replay.joint_angles import body_points, JOINT_ANGLES, joint_angles
from pose_tracking_ros.replay.safe_files import create

_NAMES = pa.dictionary(pa.int32(), pa.string())


def _columns(type_: pa.DataType, *names: str) -> dict[str, pa.DataType]:
    return dict.fromkeys(names, type_)


_FRAME = {'bag': _NAMES, 'frame': pa.int64(), 'stamp_ns': pa.int64()}

_FRAMES = pa.schema(
    _FRAME
    | _columns(pa.int64(), 'received_ns', 'width', 'height')
    | _columns(pa.int64(), 'persons')
    | _columns(pa.bool_(), 'detector_ran')
    | _columns(pa.string(), 'no_pose_reason', 'stamp_problem', 'problem')
)

_REGIONS = pa.schema(
    _FRAME
    | _columns(pa.int64(), 'track_id')
    | _columns(pa.float32(), 'score')
    | _columns(
        pa.float32(), 'roi_x_center', 'roi_y_center', 'roi_width', 'roi_height', 'roi_rotation'
    )
    | _columns(pa.string(), 'rejected')
)

_LANDMARKS = pa.schema(
    _FRAME
    | _columns(pa.int64(), 'track_id')
    | _columns(_NAMES, 'landmark')
    | _columns(pa.float32(), 'x', 'y', 'z', 'visibility', 'presence')
    | _columns(pa.float32(), 'world_x', 'world_y', 'world_z')
    | _columns(pa.bool_(), 'inside_image', 'inside_region')
    | _columns(pa.float32(), 'camera_x', 'camera_y', 'camera_z')
    | _columns(_NAMES, 'camera_source')
)

_POSITIONS = pa.schema(
    _FRAME
    | _columns(pa.int64(), 'track_id')
    | _columns(pa.float64(), 'x', 'y', 'z')
    | _columns(pa.float64(), 'xx', 'xy', 'xz', 'yy', 'yz', 'zz')
    | _columns(pa.string(), 'problem')
)

_ANGLES = pa.schema(
    _FRAME | _columns(pa.int64(), 'track_id') | _columns(pa.float32(), *JOINT_ANGLES)
)

_ACTIVITIES = pa.schema(
    _FRAME
    | _columns(pa.int64(), 'track_id')
    | _columns(_NAMES, 'posture')
    | _columns(pa.int64(), 'posture_since_ns')
    | _columns(pa.bool_(), 'fell')
    | _columns(pa.float32(), *(gesture.value for gesture in GestureName))
    | _columns(_NAMES, 'pointing_side')
    | _columns(pa.bool_(), 'pointing_metric')
    | _columns(
        pa.float64(),
        *(f'pointing_{part}_{axis}' for part in ('origin', 'direction') for axis in 'xyz'),
    )
    | _columns(_NAMES, 'exercise', 'phase')
    | _columns(pa.int64(), 'repetitions')
)

_ACTIVITY_EVENTS = pa.schema(
    _FRAME
    | _columns(pa.int64(), 'track_id')
    | _columns(_NAMES, 'kind', 'name')
    | _columns(pa.bool_(), 'began')
    | _columns(pa.int64(), 'repetitions')
)


def _rows_of_frames(bag: str, frames: Sequence[AnalysedFrame]) -> pa.Table:
    """Return a row for each image."""
    results = [frame.result for frame in frames]
    return _table(
        _FRAMES,
        [
            *_keys(bag, frames),
            [frame.received_ns for frame in frames],
            [frame.size[0] for frame in frames],
            [frame.size[1] for frame in frames],
            [len(result.poses) for result in results],
            [result.detector_ran for result in results],
            [_word(result.no_pose_reason) for result in results],
            [_word(result.stamp_problem) for result in results],
            [frame.problem or None for frame in frames],
        ],
    )


def _rows_of_regions(bag: str, frames: Sequence[AnalysedFrame]) -> pa.Table:
    """Return a row for each region of interest of the landmark model."""
    regions = [
        (frame, region) for frame in frames for region in (*frame.poses, *frame.result.rejected)
    ]
    if not regions:
        return _REGIONS.empty_table()
    return _table(
        _REGIONS,
        [
            *_keys(bag, [frame for frame, _ in regions]),
            [getattr(region, 'track_id', None) for _, region in regions],
            np.array([region.score for _, region in regions], np.float32),
            *np.array([region.roi for _, region in regions], np.float32).T,
            [_word(getattr(region, 'reason', None)) for _, region in regions],
        ],
    )


def _rows_of_landmarks(bag: str, frames: Sequence[AnalysedFrame]) -> pa.Table:
    """Return a row for each landmark of each pose."""
    frames, poses = _poses(frames)
    if not poses:
        return _LANDMARKS.empty_table()
    landmarks = np.concatenate([pose.landmarks for pose in poses])
    world = np.full((len(landmarks), 3), np.nan, np.float32)
    if len(poses[0].world_landmarks):
        world = np.concatenate([pose.world_landmarks for pose in poses])
    names = poses[0].skeleton.names
    repeated = [column.repeat(len(names)) for column in _key_arrays(frames)]
    return _table(
        _LANDMARKS,
        [
            _repeated(bag, len(landmarks)),
            *repeated,
            np.repeat([pose.track_id for pose in poses], len(names)),
            pa.DictionaryArray.from_arrays(
                np.tile(np.arange(len(names), dtype=np.int32), len(poses)), list(names)
            ),
            *landmarks.T,
            *world.T,
            np.concatenate([pose.inside_image for pose in poses]),
            np.concatenate([pose.inside_region for pose in poses]),
            *np.concatenate([pose.camera_landmarks for pose in poses]).astype(np.float32).T,
            pa.DictionaryArray.from_arrays(
                np.concatenate([pose.landmark_sources for pose in poses]).astype(np.int32),
                [source.name.lower() for source in LandmarkSource],
            ),
        ],
    )


def _rows_of_positions(bag: str, frames: Sequence[AnalysedFrame]) -> pa.Table:
    """Return a row for each pose."""
    frames, poses = _poses(frames)
    if not poses:
        return _POSITIONS.empty_table()
    covariances = np.array([pose.position_covariance for pose in poses])
    return _table(
        _POSITIONS,
        [
            *_keys(bag, frames),
            [pose.track_id for pose in poses],
            *np.array([pose.position for pose in poses]).T,
            *covariances[(slice(None), *np.triu_indices(3))].T,
            [_word(pose.position_problem) for pose in poses],
        ],
    )


def _rows_of_angles(bag: str, frames: Sequence[AnalysedFrame]) -> pa.Table:
    """Return a row for each pose."""
    frames, poses = _poses(frames)
    if not poses:
        return _ANGLES.empty_table()
    points = [body_points(pose, frame.size) for frame, pose in zip(frames, poses)]
    angles = joint_angles(np.array(points), poses[0].skeleton)
    return _table(_ANGLES, [*_keys(bag, frames), [pose.track_id for pose in poses], *angles.T])


def _rows_of_activities(bag: str, frames: Sequence[AnalysedFrame]) -> pa.Table:
    """Return a row for each pose."""
    pairs = [(frame, person) for frame in frames for person in frame.activities.activities]
    if not pairs:
        return _ACTIVITIES.empty_table()
    people = [person for _, person in pairs]
    return _table(
        _ACTIVITIES,
        [
            *_keys(bag, [frame for frame, _ in pairs]),
            [person.track_id for person in people],
            [person.posture.value for person in people],
            [person.posture_since_ns or None for person in people],
            [person.fell for person in people],
            *(_confidences(people, gesture) for gesture in GestureName),
            [person.pointing and person.pointing.side for person in people],
            [person.pointing and bool(person.pointing.metric) for person in people],
            *_rays(people).T,
            [person.exercise or None for person in people],
            [person.phase or None for person in people],
            [person.repetitions for person in people],
        ],
    )


def _confidences(people: Sequence[PersonActivity], gesture: GestureName) -> list[float | None]:
    """Return the confidence of a gesture of each person, None without it."""
    return [
        next((seen.confidence for seen in person.gestures if seen.name is gesture), None)
        for person in people
    ]


def _rays(people: Sequence[PersonActivity]) -> np.ndarray:
    """Return origins and directions of pointing as float64 (N, 6), NaN without pointing."""
    rays = np.full((len(people), 6), np.nan)
    for row, person in zip(rays, people):
        if person.pointing is not None:
            row[:3], row[3:] = person.pointing.origin, person.pointing.direction
    return rays


def _rows_of_activity_events(bag: str, frames: Sequence[AnalysedFrame]) -> pa.Table:
    """Return a row for each activity event."""
    pairs = [(frame, event) for frame in frames for event in frame.activities.events]
    if not pairs:
        return _ACTIVITY_EVENTS.empty_table()
    return _table(
        _ACTIVITY_EVENTS,
        [
            *_keys(bag, [frame for frame, _ in pairs]),
            [event.track_id for _, event in pairs],
            [event.kind.value for _, event in pairs],
            [event.name for _, event in pairs],
            [event.began for _, event in pairs],
            [repetitions_at(event, frame.activities) for frame, event in pairs],
        ],
    )


def _poses(frames: Sequence[AnalysedFrame]) -> tuple[list[AnalysedFrame], list[Pose]]:
    """Return all poses, and the frame of each."""
    pairs = [(frame, pose) for frame in frames for pose in frame.poses]
    return [frame for frame, _ in pairs], [pose for _, pose in pairs]


def _word(value: Enum | None) -> str | None:
    return None if value is None else value.value


@dataclass(frozen=True)
class _Kind:
    """
    A kind of table.

    :param schema: its columns
    :param rows: returns its rows for the name of a recording and frames
    """

    schema: pa.Schema
    rows: Callable[[str, Sequence[AnalysedFrame]], pa.Table]


TABLES = {
    'frames': _Kind(_FRAMES, _rows_of_frames),
    'regions': _Kind(_REGIONS, _rows_of_regions),
    'landmarks': _Kind(_LANDMARKS, _rows_of_landmarks),
    'positions': _Kind(_POSITIONS, _rows_of_positions),
    'joint_angles': _Kind(_ANGLES, _rows_of_angles),
    'activities': _Kind(_ACTIVITIES, _rows_of_activities),
    'activity_events': _Kind(_ACTIVITY_EVENTS, _rows_of_activity_events),
}
"""
The tables by name. All have the recording, the number of the image and its stamp.

``frames`` has a row for each image, with or without people. ``regions`` has a row for each region
of interest of the landmark model: with a ``track_id`` if it has a pose, else with the reason in
``rejected``. ``landmarks`` has a row for each landmark of each pose, the main person first: x in
units of the image width, y of its height and z of its width; visibility and presence in [0, 1];
the position in metres, origin mid-hips, in the axes of the camera's optical frame; and, with a
calibration, the position in the camera's optical frame in metres, and its source: a depth image or
the model. ``positions`` has a row for each pose: mid-hips in metres in the camera's optical frame,
the covariance in square metres, and the reason if unknown. ``joint_angles`` and ``activities``
have a row for each pose, ``activity_events`` one for each event. Unknown values are null in
Parquet and empty in CSV.
"""


class TableFiles:
    """
    Writer of the tables of a recording, a context manager.

    :param folder: the folder, without tables so far
    :param bag: name of the recording
    :param csv: whether to write CSV files
    :param parquet: whether to write Parquet files
    """

    def __init__(self, folder: Path, bag: str, csv: bool, parquet: bool) -> None:
        self._bag = bag
        self._writers: list[tuple[_Kind, Any]] = []
        self._stack = ExitStack()
        for name, kind in TABLES.items():
            if csv:
                # Quote names of recordings and problems with a comma.
                options = pa.csv.WriteOptions(quoting_style='needed', quoting_header='none')
                writer = pa.csv.CSVWriter(
                    self._create(folder / f'{name}.csv'), _plain(kind.schema),
                    write_options=options,
                )
                self._writers.append((kind, self._stack.enter_context(writer)))
            if parquet:
                writer = pa.parquet.ParquetWriter(
                    self._create(folder / f'{name}.parquet'), kind.schema, compression='zstd'
                )
                self._writers.append((kind, self._stack.enter_context(writer)))

    def write(self, frames: Sequence[AnalysedFrame]) -> None:
        """Append a batch of frames; the bytes of Parquet files depend on the batches."""
        tables = {id(kind): kind.rows(self._bag, frames) for kind in TABLES.values()}
        for kind, writer in self._writers:
            table = tables[id(kind)]
            if isinstance(writer, pa.csv.CSVWriter):
                table = _for_spreadsheets(table.cast(_plain(kind.schema)))
            writer.write_table(table)

    def close(self) -> None:
        """Finish the files."""
        self._stack.close()

    def _create(self, path: Path) -> BinaryIO:
        """Open a new file, which is closed after its writer."""
        return self._stack.enter_context(create(path))

    def __enter__(self) -> TableFiles:
        """Return the tables, which are open from the start."""
        return self

    def __exit__(self, *_: object) -> None:
        """Finish the files."""
        self.close()


def table_files(csv: bool, parquet: bool) -> list[str]:
    """Return the names of the files of the tables."""
    suffixes = ['.csv'] * csv + ['.parquet'] * parquet
    return [name + suffix for name in TABLES for suffix in suffixes]


def _plain(schema: pa.Schema) -> pa.Schema:
    """Return a schema with strings in place of dictionaries."""
    return pa.schema(
        [
            field.with_type(pa.string()) if pa.types.is_dictionary(field.type) else field
            for field in schema
        ]
    )


def _for_spreadsheets(table: pa.Table) -> pa.Table:
    """Return a table with an apostrophe in front of texts that look like a formula."""
    for index, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            texts = pc.replace_substring_regex(table.column(index), r'^([=+\-@\t\r])', r"'\1")
            table = table.set_column(index, field, texts)
    return table


def _table(schema: pa.Schema, columns: Sequence[Any]) -> pa.Table:
    """Return a table with null in place of NaN."""
    return pa.table(
        [
            pa.array(column, field.type, from_pandas=True)
            if not isinstance(column, pa.Array)
            else column
            for field, column in zip(schema, columns, strict=True)
        ],
        schema,
    )


def _keys(bag: str, frames: Sequence[AnalysedFrame]) -> list[Any]:
    """Return the first columns, which all tables share."""
    return [_repeated(bag, len(frames)), *_key_arrays(frames)]


def _key_arrays(frames: Sequence[AnalysedFrame]) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers and the stamps of frames."""
    indices = np.array([frame.index for frame in frames], np.int64)
    return indices, np.array([frame.stamp_ns for frame in frames], np.int64)


def _repeated(text: str, count: int) -> pa.DictionaryArray:
    """Return a column with the same text in each row."""
    return pa.DictionaryArray.from_arrays(np.zeros(count, np.int32), [text])
