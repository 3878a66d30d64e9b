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

"""The people in a serialized pose_tracking_ros/PoseLandmarks, read without message objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from pose_tracking_ros.blazepose import Pose
from pose_tracking_ros.messages.landmarks import PersonFields, poses_of_fields

ENCODING = b'\x00\x01'
"""The first bytes of the encoding that is read: plain CDR, little endian, version 1."""

_PERSON = np.dtype([('track_id', '<u4'), ('score', '<f4'), ('roi', '<f4', 5)])
_LANDMARK = np.dtype([('numbers', '<f4', 5), ('inside', '?', 2), ('padding', 'V2')])


class SerializedLandmarks(NamedTuple):
    """
    The content of the message that activities depend on.

    :param stamp: seconds and nanoseconds
    """

    stamp: tuple[int, int]
    frame_id: str
    poses: tuple[Pose, ...]


def read_landmarks(data: bytes) -> SerializedLandmarks:
    """
    Read a serialized message.

    :param data: beginning with :data:`ENCODING`
    :raises ValueError: if it is inconsistent or damaged
    """
    fields = _Fields(data)
    seconds, nanoseconds = int(fields.array('<i4')[0]), fields.number()
    frame_id = fields.text()
    fields.array('<u4', 2)  # the size of the image
    skeleton = fields.text()
    fields.array('u1')  # detector_ran
    fields.text()  # no_pose_reason
    poses = poses_of_fields(skeleton, _people(fields))
    return SerializedLandmarks((seconds, nanoseconds), frame_id, poses)


def _people(fields: _Fields) -> Iterator[PersonFields]:
    for _ in range(fields.number()):
        person = fields.array(_PERSON, align=4)[0]
        landmarks = fields.array(_LANDMARK, fields.number(), 4)
        world = fields.array('<f8', 3 * fields.number())
        place = fields.array('<f8', 12)
        camera = fields.array('<f8', 3 * fields.number())
        yield PersonFields(
            int(person['track_id']),
            float(person['score']),
            person['roi'].astype(np.float64),
            landmarks['numbers'],
            landmarks['inside'],
            world.reshape(-1, 3),
            place[:3],
            place[3:],
            camera.reshape(-1, 3),
            fields.array('u1', fields.number()),
            fields.text(),
        )


class _Fields:
    """The fields of a message, read one after the other."""

    def __init__(self, data: bytes) -> None:
        # Numbers are aligned to the end of the header of four bytes.
        self._bytes = np.frombuffer(data, np.uint8)[4:]
        self._end = 0

    def array(self, dtype: DTypeLike, count: int = 1, align: int = 0) -> np.ndarray:
        """Return the next numbers, of this alignment or else of that of their size."""
        size = np.dtype(dtype).itemsize
        begin = self._end + -self._end % (align or size) if count else self._end
        self._end = begin + count * size
        if self._end > len(self._bytes):
            raise ValueError('it is cut off')
        return self._bytes[begin:self._end].view(dtype)

    def number(self) -> int:
        """Return the next uint32."""
        return int(self.array('<u4')[0])

    def text(self) -> str:
        """Return the next string."""
        return self.array('u1', self.number())[:-1].tobytes().decode()
