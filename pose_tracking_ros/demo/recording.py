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

"""Read the bag of the demo, with the message definitions in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rosbags.highlevel import AnyReader

from pose_tracking_ros.blazepose import (
    NoPoseReason,
    Pose,
    PoseTrackerResult,
    RejectedRegion,
    Skeleton,
    SKELETONS,
)
from pose_tracking_ros.replay.frames import AnalysedFrame


def read_frames(bag: str | Path) -> list[AnalysedFrame]:
    """
    Return the frames in a bag, in the order in which they were received.

    :raises rosbags.highlevel.AnyReaderError: when the bag cannot be read
    """
    messages = _read(bag, 'pose_tracking_ros/msg/PoseLandmarks')
    return [_frame(index, *received) for index, received in enumerate(messages)]


def read_images(bag: str | Path) -> Iterator[tuple[int, np.ndarray]]:
    """
    Yield the annotated images in a bag: their stamp in nanoseconds, and uint8 (H, W, 3) BGR.

    :raises rosbags.highlevel.AnyReaderError: when the bag cannot be read
    """
    for _, message in _read(bag, 'sensor_msgs/msg/CompressedImage'):
        yield _stamp_ns(message), cv2.imdecode(message.data, cv2.IMREAD_COLOR)


def _read(bag: str | Path, type_name: str) -> Iterator[tuple[int, Any]]:
    """Yield the messages of a type, and their times of reception."""
    with AnyReader([Path(bag)]) as reader:
        connections = [item for item in reader.connections if item.msgtype == type_name]
        for connection, received_ns, serialized in reader.messages(connections):
            yield received_ns, reader.deserialize(serialized, connection.msgtype)


def _stamp_ns(message: Any) -> int:
    """Return the stamp of a message in nanoseconds."""
    stamp = message.header.stamp
    return stamp.sec * 1_000_000_000 + stamp.nanosec


def _frame(index: int, received_ns: int, message: Any) -> AnalysedFrame:
    """Return the frame described by a PoseLandmarks message."""
    poses = tuple(_read_pose(person, SKELETONS[message.skeleton]) for person in message.persons)
    rejected = ()
    if message.no_pose_reason not in ('', message.NOT_DETECTED):
        # The message has the reason for a rejected region, but not the region.
        reason = NoPoseReason(message.no_pose_reason)
        rejected = (RejectedRegion(np.full(5, np.nan), np.nan, reason),)
    return AnalysedFrame(
        index,
        _stamp_ns(message),
        received_ns,
        message.header.frame_id,
        (message.image_width, message.image_height),
        PoseTrackerResult(poses, bool(message.detector_ran), rejected),
    )


def _read_pose(message: Any, skeleton: Skeleton) -> Pose:
    """Return the pose in a Person message."""
    roi = message.roi
    return Pose(
        skeleton=skeleton,
        landmarks=np.array(
            [(at.x, at.y, at.z, at.visibility, at.presence) for at in message.landmarks],
            np.float32,
        ),
        world_landmarks=np.array(
            [(at.x, at.y, at.z) for at in message.world_landmarks], np.float32
        ).reshape(-1, 3),
        score=message.score,
        roi=np.array([roi.x_center, roi.y_center, roi.width, roi.height, roi.rotation]),
        track_id=message.track_id,
        inside_image=np.array([at.inside_image for at in message.landmarks]),
        inside_region=np.array([at.inside_region for at in message.landmarks]),
    )
