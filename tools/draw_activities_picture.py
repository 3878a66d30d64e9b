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

"""Draw docs/images/activities.png: a body in each posture and gesture, named by the recognizer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from pose_tracking_ros.activities import (
    ActivityOptions,
    ActivityRecognizer,
    GestureName,
    PersonActivity,
    Posture,
)
from pose_tracking_ros.drawing import PoseAnnotator
from posed_body import direction, DOWN, FORWARD, OUT, PosedBody, squat, tilted, UP

TARGET = Path(__file__).parents[1] / 'docs' / 'images' / 'activities.png'
WIDTH, HEIGHT, COLUMNS, RATE = 240, 300, 5, 30
BACKGROUND, INK = (30, 24, 22), (235, 235, 235)
STANDING = PosedBody()
SIDE = direction(out=1, forward=0.4, up=0.1)
CROSSED = (direction(forward=0.35, up=-0.9), direction(forward=0.25, out=-1, up=0.2))
ON_FACE = (direction(forward=0.6, out=0.05, up=-0.5), direction(forward=-0.3, out=-0.5, up=1))
POSTURES = {
    Posture.STANDING: (STANDING, 30),
    Posture.SITTING: (PosedBody(-5).with_legs(FORWARD, DOWN), 55),
    Posture.CROUCHING: (squat(95), 60),
    Posture.LYING: (PosedBody(tumble=-88), 80),
}
GESTURES = {
    GestureName.LEFT_HAND_RAISED: replace(STANDING, left_arm=(direction(out=1, up=0.3), UP)),
    GestureName.RIGHT_HAND_RAISED: replace(STANDING, right_arm=(direction(out=1, up=0.3), UP)),
    GestureName.BOTH_HANDS_RAISED: STANDING.with_arms(direction(out=0.4, up=1), UP),
    GestureName.ARMS_CROSSED: STANDING.with_arms(*CROSSED),
    GestureName.HANDS_ON_FACE: STANDING.with_arms(*ON_FACE),
    GestureName.POINTING: replace(STANDING, left_arm=(SIDE, SIDE)),
    GestureName.T_POSE: STANDING.with_arms(OUT, OUT),
    GestureName.STOP: replace(STANDING, right_arm=(FORWARD, FORWARD)),
}


def main() -> None:
    """Recognize and draw each body."""
    tiles = []
    for posture, (body, yaw) in POSTURES.items():
        pose, activity = _held([body] * RATE, yaw)
        assert activity.posture is posture, (posture, activity)
        tiles.append(_tile(pose, activity.posture.value))
    moving = {name: [body] * RATE for name, body in GESTURES.items()}
    moving[GestureName.WAVING] = list(_waving())
    for name in GestureName:
        pose, activity = _held(moving[name], 15)
        names = [sighting.name for sighting in activity.gestures]
        assert name in names, (name, activity)
        tiles.append(_tile(pose, ', '.join(name.value for name in names), activity))
    tiles += [np.full_like(tiles[0], BACKGROUND)] * (-len(tiles) % COLUMNS)
    rows = [np.hstack(tiles[k : k + COLUMNS]) for k in range(0, len(tiles), COLUMNS)]
    cv2.imwrite(str(TARGET), np.vstack(rows))
    print(TARGET)


def _waving() -> Iterator[PosedBody]:
    for k in range(3 * RATE):
        forearm = tilted(25 * np.sin(2 * np.pi * 1.5 * k / RATE) + 10, UP, OUT)
        yield replace(STANDING, right_arm=(direction(out=1, up=-0.5), forearm))


def _held(bodies: list[PosedBody], yaw: float) -> tuple[object, PersonActivity]:
    """Return the last pose and its activity."""
    recognizer = ActivityRecognizer(ActivityOptions(exercises=()))
    for k, body in enumerate(bodies):
        pose = body.seen(yaw=yaw, distance=3.2)
        result = recognizer.update([pose], round(k * 1e9 / RATE))
    return pose, result.activities[0]


def _tile(pose: object, text: str, activity: PersonActivity | None = None) -> np.ndarray:
    """Return a dark tile with a pose and its name."""
    pixels = pose.landmarks[:, :2] * (4 / 3, 1.0)
    middle = (pixels.min(axis=0) + pixels.max(axis=0)) / 2
    scale = min(0.85 * (HEIGHT - 30) / np.ptp(pixels[:, 1]), 0.85 * WIDTH / np.ptp(pixels[:, 0]))
    placed = (pixels - middle) * min(scale, 330) + (WIDTH / 2, (HEIGHT - 30) / 2)
    pose.landmarks[:, :2] = placed / (WIDTH, HEIGHT)
    tile = np.full((HEIGHT, WIDTH, 3), BACKGROUND, np.uint8)
    tile = PoseAnnotator(color_order='bgr').annotate(tile, [pose])
    if activity and activity.pointing:
        wrist = placed[15 if activity.pointing.side == 'left' else 16]
        end = wrist + 60 * activity.pointing.direction[:2]
        ends = [tuple(map(int, point)) for point in (wrist, end)]
        cv2.arrowedLine(tile, *ends, INK, 1, cv2.LINE_AA, tipLength=0.2)
    width = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)[0][0]
    at = ((WIDTH - width) // 2, HEIGHT - 12)
    cv2.putText(tile, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, INK, 1, cv2.LINE_AA)
    return tile


if __name__ == '__main__':
    main()
