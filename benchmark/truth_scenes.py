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
Scenes with known presence of a person, made of real clips and pictures.

A scene is an iterable of (image, person): uint8 (H, W, 3) RGB, and True with a person in full
view, False without a person, None if debatable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from pose_tracking_ros.video.source import VideoSource

Scene = Iterator[tuple[np.ndarray, bool | None]]

_EMPTY_FRAMES = 90


def clip(path: Path, person: bool | None) -> Scene:
    """Yield the frames of a clip with one label for all."""
    with VideoSource(path) as video:
        for frame in video:
            yield frame.image[:, :, ::-1], person


def picture(image: np.ndarray) -> Scene:
    """Yield a slow pan and zoom over a picture without a person."""
    height, width = image.shape[:2]
    for k in range(_EMPTY_FRAMES):
        zoom = 1 + k / _EMPTY_FRAMES
        shift = width * 0.2 * np.sin(2 * np.pi * k / _EMPTY_FRAMES)
        matrix = np.float32(
            [[zoom, 0, width / 2 * (1 - zoom) + shift], [0, zoom, height / 2 * (1 - zoom)]]
        )
        moved = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
        yield moved, False


def person_vanishes(path: Path, background: np.ndarray) -> Scene:
    """Yield a clip of a person, then a picture without one at the same size."""
    for image, _ in clip(path, True):
        yield image, True
        size = image.shape[1::-1]
    for image, _ in picture(_cover(background, size)):
        yield image, False


def person_leaves(path: Path) -> Scene:
    """Yield a clip of a person while the view moves away, onto the mirrored image."""
    images = [image for image, _ in clip(path, True)]
    blurred = [cv2.GaussianBlur(image[:, : image.shape[1] // 5], (0, 0), 9) for image in images]
    width = images[0].shape[1]
    for k, (image, side) in enumerate(zip(images, blurred)):
        shift = max(0, (k - 20) * width // 50)
        if shift >= width:
            shift = width
        room = cv2.resize(side, (width, image.shape[0]))
        view = np.concatenate([image, room], axis=1)[:, shift : shift + width]
        yield np.ascontiguousarray(view), True if k <= 20 else False if shift == width else None


def person_is_covered(path: Path, cover: np.ndarray) -> Scene:
    """Yield a clip of a person that a picture covers from below."""
    frames = list(clip(path, True))
    for k, (image, _) in enumerate(frames):
        height, width = image.shape[:2]
        covered = min(max(0, (k - 20) * height // 30), height)
        view = image.copy()
        view[height - covered :] = _cover(cover, (width, height))[height - covered :]
        yield view, True if not covered else False if covered == height else None


def lights_go_out(path: Path) -> Scene:
    """Yield a clip of a person that fades to the noise of a camera in the dark."""
    random = np.random.default_rng(0)
    for k, (image, _) in enumerate(clip(path, True)):
        light = min(1.0, max(0.0, 1 - (k - 20) / 20))
        noise = random.normal(0, 4, image.shape[:2])[:, :, np.newaxis]
        view = (image * light + noise * (1 - light)).clip(0, 255).astype(np.uint8)
        yield view, True if light == 1 else False if light == 0 else None


def _cover(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return an image scaled and cropped to a size."""
    scale = max(size[0] / image.shape[1], size[1] / image.shape[0])
    large = cv2.resize(image, None, fx=scale + 1e-3, fy=scale + 1e-3)
    return np.ascontiguousarray(large[: size[1], : size[0]])


def scenes(
    people: dict[str, Path], pictures: dict[str, np.ndarray]
) -> dict[str, Callable[[], Scene]]:
    """Return all scenes by name, made of clips of people and pictures without people."""
    made: dict[str, Callable[[], Scene]] = {}
    for name, image in pictures.items():
        made[f'picture: {name}'] = lambda image=image: picture(image)
    backgrounds = list(pictures.values())
    for k, (name, path) in enumerate(people.items()):
        background = backgrounds[k % len(backgrounds)]
        made[f'{name}'] = lambda path=path: clip(path, True)
        made[f'{name}, vanishes'] = lambda p=path, b=background: person_vanishes(p, b)
        made[f'{name}, leaves'] = lambda path=path: person_leaves(path)
        made[f'{name}, covered'] = lambda p=path, b=background: person_is_covered(p, b)
        made[f'{name}, lights out'] = lambda path=path: lights_go_out(path)
    return made
