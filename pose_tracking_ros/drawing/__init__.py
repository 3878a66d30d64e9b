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

"""Draw people on an image."""

from pose_tracking_ros.drawing.pose_annotator import (
    PoseAnnotator,
    seen_landmarks,
    SIDE_COLORS,
    VISIBLE_FROM,
)

__all__ = ['PoseAnnotator', 'SIDE_COLORS', 'VISIBLE_FROM', 'seen_landmarks']
