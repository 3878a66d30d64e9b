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
Measure the distance from official MediaPipe, and write the tables of docs/parity.md.

``python benchmark/parity.py`` needs the environment of ``source tools/environment.sh``. It uses
the recorded answers in ``test/data`` and in ``$POSE_TRACKING_TEST_DATA``, and takes minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
import sys
from unittest import SkipTest

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / 'test'))

from page import markdown_table, measured_with, write_section

import parity_measures as parity
from reference_answers import NOISE_FLOOR_PX, Reference


def main() -> None:
    """Measure all available clips and images, and write the page."""
    static_masks = [r for r in parity.MASKS if len(r.load()['frame']) == 1]
    video_masks = [r for r in parity.MASKS if r not in static_masks]
    tables = {
        'static': (EXACT_HEADER, static_row, parity.STATIC + static_masks),
        'open-loop': (EXACT_HEADER, open_loop_row, parity.VIDEO + video_masks),
        'free-running': (FREE_RUNNING_HEADER, free_running_row, parity.VIDEO),
    }
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('tables', nargs='*', help='which of ' + ', '.join(tables) + '; else all')
    names = parser.parse_args().tables or list(tables)
    if unknown := set(names) - tables.keys():
        parser.error(f'there is no table {", ".join(unknown)}, only ' + ', '.join(tables))
    skipped: dict[str, str] = {}
    for name in names:
        header, row, references = tables[name]
        write_section('parity.md', name, markdown_table(header, _rows(row, references, skipped)))
    left_out = ''.join(f'\nLeft out: {name}, {why}.' for name, why in sorted(skipped.items()))
    write_section('parity.md', 'versions', measured_with() + left_out)


def _rows(
    row: Callable[[Reference], list[str]], references: list[Reference], skipped: dict[str, str]
) -> Iterator[list[str]]:
    """Yield the row of each available clip, and keep the reasons for missing ones."""
    for reference in sorted(references, key=lambda r: (r.name, r.configuration)):
        try:
            cells = row(reference)
        except SkipTest as reason:
            skipped[reference.name] = str(reason)
            continue
        print(' '.join([reference.name, reference.configuration, *cells]), flush=True)
        yield [reference.name, f'`{reference.configuration}`', *cells]


EXACT_HEADER = [
    'clip', 'configuration', 'agree', 'mean px', '99 % px', 'visibility', 'world mm', 'mask',
]  # fmt: skip

FREE_RUNNING_HEADER = [
    'clip', 'configuration', 'agree', 'mean px', 'median px', '95 % px',
    'official with itself: median px', '95 % px',
]  # fmt: skip


def static_row(reference: Reference) -> list[str]:
    """Return the figures of the static mode on one clip or image."""
    poses = parity.answers(reference, False)
    without = parity.ILL_CONDITIONED.get(str(reference), ())
    distances = parity.distances_px(reference, poses, without)
    return [
        agreement(parity.frames_agree(reference, poses)),
        *(figure(distances, np.mean), figure(distances, _percentile_99)),
        *_exact_cells(reference, poses, without),
    ]


def open_loop_row(reference: Reference) -> list[str]:
    """Return the figures on one clip with the official regions."""
    poses = parity.answers(reference, True)
    distances = parity.distances_px(reference, poses)
    return [
        agreement(parity.frames_agree(reference, poses)),
        *(figure(distances, np.mean), figure(distances, _percentile_99)),
        *_exact_cells(reference, poses),
    ]


def free_running_row(reference: Reference) -> list[str]:
    """Return the figures on one clip with the tracker's own regions."""
    poses = parity.answers(reference, False)
    distances = parity.distances_px(reference, poses)
    floor = NOISE_FLOOR_PX.get(reference.name) if reference.configuration == 'full' else None
    return [
        agreement(parity.frames_agree(reference, poses)),
        figure(distances, np.mean),
        figure(distances, np.median),
        figure(distances, lambda values: np.percentile(values, 95)),
        *(('', '') if floor is None else (f'{value:.3f}' for value in floor)),
    ]


def _exact_cells(
    reference: Reference, poses: list[parity.Pose | None], without: Collection[int] = ()
) -> list[str]:
    return [
        figure(parity.visibility_errors(reference, poses, without), np.mean, 5),
        figure(1000 * parity.world_errors_m(reference, poses, without), np.mean),
        figure(parity.mask_errors(reference, poses), np.max, 2),
    ]


def agreement(agree: np.ndarray) -> str:
    """Return the number of frames on which both or neither have a pose."""
    return f'{agree.sum()} of {len(agree)}'


def figure(
    values: np.ndarray, summarize: Callable[[np.ndarray], float], decimals: int = 4
) -> str:
    """Return a summary of values, or an empty cell without values."""
    return f'{summarize(values):.{decimals}f}' if values.size else ''


def _percentile_99(values: np.ndarray) -> float:
    return float(np.percentile(values, 99))


if __name__ == '__main__':
    main()
