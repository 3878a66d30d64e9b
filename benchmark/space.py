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
Measure the position of a person from one calibrated camera against four.

``python benchmark/space.py`` prints the tables, ``--write`` puts them into docs/space.md. The four
clips of one man come with the calibration of their cameras. The truth is his joints, triangulated
from the landmarks in all four views, without world landmarks or his size.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
import xml.etree.ElementTree as ElementTree

import numpy as np
from page import markdown_table, measured_with, write_section

from pose_tracking_ros.blazepose import (
    CameraModel,
    MODEL_COMPLEXITIES,
    Pose,
    PoseLandmark,
    PoseTracker,
    PoseTrackerOptions,
)
from pose_tracking_ros.sample_data import sample_path
from pose_tracking_ros.video.source import VideoSource

VIEWS = ('cam01', 'cam02', 'cam03', 'cam04')
MAN = 'pose2sim_{}.mp4'
HEIGHT = 1.72
"""Of the man, in metres."""

# A view whose ray misses the triangulated point by more is dropped, down to three views.
MAX_MISS = 0.015
HIPS = (PoseLandmark.LEFT_HIP, PoseLandmark.RIGHT_HIP)
UNIT = 64
"""The calibration states pixels in units of 1 / this."""

# The 95 % quantile of the chi distribution with three degrees of freedom.
WITHIN = 2.8


@dataclass(frozen=True, eq=False)
class View:
    """
    A camera in the room.

    :param camera: its model
    :param turn: (3, 3): from the axes of the room to those of the camera
    :param place: (3,): of the camera in the room, in metres
    """

    camera: CameraModel
    turn: np.ndarray
    place: np.ndarray

    def seen(self, points: np.ndarray) -> np.ndarray:
        """Return points of the room (..., 3) in the camera's frame."""
        return (points - self.place) @ self.turn.T


def read_views(path: Path) -> dict[str, View]:
    """Return the cameras of a calibration as Qualisys writes it."""
    views = {}
    for camera in ElementTree.parse(path).getroot().iter('camera'):
        video = camera.find('fov_video').attrib
        place, lens = (
            {name: float(value) for name, value in camera.find(part).attrib.items()}
            for part in ('transform', 'intrinsic')
        )
        size = [
            int(video[end]) - int(video[start]) + 1
            for start, end in (('left', 'right'), ('top', 'bottom'))
        ]
        k = np.eye(3)
        k[0] = lens['focalLengthU'] / UNIT, 0, lens['centerPointU'] / UNIT
        k[1] = 0, lens['focalLengthV'] / UNIT, lens['centerPointV'] / UNIT
        # The spelling of Qualisys.
        names = (
            'radialDistortion1', 'radialDistortion2',
            'tangentalDistortion1', 'tangentalDistortion2', 'radialDistortion3',
        )  # fmt: skip
        axes = np.array([[place[f'r{row}{column}'] for column in '123'] for row in '123'])
        views[camera.attrib['serial']] = View(
            CameraModel(*size, k, [lens[name] for name in names]),
            # Its cameras look along -z.
            np.diag([1.0, -1.0, -1.0]) @ axes,
            np.array([place[axis] for axis in 'xyz']) / 1000,
        )
    return views


def tracked(
    view: View, clip: Path, options: PoseTrackerOptions, count: int | None = None
) -> list[Pose | None]:
    """Return the main person in each of the first images of a clip, None without a person."""
    tracker = PoseTracker(options)
    poses = []
    with VideoSource(str(clip)) as video:
        for frame in islice(video, count):
            image = frame.image[:, :, ::-1]
            found = tracker.process(image, frame.stamp_ns, camera=view.camera).poses
            poses.append(found[0] if found else None)
    return poses


def triangulated(views: Sequence[View], rays: np.ndarray) -> np.ndarray:
    """
    Return the point of the room nearest to the rays of several views.

    :param views: the cameras
    :param rays: (V, 2): intersection of the ray of each with the plane z = 1; NaN without a ray
    :return: (3,) in metres, NaN where fewer than three rays meet
    """
    used = [number for number in range(len(views)) if np.isfinite(rays[number]).all()]
    while len(used) >= 3:
        rows, right = [], []
        for number in used:
            view = views[number]
            for axis in (0, 1):
                row = view.turn[axis] - rays[number][axis] * view.turn[2]
                rows.append(row)
                right.append(row @ view.place)
        point = np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0]
        seen = [views[number].seen(point) for number in used]
        misses = [
            float(np.hypot(*(place[:2] / place[2] - rays[number])))
            for place, number in zip(seen, used)
        ]
        if max(misses) <= MAX_MISS or len(used) == 3:
            return point
        del used[int(np.argmax(misses))]
    return np.full(3, np.nan)


def true_hips(views: Sequence[View], poses: Sequence[Sequence[Pose | None]]) -> np.ndarray:
    """
    Return the middle of the hips in the room, (count, 3) in metres.

    :param views: the cameras
    :param poses: for each view the pose in each image
    """
    count = min(map(len, poses))
    rays = np.full((len(views), count, 2, 2), np.nan)
    for number, (view, found) in enumerate(zip(views, poses)):
        for index, pose in enumerate(found[:count]):
            if pose is not None:
                size = np.array(view.camera.image_size)
                rays[number, index] = view.camera.rays(pose.landmarks[list(HIPS), :2], size)
    return np.array([
        np.mean([triangulated(views, rays[:, index, hip]) for hip in (0, 1)], axis=0)
        for index in range(count)
    ])


@dataclass(frozen=True, eq=False)
class Errors:
    """
    Errors of positions.

    :param whole: (count,): in percent of the distance
    :param along: the same along the ray; positive is too far
    :param direction: (count,): in degrees
    :param sigmas: (count,): in units of the reported standard deviation
    """

    whole: np.ndarray
    along: np.ndarray
    direction: np.ndarray
    sigmas: np.ndarray

    @property
    def cells(self) -> list[str]:
        """Return the medians, and the percentage of images inside the 95 % ellipsoid."""
        return [
            f'{np.median(self.whole):.1f}',
            f'{np.median(self.along):.1f}',
            f'{np.median(self.direction):.2f}',
            f'{100 * np.mean(self.sigmas < WITHIN):.0f}',
        ]


def errors(poses: Sequence[Pose | None], truth: np.ndarray) -> Errors:
    """
    Return the errors of the positions of poses, if both are known.

    :param poses: of one view
    :param truth: (count, 3): in its frame
    """
    pairs = [
        (pose, place) for pose, place in zip(poses, truth)
        if pose is not None and pose.position_problem is None and np.isfinite(place).all()
    ]
    found = np.array([pose.position for pose, _ in pairs])
    places = np.array([place for _, place in pairs])
    difference = found - places
    far, distances = np.linalg.norm(places, axis=1), np.linalg.norm(found, axis=1)
    cosines = (found * places).sum(axis=1) / far / distances
    squares = [
        miss @ np.linalg.solve(pose.position_covariance, miss)
        for (pose, _), miss in zip(pairs, difference)
    ]
    return Errors(
        100 * np.linalg.norm(difference, axis=1) / far,
        100 * (distances / far - 1),
        np.degrees(np.arccos(np.clip(cosines, -1, 1))),
        np.sqrt(squares),
    )


def together(several: Sequence[Errors]) -> Errors:
    """Return the errors of all."""
    return Errors(*(
        np.concatenate([getattr(item, name) for item in several])
        for name in ('whole', 'along', 'direction', 'sigmas')
    ))


def measured(options: PoseTrackerOptions, count: int | None = None) -> list[Errors]:
    """Return the errors of each view of the man."""
    views = read_views(sample_path('pose2sim_calibration.xml'))
    used = [views[name] for name in VIEWS]
    poses = [
        tracked(view, sample_path(MAN.format(name)), options, count)
        for name, view in zip(VIEWS, used)
    ]
    truth = true_hips(used, poses)
    return [errors(found, view.seen(truth)) for found, view in zip(poses, used)]


HEADER = [
    'model', 'person_height', 'view', 'error, %', 'along the ray, %', 'direction, degrees',
    'within 95 %, %',
]  # fmt: skip


def rows() -> Iterator[list[str]]:
    """Yield a row for each model, height and view, and one for all views."""
    for complexity, model in MODEL_COMPLEXITIES.items():
        for height in (0.0, HEIGHT):
            options = PoseTrackerOptions(model_complexity=complexity, person_height=height)
            views = measured(options)
            for name, found in (*zip(VIEWS, views), ('all', together(views))):
                yield [model, f'{height:g}', name, *found.cells]


def main() -> None:
    """Measure, print, and write the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--write', action='store_true', help='write docs/space.md as well')
    arguments = parser.parse_args()
    sections = {'one camera': markdown_table(HEADER, rows()), 'versions': measured_with()}
    for name, content in sections.items():
        print(f'{content}\n')
        if arguments.write:
            write_section('space.md', name, content)


if __name__ == '__main__':
    main()
