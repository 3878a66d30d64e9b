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
Count false poses in empty images, and lost people, with and without ``verify_tracking``.

Without it the tracker matches official MediaPipe (docs/parity.md). Writes the tables of
docs/truth.md with ``--write``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from page import with_section
from truth_scenes import clip, Scene, scenes

from pose_tracking_ros.blazepose import (
    detector,
    MODEL_COMPLEXITIES,
    PoseTracker,
    PoseTrackerOptions,
    verification,
)
from pose_tracking_ros.sample_data import sample_path

DOCS = Path(__file__).parents[1] / 'docs' / 'truth.md'
PEOPLE = [f'pose2sim_cam0{k}.mp4' for k in (1, 2, 3, 4)]
PICTURES = ['coffee.png', 'chelsea.png', 'motorcycle_left.png', 'rocket.jpg']
PERIOD_NS = 33_333_333
MODELS = {
    **{
        name: PoseTrackerOptions(model_complexity=number)
        for number, name in MODEL_COMPLEXITIES.items()
    },
    'upper': PoseTrackerOptions(upper_body_only=True),
}


@dataclass(frozen=True)
class Count:
    """
    The counts of a scene.

    :param empty: frames without people
    :param false_official, false_verified: empty frames with a pose
    :param true: frames with a person in full view whom the official tracker finds
    :param lost: true frames without a pose when verified
    """

    empty: int = 0
    false_official: int = 0
    false_verified: int = 0
    true: int = 0
    lost: int = 0

    def __add__(self, other: Count) -> Count:
        """Return both together."""
        return Count(*(a + b for a, b in zip(vars(self).values(), vars(other).values())))

    def row(self, name: str) -> str:
        """Return a row of the table."""
        return (
            f'| {name} | {self.empty} | {self.false_official} | {self.false_verified} '
            f'| {self.true} | {self.lost} |'
        )


def count(scene: Scene, options: PoseTrackerOptions) -> Count:
    """Run both trackers over a scene, in turns on each frame."""
    official = PoseTracker(replace(options, verify_tracking=False))
    verified = PoseTracker(replace(options, verify_tracking=True))
    total = Count()
    for k, (image, person) in enumerate(scene):
        poses = [
            bool(tracker.process(image, k * PERIOD_NS).poses) for tracker in (official, verified)
        ]
        total += Count(
            empty=person is False,
            false_official=person is False and poses[0],
            false_verified=person is False and poses[1],
            true=person is True and poses[0],
            lost=person is True and poses[0] and not poses[1],
        )
    return total


def table(made: dict[str, Callable[[], Scene]], options: PoseTrackerOptions) -> str:
    """Return the table of a model in Markdown: scenes with false or lost poses, and the sums."""
    rows = [
        '| scene | empty frames | false, unverified | false, verified | true frames | lost |',
        '|---|---|---|---|---|---|',
    ]
    total = Count()
    for name, make in made.items():
        counted = count(make(), options)
        print(counted.row(name), flush=True)
        total += counted
        if counted.false_official or counted.false_verified or counted.lost:
            rows.append(counted.row(name))
    rows.append(total.row('**all scenes**'))
    fewer = 1 - total.false_verified / max(total.false_official, 1)
    rows += ['', f'{fewer:.1%} fewer false poses, {total.lost / max(total.true, 1):.2%} of true '
             f'frames lost.']
    return '\n'.join(rows) + '\n'


def limits_text() -> str:
    """Return the section of the page on the constants of the verification."""
    v = verification
    rows = ''.join(
        f'| {name} | {limits.min_sum:.2f} | {_or_never(limits.min_clarity)} |\n'
        for name, limits in v.VERIFICATION_LIMITS.items()
    )
    return f"""| model | person: minimum clarity + detector | no doubt: minimum clarity |
|---|--:|--:|
{rows}
- Clarity: the {v.CLEAR_CORE_LANDMARKS} clearest among nose, shoulders and hips, the
  {v.CLEAR_LANDMARKS} clearest of all; averaged over {v.CLARITY_SECONDS} s.
- A new body is tracked without a report for {v.UNDECIDED_SECONDS} s.
- In doubt the detector runs after {v.MIN_DETECTOR_INTERVAL} s, then after twice as long each
  time, at most {v.MAX_DETECTOR_INTERVAL} s; and after {v.MIN_DETECTOR_INTERVAL} s if its score is
  too low. Weight of the newest score: {v.DETECTOR_ALPHA}.
- A person gains evidence while the sum is more than {v.CLEAR_MARGIN} above the limit: the
  excess, multiplied by the time, up to {v.MAX_EVIDENCE}. A sum below the limit reduces it
  likewise. The track ends when nothing is left, and the sum was too small for
  {v.REJECT_SECONDS} s; or at once if the sum in one image, not averaged, is below
  {v.REJECT_RATIO} times its limit.
- The detector gets {v.SHOWN_SIDE} times the side of the region, upright, and from a rotation of
  {np.degrees(v.MIN_TURN):.0f} degrees also as it lies in the image: then the lower score counts
  twice. A detection whose face and trunk are farther than {v.DETECTION_REACH} sides of the region
  from those of the body counts {detector.ELSEWHERE_WEIGHT} times, if the model has heatmaps.
"""


def _or_never(clarity: float) -> str:
    return f'{clarity:.2f}' if np.isfinite(clarity) else 'never'


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--write', action='store_true', help='write docs/truth.md')
    parser.add_argument('--models', nargs='*', choices=MODELS, default=list(MODELS))
    parser.add_argument('--person', type=Path, nargs='*', default=[], help='more clips of people')
    parser.add_argument('--nobody', type=Path, nargs='*', default=[], help='clips of nobody')
    arguments = parser.parse_args()
    pictures = {
        Path(name).stem: cv2.cvtColor(cv2.imread(str(sample_path(name))), cv2.COLOR_BGR2RGB)
        for name in PICTURES
    }
    made = scenes({Path(name).stem: sample_path(name) for name in PEOPLE}, pictures)
    for path in arguments.person:
        made[path.stem] = lambda path=path: clip(path, True)
    for path in arguments.nobody:
        made[path.stem] = lambda path=path: clip(path, False)
    if arguments.write:
        DOCS.write_text(with_section(DOCS.read_text(), 'limits', limits_text()))
    for name in arguments.models:
        print(f'\n{name}')
        text = table(made, MODELS[name])
        print(text.splitlines()[-1])
        if arguments.write:
            DOCS.write_text(with_section(DOCS.read_text(), name, text))


if __name__ == '__main__':
    np.seterr(all='raise')
    main()
