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

"""The gestures of a body in one image, and the swings of waving hands over several."""

from __future__ import annotations

from collections import deque
from math import hypot, isfinite
from typing import NamedTuple

from pose_tracking_ros.activities.body import Body, DOWN, SIDES, UP
from pose_tracking_ros.activities.membership import ramp
from pose_tracking_ros.activities.results import GestureName
from pose_tracking_ros.activities.vectors import angle, between, dot, minus, NOWHERE, unit, Vector

_OTHER = {'left': 'right', 'right': 'left'}


class Arm(NamedTuple):
    """
    The features of an arm that make gestures, each a membership in [0, 1].

    :param direction: from shoulder to wrist, of length 1 or NaN
    :param raised: wrist above the shoulder by a third of the trunk, forearm up, not on the face
    :param on_face: the hand is on the face
    :param stretched: the arm is straight and away from the body
    :param aside: straight, level and to the side
    :param to_camera: stretched towards the camera
    :param pointing: stretched elsewhere, but not up
    :param forearm: from elbow to hand, of length 1, while the forearm is up, or None
    """

    direction: Vector = NOWHERE
    raised: float = 0.0
    on_face: float = 0.0
    stretched: float = 0.0
    aside: float = 0.0
    to_camera: float = 0.0
    pointing: float = 0.0
    forearm: Vector | None = None


def arm_features(body: Body, side: str) -> Arm:
    """Return the features of an arm."""
    shoulder, elbow, wrist = (body.at(f'{side}_{name}') for name in ('shoulder', 'elbow', 'wrist'))
    arm, forearm = minus(wrist, shoulder), minus(wrist, elbow)
    # A hand that is raised beyond the edge of the image is not seen.
    is_out_at_top = body.is_above(f'{side}_wrist') and elbow[1] < shoulder[1]
    has_hand = body.sees(f'{side}_wrist') or is_out_at_top
    if not (body.sees(f'{side}_shoulder', f'{side}_elbow') and has_hand and hypot(*arm) > 0):
        return Arm()
    size = body.trunk_length
    upright = ramp(angle(body.trunk, UP), 70, 50)
    hand = between(body.at(f'{side}_index'), body.at(f'{side}_pinky'))
    hand = hand if isfinite(sum(hand)) else wrist
    straight = angle(minus(shoulder, elbow), forearm)

    on_face = 0.0
    if body.sees('nose', f'{side}_wrist'):
        x, y, z = minus(hand, body.at('nose'))
        # Depth is the least accurate.
        distance = hypot(x, y, z / 2) / size
        on_face = min(ramp(distance, 0.38, 0.26), ramp(straight, 125, 105))
    up = dot(arm, UP) / size
    along_trunk = dot(arm, body.trunk) / size**2
    forearm_up = 90.0 - angle(forearm, UP)
    raised = min(
        ramp(up, 0.2, 0.4),
        ramp(along_trunk, 0.1, 0.3),
        ramp(forearm_up, 25, 45),
        upright,
        1.0 - on_face,
    )
    hanging = angle(arm, DOWN)
    stretched = min(ramp(straight, 130, 150), ramp(hanging, 45, 60), upright)
    across = minus(shoulder, body.at(f'{_OTHER[side]}_shoulder'))
    aside = min(stretched, ramp(angle(arm, across), 40, 25), ramp(abs(hanging - 90), 40, 25))
    to_camera = pointing = 0.0
    if body.has_depth:
        to_camera = min(
            ramp(straight, 110, 130),
            ramp(hanging, 45, 60),
            # A bent arm has to be raised higher: it may carry something.
            ramp(straight + hanging, 190, 210),
            upright,
            ramp(angle(arm, body.to_camera), 45, 30),
        )
        pointing = min(stretched, ramp(hanging, 150, 135), 1.0 - to_camera)
    is_up = forearm_up > 20 and up > -0.3 and body.sees(f'{side}_wrist') and upright > 0.5
    swinging = unit(minus(hand, elbow)) if is_up else None
    return Arm(unit(arm), raised, on_face, stretched, aside, to_camera, pointing, swinging)


def gesture_memberships(body: Body, arms: dict[str, Arm]) -> dict[GestureName, float]:
    """
    Return the membership of a body in each gesture, except waving and the steadiness of arms.

    :param body: the body
    :param arms: the features of its arms by side
    """
    left, right = arms['left'], arms['right']
    t_pose = min(left.aside, right.aside)
    return {
        GestureName.LEFT_HAND_RAISED: min(left.raised, 1.0 - right.raised),
        GestureName.RIGHT_HAND_RAISED: min(right.raised, 1.0 - left.raised),
        GestureName.BOTH_HANDS_RAISED: min(left.raised, right.raised),
        GestureName.ARMS_CROSSED: _crossed(body),
        GestureName.HANDS_ON_FACE: max(left.on_face, right.on_face),
        GestureName.POINTING: max(
            min(arms[side].pointing, 1.0 - arms[_OTHER[side]].stretched) for side in SIDES
        ),
        GestureName.T_POSE: t_pose,
        # Seen from the side, one arm of a T-pose points at the camera.
        GestureName.STOP: min(max(left.to_camera, right.to_camera), 1.0 - t_pose),
    }


def pointing_side(arms: dict[str, Arm]) -> str:
    """Return the side of the arm with the larger membership in pointing."""
    return max(SIDES, key=lambda side: arms[side].pointing)


def _crossed(body: Body) -> float:
    """Return the membership of arms crossed in front of the chest."""
    # Hands tucked under the arms are mostly hidden.
    wrists = ('left_wrist', 'right_wrist')
    joints = ('left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow')
    if not (body.sees(*joints) and body.sees(*wrists, ratio=0.5) and body.trunk_length > 0):
        return 0.0
    across = minus(body.at('left_shoulder'), body.at('right_shoulder'))
    width = hypot(*across)
    if not width > 0:
        return 0.0
    left, right = body.at('left_wrist'), body.at('right_wrist')
    beyond = dot(minus(right, left), across) / width**2
    crossed = ramp(beyond, 0.1, 0.35)
    if not crossed:
        return 0.0
    memberships = [crossed, ramp(angle(body.trunk, UP), 70, 50)]
    for side, wrist in (('left', left), ('right', right)):
        height = dot(minus(wrist, body.hips), body.trunk) / body.trunk_length**2
        elbow = body.at(f'{side}_elbow')
        bend = angle(minus(body.at(f'{side}_shoulder'), elbow), minus(wrist, elbow))
        memberships += [ramp(height, 0.25, 0.4), ramp(height, 1.2, 1.05), ramp(bend, 140, 120)]
    return min(memberships)


# Waving: the minimum swing in forearm lengths across the line of sight and along it, where depth
# is less accurate; the number of swings, the time for all of them, and the maximum age of the
# latest.
_LEAST_SWINGS = (0.25, 0.4)
_SWINGS, _SWINGS_TIME_NS, _LATEST_SWING_NS = 3, 2_000_000_000, 800_000_000
# Maximum time for which the forearm may be out of sight, or down.
_PAUSE_NS = 300_000_000


class Swings:
    """The turning points of an oscillating value."""

    def __init__(self, least: float) -> None:
        self._least = least
        self._low = self._high = 0.0
        self._direction = 0
        self.turns_ns: deque[int] = deque(maxlen=_SWINGS)
        """Stamps of the images that showed the latest turns."""
        self._is_empty = True

    def clear(self) -> None:
        """Delete all turns."""
        self._direction, self._is_empty = 0, True
        self.turns_ns.clear()

    def update(self, value: float, stamp_ns: int) -> None:
        """Update with the value in the next image."""
        if self._is_empty:
            self._low = self._high = value
            self._is_empty = False
        self._low, self._high = min(self._low, value), max(self._high, value)
        if self._direction >= 0 and value <= self._high - self._least:
            self._turn(-1, value, stamp_ns)
        elif self._direction <= 0 and value >= self._low + self._least:
            self._turn(1, value, stamp_ns)

    def _turn(self, direction: int, value: float, stamp_ns: int) -> None:
        if self._direction:
            self.turns_ns.append(stamp_ns)
        self._direction = direction
        self._low = self._high = value


class Waving:
    """Detects waving over several images."""

    def __init__(self) -> None:
        self._swings = {side: [Swings(least) for least in _LEAST_SWINGS] for side in SIDES}
        self._latest_ns = dict.fromkeys(SIDES, 0)

    def update(self, arms: dict[str, Arm], stamp_ns: int) -> float:
        """Update with the arms in the next image; return the membership in waving, 0 or 1."""
        waves = False
        for side in SIDES:
            forearm = arms[side].forearm
            if stamp_ns - self._latest_ns[side] > _PAUSE_NS:
                for swings in self._swings[side]:
                    swings.clear()
            if forearm is not None:
                self._latest_ns[side] = stamp_ns
                for swings, value in zip(self._swings[side], (forearm[0], forearm[2])):
                    swings.update(value, stamp_ns)
            waves |= any(
                len(swings.turns_ns) == _SWINGS
                and stamp_ns - swings.turns_ns[0] <= _SWINGS_TIME_NS
                and stamp_ns - swings.turns_ns[-1] <= _LATEST_SWING_NS
                for swings in self._swings[side]
            )
        return float(waves)
