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

"""Comparison of two analyses of the same recording."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from pose_tracking_ros.blazepose.association import assign
from pose_tracking_ros.replay.output_folder import SUMMARY
from pose_tracking_ros.replay.summary import read_summary

_PLACE = ('x', 'y')
_WORLD = ('world_x', 'world_y', 'world_z')
_HIPS = ('left_hip', 'right_hip')


@dataclass(frozen=True, eq=False)
class Comparison:
    """
    The differences between analyses A and B.

    :param settings: name, value in A and value in B of each different setting or version
    :param images: numbers of images in both, in A only, and in B only
    :param persons: in the images in both: numbers of people in both, in A only, and in B only;
        and number of these images without people
    :param times: float64 (P,): for each person in both, seconds since the first of these images
    :param landmarks: names of the landmarks in both
    :param pixels: float64 (P, N): distances between A and B in the image
    :param millimetres: float64 (P, N): distances in space, NaN if unknown
    """

    settings: list[tuple[str, Any, Any]]
    images: tuple[int, int, int]
    persons: tuple[int, int, int, int]
    times: np.ndarray
    landmarks: list[str]
    pixels: np.ndarray
    millimetres: np.ndarray

    @property
    def is_same(self) -> bool:
        """Return whether the results are bit-identical."""
        return not (
            any(self.images[1:])
            or any(self.persons[1:3])
            or np.nan_to_num(self.pixels).any()
            or np.nan_to_num(self.millimetres).any()
        )


def compare(first: Path, second: Path) -> Comparison:
    """
    Compare two analyses by the stamps of their images.

    People are matched in each image by the distance of their mid-hips, within the radius of the
    circle around the body; their numbers and order do not count.

    :param first: folder of the results of A
    :param second: folder of the results of B
    :raises OSError: if one of them has no results
    """
    summaries = [_read_summary(folder) for folder in (first, second)]
    frames = [_by_image(_read_table(folder, 'frames')) for folder in (first, second)]
    both = [image for image in frames[0] if image in frames[1]]
    poses = [_read_poses(folder) for folder in (first, second)]
    names = [name for name in poses[0].names if name in poses[1].names]
    sizes = np.array([(frames[0][image]['width'], frames[0][image]['height']) for image in both])
    numbers = [[rows[image]['frame'] for image in both] for rows in frames]
    pairs, counts = _pairs(poses, numbers, sizes)
    a, b = (side.of([pair[number] for pair in pairs], names) for number, side in enumerate(poses))
    images = [image for _, _, image in pairs]
    way = (a[..., :2] - b[..., :2]) * sizes.reshape(-1, 1, 2)[images]
    stamps = np.array([both[image][0] for image in images], np.int64)
    return Comparison(
        settings=list(_differing(*map(_settings, summaries))),
        images=(len(both), len(frames[0]) - len(both), len(frames[1]) - len(both)),
        persons=counts,
        times=(stamps - stamps.min()) / 1e9 if len(stamps) else np.empty(0),
        landmarks=names,
        pixels=np.linalg.norm(way, axis=2),
        millimetres=1000 * np.linalg.norm(a[..., 2:] - b[..., 2:], axis=2),
    )


def comparison_lines(comparison: Comparison, first: str, second: str) -> list[str]:
    """Return the differences as text; ``first`` and ``second`` are the names of A and B."""
    both, only_a, only_b = comparison.images
    found_both, found_a, found_b, empty = comparison.persons
    lines = [f'A  {first}', f'B  {second}', '']
    if comparison.settings:
        lines.append('Settings and versions that differ')
        lines += [f'  {name}: {a} in A, {b} in B' for name, a, b in comparison.settings]
    else:
        lines.append('The settings and versions are the same.')
    lines += [
        '',
        f'Images  {both} in both, {only_a} only in A, {only_b} only in B',
        f'People  {found_both} in both, {found_a} only in A, {found_b} only in B; '
        f'images without people in both: {empty}',
        '',
    ]
    if comparison.is_same:
        return [*lines, 'The results of A and B are identical, to the last bit.']
    if not len(comparison.times):
        return [*lines, 'No image has a person in both A and B: nothing to compare.']
    lines += ['Distance between landmarks of A and B',
              f'{"":18}{"median px":>12}{"95 % px":>12}{"max px":>12}{"median mm":>12}']
    lines += [
        f'{name:18}{_figures(comparison.pixels[:, index], comparison.millimetres[:, index])}'
        for index, name in enumerate(comparison.landmarks)
    ]
    lines.append(f'{"all":18}{_figures(comparison.pixels, comparison.millimetres)}')
    return lines


def _figures(pixels: np.ndarray, millimetres: np.ndarray) -> str:
    """Return median, 95 % and largest distance in pixels, and the median in millimetres."""
    known = pixels[np.isfinite(pixels)]
    space = millimetres[np.isfinite(millimetres)]
    figures = [*np.percentile(known, (50, 95, 100))] if len(known) else [np.nan] * 3
    figures.append(np.median(space) if len(space) else np.nan)
    cells = [f'{figure:.2f}' if np.isfinite(figure) else '-' for figure in figures]
    return ''.join(f'{cell:>12}' for cell in cells)


def _read_summary(folder: Path) -> dict[str, Any]:
    """Return the summary of an analysis; raise a FileNotFoundError if there is none."""
    try:
        return read_summary(folder / SUMMARY)
    except FileNotFoundError:
        raise FileNotFoundError(f'{folder} holds no results: there is no {SUMMARY}') from None


def _settings(summary: dict[str, Any]) -> dict[str, Any]:
    """Return all settings and versions that affect the results, by name."""
    options = summary['options']
    return {
        'version': summary['version'],
        'recording': summary['recording']['name'],
        'topic': summary['recording'].get('topic', ''),
        'execution_provider': summary['execution_provider'],
        **summary.get('libraries', {}),
        **{f'window.{name}': value for name, value in options['window'].items()},
        **options['tracker'],
        **options['activities'],
        'num_threads': options['inference'].get('num_threads'),
        **{f'{name} model': model['file'] for name, model in summary['models'].items()},
    }


def _differing(a: dict[str, Any], b: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name in a | b:
        if a.get(name) != b.get(name):
            yield name, a.get(name), b.get(name)


def _read_table(folder: Path, name: str) -> pa.Table:
    """Return a table of an analysis; raise a FileNotFoundError if it was not written."""
    if (folder / f'{name}.parquet').exists():
        return pa.parquet.read_table(folder / f'{name}.parquet')
    if (folder / f'{name}.csv').exists():
        return pa.csv.read_csv(folder / f'{name}.csv')
    raise FileNotFoundError(f'{folder} holds neither {name}.parquet nor {name}.csv')


def _by_image(table: pa.Table) -> dict[tuple[int, int], dict[str, Any]]:
    """Return the rows by stamp and number of earlier rows with the same stamp."""
    counts: dict[int, int] = {}
    rows = {}
    for row in table.select(['frame', 'stamp_ns', 'width', 'height']).to_pylist():
        stamp = row['stamp_ns']
        rows[stamp, counts.get(stamp, 0)] = row
        counts[stamp] = counts.get(stamp, 0) + 1
    return rows


@dataclass(frozen=True, eq=False)
class _Poses:
    """
    The landmarks of an analysis.

    :param names: names of the landmarks
    :param persons: rows of the people in ``values`` by frame number
    :param values: float32 (P, N, 5): x and y, and the position in space
    """

    names: list[str]
    persons: dict[int, list[int]]
    values: np.ndarray

    def of(self, persons: list[int], names: list[str]) -> np.ndarray:
        """Return float64 (len(persons), len(names), 5)."""
        columns = [self.names.index(name) for name in names]
        return self.values[persons][:, columns].astype(np.float64)

    def circle(self, person: int, size: np.ndarray) -> tuple[np.ndarray, float]:
        """Return mid-hips in pixels, NaN if unknown, and the radius of the body."""
        places = self.values[person, :, :2] * size
        hips = [self.names.index(name) for name in _HIPS if name in self.names]
        known = places[np.isfinite(places).all(axis=1)]
        middle = places[hips].mean(axis=0) if hips else np.full(2, np.nan)
        if not np.isfinite(middle).all() and len(known):
            middle = known.mean(axis=0)
        return middle, float(np.linalg.norm(known - middle, axis=1).max(initial=0.0))


def _read_poses(folder: Path) -> _Poses:
    """Return the landmarks of all people."""
    table = _read_table(folder, 'landmarks')
    frames = table.column('frame').to_numpy()
    # The rows of a person are adjacent, and all people have the same landmarks.
    names = table.column('landmark').cast(pa.string()).unique().to_pylist()
    count = len(names)
    columns = [table.column(name).cast(pa.float32()) for name in (*_PLACE, *_WORLD)]
    values = np.stack([column.to_numpy() for column in columns], axis=1)
    numbers = frames[:: count or 1].tolist()
    persons: dict[int, list[int]] = {}
    for person, frame in enumerate(numbers):
        persons.setdefault(frame, []).append(person)
    return _Poses(names, persons, values.reshape(len(numbers), count, len(columns)))


def _pairs(
    poses: list[_Poses], frames: list[list[int]], sizes: np.ndarray
) -> tuple[list[tuple[int, int, int]], tuple[int, int, int, int]]:
    """
    Match the people of A and B.

    :param poses: poses of A and B
    :param frames: frame numbers in A and B of the images in both
    :param sizes: width and height of these images
    :return: for each person in both, the rows in A and B and the number of the image; and
        ``persons`` of the comparison
    """
    pairs: list[tuple[int, int, int]] = []
    only_a = only_b = empty = 0
    for image, (frame_a, frame_b) in enumerate(zip(*frames)):
        a, b = poses[0].persons.get(frame_a, []), poses[1].persons.get(frame_b, [])
        empty += not (a or b)
        circles = [
            [side.circle(person, sizes[image]) for person in persons]
            for side, persons in zip(poses, (a, b))
        ]
        chosen = assign([[_distance(one, other) for other in circles[1]] for one in circles[0]])
        found = [(a[row], b[column], image) for row, column in enumerate(chosen)
                 if column is not None]
        pairs += found
        only_a += len(a) - len(found)
        only_b += len(b) - len(found)
    return pairs, (len(pairs), only_a, only_b, empty)


def _distance(first: tuple[np.ndarray, float], second: tuple[np.ndarray, float]) -> float | None:
    """Return the distance of two bodies in pixels, None if they are too far for one person."""
    unknown = [bool(np.isnan(place).any()) for place, _ in (first, second)]
    if any(unknown):
        return 0.0 if all(unknown) else None
    distance = float(np.linalg.norm(first[0] - second[0]))
    return distance if distance <= max(first[1], second[1]) else None
