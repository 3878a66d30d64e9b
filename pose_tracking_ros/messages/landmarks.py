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

"""The messages of the landmarks of people, and serialized ones back."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pose_tracking_ros.blazepose import (
    Pose,
    PoseTrackerResult,
    PositionProblem,
    Skeleton,
    SKELETONS,
)
from pose_tracking_ros.messages.types import MessageTypes


def pose_landmarks_message(
    types: MessageTypes,
    header: Any,
    image_size: tuple[int, int],
    skeleton: Skeleton,
    result: PoseTrackerResult,
) -> Any:
    """
    Return a pose_tracking_ros/PoseLandmarks for one image.

    :param types: the message types
    :param header: header of the image
    :param image_size: width and height of the image in pixels
    :param skeleton: the landmarks that the tracker predicts
    :param result: the result of the tracker
    """
    reason = result.no_pose_reason
    return types.PoseLandmarks(
        header=header,
        image_width=image_size[0],
        image_height=image_size[1],
        skeleton=skeleton.name,
        detector_ran=bool(result.detector_ran),
        no_pose_reason=reason.value if reason else '',
        persons=[_person(types, pose) for pose in result.poses],
    )


def _person(types: MessageTypes, pose: Pose) -> Any:
    """Return a pose_tracking_ros/Person."""
    return types.Person(
        track_id=pose.track_id,
        score=float(pose.score),
        roi=_rect(types, pose.roi),
        landmarks=[
            types.PoseLandmark(
                x=x,
                y=y,
                z=z,
                visibility=visibility,
                presence=presence,
                inside_image=inside_image,
                inside_region=inside_region,
            )
            for (x, y, z, visibility, presence), inside_image, inside_region in zip(
                pose.landmarks.tolist(), pose.inside_image.tolist(), pose.inside_region.tolist()
            )
        ],
        world_landmarks=[types.Point(x=x, y=y, z=z) for x, y, z in pose.world_landmarks.tolist()],
        position=_point(types, pose.position),
        position_covariance=np.asarray(pose.position_covariance, np.float64).ravel(),
        camera_landmarks=[
            types.Point(x=x, y=y, z=z) for x, y, z in pose.camera_landmarks.tolist()
        ],
        landmark_sources=types.byte_array(
            memoryview(np.asarray(pose.landmark_sources, np.uint8).tobytes())
        ),
        position_problem=pose.position_problem.value if pose.position_problem else '',
    )


def _point(types: MessageTypes, place: np.ndarray) -> Any:
    x, y, z = np.asarray(place, np.float64).tolist()
    return types.Point(x=x, y=y, z=z)


def _rect(types: MessageTypes, roi: np.ndarray) -> Any:
    x_center, y_center, width, height, rotation = np.asarray(roi).tolist()
    return types.NormalizedRect(
        x_center=x_center, y_center=y_center, width=width, height=height, rotation=rotation
    )


def landmark_info_message(
    types: MessageTypes,
    skeleton: Skeleton,
    detector_model: str,
    landmark_model: str,
    execution_provider: str,
) -> Any:
    """
    Return a pose_tracking_ros/LandmarkInfo.

    :param types: the message types
    :param skeleton: the landmarks that the tracker predicts
    :param detector_model: name of the model that finds a person
    :param landmark_model: name of the model that finds the landmarks
    :param execution_provider: the provider that runs the models, as named by ONNX Runtime
    """
    return types.LandmarkInfo(
        skeleton=skeleton.name,
        names=list(skeleton.names),
        sides=list(skeleton.sides),
        connections=[
            types.LandmarkConnection(start=int(start), end=int(end))
            for start, end in skeleton.connections
        ],
        detector_model=detector_model,
        landmark_model=landmark_model,
        execution_provider=execution_provider,
    )


ENCODING = b'\x00\x01'
"""The first bytes of a message that can be read: plain CDR, little endian, as all ROS 2 has it."""

_BYTE, _COUNT = np.dtype('u1'), np.dtype('<u4')
_STAMP = np.dtype([('sec', '<i4'), ('nanosec', '<u4')], align=True)
_PERSON = np.dtype([('track_id', '<u4'), ('score', '<f4'), ('roi', '<f4', 5)], align=True)
_LANDMARK = np.dtype([('numbers', '<f4', 5), ('inside', '?', 2)], align=True)
_POINT = np.dtype([('xyz', '<f8', 3)], align=True)
_PLACE = np.dtype([('position', '<f8', 3), ('covariance', '<f8', (3, 3))], align=True)


class ImageLandmarks(NamedTuple):
    """
    The content of a pose_tracking_ros/PoseLandmarks.

    :param stamp: seconds and nanoseconds
    :param frame_id: the optical frame of the camera
    :param image_size: width and height in pixels
    :param detector_ran: whether the detector ran
    :param no_pose_reason: value of a ``NoPoseReason``, or empty
    :param poses: the people, the main person first
    """

    stamp: tuple[int, int]
    frame_id: str
    image_size: tuple[int, int]
    detector_ran: bool
    no_pose_reason: str
    poses: tuple[Pose, ...]


def read_pose_landmarks(data: bytes) -> ImageLandmarks:
    """
    Read a serialized pose_tracking_ros/PoseLandmarks, ten times as fast as by message objects.

    :param data: with :data:`ENCODING` at the beginning
    :raises ValueError: if it is inconsistent or damaged
    """
    if data[: len(ENCODING)] != ENCODING:
        raise ValueError('its encoding is not plain CDR, little endian')
    fields = _Fields(data)
    stamp, frame_id = fields.array(_STAMP)[0].item(), fields.text()
    width, height = fields.array(_COUNT, 2).tolist()
    name, detector_ran, reason = fields.text(), bool(fields.array(_BYTE)[0]), fields.text()
    skeleton = SKELETONS.get(name)
    if skeleton is None:
        known = ' and '.join(SKELETONS)
        raise ValueError(f'its skeleton is {name!r}, known are {known}')
    poses = tuple(_pose(fields, skeleton) for _ in range(fields.number()))
    return ImageLandmarks(stamp, frame_id, (width, height), detector_ran, reason, poses)


class _Fields:
    """The fields of a serialized message, in their order."""

    def __init__(self, data: bytes) -> None:
        # Numbers are aligned to the end of the four bytes of the encoding.
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


def _pose(fields: _Fields, skeleton: Skeleton) -> Pose:
    """Return the pose of the next pose_tracking_ros/Person."""
    track_id, score, roi = fields.array(_PERSON)[0].item()
    count = len(skeleton.landmarks)

    def sequence(name: str, dtype: np.dtype, may_be_empty: bool = True) -> np.ndarray:
        found = fields.number()
        if found != count and (found or not may_be_empty):
            raise ValueError(
                f'person {track_id} has {found} {name}, the skeleton {skeleton.name} has {count}'
            )
        return fields.array(dtype, found)

    landmarks = sequence('landmarks', _LANDMARK, may_be_empty=False)
    world_landmarks = sequence('world_landmarks', _POINT)['xyz']
    place = fields.array(_PLACE)[0]
    camera_landmarks = sequence('camera_landmarks', _POINT)['xyz']
    sources, problem = sequence('landmark_sources', _BYTE), fields.text()
    # Messages from other publishers may have zeros.
    is_placed = not problem and bool(len(camera_landmarks))
    return Pose(
        skeleton=skeleton,
        landmarks=landmarks['numbers'],
        world_landmarks=world_landmarks.astype(np.float32),
        inside_image=landmarks['inside'][:, 0],
        inside_region=landmarks['inside'][:, 1],
        score=score,
        roi=np.array(roi, np.float64),
        track_id=track_id,
        position=place['position'] if is_placed else np.full(3, np.nan),
        position_covariance=place['covariance'] if is_placed else np.full((3, 3), np.nan),
        camera_landmarks=camera_landmarks if is_placed else None,
        landmark_sources=sources if is_placed else None,
        position_problem=None if is_placed else _problem(problem),
    )


def _problem(name: str) -> PositionProblem:
    """Return the reason for an unknown position, also if this version does not know the reason."""
    known = {problem.value: problem for problem in PositionProblem}
    return known.get(name, PositionProblem.NO_CAMERA)
