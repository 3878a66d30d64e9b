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

from pose_tracking_ros.blazepose import Pose
from pose_tracking_ros.messages.landmarks import PersonFields, poses_of_fields

ENCODING = b'\x00\x01'
"""The first bytes of the encoding that is read: plain CDR, little endian, version 1."""

_BYTE, _COUNT, _NUMBER = np.dtype('u1'), np.dtype('<u4'), np.dtype('<f8')
_STAMP = np.dtype([('sec', '<i4'), ('nanosec', '<u4')], align=True)
_PERSON = np.dtype([('track_id', '<u4'), ('score', '<f4'), ('roi', '<f4', 5)], align=True)
_LANDMARK = np.dtype([('numbers', '<f4', 5), ('inside', '?', 2)], align=True)


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
    stamp = fields.array(_STAMP)[0].item()
    frame_id = fields.text()
    fields.array(_COUNT, 2)  # the size of the image
    skeleton = fields.text()
    fields.array(_BYTE)  # detector_ran
    fields.text()  # no_pose_reason
    return SerializedLandmarks(stamp, frame_id, poses_of_fields(skeleton, _people(fields)))


def _people(fields: _Fields) -> Iterator[PersonFields]:
    for _ in range(fields.number()):
        track_id, score, roi = fields.array(_PERSON)[0].item()
        landmarks = fields.array(_LANDMARK, fields.number())
        world = fields.array(_NUMBER, 3 * fields.number())
        place = fields.array(_NUMBER, 12)
        camera = fields.array(_NUMBER, 3 * fields.number())
        yield PersonFields(
            track_id,
            score,
            np.array(roi, np.float64),
            landmarks['numbers'],
            landmarks['inside'],
            world.reshape(-1, 3),
            place[:3],
            place[3:],
            camera.reshape(-1, 3),
            fields.array(_BYTE, fields.number()),
            fields.text(),
        )


class _Fields:
    """The fields of a message, read one after the other."""

    def __init__(self, data: bytes) -> None:
        # Numbers are aligned to the end of the header of four bytes.
        self._bytes = np.frombuffer(data, np.uint8)[4:]
        self._end = 0

    def array(self, dtype: np.dtype, count: int = 1) -> np.ndarray:
        """Return the next numbers."""
        # An empty sequence is not followed by padding.
        begin = self._end + (-self._end % dtype.alignment if count else 0)
        self._end = begin + count * dtype.itemsize
        if self._end > len(self._bytes):
            raise ValueError('it is cut off')
        return self._bytes[begin : self._end].view(dtype)

    def number(self) -> int:
        """Return the next uint32."""
        return int(self.array(_COUNT)[0])

    def text(self) -> str:
        """Return the next string."""
        return self.array(_BYTE, self.number())[:-1].tobytes().decode()
