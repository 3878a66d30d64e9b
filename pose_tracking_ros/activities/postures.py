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

"""The posture of a body in one image."""

from __future__ import annotations

from itertools import combinations
from math import hypot

from pose_tracking_ros.activities.body import Body, DOWN, SIDES, UP
from pose_tracking_ros.activities.membership import ramp
from pose_tracking_ros.activities.results import Posture
from pose_tracking_ros.activities.vectors import angle, between, minus, Vector

# Mass ratios of body segments and their centres of mass, from hips to shoulders, hips to knees and
# knees to ankles. Source: Winter, Biomechanics and Motor Control of Human Movement, table 4.1.
_TRUNK_MASS, _TRUNK_CENTRE = 0.68, 0.63
_THIGHS_MASS, _THIGHS_CENTRE = 0.20, 0.43
_SHINS_MASS, _SHINS_CENTRE = 0.12, 0.6


def posture_memberships(body: Body) -> dict[Posture, float]:
    """
    Return the membership of a body in each posture, in [0, 1].

    The centre of mass separates crouching, over the feet or knees, from sitting, behind them or on
    the ground.
    """
    memberships = dict.fromkeys(Posture, 0.0)
    # Seen from the side, one hip and one shoulder are hidden.
    has_trunk = any(body.sees(f'{side}_shoulder') for side in SIDES) and any(
        body.sees(f'{side}_hip') for side in SIDES
    )
    legs = [side for side in SIDES if body.sees(f'{side}_hip', f'{side}_knee')]
    if body.has_depth and has_trunk and legs and body.trunk_length > 0:
        whole = [side for side in legs if body.sees(f'{side}_ankle')]
        memberships.update(_by_legs(body, whole) if whole else _by_thighs(body, legs))
    memberships[Posture.UNKNOWN] = 1.0 - max(memberships.values())
    return memberships


def support_membership(body: Body) -> float:
    """Return the membership of a body carried by a straight arm, hips up, as in a plank."""
    memberships = [0.0]
    for side in SIDES:
        if body.sees(f'{side}_shoulder', f'{side}_elbow', f'{side}_wrist', f'{side}_hip'):
            shoulder, elbow, wrist = (
                body.at(f'{side}_{name}') for name in ('shoulder', 'elbow', 'wrist')
            )
            arm = minus(wrist, shoulder)
            height = (wrist[1] - body.hips[1]) / max(hypot(*arm), 1e-9)
            memberships.append(
                min(
                    ramp(angle(arm, DOWN), 50, 35),
                    ramp(angle(minus(shoulder, elbow), minus(wrist, elbow)), 120, 140),
                    ramp(height, 0.2, 0.4),
                )
            )
    return max(memberships) if body.has_depth else 0.0


def _by_thighs(body: Body, legs: list[str]) -> dict[Posture, float]:
    """Return the same for a body whose feet are hidden."""
    lean = angle(body.trunk, UP)
    thighs = [
        angle(minus(body.at(f'{side}_knee'), body.at(f'{side}_hip')), DOWN) for side in legs
    ]
    return {
        Posture.STANDING: min(ramp(lean, 60, 40), ramp(min(thighs), 40, 25)),
        Posture.SITTING: min(
            ramp(lean, 50, 35), ramp(min(thighs), 50, 65), ramp(max(thighs), 130, 115)
        ),
        Posture.LYING: min(ramp(lean, 55, 70), ramp(min(thighs), 50, 65)),
    }


def _by_legs(body: Body, legs: list[str]) -> dict[Posture, float]:
    """Return the same for a body with a whole leg or two."""
    lean = angle(body.trunk, UP)
    straight, bent, lies, low, joints = [], [], [], [], []
    for side in legs:
        hip, knee, ankle = (body.at(f'{side}_{name}') for name in ('hip', 'knee', 'ankle'))
        thigh, shin = minus(hip, knee), minus(ankle, knee)
        # The model shortens a thigh that points to the camera or away.
        length = max(hypot(*thigh), hypot(*shin))
        if not length > 0:
            return {}
        thigh_angle, knee_angle = angle(thigh, UP), angle(thigh, shin)
        straight.append(min(ramp(thigh_angle, 50, 30), ramp(knee_angle, 125, 150)))
        bent.append(max(ramp(thigh_angle, 35, 55), ramp(knee_angle, 140, 115)))
        lies.append(ramp(angle(minus(ankle, hip), DOWN), 45, 60))
        low.append(ramp((max(ankle[1], knee[1]) - hip[1]) / length, 0.45, 0.25))
        joints.append((hip, knee, ankle, length))
    # On straight legs it does not count.
    is_seated = max(ramp(_aside(body, joints), 0.4, 0.7), min(low)) if min(bent) > 0 else 0.0
    return {
        Posture.STANDING: max(straight),
        Posture.SITTING: min(ramp(lean, 65, 50), min(bent), is_seated),
        Posture.CROUCHING: min(ramp(lean, 85, 70), min(bent), 1.0 - is_seated),
        Posture.LYING: min(ramp(lean, 50, 65), max(lies), 1.0 - max(straight)),
    }


def _aside(body: Body, legs: list[tuple[Vector, Vector, Vector, float]]) -> float:
    """Return the distance of the centre of mass from the supports in leg lengths, from above."""
    masses = [(_TRUNK_MASS, between(body.hips, body.shoulders, _TRUNK_CENTRE))]
    supports = []
    for hip, knee, ankle, length in legs:
        masses.append((_THIGHS_MASS / len(legs), between(hip, knee, _THIGHS_CENTRE)))
        masses.append((_SHINS_MASS / len(legs), between(knee, ankle, _SHINS_CENTRE)))
        is_knee_up = ankle[1] - knee[1] > 0.4 * length
        supports += [ankle] if is_knee_up else [ankle, knee]
    # Seen from above.
    centre = sum(mass * complex(at[0], at[2]) for mass, at in masses)
    feet = [complex(at[0], at[2]) for at in supports]
    return _distance(centre, feet) / max(length for *_, length in legs)


def _distance(point: complex, feet: list[complex]) -> float:
    """Return the distance of a point from the area between the feet."""
    distances = [abs(point - foot) for foot in feet]
    for first, second in combinations(feet, 2):
        along, to_point = second - first, point - first
        ratio = (to_point * along.conjugate()).real / max(abs(along) ** 2, 1e-12)
        distances.append(abs(to_point - min(max(ratio, 0.0), 1.0) * along))
    return min(distances)
