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
The two generations of BlazePose, as data.

Source: the full body is that of MediaPipe 0.10.21, the upper body that of MediaPipe 0.8.3.1, the
last that had one. Constants are those of their graphs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pose_tracking_ros.blazepose.options import MODEL_COMPLEXITIES, PoseTrackerOptions
from pose_tracking_ros.blazepose.skeleton import FULL_BODY, Skeleton, UPPER_BODY
from pose_tracking_ros.blazepose.smoothing import OneEuroConstants, OneEuroFilter, VelocityFilter


@dataclass(frozen=True)
class Pipeline:
    """
    The differences between the generations.

    :param skeleton: the landmarks that the landmark model predicts
    :param detector_model: name of the person detector's model
    :param detector_strides: pixels between the anchors of each of the detector's layers
    :param verifying_model: name of the person detector that verifies bodies in doubt
    :param alignment_keypoints: the detector's keypoints from which the region is made: its centre,
        and a point on the circle around the body
    :param roi_scale: side of the region in units of that circle's diameter
    :param landmark_filter: makes MediaPipe's filter of the landmarks
    :param alignment_filter: makes MediaPipe's filter of the points from which the next region is
        made
    :param world_filter: makes MediaPipe's filter of the world landmarks
    :param always_filter_alignment: whether regions are filtered even if landmarks are not
    :param object_size: (points, alignment points) in pixels -> the size in pixels that makes
        speeds of the points comparable
    """

    skeleton: Skeleton
    detector_model: str
    detector_strides: tuple[int, ...]
    verifying_model: str
    alignment_keypoints: tuple[int, int]
    roi_scale: float
    landmark_filter: Callable[[], OneEuroFilter | VelocityFilter]
    alignment_filter: Callable[[], OneEuroFilter | VelocityFilter]
    world_filter: Callable[[], OneEuroFilter]
    always_filter_alignment: bool
    object_size: Callable[[np.ndarray, np.ndarray], float]


def body_circle_diameter(_: np.ndarray, alignment_points: np.ndarray) -> float:
    """Return the diameter of the circle around the body, of about two metres."""
    return float(2 * np.hypot(*(alignment_points[1] - alignment_points[0])))


def _bounding_box_size(points: np.ndarray, _: np.ndarray) -> float:
    return float(np.ptp(points[:, :2], axis=0).mean())


FULL_BODY_PIPELINE = Pipeline(
    skeleton=FULL_BODY,
    detector_model='pose_detection',
    detector_strides=(8, 16, 32, 32, 32),
    verifying_model='pose_detection',
    alignment_keypoints=(0, 1),
    roi_scale=1.25,
    landmark_filter=lambda: OneEuroFilter(OneEuroConstants(min_cutoff=0.05, beta=80.0)),
    alignment_filter=lambda: OneEuroFilter(OneEuroConstants(min_cutoff=0.01, beta=10.0)),
    world_filter=lambda: OneEuroFilter(OneEuroConstants(min_cutoff=0.1, beta=40.0)),
    always_filter_alignment=True,
    object_size=body_circle_diameter,
)

UPPER_BODY_PIPELINE = Pipeline(
    skeleton=UPPER_BODY,
    detector_model='upper_body_pose_detection',
    detector_strides=(8, 16, 16, 16),
    # The detector of its own generation is as confident of a cup as of a person.
    verifying_model='pose_detection',
    alignment_keypoints=(2, 3),
    roi_scale=1.5,
    landmark_filter=lambda: VelocityFilter(window_size=5, velocity_scale=10.0),
    alignment_filter=lambda: VelocityFilter(window_size=5, velocity_scale=10.0),
    world_filter=lambda: OneEuroFilter(OneEuroConstants(min_cutoff=0.1, beta=40.0)),
    always_filter_alignment=False,
    object_size=_bounding_box_size,
)


def pipeline(options: PoseTrackerOptions) -> Pipeline:
    """
    Return the generation that the options select.

    :raises TypeError: if they are of another type
    """
    if not isinstance(options, PoseTrackerOptions):
        raise TypeError(
            f'options is {options!r}, accepted is a PoseTrackerOptions, such as '
            'PoseTrackerOptions(model_complexity=2)'
        )
    return UPPER_BODY_PIPELINE if options.upper_body_only else FULL_BODY_PIPELINE


def landmark_model_name(options: PoseTrackerOptions) -> str:
    """Return the name of the landmark model that the options select."""
    if options.upper_body_only:
        return 'upper_body_pose_landmark'
    name = f'pose_landmark_{MODEL_COMPLEXITIES[options.model_complexity]}'
    return f'{name}_segmentation' if options.enable_segmentation else name
