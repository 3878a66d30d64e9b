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
Scenes with several people at known positions, made of real clips.

People are cut out of their clips by their masks and put before a picture, one in front of the
other, or whole clips are put side by side. Random choices come from a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from pose_tracking_ros.blazepose import FULL_BODY, Pose, PoseTracker, PoseTrackerOptions
from pose_tracking_ros.video.source import VideoSource

SIZE, LARGE_SIZE = (640, 480), (1280, 720)
FRAMES = 100
RATE = 30.0

# Maximum height of a clip in pixels, margin around a body in sides of its box, and minimum number
# of images of a person.
_ROWS = 720
_MARGIN = 0.15
_MIN_IMAGES = 30

# Images before and after one over which the place of a person is averaged.
_AROUND = 8


@dataclass(frozen=True, eq=False)
class Actor:
    """
    A person in a real clip, cropped to where the body is.

    :param images: uint8 (N, H, W, 3) RGB
    :param masks: uint8 (N, H, W): 255 where the person is
    :param landmarks: float64 (N, 33, 2) in pixels
    """

    images: np.ndarray
    masks: np.ndarray
    landmarks: np.ndarray

    @property
    def height(self) -> float:
        """Return the median height of the landmarks in pixels."""
        return float(np.median(np.ptp(self.landmarks[:, :, 1], axis=1)))

    def at(self, second: float) -> int:
        """Return the number of an image; the clip is played back and forth."""
        last = len(self.images) - 1
        k = round(second * RATE) % (2 * last)
        return min(k, 2 * last - k)

    def feet(self, k: int) -> np.ndarray:
        """Return the mean place of the person around an image: (2,) in pixels."""
        around = self.landmarks[max(k - _AROUND, 0) : k + _AROUND + 1]
        return np.array([around[:, :, 0].mean(), around[:, :, 1].max(axis=1).mean()])


@dataclass(frozen=True, eq=False)
class Person:
    """
    A person in an image.

    :param landmarks: float64 (33, 2) in pixels
    :param shown: ratio of the body in [0, 1] that is in the image and not behind another person
    """

    landmarks: np.ndarray
    shown: float = 1.0


Frame = tuple[np.ndarray, dict[int, Person]]
"""An image, uint8 (H, W, 3) RGB, and the people in it."""


@dataclass(frozen=True)
class Placed:
    """
    The place of an actor in an image.

    :param actor: number of the actor
    :param x, y: of the point between the feet in units of the image's width and height
    :param height: of the body in units of the image's height
    """

    actor: int
    x: float
    y: float = 0.95
    height: float = 0.7


Place = Callable[[float], Sequence[Placed]]
"""Second of a scene -> placed actors from back to front."""


def load_actors(path: Path, people: int = 1) -> list[Actor]:
    """
    Cut the people out of a clip.

    :param path: the clip
    :param people: number of people, beside bystanders
    """
    tracker = PoseTracker(PoseTrackerOptions(num_poses=people, enable_segmentation=True))
    seen: dict[int, list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = {}
    next_ns = 0
    with VideoSource(path) as video:
        for frame in video:
            # Every second frame of a clip of twice the rate.
            if frame.stamp_ns < next_ns:
                continue
            next_ns = frame.stamp_ns + round(0.75e9 / RATE)
            scale = min(1.0, _ROWS / frame.image.shape[0])
            image = cv2.resize(
                frame.image[:, :, ::-1], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
            )
            poses = tracker.process(image, frame.stamp_ns).poses
            # The mask of a person who covers another one may contain both.
            if len(poses) < people or not _are_apart(poses):
                continue
            for pose in poses:
                if pose.inside_image.all():
                    mask = (255 * pose.segmentation_mask).astype(np.uint8)
                    points = pose.landmarks[:, :2].astype(np.float64) * image.shape[1::-1]
                    seen.setdefault(pose.track_id, []).append((image, mask, points))
    return [_cropped(images) for images in seen.values() if len(images) >= _MIN_IMAGES]


def _are_apart(poses: Sequence[Pose]) -> bool:
    """Return whether no mask of a person contains a landmark of another one."""
    return not any(
        one.segmentation_mask[y, x] > 0.5
        for one in poses
        for other in poses
        if other is not one
        for x, y in _pixels(other)
    )


def _pixels(pose: Pose) -> np.ndarray:
    """Return the landmarks (33, 2) in pixels, moved into the image."""
    size = np.array(pose.segmentation_mask.shape[::-1])
    return (pose.landmarks[:, :2] * size).astype(int).clip(0, size - 1)


def _cropped(seen: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Actor:
    landmarks = np.array([points for _, _, points in seen])
    low, high = landmarks.min(axis=(0, 1)), landmarks.max(axis=(0, 1))
    margin = _MARGIN * (high - low).max()
    left, top = np.maximum(low - margin, 0).astype(int)
    right, bottom = (high + margin).astype(int)
    inside = slice(top, bottom), slice(left, right)
    return Actor(
        np.array([image[inside] for image, _, _ in seen]),
        np.array([mask[inside] for _, mask, _ in seen]),
        landmarks - (left, top),
    )


def mirrored(actor: Actor) -> Actor:
    """Return the mirror image of an actor."""
    landmarks = actor.landmarks[:, FULL_BODY.mirrored]
    landmarks[:, :, 0] = actor.images.shape[2] - 1 - landmarks[:, :, 0]
    return Actor(actor.images[:, :, ::-1], actor.masks[:, :, ::-1], landmarks)


def composed(
    background: np.ndarray, actors: Sequence[Actor], placed: Sequence[Placed], second: float
) -> Frame:
    """
    Put people before a background.

    :param background: uint8 (H, W, 3) RGB
    :param actors: all there are
    :param placed: their places from back to front
    :param second: of their clips
    """
    height, width = background.shape[:2]
    image, owners = background.copy(), np.zeros((height, width), np.uint8)
    landmarks, areas = {}, {}
    for one in placed:
        actor, number = actors[one.actor], one.actor + 1
        k = actor.at(second + 0.37 * one.actor)
        scale = one.height * height / actor.height
        # Motion in the clip is removed: the scene alone moves people.
        corner = np.rint((one.x * width, one.y * height) - scale * actor.feet(k)).astype(int)
        picture, mask = (
            cv2.resize(a[k], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            for a in (actor.images, actor.masks)
        )
        landmarks[number] = actor.landmarks[k] * scale + corner
        areas[number] = max((mask > 127).sum(), 1)
        low = np.clip(corner, 0, (width, height))
        high = np.clip(corner + mask.shape[::-1], 0, (width, height))
        there = slice(low[1], high[1]), slice(low[0], high[0])
        begin, end = low - corner, high - corner
        mask = mask[begin[1] : end[1], begin[0] : end[0]]
        picture = picture[begin[1] : end[1], begin[0] : end[0]]
        alpha = mask[:, :, np.newaxis] / np.float32(255)
        image[there] = image[there] * (1 - alpha) + picture * alpha
        owners[there][mask > 127] = number
    shown = {number: (owners == number).sum() / area for number, area in areas.items()}
    return image, {n: Person(landmarks[n], share) for n, share in shown.items() if share > 0}


def played(
    background: np.ndarray, actors: Sequence[Actor], place: Place, frames: int = FRAMES
) -> Iterator[Frame]:
    """Yield people who move before a background."""
    for k in range(frames):
        yield composed(background, actors, place(k / RATE), k / RATE)


def beside(actors: Sequence[Actor], columns: int, size: tuple[int, int]) -> Iterator[Frame]:
    """
    Yield whole clips side by side.

    :param actors: with clips
    :param columns: of the grid of clips
    :param size: width and height of the images in pixels
    """
    rows = -(-len(actors) // columns)
    width, height = size[0] // columns, size[1] // rows
    for k in range(FRAMES):
        image, people = np.zeros((size[1], size[0], 3), np.uint8), {}
        for number, actor in enumerate(actors):
            frame = actor.at(k / RATE)
            picture = actor.images[frame]
            scale = min(width / picture.shape[1], height / picture.shape[0])
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            picture = picture[:height, :width]
            left = number % columns * width + (width - picture.shape[1]) // 2
            top = number // columns * height + (height - picture.shape[0]) // 2
            image[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
            people[number + 1] = Person(actor.landmarks[frame] * scale + (left, top))
        yield image, people


def crossing(random: np.random.Generator) -> Place:
    """Return the places of two people who walk past each other, the larger in front."""
    far, near = sorted(random.uniform(0.5, 0.85, 2))
    seconds = random.uniform(2.0, 3.2)
    direction = random.choice([-1, 1])

    def place(second: float) -> Sequence[Placed]:
        way = direction * 0.28 * (1 - 2 * min(second / seconds, 1.0))
        return Placed(0, 0.5 + way, 0.8 + 0.15 * far, far), Placed(1, 0.5 - way, 0.95, near)

    return place


def returning(random: np.random.Generator) -> Place:
    """Return the places of two people, one of whom leaves and returns within track_memory."""
    # Until half of the body is visible again, the absence is shorter than track_memory.
    pause = random.uniform(0.0, 0.5)
    side, speed = random.choice([-1, 1]), random.uniform(0.4, 0.8)
    height, other = random.uniform(0.5, 0.8, 2)
    begin, way = 0.2, 0.55

    def place(second: float) -> Sequence[Placed]:
        out = min(max(second - 0.5, 0) * speed, way)
        back = min(max(second - 0.5 - way / speed - pause, 0) * speed, way)
        return (
            Placed(0, 0.5 - side * 0.25, 0.95, other),
            Placed(1, 0.5 + side * (begin + out - back), 0.95, height),
        )

    return place


def overlapping(random: np.random.Generator) -> Place:
    """Return the places of two people, one partly in front of the other."""
    offset, height = random.uniform(0.06, 0.12) * random.choice([-1, 1]), random.uniform(0.6, 0.8)
    return lambda _: (
        Placed(0, 0.5 - offset, 0.9, 0.95 * height),
        Placed(1, 0.5 + offset, 0.95, height),
    )


def crowd(random: np.random.Generator, count: int) -> Place:
    """Return the places of people in a row or two."""
    rows = 1 if count < 6 else 2
    columns = count // rows
    places = [
        Placed(
            k,
            (k % columns + 0.5 + random.uniform(-0.08, 0.08)) / columns,
            0.97 - 0.5 * (1 - k // columns) if rows > 1 else 0.95,
            random.uniform(0.36, 0.44) if rows > 1 else random.uniform(0.55, 0.7),
        )
        for k in range(count)
    ]
    return lambda _: places


def far_away(random: np.random.Generator) -> Place:
    """Return the places of two people far away, a tenth of the image high."""
    places = [
        Placed(k, random.uniform(0.1, 0.4) + 0.5 * k, random.uniform(0.3, 0.9), 0.1)
        for k in range(2)
    ]
    return lambda _: places


def arriving(random: np.random.Generator, heights: tuple[float, float]) -> Place:
    """
    Return the places of a person who stays, and of one of some height who walks in far away.

    :param heights: minimum and maximum, in units of the image's height
    """
    side = random.choice([-1, 1])
    height, other = random.uniform(*heights), random.uniform(0.5, 0.7)
    y = random.uniform(0.4, 0.95)
    begin, speed = random.uniform(1.0, 2.0), random.uniform(0.1, 0.25)

    def place(second: float) -> Sequence[Placed]:
        way = min(speed * (second - begin), 0.6)
        comes = Placed(1, 0.5 + side * (0.55 - way), y, height)
        stays = Placed(0, 0.5 - side * 0.15, 0.95, other)
        return [comes, stays] if second >= begin else [stays]

    return place


def coming_and_going(count: int, seconds: float) -> Place:
    """
    Return the places of people who walk through the image and back: at times all, at times none.

    :param seconds: period
    """

    def place(second: float) -> Sequence[Placed]:
        turn = 2 * np.pi * second / seconds
        return [
            Placed(k, 0.5 + 1.1 * np.cos(turn + 0.2 * k), 0.8 + 0.05 * k, 0.5 + 0.06 * k)
            for k in range(count)
        ]

    return place


PLAYED: dict[str, tuple[int, Callable[[np.random.Generator], Place]]] = {
    'crossing': (2, crossing),
    'returning': (2, returning),
    'overlapping': (2, overlapping),
    'four people': (4, lambda random: crowd(random, 4)),
    'eight people': (8, lambda random: crowd(random, 8)),
    'a tenth': (2, far_away),
}
"""Kind of scene -> number of people, and their motion."""

_ARRIVALS = (
    (0.3, 0.5, 'halves'),
    (0.16, 0.3, 'halves'),
    (0.11, 0.15, 'thirds'),
    (0.08, 0.1, 'quarters'),
)
ARRIVING = {
    f'{low:.0%} to {high:.0%}': (2, partial(arriving, heights=(low, high)))
    for low, high, _ in _ARRIVALS
}
"""Height of the person who walks in, in units of the image's height -> as in PLAYED."""

ARRIVING_TILES = {kind: tiles for kind, (*_, tiles) in zip(ARRIVING, _ARRIVALS)}
"""Key of ARRIVING -> value of ``search_tiles`` for people of that size."""

BESIDE = {'two clips': (2, 2), 'four clips': (4, 4), 'eight clips': (8, 4)}
"""Kind of scene -> number of clips side by side, and of columns."""

_MOVING = {**PLAYED, **ARRIVING}
_LONG = {'returning': 200, **dict.fromkeys(ARRIVING, 240)}


def scene(
    kind: str, seed: int, actors: Sequence[Actor], backgrounds: Sequence[np.ndarray]
) -> Iterator[Frame]:
    """
    Yield the frames of a scene.

    :param kind: a key of :data:`PLAYED`, :data:`ARRIVING` or :data:`BESIDE`
    :param seed: of random choices: actors, mirroring, places
    :param actors: to choose from
    :param backgrounds: pictures without people
    """
    random = np.random.default_rng([seed, *kind.encode()])
    count = (_MOVING.get(kind) or BESIDE[kind])[0]
    chosen = [actors[k % len(actors)] for k in random.permutation(max(count, len(actors)))]
    cast = [mirrored(one) if random.random() < 0.5 else one for one in chosen[:count]]
    if kind in BESIDE:
        yield from beside(cast, BESIDE[kind][1], LARGE_SIZE)
        return
    is_large = count > 2 or kind == 'a tenth' or kind in ARRIVING
    size = LARGE_SIZE if is_large else SIZE
    background = cv2.resize(
        backgrounds[random.integers(len(backgrounds))], size, interpolation=cv2.INTER_AREA
    )
    # Out of focus, as backgrounds are.
    background = cv2.GaussianBlur(background, (0, 0), size[1] / 40)
    place = _MOVING[kind][1](random)
    yield from played(background, cast, place, _LONG.get(kind, FRAMES))
