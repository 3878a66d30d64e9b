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
Scenes with several people of whom it is known who is where: made of real clips of one person.

People are cut out of their clips by their masks and put before a picture, one in front of the
other, or whole clips are put side by side. What is random comes from a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pose_tracking_ros.blazepose import PoseTracker, PoseTrackerOptions
from pose_tracking_ros.video.source import VideoSource

SIZE = (640, 480)
FRAMES = 100
RATE = 30.0

# Rows of pixels that a clip has at most, and what is kept around the body in sides of its box.
_ROWS = 720
_MARGIN = 0.15

# Frames before and after one over whose mean somebody's place is taken.
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
        """Return the number of a frame; the clip is played back and forth."""
        last = len(self.images) - 1
        k = round(second * RATE) % (2 * last)
        return min(k, 2 * last - k)


@dataclass(frozen=True, eq=False)
class Person:
    """
    Who is in an image.

    :param landmarks: float64 (33, 2) in pixels
    :param shown: share of the body in [0, 1] that is in the image and not behind somebody
    """

    landmarks: np.ndarray
    shown: float = 1.0


Frame = tuple[np.ndarray, dict[int, Person]]
"""An image, uint8 (H, W, 3) RGB, and who is in it."""


@dataclass(frozen=True)
class Placed:
    """
    Where an actor stands in an image.

    :param actor: index of the actor
    :param x, y: of the point between the feet in units of the image's width and height
    :param height: of the body in units of the image's height
    """

    actor: int
    x: float
    y: float = 0.95
    height: float = 0.7


@dataclass(frozen=True)
class Scene:
    """
    A scene.

    :param kind: of scene
    :param seed: where what is random in it comes from
    :param frames: yields its frames
    """

    kind: str
    seed: int
    frames: Callable[[], Iterator[Frame]]


def load_actor(path: Path, tracker: PoseTracker | None = None) -> Actor:
    """
    Cut a person out of a clip of one.

    :param path: the clip
    :param tracker: predicts masks; by default a new one
    :raises ValueError: when nobody is in it
    """
    tracker = tracker or PoseTracker(PoseTrackerOptions(enable_segmentation=True))
    tracker.reset()
    images, masks, landmarks = [], [], []
    next_ns = 0
    with VideoSource(path) as video:
        for frame in video:
            # Each second frame of a clip of twice the rate.
            if frame.stamp_ns < next_ns:
                continue
            next_ns = frame.stamp_ns + round(0.75e9 / RATE)
            image = frame.image[:, :, ::-1]
            scale = min(1.0, _ROWS / image.shape[0])
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            poses = tracker.process(image, frame.stamp_ns).poses
            if poses and poses[0].inside_image.all():
                images.append(image)
                masks.append((255 * poses[0].segmentation_mask).astype(np.uint8))
                landmarks.append(poses[0].landmarks[:, :2] * image.shape[1::-1])
    if len(images) < 2:
        raise ValueError(f'{path} has nobody in it, who can be cut out')
    points = np.array(landmarks, np.float64)
    low, high = points.min(axis=(0, 1)), points.max(axis=(0, 1))
    margin = _MARGIN * (high - low).max()
    left, top = np.maximum(low - margin, 0).astype(int)
    right, bottom = (high + margin).astype(int)
    inside = slice(None), slice(top, bottom), slice(left, right)
    return Actor(np.array(images)[inside], np.array(masks)[inside], points - (left, top))


def mirrored(actor: Actor) -> Actor:
    """Return an actor seen in a mirror."""
    landmarks = actor.landmarks.copy()
    landmarks[:, :, 0] = actor.images.shape[2] - 1 - landmarks[:, :, 0]
    return Actor(actor.images[:, :, ::-1], actor.masks[:, :, ::-1], landmarks)


def dyed(actor: Actor, hue: int) -> Actor:
    """
    Return an actor in other colours.

    :param hue: by how much, in units of two degrees
    """
    images = []
    for image in actor.images:
        colors = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2HSV)
        colors[:, :, 0] = (colors[:, :, 0].astype(int) + hue) % 180
        images.append(cv2.cvtColor(colors, cv2.COLOR_HSV2RGB))
    return Actor(np.array(images), actor.masks, actor.landmarks)


def composed(
    background: np.ndarray, actors: Sequence[Actor], placed: Sequence[Placed], second: float
) -> Frame:
    """
    Put people before a background.

    :param background: uint8 (H, W, 3) RGB
    :param actors: all there are
    :param placed: who stands where, from the back to the front
    :param second: of their clips that they are at
    """
    height, width = background.shape[:2]
    image, people, hiding = background.copy(), {}, np.zeros((height, width), np.uint8)
    warped = []
    for one in placed:
        actor = actors[one.actor]
        k = actor.at(second + 0.37 * one.actor)
        scale = one.height * height / actor.height
        landmarks = actor.landmarks[k]
        # Who walks in the clip stays in place: the scene alone moves people.
        around = actor.landmarks[max(k - _AROUND, 0) : k + _AROUND + 1]
        feet = around[:, :, 0].mean(), around[:, :, 1].max(axis=1).mean()
        shift = np.array([one.x * width - scale * feet[0], one.y * height - scale * feet[1]])
        matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
        # Half as large at a time, as a camera would see it: no pixel is left out.
        picture, mask = actor.images[k], actor.masks[k]
        while scale < 0.5:
            picture, mask = (cv2.resize(a, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
                             for a in (picture, mask))
            scale *= 2
            matrix[:, :2] *= 2
        area = mask.astype(bool).sum() * scale**2
        picture, mask = (cv2.warpAffine(a, matrix, (width, height)) for a in (picture, mask))
        warped.append((one.actor, mask, area))
        alpha = mask[:, :, np.newaxis] / np.float32(255)
        image = (image * (1 - alpha) + picture * alpha).astype(np.uint8)
        people[one.actor + 1] = landmarks * one.height * height / actor.height + shift
    shown = {}
    for number, mask, area in reversed(warped):
        body = mask > 127
        shown[number + 1] = min(float((body & (hiding == 0)).sum() / max(area, 1)), 1.0)
        hiding |= mask & 128
    return image, {n: Person(people[n], shown[n]) for n in people if shown[n] > 0}


def beside(actors: Sequence[Actor], columns: int, size: tuple[int, int]) -> Iterator[Frame]:
    """
    Yield whole clips side by side, as they are.

    :param actors: those of whom there are clips
    :param columns: of the grid that the clips are put into
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


def played(
    background: np.ndarray,
    actors: Sequence[Actor],
    place: Callable[[float], Sequence[Placed]],
    frames: int = FRAMES,
) -> Iterator[Frame]:
    """
    Yield people who move before a background.

    :param place: who stands where at a second of the scene, from the back to the front
    """
    for k in range(frames):
        yield composed(background, actors, place(k / RATE), k / RATE)


def crossing(random: np.random.Generator) -> Callable[[float], Sequence[Placed]]:
    """Return how two people walk past each other, the larger in front."""
    near, far = random.uniform(0.65, 0.85), random.uniform(0.5, 0.7)
    seconds = random.uniform(2.0, 3.2)
    direction = random.choice([-1, 1])

    def place(second: float) -> Sequence[Placed]:
        way = direction * 0.28 * (1 - 2 * min(second / seconds, 1.0))
        return (
            Placed(0, 0.5 + way, 0.8 + 0.15 * min(far, near), min(far, near)),
            Placed(1, 0.5 - way, 0.95, max(far, near)),
        )

    return place


def returning(random: np.random.Generator) -> Callable[[float], Sequence[Placed]]:
    """Return how one of two walks out of the image, and comes back within the memory."""
    away = random.uniform(0.5, 1.8)
    side, speed = random.choice([-1, 1]), random.uniform(0.4, 0.8)
    height, other = random.uniform(0.5, 0.8, 2)
    begin, outside = 0.2, 0.75
    walk = outside / speed
    # Of the way outside nothing is seen for about a third of the body's height.
    pause = max(0.0, away - 0.4 / speed)

    def place(second: float) -> Sequence[Placed]:
        out = min(max(second - 0.5, 0) * speed, outside)
        back = min(max(second - 0.5 - walk - pause, 0) * speed, outside)
        return (
            Placed(0, 0.5 - side * 0.25, 0.95, other),
            Placed(1, 0.5 + side * (begin + out - back), 0.95, height),
        )

    return place


def overlapping(random: np.random.Generator) -> Callable[[float], Sequence[Placed]]:
    """Return how two people stand, one partly in front of the other."""
    offset, height = random.uniform(0.06, 0.12) * random.choice([-1, 1]), random.uniform(0.6, 0.8)
    return lambda _: (
        Placed(0, 0.5 - offset, 0.9, 0.95 * height),
        Placed(1, 0.5 + offset, 0.95, height),
    )


def crowd(random: np.random.Generator, count: int) -> Callable[[float], Sequence[Placed]]:
    """Return how people stand in a row, or in two of them."""
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


def small(random: np.random.Generator) -> Callable[[float], Sequence[Placed]]:
    """Return how two people stand far away, a tenth of the image high."""
    places = [
        Placed(k, random.uniform(0.1, 0.4) + 0.5 * k, random.uniform(0.3, 0.9), 0.1)
        for k in range(2)
    ]
    return lambda _: places


PLAYED: dict[str, tuple[int, Callable[[np.random.Generator], Callable]]] = {
    'crossing': (2, crossing),
    'returning': (2, returning),
    'overlapping': (2, overlapping),
    'four people': (4, lambda random: crowd(random, 4)),
    'eight people': (8, lambda random: crowd(random, 8)),
    'a tenth': (2, small),
}
"""For a kind of scene how many people are in it, and what moves them."""

BESIDE = {'two clips': (2, 2), 'four clips': (4, 4), 'eight clips': (8, 4)}
"""For a kind of scene how many clips are put side by side, and in how many columns."""

_LARGE = (1280, 720)
_LONG = {'returning': 200}


def scene(
    kind: str, seed: int, actors: Sequence[Actor], backgrounds: Sequence[np.ndarray]
) -> Scene:
    """
    Return a scene.

    :param kind: a key of :data:`PLAYED` or :data:`BESIDE`
    :param seed: of what is random: who plays, mirrored or not, in which colours, where
    :param actors: those who may play
    :param backgrounds: pictures without people
    """

    def frames() -> Iterator[Frame]:
        random = np.random.default_rng([seed, *kind.encode()])
        count = (PLAYED.get(kind) or BESIDE[kind])[0]
        # A clip through which somebody walks is too wide to be one of many.
        able = [a for a in actors if kind not in BESIDE or np.less_equal(*a.images.shape[2:0:-1])]
        chosen = [able[k % len(able)] for k in random.permutation(max(count, len(able)))]
        cast = []
        for actor in chosen[:count]:
            actor = mirrored(actor) if random.random() < 0.5 else actor
            cast.append(dyed(actor, int(random.integers(180))) if random.random() < 0.5 else actor)
        if kind in BESIDE:
            yield from beside(cast, BESIDE[kind][1], _LARGE)
            return
        size = _LARGE if count > 2 or kind == 'a tenth' else SIZE
        background = cv2.resize(
            backgrounds[random.integers(len(backgrounds))], size, interpolation=cv2.INTER_AREA
        )
        place = PLAYED[kind][1](random)
        yield from played(background, cast, place, _LONG.get(kind, FRAMES))

    return Scene(kind, seed, frames)
