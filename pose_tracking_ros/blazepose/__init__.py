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
The BlazePose detector-tracker: numpy, OpenCV and ONNX Runtime, without ROS.

Data flows one way: image, region, crop, tensor, landmarks, pose.
"""

import os

# ONNX Runtime reads this when it is imported; else it records its use for Microsoft.
os.environ.setdefault('ORT_DISABLE_TELEMETRY', '1')

from pose_tracking_ros.blazepose.camera import CameraModel
from pose_tracking_ros.blazepose.inference import EXECUTION_PROVIDERS, InferenceOptions
from pose_tracking_ros.blazepose.models import ModelError
from pose_tracking_ros.blazepose.options import MODEL_COMPLEXITIES, PoseTrackerOptions
from pose_tracking_ros.blazepose.pose import (
    LandmarkSource,
    NoPoseReason,
    Pose,
    PoseTrackerResult,
    PositionProblem,
    RejectedRegion,
)
from pose_tracking_ros.blazepose.pose_models import PoseModels
from pose_tracking_ros.blazepose.skeleton import (
    FULL_BODY,
    PoseLandmark,
    Skeleton,
    SKELETONS,
    UPPER_BODY,
)
from pose_tracking_ros.blazepose.stamps import StampProblem
from pose_tracking_ros.blazepose.tracker import PoseTracker

__all__ = [
    'CameraModel',
    'EXECUTION_PROVIDERS',
    'FULL_BODY',
    'InferenceOptions',
    'LandmarkSource',
    'MODEL_COMPLEXITIES',
    'ModelError',
    'NoPoseReason',
    'Pose',
    'PoseLandmark',
    'PoseModels',
    'PoseTracker',
    'PoseTrackerOptions',
    'PoseTrackerResult',
    'PositionProblem',
    'RejectedRegion',
    'SKELETONS',
    'Skeleton',
    'StampProblem',
    'UPPER_BODY',
]
