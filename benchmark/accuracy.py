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
Measure the accuracy of joints on annotated people, beside official MediaPipe.

``python benchmark/accuracy.py FOLDER`` prints the tables for the annotated images and clips in a
folder, see ``annotations.py`` for their format. ``--write`` puts them into docs/accuracy.md. The
official answers come from ``test/data`` and ``$POSE_TRACKING_TEST_DATA``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
import sys

import cv2
import numpy as np

from pose_tracking_ros.blazepose import MODEL_COMPLEXITIES, PoseTracker, PoseTrackerOptions

sys.path.insert(0, str(Path(__file__).parents[1] / 'test'))

from annotations import annotated_clips, annotated_images, AnnotatedImage, Person
from keypoint_scores import best_person, joint_errors, pck, sides_exchanged
from page import markdown_table, measured_with, write_section

from reference_answers import references

# In static mode, every this many frames of a clip.
STATIC_STEP = 10


@dataclass(frozen=True, eq=False)
class Score:
    """
    The errors of the landmarks in some images.

    :param errors: for each image, the distances of the annotated joints in units of the person
    :param exchanged: images with left and right exchanged
    """

    errors: list[np.ndarray]
    exchanged: int

    @property
    def cells(self) -> list[str]:
        """Return PCK in percent, mean distance of the joints in % of the torso, exchanges."""
        errors = np.concatenate(self.errors)
        found = errors[np.isfinite(errors)]
        mean = f'{100 * found.mean():.1f}' if found.size else ''
        return [f'{100 * pck(self.errors):.1f}', mean, str(self.exchanged)]


def main() -> None:
    """Measure the folder that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('folder', type=Path, help='folder with images, clips and annotations')
    parser.add_argument('--write', action='store_true', help='write docs/accuracy.md as well')
    arguments = parser.parse_args()
    tables = {
        'images': markdown_table(IMAGES_HEADER, image_rows(annotated_images(arguments.folder))),
        'clips': markdown_table(CLIPS_HEADER, clip_rows(arguments.folder)),
        'versions': measured_with(),
    }
    for name, table in tables.items():
        print(f'{table}\n')
        if arguments.write:
            write_section('accuracy.md', name, table)


IMAGES_HEADER = ['image', 'model', 'joints', 'PCK %', 'error %', 'official PCK %', 'error %']


def image_rows(images: list[AnnotatedImage]) -> Iterator[list[str]]:
    """Yield a row for each image and model, then one for each model over all images."""
    for complexity, model in MODEL_COMPLEXITIES.items():
        ours, theirs = [], []
        for image in images:
            pixels = cv2.imread(str(image.path))[:, :, ::-1]
            landmarks = track([pixels], model_complexity=complexity, static_image_mode=True)
            ours.append(score(landmarks, [image.persons]))
            official = official_landmarks(image.path.stem, f'{model}_static')
            theirs.append(score([official[0]], [image.persons]) if official else None)
            yield _image_row(image.path.stem, model, ours[-1], theirs[-1])
        if len(images) > 1:
            yield _image_row(
                'all', model, _together(ours), None if None in theirs else _together(theirs)
            )


def _together(scores: list[Score]) -> Score:
    return Score([e for s in scores for e in s.errors], sum(s.exchanged for s in scores))


def _image_row(name: str, model: str, ours: Score, theirs: Score | None) -> list[str]:
    joints = str(sum(map(len, ours.errors)))
    return [name, model, joints, *ours.cells[:2], *(theirs.cells[:2] if theirs else ['', ''])]


CLIPS_HEADER = [
    'clip', 'model', 'mode', 'frames', 'PCK %', 'error %', 'swapped',
    'official PCK %', 'error %', 'swapped',
]  # fmt: skip


def clip_rows(folder: Path) -> Iterator[list[str]]:
    """Yield a row for each annotated clip, model and mode."""
    for name, persons in sorted(annotated_clips(folder).items()):
        (path,) = folder.rglob(f'{name}.mp4')
        for complexity, model in MODEL_COMPLEXITIES.items():
            for mode in ('video', 'static'):
                step = STATIC_STEP if mode == 'static' else 1
                landmarks = track(
                    decoded(path, step),
                    model_complexity=complexity,
                    static_image_mode=mode == 'static',
                )
                truth = [[person] for person in persons[::step]]
                ours = score(landmarks, truth).cells
                official = official_landmarks(name, f'{model}_static' if step > 1 else model)
                theirs = ['', '', '']
                if official:
                    frames = range(0, len(persons), step)
                    theirs = score([official[k] for k in frames], truth).cells
                yield [name, model, mode, str(len(truth)), *ours, *theirs]


def decoded(path: Path, step: int) -> Iterator[np.ndarray]:
    """Yield each ``step``-th frame of a video, RGB."""
    video = cv2.VideoCapture(str(path))
    index = 0
    while video.grab():
        if index % step == 0:
            yield video.retrieve()[1][:, :, ::-1]
        index += 1


def track(images: Iterable[np.ndarray], **options: bool | int) -> list[np.ndarray | None]:
    """
    Return the landmarks in each image, (33, 2) in pixels, or None without a person.

    Options not given have their defaults. Images are 1/30 s apart, as in the recorded answers.
    """
    tracker = PoseTracker(PoseTrackerOptions(**options))
    landmarks = []
    for k, image in enumerate(images):
        poses = tracker.process(image, round(k * 1e9 / 30)).poses
        landmarks.append(poses[0].landmarks[:, :2] * image.shape[1::-1] if poses else None)
    return landmarks


def official_landmarks(name: str, configuration: str) -> dict[int, np.ndarray | None]:
    """Return the recorded landmarks by frame, (33, 2) in pixels; nothing if there are none."""
    for reference in references(configuration):
        if reference.name == name:
            recorded = reference.load()
            return {
                int(frame): points[:, :2] * recorded['size'] if detected else None
                for frame, points, detected in zip(
                    recorded['frame'], recorded['landmarks'], recorded['detected']
                )
            }
    return {}


def score(
    landmarks: list[np.ndarray | None], persons: list[list[Person] | tuple[Person, ...]]
) -> Score:
    """Return the errors of the landmarks against the annotated person that each fits best."""
    matched = [best_person(points, people) for points, people in zip(landmarks, persons)]
    return Score(
        [joint_errors(points, person) for points, person in zip(landmarks, matched)],
        sum(sides_exchanged(points, person) for points, person in zip(landmarks, matched)),
    )


if __name__ == '__main__':
    main()
