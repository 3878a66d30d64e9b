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

"""Annotated joints of people in images and clips."""

from __future__ import annotations

from dataclasses import dataclass
import json
from pathlib import Path

import numpy as np

from pose_tracking_ros.blazepose import FULL_BODY

_INDEX = {name: k for k, name in enumerate(FULL_BODY.names)}

_IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png')


@dataclass(frozen=True, eq=False)
class Person:
    """
    An annotated person.

    :param joints: float64 (33, 2): pixels, NaN where there is no annotation
    :param box: (4,): left, top, width, height in pixels, or None
    """

    joints: np.ndarray
    box: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class AnnotatedImage:
    """An image and the people in it."""

    path: Path
    persons: tuple[Person, ...]


def annotated_images(folder: Path) -> list[AnnotatedImage]:
    """
    Return the images of a folder that have annotations.

    An annotation is a JSON file anywhere in the folder, ``{"image": NAME, "persons": [{"bbox":
    [left, top, width, height], "keypoints": {"left_wrist": [x, y, v], ...}}, ...]}``, with the
    names and the ``v`` of COCO: 0 not annotated, 1 hidden, 2 visible. ``NAME`` is an image
    anywhere in the folder. Other JSON files are skipped.

    :raises ValueError: when an annotation names an image that the folder lacks
    """
    images = {p.name: p for p in sorted(folder.rglob('*')) if p.suffix.lower() in _IMAGE_SUFFIXES}
    found = []
    for path in sorted(folder.rglob('*.json')):
        content = json.loads(path.read_text())
        if not (isinstance(content, dict) and {'image', 'persons'} <= content.keys()):
            continue
        if content['image'] not in images:
            raise ValueError(f'{path} annotates {content["image"]}, which {folder} has not')
        persons = tuple(
            Person(
                joints_by_name(person['keypoints']),
                np.array(person['bbox'], float) if 'bbox' in person else None,
            )
            for person in content['persons']
        )
        found.append(AnnotatedImage(images[content['image']], persons))
    return found


def annotated_clips(folder: Path) -> dict[str, list[Person]]:
    """
    Return the person in each frame of the annotated clips of a folder, by the clip's name.

    An annotation is a JSON file anywhere in the folder, ``{"projections": {CAMERA: [{"left_wrist":
    [x, y], ...}, ...]}}``, with an entry for each frame; the clip is the one video in the folder
    whose name ends on ``CAMERA``.
    """
    found = {}
    for path in sorted(folder.rglob('*.json')):
        content = json.loads(path.read_text())
        if isinstance(content, dict) and isinstance(content.get('projections'), dict):
            for camera, frames in content['projections'].items():
                (clip,) = folder.rglob(f'*{camera}.mp4')
                found[clip.stem] = [Person(joints_by_name(joints)) for joints in frames]
    return found


def joints_by_name(joints: dict[str, list[float]]) -> np.ndarray:
    """
    Return joints as an array in the order of the landmarks, (33, 2), NaN if not annotated.

    :param joints: name -> x, y, and optionally COCO's v, where 0 is not annotated
    """
    array = np.full((len(_INDEX), 2), np.nan)
    for name, (x, y, *v) in joints.items():
        if not v or v[0] > 0:
            array[_INDEX[name]] = x, y
    return array
