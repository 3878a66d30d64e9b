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
Measure the node beside a plain node around official MediaPipe, from image stamp to landmarks.

``python benchmark/node.py`` needs the environment of ``source tools/environment.sh`` made of the
ROS 2 wheels, the network once, and minutes. ``--write`` puts the table into docs/performance.md.

Cameras, node and listeners are processes of their own on all cores; the nodes alternate. The plain
node is ``processes/plain_node.py``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
import sys
import tempfile

from figures import Figures, ratio
from frames import prepare
from node_run import OURS, PLAIN, Run, run, Scenario
import numpy as np
import official_environment
from page import markdown_table, write_section

from pose_tracking_ros.sample_data import sample_path

CLIP = 'sports2d_demo.mp4'
FRAMES = 20
SIZES = ((640, 480), (1920, 1080))
CAMERAS = (2, 4)

# Each node runs twice for so long in each scenario.
ROUNDS = 2
SECONDS = 4.0

HEADER = [
    'node', 'images', 'cameras', 'annotated', 'ms', '95 %', 'lost', 'CPU ms', 'MB', 'shared MB',
]  # fmt: skip
RATIO_HEADER = ['images', 'cameras', 'annotated', 'ms', 'CPU ms', 'MB']


def main() -> int:
    """
    Measure everything, print it, and write the page if asked to.

    :return: 1 when a scenario failed; it is reported, and the others are still measured
    """
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--seconds', type=float, default=SECONDS, help=f'of a run ({SECONDS:g})')
    parser.add_argument('--rounds', type=int, default=ROUNDS, help=f'runs of each ({ROUNDS})')
    parser.add_argument('--write', action='store_true', help='write docs/performance.md as well')
    arguments = parser.parse_args()
    official_environment.make_environment()
    rows, ratios, failed = [], [], 0
    with tempfile.TemporaryDirectory() as folder:
        for scenario in scenarios(Path(folder)):
            try:
                runs = measure(scenario, arguments.rounds, arguments.seconds)
            except RuntimeError as error:
                failed += 1
                print(f'{" ".join(scenario_cells(scenario))} failed: {error}', file=sys.stderr)
                ratios.append([*scenario_cells(scenario), *['failed'] * 3])
                continue
            for node, done in runs.items():
                rows.append([node, *scenario_cells(scenario), *run_cells(done)])
                print(rows[-1], flush=True)
            ratios.append([*scenario_cells(scenario), *ratio_cells(runs)])
            print(ratios[-1], flush=True)
    sections = {
        'node': markdown_table(HEADER, rows),
        'node ratios': markdown_table(RATIO_HEADER, ratios),
    }
    for name, content in sections.items():
        print(f'\n{content}')
        if arguments.write:
            write_section('performance.md', name, content)
    return min(failed, 1)


def measure(scenario: Scenario, rounds: int, seconds: float) -> dict[str, list[Run]]:
    """
    Run both nodes in a scenario, in turns.

    :raises RuntimeError: when a process fails, or a node answers no image
    """
    runs: dict[str, list[Run]] = {OURS: [], PLAIN: []}
    for _ in range(rounds):
        for node, done in runs.items():
            done.append(run(node, scenario, seconds))
            if not done[-1].latencies_ms:
                raise RuntimeError(f'{node} answered none of {done[-1].sent} images')
    return runs


def scenarios(folder: Path) -> Iterator[Scenario]:
    """Yield the scenarios: sizes with and without a viewer, then more cameras."""
    small, large = (prepare(sample_path(CLIP), FRAMES, size, folder) for size in SIZES)
    for frames in (small, large):
        for annotated in (False, True):
            yield Scenario(frames, annotated=annotated)
    # Beyond this size, sending the images alone occupies the cores.
    for cameras in CAMERAS:
        yield Scenario(small, cameras)


def scenario_cells(scenario: Scenario) -> list[str]:
    """Return the cells that name a scenario."""
    images = '{}x{}'.format(*scenario.frames.size)
    return [images, str(scenario.cameras), 'yes' if scenario.annotated else 'no']


def run_cells(runs: list[Run]) -> list[str]:
    """Return latency, images lost, CPU time of an image, memory, shared memory."""
    sent, lost = sum(r.sent for r in runs), sum(r.lost for r in runs)
    return [
        *Figures.of(_latencies(runs)).cells,
        f'{lost} of {sent}',
        f'{_cpu_ms(runs):.1f}',
        f'{_memory_mb(runs):.0f}',
        f'{max(r.shared_mb for r in runs):.0f}',
    ]


def ratio_cells(runs: dict[str, list[Run]]) -> list[str]:
    """Return the ratios of ours to the plain node."""
    return [
        ratio(figure(runs[OURS]), figure(runs[PLAIN]))
        for figure in (lambda done: np.median(_latencies(done)), _cpu_ms, _memory_mb)
    ]


def _latencies(runs: list[Run]) -> list[float]:
    return [latency for r in runs for latency in r.latencies_ms]


def _cpu_ms(runs: list[Run]) -> float:
    """Return the CPU time of each answered image, in milliseconds."""
    return 1e3 * sum(r.cpu_s for r in runs) / len(_latencies(runs))


def _memory_mb(runs: list[Run]) -> float:
    return max(r.memory_mb for r in runs)


if __name__ == '__main__':
    sys.exit(main())
