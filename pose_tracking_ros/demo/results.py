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

"""The bag of a run of the demo, and the results made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
import json
from math import isfinite
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rosbags.highlevel import AnyReader

from pose_tracking_ros.activities import ActivityOptions
from pose_tracking_ros.blazepose import NoPoseReason, PoseTrackerResult, RejectedRegion
from pose_tracking_ros.demo.summary import DemoSummary
from pose_tracking_ros.messages import ImageLandmarks, read_pose_landmarks
from pose_tracking_ros.replay.activities import FrameActivities
from pose_tracking_ros.replay.frames import AnalysedFrame
from pose_tracking_ros.replay.message_types import typestore
from pose_tracking_ros.replay.output_folder import OutputFolder
from pose_tracking_ros.replay.tables import table_files, TableFiles
from pose_tracking_ros.video.annotated_video import AnnotatedVideo
from pose_tracking_ros.video.contact_sheet import ContactSheet

VIDEO = 'annotated.mp4'
SHEET = 'contact_sheet.png'
TABLES = table_files(csv=True, parquet=False)
BAG = 'bag'
SUMMARY = 'summary.json'


def write_results(
    folder: OutputFolder,
    frames: Sequence[AnalysedFrame],
    summary: DemoSummary,
    on_progress: Callable[[str], None],
) -> None:
    """
    Write the tables, the annotated video, its contact sheet and the summary.

    :param on_progress: called with a description of the current step
    """
    with closing(TableFiles(folder.path, BAG, csv=True, parquet=False)) as tables:
        tables.write([*map(FrameActivities(ActivityOptions()), frames)])
    if summary.annotated_images:
        rate = summary.frames_per_second
        sheet, first_ns = ContactSheet(), None
        with AnnotatedVideo(folder / VIDEO, rate if isfinite(rate) else 30.0) as video:
            for index, (stamp_ns, image) in enumerate(read_images(folder / BAG), start=1):
                on_progress(f'writing {VIDEO}: frame {index} of {summary.annotated_images}')
                video.write(image, stamp_ns)
                first_ns = stamp_ns if first_ns is None else first_ns
                sheet.add((stamp_ns - first_ns) / 1e9, lambda image=image: image)
        sheet.save(folder / SHEET)
    # JSON has no NaN.
    values = {
        name: value if not isinstance(value, float) or isfinite(value) else None
        for name, value in asdict(summary).items()
    }
    (folder / SUMMARY).write_text(json.dumps(values, indent=2) + '\n', encoding='utf-8')


def read_frames(bag: str | Path) -> list[AnalysedFrame]:
    """
    Return the frames in a bag, in the order in which they were received.

    :raises rosbags.highlevel.AnyReaderError: when the bag cannot be read
    """
    messages = _read(bag, 'pose_tracking_ros/msg/PoseLandmarks')
    return [
        _frame(index, received_ns, read_pose_landmarks(data))
        for index, (received_ns, data) in enumerate(messages)
    ]


def read_images(bag: str | Path) -> Iterator[tuple[int, np.ndarray]]:
    """
    Yield the annotated images in a bag: their stamp in nanoseconds, and uint8 (H, W, 3) BGR.

    :raises rosbags.highlevel.AnyReaderError: when the bag cannot be read
    """
    image_type = 'sensor_msgs/msg/CompressedImage'
    for _, data in _read(bag, image_type):
        message: Any = typestore().deserialize_cdr(data, image_type)
        stamp = message.header.stamp
        yield _ns(stamp.sec, stamp.nanosec), cv2.imdecode(message.data, cv2.IMREAD_COLOR)


def _read(bag: str | Path, type_name: str) -> Iterator[tuple[int, bytes]]:
    """Yield the times of reception of the messages of a type, and the serialized messages."""
    with AnyReader([Path(bag)]) as reader:
        connections = [item for item in reader.connections if item.msgtype == type_name]
        for _, received_ns, data in reader.messages(connections):
            yield received_ns, data


def _ns(seconds: int, nanoseconds: int) -> int:
    return seconds * 1_000_000_000 + nanoseconds


def _frame(index: int, received_ns: int, landmarks: ImageLandmarks) -> AnalysedFrame:
    """Return the frame described by a PoseLandmarks message."""
    rejected = ()
    if landmarks.no_pose_reason not in ('', NoPoseReason.NOT_DETECTED.value):
        # The message has the reason for a rejected region, but not the region.
        reason = NoPoseReason(landmarks.no_pose_reason)
        rejected = (RejectedRegion(np.full(5, np.nan), np.nan, reason),)
    return AnalysedFrame(
        index,
        _ns(*landmarks.stamp),
        received_ns,
        landmarks.frame_id,
        landmarks.image_size,
        PoseTrackerResult(landmarks.poses, landmarks.detector_ran, rejected),
    )
