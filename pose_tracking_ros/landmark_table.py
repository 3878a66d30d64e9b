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
Poses as a tidy table: a .csv with one row per landmark, person and frame.

A frame without a person has no rows, so a landmark that is absent is absent from the table as
well: ``frame`` tells which frames are missing. A value that the model does not predict (z and the
world of the upper body), or that was dropped because it is not seen, is an empty cell.
"""

from __future__ import annotations

from collections.abc import Sequence
import csv
from pathlib import Path

import numpy as np

from pose_tracking_ros.blazepose.pose import Pose

COLUMNS = (
    'frame',
    'stamp_ns',
    'track_id',
    'landmark',
    'x',
    'y',
    'z',
    'visibility',
    'presence',
    'world_x',
    'world_y',
    'world_z',
)
"""
The columns: the frame's number from 0 and its time in nanoseconds; the person's identity over
time; the landmark's lower-case name; x in units of the image width, y of its height and z of its
width; visibility and presence in [0, 1]; the place in space in metres, origin mid-hips, in the
axes of the camera's optical frame.
"""


class LandmarkTable:
    """
    A table of landmarks being written, a context manager.

    :param path: the .csv file to write; one that exists is replaced
    """

    def __init__(self, path: str | Path) -> None:
        self._file = Path(path).open('w', newline='', encoding='utf-8')  # noqa: SIM115 (close() does)
        self._writer = csv.writer(self._file, lineterminator='\n')
        self._writer.writerow(COLUMNS)

    def write(self, frame: int, stamp_ns: int, poses: Sequence[Pose]) -> None:
        """
        Append the landmarks of a frame.

        :param frame: number of the frame, from 0
        :param stamp_ns: time of the frame in nanoseconds
        :param poses: the people in it; without any there is no row
        """
        for pose in poses:
            self._write(frame, stamp_ns, pose)

    def _write(self, frame: int, stamp_ns: int, pose: Pose) -> None:
        values = np.full((len(pose.landmarks), 8), np.nan)
        values[:, :5] = pose.landmarks
        values[: len(pose.world_landmarks), 5:] = pose.world_landmarks
        self._writer.writerows(
            (frame, stamp_ns, pose.track_id, name, *map(_cell, row))
            for name, row in zip(pose.skeleton.names, values.tolist())
        )

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def __enter__(self) -> LandmarkTable:
        """Return the table, which is open from the start."""
        return self

    def __exit__(self, *_: object) -> None:
        """Finish the file."""
        self.close()


def _cell(value: float) -> str:
    """Return a number to a millionth: 0.002 of a pixel in 1080p, a micrometre in space."""
    return '' if np.isnan(value) else f'{value:.6f}'
