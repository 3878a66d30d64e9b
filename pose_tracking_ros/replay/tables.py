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

from pose_tracking_ros.activities import ActivityEvent, GestureName, PersonActivity
from pose_tracking_ros.blazepose import LandmarkSource, Pose, RejectedRegion
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
    | _columns(pa.int64(), 'received_ns', 'width', 'height', 'persons')
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


def _frame_columns(frames: Sequence[AnalysedFrame], _: object) -> list[Any]:
    results = [frame.result for frame in frames]
    return [
        [frame.received_ns for frame in frames],
        [frame.size[0] for frame in frames],
        [frame.size[1] for frame in frames],
        [len(result.poses) for result in results],
        [result.detector_ran for result in results],
        [_word(result.no_pose_reason) for result in results],
        [_word(result.stamp_problem) for result in results],
        [frame.problem or None for frame in frames],
    ]


def _region_columns(_: object, regions: Sequence[Pose | RejectedRegion]) -> list[Any]:
    return [
        [getattr(region, 'track_id', None) for region in regions],
        np.array([region.score for region in regions], np.float32),
        *np.array([region.roi for region in regions], np.float32).T,
        [_word(getattr(region, 'reason', None)) for region in regions],
    ]


def _landmark_columns(_: object, poses: Sequence[Pose]) -> list[Any]:
    """Return columns with a row for each landmark."""
    landmarks = np.concatenate([pose.landmarks for pose in poses])
    world = np.full((len(landmarks), 3), np.nan, np.float32)
    if len(poses[0].world_landmarks):
        world = np.concatenate([pose.world_landmarks for pose in poses])
    names = poses[0].skeleton.names
    return [
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
    ]


def _position_columns(_: object, poses: Sequence[Pose]) -> list[Any]:
    covariances = np.array([pose.position_covariance for pose in poses])
    return [
        [pose.track_id for pose in poses],
        *np.array([pose.position for pose in poses]).T,
        *covariances[(slice(None), *np.triu_indices(3))].T,
        [_word(pose.position_problem) for pose in poses],
    ]


def _angle_columns(frames: Sequence[AnalysedFrame], poses: Sequence[Pose]) -> list[Any]:
    points = [body_points(pose, frame.size) for frame, pose in zip(frames, poses)]
    angles = joint_angles(np.array(points), poses[0].skeleton)
    return [[pose.track_id for pose in poses], *angles.T]


def _activity_columns(_: object, people: Sequence[PersonActivity]) -> list[Any]:
    rays = np.full((len(people), 6), np.nan)
    for row, person in zip(rays, people):
        if person.pointing is not None:
            row[:3], row[3:] = person.pointing.origin, person.pointing.direction
    confidences = [{seen.name: seen.confidence for seen in person.gestures} for person in people]
    return [
        [person.track_id for person in people],
        [person.posture.value for person in people],
        [person.posture_since_ns or None for person in people],
        [person.fell for person in people],
        *([by_name.get(gesture) for by_name in confidences] for gesture in GestureName),
        [person.pointing and person.pointing.side for person in people],
        [person.pointing and bool(person.pointing.metric) for person in people],
        *rays.T,
        [person.exercise or None for person in people],
        [person.phase or None for person in people],
        [person.repetitions for person in people],
    ]


def _event_columns(frames: Sequence[AnalysedFrame], events: Sequence[ActivityEvent]) -> list[Any]:
    return [
        [event.track_id for event in events],
        [event.kind.value for event in events],
        [event.name for event in events],
        [event.began for event in events],
        [repetitions_at(event, frame.activities) for frame, event in zip(frames, events)],
    ]


def _word(value: Enum | None) -> str | None:
    return None if value is None else value.value


@dataclass(frozen=True)
class _Kind:
    """
    A kind of table.

    :param schema: its columns
    :param items: returns the items of a frame, of which each has a row, or a row per landmark
    :param columns: returns the columns after the first three for items and the frame of each
    """

    schema: pa.Schema
    items: Callable[[AnalysedFrame], Sequence[Any]]
    columns: Callable[[Sequence[AnalysedFrame], Sequence[Any]], list[Any]]

    def rows(self, bag: str, frames: Sequence[AnalysedFrame]) -> pa.Table:
        """Return the rows of frames; ``bag`` is the name of the recording."""
        pairs = [(frame, item) for frame in frames for item in self.items(frame)]
        if not pairs:
            return self.schema.empty_table()
        frames, items = zip(*pairs)
        columns = self.columns(frames, items)
        keys = np.array([(frame.index, frame.stamp_ns) for frame in frames], np.int64)
        keys = keys.repeat(len(columns[0]) // len(keys), axis=0)
        names = pa.DictionaryArray.from_arrays(np.zeros(len(keys), np.int32), [bag])
        return pa.table(
            [
                # Null in place of NaN.
                column if isinstance(column, pa.Array)
                else pa.array(column, field.type, from_pandas=True)
                for field, column in zip(self.schema, [names, *keys.T, *columns], strict=True)
            ],
            self.schema,
        )


TABLES = {
    'frames': _Kind(_FRAMES, lambda frame: [frame], _frame_columns),
    'regions': _Kind(
        _REGIONS, lambda frame: (*frame.poses, *frame.result.rejected), _region_columns
    ),
    'landmarks': _Kind(_LANDMARKS, lambda frame: frame.poses, _landmark_columns),
    'positions': _Kind(_POSITIONS, lambda frame: frame.poses, _position_columns),
    'joint_angles': _Kind(_ANGLES, lambda frame: frame.poses, _angle_columns),
    'activities': _Kind(_ACTIVITIES, lambda frame: frame.activities.activities, _activity_columns),
    'activity_events': _Kind(
        _ACTIVITY_EVENTS, lambda frame: frame.activities.events, _event_columns
    ),
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
    Writer of the tables of a recording.

    :param folder: the folder, without tables so far
    :param bag: name of the recording
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
