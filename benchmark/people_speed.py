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

"""The cost of several people: time an image, beside MediaPipe Tasks, and in a node."""

from __future__ import annotations

from collections.abc import Sequence
import os
from pathlib import Path
import tempfile

from figures import Figures
from frames import Frames
from measured_process import Answer, MeasuredProcess, official_process, our_process
import numpy as np
import official_environment
from page import markdown_table
from people_scenes import Actor, beside, load_actors, mirrored, SIZE

from pose_tracking_ros.sample_data import sample_path

NUM_POSES = 4
# Clips without anybody else in the background.
CLIPS = ['pose2sim_cam03.mp4', 'pose2sim_cam04.mp4']
# The size of a row of three in which MediaPipe Tasks finds all of them in most frames.
_ROW_OF_THREE = (1280, 640)

# People and num_poses; the first is the unit of the others.
OWN_RUNS = ((1, 1), (1, 4), (2, 4), (4, 4))
# People and cores, beside MediaPipe Tasks.
OFFICIAL_RUNS = ((2, 1), (2, 2), (3, 2))

# Images before the measurement.
_WARM_UP = 10

_NODE_SECONDS = 20.0


def measure_speed() -> dict[str, str]:
    """Return the tables of times by the names of their sections; processes take turns."""
    official_environment.make_environment()
    with tempfile.TemporaryDirectory() as folder:
        clips = crowds(Path(folder))
        return {
            'speed': _own_table(clips),
            'official speed': _official_table({
                2: clips[2],
                3: _video(Path(folder), load_people()[:3], 3, _ROW_OF_THREE),
            }),
            'node': _node_table(clips[4]),
        }


def crowds(folder: Path) -> dict[int, Frames]:
    """Write videos of one to four people, each a clip beside the others, by their number."""
    actors = load_people()
    return {
        people: _video(folder, actors[:people], 2, SIZE) for people in range(1, len(actors) + 1)
    }


def load_people() -> list[Actor]:
    """Return the person of each clip, then their mirror images."""
    actors = [actor for name in CLIPS for actor in load_actors(sample_path(name))]
    return actors + [mirrored(actor) for actor in actors]


def _video(folder: Path, actors: Sequence[Actor], columns: int, size: tuple[int, int]) -> Frames:
    """Write a video of clips side by side."""
    images = [shown for shown, _ in beside(actors, columns, size)]
    path = folder / f'{len(actors)}_in_{columns}.rgb'
    path.write_bytes(np.array(images).tobytes())
    return Frames(f'{len(actors)} people', path, size, len(images))


def _own_table(clips: dict[int, Frames]) -> str:
    cores = _cores(2)
    answers = _in_turns(
        [our_process({'num_poses': poses}, cores) for _, poses in OWN_RUNS],
        [clips[people] for people, _ in OWN_RUNS],
    )
    times = [[answer.wall_ms for answer in given] for given in answers]
    rows = [
        [
            *(str(people), str(poses)),
            f'{np.mean([len(answer.people) == people for answer in given]):.0%}',
            f'{np.median(wall):.1f}',
            f'{np.median(wall) / np.median(times[0]):.2f}',
            f'{np.mean(wall) / np.mean(times[0]):.2f}',
        ]
        for (people, poses), given, wall in zip(OWN_RUNS, answers, times)
    ]
    return markdown_table(['people', 'num_poses', 'all found', 'ms', 'median', 'mean'], rows)


def _official_table(clips: dict[int, Frames]) -> str:
    rows = []
    for people, cores in OFFICIAL_RUNS:
        on = _cores(cores)
        ours, theirs = _in_turns(
            [
                our_process({'num_poses': NUM_POSES}, on),
                official_process(
                    {'num_poses': NUM_POSES, 'model': 'full'}, on, 'official_people.py'
                ),
            ],
            [clips[people]] * 2,
        )
        same = [
            (one.wall_ms, other.wall_ms)
            for one, other in zip(ours, theirs)
            if len(one.people) == len(other.people) == people
        ]
        row = [str(people), str(cores), f'{len(same)} of {len(ours)}']
        if same:
            one, other = np.median(same, axis=0)
            row += [f'{one:.1f}', f'{other:.1f}', f'{one / other:.2f}']
        rows.append(row + [''] * (len(_OFFICIAL_HEADER) - len(row)))
    return markdown_table(_OFFICIAL_HEADER, rows)


_OFFICIAL_HEADER = ['people', 'cores', 'counted', 'ms', 'Tasks ms', 'ratio']


def _node_table(frames: Frames) -> str:
    # The rest needs no ROS.
    from node_run import OURS, run, Scenario

    done = run(OURS, Scenario(frames, parameters={'num_poses': NUM_POSES}), _NODE_SECONDS)
    row = [
        *('4', f'{done.sent}', f'{done.lost}'),
        *Figures.of(done.latencies_ms).cells[:2],
        f'{1e3 * done.cpu_s / max(len(done.latencies_ms), 1):.1f}',
    ]
    return markdown_table(['people', 'images', 'lost', 'ms', '95 %', 'CPU ms'], [row])


def _cores(count: int) -> list[int]:
    return sorted(os.sched_getaffinity(0))[-count:]


def _in_turns(
    processes: Sequence[MeasuredProcess], clips: Sequence[Frames]
) -> list[list[Answer]]:
    """Return the answers of processes to a clip each, frame by frame in turns."""
    answers: list[list[Answer]] = [[] for _ in processes]
    turns = list(zip(processes, clips, answers))
    for k in range(min(clip.count for clip in clips)):
        # Alternate which process is first.
        turns.reverse()
        for process, clip, given in turns:
            answer = process.ask(clip, k, fresh=k == 0)
            if k >= _WARM_UP:
                given.append(answer)
    for process in processes:
        process.close()
    return answers
