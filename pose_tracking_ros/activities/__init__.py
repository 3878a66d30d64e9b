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
Activities of people from poses over time: postures, gestures and exercises, without ROS.

A pose has these fields of :class:`pose_tracking_ros.blazepose.Pose`: ``landmarks``,
``world_landmarks``, ``roi``, ``track_id``, and if known ``position`` and
``camera_landmarks``.
"""

from pose_tracking_ros.activities.options import ActivityOptions
from pose_tracking_ros.activities.pose_classes import (
    Exercise,
    PoseClassError,
    PoseClasses,
    PoseSample,
    sample_points,
)
from pose_tracking_ros.activities.recognizer import ActivityRecognizer
from pose_tracking_ros.activities.repetitions import RepetitionCounter
from pose_tracking_ros.activities.results import (
    ActivityEvent,
    ActivityResult,
    EventKind,
    GestureName,
    GestureSighting,
    PersonActivity,
    PointingRay,
    Posture,
)

__all__ = [
    'ActivityEvent',
    'ActivityOptions',
    'ActivityRecognizer',
    'ActivityResult',
    'EventKind',
    'Exercise',
    'GestureName',
    'GestureSighting',
    'PersonActivity',
    'PointingRay',
    'PoseClassError',
    'PoseClasses',
    'PoseSample',
    'Posture',
    'RepetitionCounter',
    'sample_points',
]
