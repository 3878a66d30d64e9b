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

"""The results of the tracker."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum

import numpy as np

from pose_tracking_ros.blazepose.skeleton import Skeleton
from pose_tracking_ros.blazepose.stamps import StampProblem


class LandmarkSource(IntEnum):
    """The source of the position of a landmark in metres."""

    UNKNOWN = 0
    """The position is unknown."""

    MEASURED = 1
    """The depth image shows the landmark."""

    MODEL = 2
    """From the world landmarks and the position of the person."""


class PositionProblem(Enum):
    """Why the position of a person is unknown; messages and tables contain the value."""

    NO_CAMERA = 'no_camera'
    """No camera is given."""

    UNCALIBRATED = 'uncalibrated'
    """The camera is not calibrated: its matrix is zero."""

    OTHER_VIEW = 'other_view'
    """The image has another aspect ratio than the calibrated images."""

    NO_WORLD_LANDMARKS = 'no_world_landmarks'
    """The upper-body model predicts no world landmarks."""

    TOO_FEW_LANDMARKS = 'too_few_landmarks'
    """Too few landmarks are visible inside the image."""

    LEGS_HIDDEN = 'legs_hidden'
    """The legs are cut off or hidden, so the size in metres is too uncertain."""

    CONTRADICTION = 'contradiction'
    """No position in front of the camera fits the landmarks in the image."""


@dataclass(frozen=True, eq=False)
class Pose:
    """
    The pose of one person in one image.

    :param skeleton: what the landmarks mean; N is their number, 33 for the full body, 25 for the
        upper body
    :param landmarks: float32 (N, 5): x and y in units of the image width and height, origin at the
        top left; z in units of the image width, origin mid-hips, smaller is nearer, NaN for the
        upper body; visibility and presence in [0, 1]. The position of a landmark that
        min_landmark_visibility drops is NaN, here and in the world
    :param world_landmarks: float32 (N, 3): x right, y down, z forward in metres, origin mid-hips,
        axes parallel to the camera's optical frame; (0, 3) for the upper body
    :param inside_image: bool (N,): which landmarks lie inside the image
    :param inside_region: bool (N,): which lie inside the region of interest; the landmark model
        has not seen the others
    :param score: probability in [0, 1] that a body is in the region, from the landmark model
    :param roi: float64 (5,): the landmark model's region of interest: centre x, centre y, width,
        height in units of the image width and height, clockwise rotation in radians
    :param track_id: identity of the person over time, from 1; ids are not reused. With num_poses
        above 1, a person who is detected again within track_memory keeps it
    :param segmentation_mask: float32 (H, W) in [0, 1], 1 on the person, or None without
        enable_segmentation
    :param position: float64 (3,): mid-hips in metres in the optical frame of the camera, x right,
        y down, z forward; NaN if unknown
    :param position_covariance: float64 (3, 3): of the position, in square metres; NaN if unknown
    :param camera_landmarks: float64 (N, 3): the landmarks in metres in the same frame; NaN if
        unknown
    :param landmark_sources: uint8 (N,): the :class:`LandmarkSource` of each
    :param position_problem: why the position is unknown, None if it is known
    """

    skeleton: Skeleton
    landmarks: np.ndarray
    world_landmarks: np.ndarray
    inside_image: np.ndarray
    inside_region: np.ndarray
    score: float
    roi: np.ndarray
    track_id: int
    segmentation_mask: np.ndarray | None = None
    position: np.ndarray = field(default_factory=lambda: np.full(3, np.nan))
    position_covariance: np.ndarray = field(default_factory=lambda: np.full((3, 3), np.nan))
    camera_landmarks: np.ndarray | None = None
    landmark_sources: np.ndarray | None = None
    position_problem: PositionProblem | None = PositionProblem.NO_CAMERA

    def __post_init__(self) -> None:
        """Set the defaults that depend on the number of landmarks."""
        count = len(self.landmarks)
        if self.camera_landmarks is None:
            object.__setattr__(self, 'camera_landmarks', np.full((count, 3), np.nan))
        if self.landmark_sources is None:
            object.__setattr__(self, 'landmark_sources', np.zeros(count, np.uint8))


class NoPoseReason(Enum):
    """Why an image or a region has no pose; messages and tables contain the value."""

    NOT_DETECTED = 'not_detected'
    """The person detector found no person."""

    LOW_CONFIDENCE = 'low_confidence'
    """The score of the landmark model is too low."""

    NOT_VERIFIED = 'not_verified'
    """verify_tracking rejected the body: it is not a person."""

    DUPLICATE = 'duplicate'
    """The person already has a pose."""

    UNCONFIRMED = 'unconfirmed'
    """The body may be a person; it is tracked until verify_tracking decides."""


@dataclass(frozen=True, eq=False)
class RejectedRegion:
    """
    A region of interest without a pose.

    :param roi: float64 (5,): the region as in :class:`Pose`
    :param score: probability in [0, 1] that a body is in it, from the landmark model
    :param reason: why it gave no pose
    """

    roi: np.ndarray
    score: float
    reason: NoPoseReason


@dataclass(frozen=True, eq=False)
class PoseTrackerResult:
    """
    The result for one image.

    :param poses: the people, the main person first
    :param detector_ran: whether the person detector searched for people
    :param rejected: regions of interest without a pose
    :param stamp_problem: problem of the stamp of the image, if any
    """

    poses: tuple[Pose, ...] = ()
    detector_ran: bool = False
    rejected: tuple[RejectedRegion, ...] = ()
    stamp_problem: StampProblem | None = None

    @property
    def no_pose_reason(self) -> NoPoseReason | None:
        """
        Return why there is no pose, None if there is one or there was no search.

        Of several reasons it is that of the region most like a person.
        """
        if self.poses:
            return None
        reasons = {region.reason for region in self.rejected}
        nearest = (
            NoPoseReason.UNCONFIRMED, NoPoseReason.NOT_VERIFIED, NoPoseReason.LOW_CONFIDENCE
        )
        for reason in nearest:
            if reason in reasons:
                return reason
        return NoPoseReason.NOT_DETECTED if self.detector_ran else None
