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
Measure the detection and the identities of several people.

Scenes made of real clips have exact truth (people_scenes.py). Other clips need the number of
people, or labelled tracks: ``--clip FILE=2``, ``--tracks FILE=LABELS`` with LABELS as in
the MOT challenge: a line for each person in a frame, ``frame,number,left,top,width,height``, with
frames counted from 1. The PoseLandmarker of MediaPipe Tasks gets the same frames if its
environment exists (make bench creates it), unless ``--no-official``. ``--write`` puts the tables
into docs/people.md. ``--speed`` measures times instead; nothing else should run beside it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
import os
from pathlib import Path
import tempfile

import cv2
from frames import Frames
from measured_process import MeasuredProcess, official_process
import numpy as np
import official_environment
from page import markdown_table, measured_with, write_section
from people_measures import Count, count, Found, Truth
from people_scenes import Actor, ARRIVING_TILES, BESIDE, load_actors, mirrored, PLAYED, RATE, scene
from people_speed import measure_speed, NUM_POSES
from truth_scenes import clip, picture

from pose_tracking_ros.blazepose import MODEL_COMPLEXITIES, PoseTracker, PoseTrackerOptions
from pose_tracking_ros.sample_data import sample_path
from pose_tracking_ros.video.source import VideoSource

ONE = [f'pose2sim_cam0{k}.mp4' for k in (1, 2, 3, 4)]
TWO = [f'pose2sim_people_cam0{k}.mp4' for k in (1, 2, 3, 4)]
# The others have a bystander in the background.
NOBODY_ELSE = ONE[2:]
PEOPLE = {
    **dict(zip(TWO, (3, 3, 2, 2))),
    **dict(zip(ONE, (2, 2, 1, 1))),
}
BACKGROUNDS = ['coffee.png', 'rocket.jpg']
KINDS = [*PLAYED, *BESIDE]
NOBODY = [*BACKGROUNDS, 'chelsea.png', 'motorcycle_left.png']

Sequence = Iterable[tuple[np.ndarray, Truth]]
"""Images, uint8 (H, W, 3) RGB, each with the people in it."""


class Trackers:
    """
    The measured trackers.

    :param options: of the tracker of this package
    :param with_official: whether to measure MediaPipe Tasks as well
    """

    def __init__(self, options: PoseTrackerOptions, with_official: bool) -> None:
        """Load the models; processes of MediaPipe Tasks start on demand."""
        self.options = options
        self.models = PoseTracker(options).models
        self.with_official = with_official and official_environment.PYTHON.is_file()
        self._official: dict[int, MeasuredProcess] = {}

    def count(self, frames: Sequence, num_poses: int, rate: float = RATE) -> Counts:
        """Return the outcome of each on a clip of so many frames a second."""
        options = replace(self.options, num_poses=num_poses)
        tracker = PoseTracker(options, models=self.models)
        ours, theirs = [], []
        with tempfile.NamedTemporaryFile() as file:
            for k, (image, truth) in enumerate(frames):
                size = image.shape[1::-1]
                poses = tracker.process(image, round(k * 1e9 / rate)).poses
                ours.append(
                    (truth, [Found(one.landmarks[:, :2] * size, one.track_id) for one in poses])
                )
                if self.with_official:
                    file.write(np.ascontiguousarray(image))
                    file.flush()
                    shown = Frames('', Path(file.name), size, k + 1)
                    people = self._process(num_poses).ask(shown, k, fresh=k == 0).people
                    theirs.append((truth, [Found(np.array(one) * size) for one in people]))
        return Counts(count(ours), count(theirs) if self.with_official else None)

    def _process(self, num_poses: int) -> MeasuredProcess:
        if num_poses not in self._official:
            self._official[num_poses] = official_process(
                {
                    'num_poses': num_poses,
                    'model': MODEL_COMPLEXITIES[self.options.model_complexity],
                },
                os.sched_getaffinity(0),
                'official_people.py',
            )
        return self._official[num_poses]

    def close(self) -> None:
        """End the processes of MediaPipe Tasks."""
        for process in self._official.values():
            process.close()


@dataclass(frozen=True)
class Counts:
    """The outcomes of both trackers on a clip; None without MediaPipe Tasks."""

    ours: Count
    official: Count | None

    def __add__(self, other: Counts) -> Counts:
        """Return both together."""
        official = None if self.official is None else self.official + other.official
        return Counts(self.ours + other.ours, official)

    @property
    def cells(self) -> list[str]:
        """Return the cells of a table."""
        ours, official = self.ours, self.official
        cells = [
            *(str(ours.frames), _share(ours.complete, ours.frames)),
            *(_share(ours.many, ours.frames), str(ours.doubles), str(ours.switches)),
            *(str(ours.changed), str(ours.people), str(ours.identities)),
        ]
        if official is not None:
            cells += [
                *(_share(official.complete, official.frames), _share(official.many, ours.frames)),
                str(official.doubles),
            ]
        return cells

    def header(self, first: str) -> list[str]:
        """Return the heads of the columns."""
        header = [
            *(first, 'frames', 'all', 'too many', 'doubles', 'switches', 'changed'),
            *('people', 'ids'),
        ]
        return header if self.official is None else [*header, *_OFFICIAL_HEADER]


_OFFICIAL_HEADER = ['Tasks: all', 'Tasks: too many', 'Tasks: doubles']


def _share(part: int, whole: int) -> str:
    return f'{part / max(whole, 1):.1%}'


def load_cast() -> list[Actor]:
    """Return the people of all clips."""
    alone, others = (
        [actor for name in names for actor in load_actors(sample_path(name), people)]
        for people, names in ((1, ONE), (2, TWO))
    )
    return [*alone, *others]


def measure_scenes(
    trackers: Trackers, cast: list[Actor], kinds: Iterable[str], seeds: range
) -> str:
    """Return the table of the scenes, and the number that keep identities."""
    # Without anybody else around the cropped person.
    clear = [actor for name in NOBODY_ELSE for actor in load_actors(sample_path(name))]
    clear += [mirrored(actor) for actor in clear]
    backgrounds = [image_of(name) for name in BACKGROUNDS]
    rows, kept = [], {}
    for kind in kinds:
        actors = clear if kind in BESIDE else cast
        made = [scene(kind, seed, actors, backgrounds) for seed in seeds]
        people = (PLAYED.get(kind) or BESIDE[kind])[0]
        counts = [trackers.count(one, max(people, NUM_POSES)) for one in made]
        kept[kind] = [one.ours.changed == 0 for one in counts]
        rows.append([f'{kind}, {len(made)} scenes', *sum(counts[1:], counts[0]).cells])
        changed = [seed for seed, one in zip(seeds, kept[kind]) if not one]
        print(*rows[-1], 'changed:', *changed, sep='  ', flush=True)
    lines = [
        f'{name}: {_share(sum(kept[kind]), len(kept[kind]))} of {len(kept[kind])}.'
        for kind, name in (
            ('crossing', 'Crossings without an exchange of identities'),
            ('returning', 'Returns within track_memory with the same identity'),
        )
        if kind in kept
    ]
    return '\n'.join([markdown_table(counts[0].header('scenes'), rows), *lines])


def measure_arrivals(trackers: Trackers, cast: list[Actor], seeds: range) -> str:
    """Return the table of the times until a person who walks in is found."""
    backgrounds = [image_of(name) for name in BACKGROUNDS]
    rows = []
    for height, tiles in ARRIVING_TILES.items():
        options = replace(trackers.options, num_poses=NUM_POSES, search_tiles=tiles)
        times = [
            seconds_to_find(
                PoseTracker(options, models=trackers.models),
                scene(height, seed, cast, backgrounds),
            )
            for seed in seeds
        ]
        found = [time for time in times if np.isfinite(time)]
        # Nobody found counts as the longest time.
        median, most = (np.sort(times)[round(q * (len(times) - 1))] for q in (0.5, 0.9))
        rows.append(
            [height, f'`{tiles}`', f'{len(found)} of {len(times)}']
            + [f'{time:.1f}' if np.isfinite(time) else '-' for time in (median, most)]
        )
        print(*rows[-1], sep='  ', flush=True)
    return markdown_table(['height', 'search_tiles', 'found', 'median, s', '90 %, s'], rows)


def seconds_to_find(tracker: PoseTracker, frames: Sequence) -> float:
    """Return the time from half of person 2 being visible to being found, or infinity."""
    begin = None
    for k, (image, people) in enumerate(frames):
        poses = tracker.process(image, round(k * 1e9 / RATE)).poses
        if 2 not in people:
            continue
        if begin is None and people[2].shown >= 0.5:
            begin = k
        points, size = people[2].landmarks, image.shape[1::-1]
        near = 0.3 * np.ptp(points[:, 1])
        for pose in poses:
            away = np.hypot(*(pose.landmarks[:, :2] * size - points).T)
            if away.mean() < near:
                return max(k - (k if begin is None else begin), 0) / RATE
    return np.inf


def measure_clips(trackers: Trackers, clips: dict[Path, Sequence]) -> str:
    """Return the table of clips with a known number of people, or labels."""
    rows = []
    for path, frames in clips.items():
        with VideoSource(path) as video:
            rate = video.rate
        counts = trackers.count(frames, NUM_POSES, rate)
        rows.append([path.stem, *counts.cells])
        print(*rows[-1], sep='  ', flush=True)
    return markdown_table(counts.header('clip'), rows)


def measure_nobody(trackers: Trackers, clips: dict[str, list[np.ndarray]]) -> str:
    """Return the table of false poses in empty images, by number of poses."""
    rows = []
    for name, images in clips.items():
        many = [
            trackers.count(((image, 0) for image in images), poses).ours.many
            for poses in (1, NUM_POSES)
        ]
        rows.append([name, str(len(images)), *map(str, many)])
        print(*rows[-1], sep='  ', flush=True)
    return markdown_table(['clip', 'frames', 'num_poses 1', f'num_poses {NUM_POSES}'], rows)


def image_of(name: str) -> np.ndarray:
    """Return a sample image, RGB."""
    return cv2.cvtColor(cv2.imread(str(sample_path(name))), cv2.COLOR_BGR2RGB)


def numbered(path: Path, people: int) -> Sequence:
    """Yield the frames of a clip with the number of people."""
    for image, _ in clip(path, None):
        yield image, people


def labelled(path: Path, labels: Path) -> Sequence:
    """
    Yield the frames of a clip with the boxes of people.

    :raises ValueError: when the labels are not lines of ``frame,number,left,top,width,height``
    """
    boxes: dict[int, dict[int, np.ndarray]] = {}
    for number, line in enumerate(labels.read_text().splitlines(), 1):
        try:
            frame, person, *box = (float(cell) for cell in line.split(',')[:6])
            boxes.setdefault(int(frame), {})[int(person)] = np.array(box).reshape(4)
        except ValueError as error:
            raise ValueError(f'{labels}, line {number}: {line!r} is no label: {error}') from error
    for k, (image, _) in enumerate(clip(path, None), 1):
        yield image, boxes.get(k, {})


def main() -> None:
    """Measure, print, and write."""
    arguments = parse_arguments()
    if arguments.speed:
        report({**measure_speed(), 'versions': measured_with()}, arguments.write)
        return
    options = PoseTrackerOptions(model_complexity=arguments.model_complexity)
    trackers = Trackers(options, arguments.official)
    sections = {}
    if not arguments.clip and not arguments.tracks:
        seeds = range(arguments.seeds)
        cast = load_cast()
        if arguments.kinds == KINDS:
            sections['arrivals'] = measure_arrivals(trackers, cast, seeds)
        sections['scenes'] = measure_scenes(trackers, cast, arguments.kinds, seeds)
        sections['clips'] = measure_clips(
            trackers,
            {
                sample_path(name): numbered(sample_path(name), people)
                for name, people in PEOPLE.items()
            },
        )
        sections['nobody'] = measure_nobody(
            trackers, {Path(name).stem: list_of(picture(image_of(name))) for name in NOBODY}
        )
    else:
        clips = {
            **{Path(name): numbered(Path(name), int(n)) for name, n in arguments.clip},
            **{Path(name): labelled(Path(name), Path(n)) for name, n in arguments.tracks},
        }
        sections['clips'] = measure_clips(trackers, clips)
    trackers.close()
    report(sections, arguments.write)


def report(sections: dict[str, str], write: bool) -> None:
    """Print sections of docs/people.md, and write them if asked to."""
    for name, content in sections.items():
        print(f'\n{content}')
        if write:
            write_section('people.md', name, content)


def list_of(frames: Iterator[tuple[np.ndarray, bool | None]]) -> list[np.ndarray]:
    """Return the images of a scene."""
    return [image for image, _ in frames]


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--write', action='store_true', help='write docs/people.md as well')
    parser.add_argument('--speed', action='store_true', help='measure times instead')
    parser.add_argument('--seeds', type=int, default=20, help='scenes of each kind (20)')
    parser.add_argument(
        '--kinds', nargs='*', choices=KINDS, default=KINDS,
        help='kinds of scenes (all)',
    )  # fmt: skip
    parser.add_argument('--model-complexity', type=int, choices=MODEL_COMPLEXITIES, default=1)
    parser.add_argument('--no-official', dest='official', action='store_false')
    pair = {'type': lambda text: text.rsplit('=', 1), 'action': 'append', 'default': []}
    parser.add_argument('--clip', metavar='FILE=PEOPLE', help='only this, with its number', **pair)
    parser.add_argument('--tracks', metavar='FILE=LABELS', help='only this, with boxes', **pair)
    arguments = parser.parse_args()
    if arguments.write and (arguments.clip or arguments.tracks):
        parser.error('docs/people.md has the clips of the samples only: --write without others')
    return arguments


if __name__ == '__main__':
    np.seterr(invalid='raise', divide='raise')
    main()
