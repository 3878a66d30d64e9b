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

"""Bodies with known directions of their limbs, and their poses in a camera."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np

from pose_tracking_ros.activities.body import level_rotation
from pose_tracking_ros.blazepose import FULL_BODY, PoseLandmark

# Metres; of a man of average size.
TRUNK, SHOULDER, HIP, NECK = 0.52, 0.18, 0.10, 0.20
UPPER_ARM, FOREARM, HAND, THIGH, SHIN, FOOT = 0.30, 0.26, 0.09, 0.42, 0.42, 0.20
ASPECT, FOCAL_LENGTH = 4 / 3, 1.0  # of the image, in image widths

FORWARD, OUT, UP = np.eye(3)
DOWN = -UP


def direction(forward: float = 0.0, out: float = 0.0, up: float = 0.0) -> np.ndarray:
    """Return a direction of length 1: forward, away from the middle of the body, up."""
    vector = np.array([forward, out, up], float)
    return vector / np.linalg.norm(vector)


def tilted(degrees: float, start: np.ndarray = DOWN, end: np.ndarray = FORWARD) -> np.ndarray:
    """Return a direction rotated towards a perpendicular one."""
    return np.cos(np.radians(degrees)) * start + np.sin(np.radians(degrees)) * end


HANGING = tilted(8, DOWN, OUT), tilted(15)


@dataclass(frozen=True)
class PosedBody:
    """
    A body.

    Arms and legs are pairs of directions, upper and lower part, in the frame of the room in which
    the body faces forward: forward, out, up.

    :param lean: of the trunk forward, in degrees
    :param left_arm, right_arm, left_leg, right_leg: their parts
    :param tumble: rotation of the whole body in degrees: 90 on the belly, -90 on the back
    :param roll: rotation of the whole body onto its left side, in degrees
    """

    lean: float = 0.0
    left_arm: tuple[np.ndarray, np.ndarray] = HANGING
    right_arm: tuple[np.ndarray, np.ndarray] = HANGING
    left_leg: tuple[np.ndarray, np.ndarray] = (DOWN, DOWN)
    right_leg: tuple[np.ndarray, np.ndarray] = (DOWN, DOWN)
    tumble: float = 0.0
    roll: float = 0.0
    hidden: tuple[str, ...] = field(default=())

    def with_arms(self, *parts: np.ndarray) -> PosedBody:
        """Return the body with both arms alike."""
        return replace(self, left_arm=parts, right_arm=parts)

    def with_legs(self, *parts: np.ndarray) -> PosedBody:
        """Return the body with both legs alike."""
        return replace(self, left_leg=parts, right_leg=parts)

    def points(self) -> np.ndarray:
        """Return the landmarks, float64 (33, 3): forward, to the left, up, origin mid-hips."""
        found = {}
        up, ahead = tilted(self.lean, UP, FORWARD), tilted(self.lean, FORWARD, DOWN)
        neck = TRUNK * up
        nose = neck + NECK * up + 0.10 * ahead
        left = OUT
        for landmark in PoseLandmark:
            name = landmark.name.lower()
            side = left if 'left' in name else -left if 'right' in name else 0 * left
            found[name] = nose + 0.03 * side + (0.03 * up if 'eye' in name else 0)
        for sign, side, arm, leg in (
            (1.0, 'left', self.left_arm, self.left_leg),
            (-1.0, 'right', self.right_arm, self.right_leg),
        ):
            mirror = np.array([1.0, sign, 1.0])
            found[f'{side}_ear'] = neck + NECK * up + 0.07 * sign * left
            shoulder = neck + SHOULDER * sign * left
            elbow = shoulder + UPPER_ARM * arm[0] * mirror
            wrist = elbow + FOREARM * arm[1] * mirror
            hand = wrist + HAND * arm[1] * mirror
            hip = HIP * sign * left
            knee = hip + THIGH * leg[0] * mirror
            ankle = knee + SHIN * leg[1] * mirror
            found |= {
                f'{side}_shoulder': shoulder,
                f'{side}_elbow': elbow,
                f'{side}_wrist': wrist,
                f'{side}_pinky': hand,
                f'{side}_index': hand,
                f'{side}_thumb': (wrist + hand) / 2,
                f'{side}_hip': hip,
                f'{side}_knee': knee,
                f'{side}_ankle': ankle,
                f'{side}_heel': ankle + 0.05 * DOWN,
                f'{side}_foot_index': ankle + 0.05 * DOWN + FOOT * FORWARD,
            }
        points = np.array([found[name] for name in FULL_BODY.names])
        tumble, roll = np.radians(self.tumble), np.radians(self.roll)
        about_left = np.array(
            [[np.cos(tumble), 0, np.sin(tumble)], [0, 1, 0], [-np.sin(tumble), 0, np.cos(tumble)]]
        )
        about_forward = np.array(
            [[1, 0, 0], [0, np.cos(roll), np.sin(roll)], [0, -np.sin(roll), np.cos(roll)]]
        )
        return points @ about_left.T @ about_forward.T

    def seen(
        self,
        yaw: float = 0.0,
        distance: float = 4.0,
        bearing: float = 0.0,
        pitch: float = 0.0,
        roll: float = 0.0,
        noise: float = 0.0,
        rng: np.random.Generator | None = None,
        track_id: int = 1,
    ) -> SimpleNamespace:
        """
        Return the pose in a camera.

        :param yaw: rotation of the body to its left in degrees; with 0 it faces the camera
        :param distance: of the hips in metres
        :param bearing: of the hips from the middle of the image, in degrees
        :param pitch, roll: of the camera, in degrees
        :param noise: standard deviation of the points, in metres
        :param rng: of the noise
        """
        turn = np.radians(yaw)
        forward = np.array([np.sin(turn), 0.0, -np.cos(turn)])
        left = np.array([np.cos(turn), 0.0, np.sin(turn)])
        level = self.points() @ np.array([forward, left, [0.0, -1.0, 0.0]])
        world = level @ level_rotation(pitch, roll)
        if noise:
            world = world + rng.normal(0.0, noise, world.shape)
        hips = distance * np.array([np.sin(np.radians(bearing)), 0.0, np.cos(np.radians(bearing))])
        in_camera = world + hips
        landmarks = np.ones((len(world), 5), np.float32)
        depth = np.maximum(in_camera[:, 2], 0.2)
        landmarks[:, 0] = 0.5 + FOCAL_LENGTH * in_camera[:, 0] / depth
        landmarks[:, 1] = 0.5 + FOCAL_LENGTH * ASPECT * in_camera[:, 1] / depth
        landmarks[:, 2] = FOCAL_LENGTH * world[:, 2] / hips[2]
        for name in self.hidden:
            landmarks[PoseLandmark[name.upper()], 3:] = 0.05
        size = 1.25 * 2.0 * FOCAL_LENGTH / hips[2]
        return SimpleNamespace(
            skeleton=FULL_BODY,
            landmarks=landmarks,
            world_landmarks=world.astype(np.float32),
            roi=np.array([*landmarks[23:25, :2].mean(axis=0), size, size * ASPECT, 0.0]),
            inside_image=np.ones(len(world), bool),
            inside_region=np.ones(len(world), bool),
            track_id=track_id,
            score=1.0,
            segmentation_mask=None,
            position=np.full(3, np.nan),
            camera_landmarks=np.full((33, 3), np.nan),
        )


def squat(thigh: float, shin: float = 25.0) -> PosedBody:
    """
    Return a body that keeps its balance on bent legs.

    :param thigh: its angle forward from hanging, in degrees
    :param shin: its angle forward from upright, in degrees
    """
    legs = tilted(thigh), tilted(-shin)
    # The trunk leans so that the weight is over the middle of the feet.
    hip_behind = THIGH * np.sin(np.radians(thigh)) - SHIN * np.sin(np.radians(shin))
    lean = np.degrees(np.arcsin(np.clip((0.9 * hip_behind + 0.02) / (0.68 * TRUNK), -0.3, 0.9)))
    return PosedBody(lean=float(lean)).with_legs(*legs)
