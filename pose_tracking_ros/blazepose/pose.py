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

"""What the tracker answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum

import numpy as np

from pose_tracking_ros.blazepose.skeleton import Skeleton
from pose_tracking_ros.blazepose.stamps import StampProblem


class LandmarkSource(IntEnum):
    """Where the metres of a landmark come from."""

    UNKNOWN = 0
    """There are none."""

    MEASURED = 1
    """The depth image shows the landmark."""

    MODEL = 2
    """They follow from the world landmarks and the position of the person."""


class PositionProblem(Enum):
    """Why it is not known where somebody is; the value is what messages and tables say."""

    NO_CAMERA = 'no_camera'
    """No camera is given."""

    UNCALIBRATED = 'uncalibrated'
    """The camera is not calibrated: its matrix is zero."""

    OTHER_VIEW = 'other_view'
    """The image has another shape than those of the camera: it shows another view."""

    NO_WORLD_LANDMARKS = 'no_world_landmarks'
    """The model, that of the upper body, predicts no world landmarks."""

    TOO_FEW_LANDMARKS = 'too_few_landmarks'
    """Too few landmarks are visible inside the image."""

    LEGS_HIDDEN = 'legs_hidden'
    """The legs are cut off or hidden: of what is left the size in metres is too uncertain."""

    CONTRADICTION = 'contradiction'
    """No place before the camera explains where the landmarks are in the image."""


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
    :param inside_region: bool (N,): which lie inside the region; the landmark model has not seen
        the place of the others
    :param score: probability in [0, 1] that a body is in the region, from the landmark model
    :param roi: float64 (5,): the region the landmark model looked at: centre x, centre y, width,
        height in units of the image width and height, clockwise rotation in radians
    :param track_id: identity of the person over time, from 1; never that of another person. Who is
        found again within the track_memory keeps it where num_poses is above 1
    :param segmentation_mask: float32 (H, W) in [0, 1], 1 on the person, or None when it was not
        asked for
    :param position: float64 (3,): middle of the hips in metres in the optical frame of the camera,
        x right, y down, z forward; NaN where it is not known
    :param position_covariance: float64 (3, 3): of the position, in square metres; NaN likewise
    :param camera_landmarks: float64 (N, 3): the landmarks in metres in the same frame; NaN where
        not known
    :param landmark_sources: uint8 (N,): of each the :class:`LandmarkSource`
    :param position_problem: why the position is not known, None where it is
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
        """Fill in what is not known of the landmarks."""
        count = len(self.landmarks)
        if self.camera_landmarks is None:
            object.__setattr__(self, 'camera_landmarks', np.full((count, 3), np.nan))
        if self.landmark_sources is None:
            object.__setattr__(self, 'landmark_sources', np.zeros(count, np.uint8))


class NoPoseReason(Enum):
    """Why an image, or a region of it, has no pose; the value is what messages and tables say."""

    NOT_DETECTED = 'not_detected'
    """The person detector found nobody."""

    LOW_CONFIDENCE = 'low_confidence'
    """The landmark model saw no body in the region: its score is too low."""

    NOT_VERIFIED = 'not_verified'
    """What the landmark model saw is not a person: verify_tracking refused it."""

    DUPLICATE = 'duplicate'
    """It shows a person who has a pose already."""

    UNCONFIRMED = 'unconfirmed'
    """A body that may be a person is followed until verify_tracking can tell."""


@dataclass(frozen=True, eq=False)
class RejectedRegion:
    """
    A region that the landmark model looked at and that gave no pose.

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
    What was found in one image.

    :param poses: the people, the main person first; empty where nobody is
    :param detector_ran: whether the person detector looked for people
    :param rejected: regions that were looked at and gave no pose
    :param stamp_problem: what was wrong with the stamp of the image, if anything
    """

    poses: tuple[Pose, ...] = ()
    detector_ran: bool = False
    rejected: tuple[RejectedRegion, ...] = ()
    stamp_problem: StampProblem | None = None

    @property
    def no_pose_reason(self) -> NoPoseReason | None:
        """
        Return why there is no pose, None where there is one or nothing was looked for.

        Of several reasons it is that of the region that came nearest to being a person.
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
