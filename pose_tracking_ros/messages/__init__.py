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
Messages from the results of the tracker, with the types of any message library.

Nothing here imports ROS: the caller passes the types, see :class:`MessageTypes`. The node passes
those of rclpy, a tool without ROS those of another library.
"""

from pose_tracking_ros.messages.activities import (
    activities_message,
    activity_event_messages,
    repetitions_at,
)
from pose_tracking_ros.messages.activity_markers import ActivityMarkers
from pose_tracking_ros.messages.image_annotations import AnnotationTypes, image_annotations_message
from pose_tracking_ros.messages.images import (
    bgr_copy,
    compressed_image_message,
    image_message,
    mask_pixels,
)
from pose_tracking_ros.messages.landmarks import (
    ImageLandmarks,
    landmark_info_message,
    pose_landmarks_message,
    read_pose_landmarks,
)
from pose_tracking_ros.messages.markers import PoseMarkers, shown_tracks
from pose_tracking_ros.messages.person_pose import person_pose_message, transform_message
from pose_tracking_ros.messages.types import MessageTypes

__all__ = [
    'AnnotationTypes',
    'ActivityMarkers',
    'ImageLandmarks',
    'MessageTypes',
    'PoseMarkers',
    'activities_message',
    'activity_event_messages',
    'bgr_copy',
    'compressed_image_message',
    'image_annotations_message',
    'image_message',
    'landmark_info_message',
    'mask_pixels',
    'person_pose_message',
    'pose_landmarks_message',
    'read_pose_landmarks',
    'repetitions_at',
    'shown_tracks',
    'transform_message',
]
