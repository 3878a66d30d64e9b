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

"""The style of drawn poses, in an image and in space."""

import numpy as np

from pose_tracking_ros.blazepose.pose import Pose

# RGB. Orange and blue stay apart for every common kind of colour blindness; the left is warm.
SIDE_COLORS = {'left': (255, 150, 30), 'right': (40, 190, 255), 'center': (245, 245, 245)}

# Minimum visibility of a landmark that is drawn as seen.
VISIBLE_FROM = 0.5


def seen_landmarks(pose: Pose, visible_from: float) -> np.ndarray:
    """
    Return a mask of the landmarks that are drawn as seen: bool (N,).

    The others are hidden, or outside the image or the region of interest, where their position is
    a guess of the model.

    :param visible_from: minimum visibility of a landmark that is not hidden
    """
    visible = pose.landmarks[:, 3] >= visible_from
    return visible & pose.inside_image & pose.inside_region
