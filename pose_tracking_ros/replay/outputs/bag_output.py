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

"""Write the results of an analysis to a bag."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rosbags.interfaces import (
    Connection,
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from pose_tracking_ros.blazepose import PoseTracker
from pose_tracking_ros.drawing import PoseAnnotator
from pose_tracking_ros.messages import (
    activities_message,
    activity_event_messages,
    ActivityMarkers,
    bgr_copy,
    compressed_image_message,
    landmark_info_message,
    pose_landmarks_message,
    PoseMarkers,
    shown_tracks,
)
from pose_tracking_ros.replay.frames import AnalysedFrame
from pose_tracking_ros.replay.message_types import RosbagsMessageTypes, typestore
from pose_tracking_ros.replay.outputs.original_topics import OriginalTopics

LANDMARKS = '/pose_landmarks', 'pose_tracking_ros/msg/PoseLandmarks'
ACTIVITIES = '/activities', 'pose_tracking_ros/msg/Activities'
ACTIVITY_EVENTS = '/activity_events', 'pose_tracking_ros/msg/ActivityEvent'
ACTIVITY_MARKERS = '/activity_markers', 'visualization_msgs/msg/MarkerArray'
MARKERS = '/markers', 'visualization_msgs/msg/MarkerArray'
LANDMARK_INFO = '/landmark_info', 'pose_tracking_ros/msg/LandmarkInfo'
ANNOTATED = '/annotated_image/compressed', 'sensor_msgs/msg/CompressedImage'

_JPEG_QUALITY = 90

_FOREVER = QosTime(9223372036, 854775807)
"""An infinite time in ROS 2."""


class BagOutput:
    """
    A rosbag2 in MCAP, written frame by frame.

    It has the messages of the nodes, each with the header and recording time of its image.

    :param path: the new folder
    :param original_topics: topics of the recording to copy, if any
    """

    def __init__(
        self,
        path: Path,
        tracker: PoseTracker,
        annotated_images: bool = False,
        original_topics: OriginalTopics | None = None,
    ) -> None:
        self._types = RosbagsMessageTypes()
        self._tracker = tracker
        self._markers = PoseMarkers(self._types)
        self._activity_markers = ActivityMarkers(self._types)
        self._annotator = PoseAnnotator(color_order='bgr')
        self._writer = Writer(
            path, version=Writer.VERSION_LATEST, storage_plugin=StoragePlugin.MCAP
        )
        self._writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
        self._writer.open()
        self._landmarks = self._add(*LANDMARKS)
        self._marker_array = self._add(*MARKERS)
        self._activities = self._add(*ACTIVITIES)
        self._activity_events = self._add(*ACTIVITY_EVENTS)
        self._activity_marker_array = self._add(*ACTIVITY_MARKERS)
        self._landmark_info = self._add(*LANDMARK_INFO, latched=True)
        self._annotated = self._add(*ANNOTATED) if annotated_images else None
        self._originals: Iterator[tuple[int, Connection, bytes]] = iter(())
        if original_topics is not None:
            self._originals = original_topics.copy_to(self._writer)
        self._next_original = next(self._originals, None)
        self._is_empty = True
        self._shown: frozenset[int] = frozenset()

    def write(self, frame: AnalysedFrame, rgb: np.ndarray | None) -> None:
        """Append the results of an image: see :class:`Output`."""
        self._copy_originals(frame.received_ns)
        if self._is_empty:
            self._is_empty = False
            self._write(self._landmark_info, frame.received_ns, self._info())
        if frame.problem:
            return
        header = self._types.header(frame.stamp_ns, frame.frame_id)
        landmarks = pose_landmarks_message(
            self._types, header, frame.size, self._tracker.skeleton, frame.result
        )
        self._write(self._landmarks, frame.received_ns, landmarks)
        markers = self._markers(header, frame.poses, self._shown)
        self._write(self._marker_array, frame.received_ns, markers)
        self._write_activities(frame, header)
        self._shown = shown_tracks(frame.poses)
        if self._annotated is not None and rgb is not None:
            image = self._annotator.annotate(bgr_copy(rgb), frame.poses)
            message = compressed_image_message(self._types, header, image, _JPEG_QUALITY)
            self._write(self._annotated, frame.received_ns, message)

    def _write_activities(self, frame: AnalysedFrame, header: Any) -> None:
        """Append the activities of the people in an image."""
        types, result, received_ns = self._types, frame.activities, frame.received_ns
        self._write(self._activities, received_ns, activities_message(types, header, result))
        for event in activity_event_messages(types, frame.frame_id, result):
            self._write(self._activity_events, received_ns, event)
        markers = self._activity_markers(header, frame.poses, result, self._shown)
        self._write(self._activity_marker_array, received_ns, markers)

    def close(self) -> None:
        """Finish the bag with its index and metadata."""
        self._copy_originals(None)
        self._writer.close()

    def abort(self) -> None:
        """Leave the bag as it is, because it cannot be written to."""
        self._writer.abort()

    def _copy_originals(self, until_ns: int | None) -> None:
        """Copy the messages recorded before a time, or all remaining ones."""
        while self._next_original is not None:
            received_ns, connection, data = self._next_original
            if until_ns is not None and received_ns > until_ns:
                return
            self._writer.write(connection, received_ns, data)
            self._next_original = next(self._originals, None)

    def _info(self) -> Any:
        """Return the message on the landmarks and the models."""
        options, models = self._tracker.options, self._tracker.models
        return landmark_info_message(
            self._types,
            self._tracker.skeleton,
            options.detector_model or models.detector.file.path.stem,
            options.landmark_model or models.landmark_model.file.path.stem,
            self._tracker.execution_provider,
        )

    def _add(self, topic: str, type_name: str, latched: bool = False) -> Connection:
        """Add a topic with the quality of service that the node offers."""
        durability = QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE
        quality = Qos(
            QosHistory.KEEP_LAST,
            1 if latched else 10,
            QosReliability.RELIABLE,
            durability,
            _FOREVER,
            _FOREVER,
            QosLiveliness.AUTOMATIC,
            _FOREVER,
            False,
        )
        return self._writer.add_connection(
            topic, type_name, typestore=typestore(), offered_qos_profiles=[quality]
        )

    def _write(self, connection: Connection, received_ns: int, message: Any) -> None:
        """Append a message."""
        data = typestore().serialize_cdr(message, connection.msgtype)
        self._writer.write(connection, received_ns, data)
