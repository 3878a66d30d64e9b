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
Damage recordings, messages, images and videos in ever new ways, and read them.

Each is read in a process with little memory. None may raise, hang, take more than 1.5 GiB, or lose
anything without a word.

.. code-block:: console

    $ make fuzz MINUTES=10
    $ make fuzz SEED=recording:679
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import count
from random import SystemRandom
import sys
import time

from fuzzing.campaign import Batch, Campaign, Tally
from fuzzing.kinds import KINDS
from pose_tracking_ros.blazepose.inference import usable_cores


def batches(first: int) -> Iterator[Batch]:
    """Yield batches of all kinds in turns, without an end."""
    for turn in count():
        for name, kind in KINDS.items():
            yield Batch(name, first + turn * kind.batch, kind.batch)


def report(tallies: Mapping[str, Tally]) -> str:
    """Return what came of the seeds, kind by kind, and how to repeat those that failed."""
    lines = [f'{"kind":12}{"seeds":>8}{"failed":>8}{"MiB":>7}{"slowest":>10}  ends']
    repeats = []
    for kind, tally in tallies.items():
        seconds, seed = tally.slowest
        ends = ', '.join(f'{number} {end}' for end, number in tally.ends.most_common())
        lines.append(
            f'{kind:12}{tally.seeds:8}{len(tally.failures):8}{tally.peak >> 20:7}'
            f'{seconds:8.2f} s  {ends} (slowest: {seed})'
        )
        for failed, problem in sorted(tally.failures.items()):
            repeats.append(f'\nmake fuzz SEED={kind}:{failed}\n{problem}')
    return '\n'.join([*lines, *repeats])


def main() -> int:
    """Check new seeds for some minutes, or one again; return 1 when one failed."""
    parser = ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--minutes', type=float, default=10.0, help='how long (default: 10)')
    parser.add_argument('--first', type=int, help='the first seed (default: a random one)')
    parser.add_argument('--seed', metavar='KIND:N', help=f'only this one of {", ".join(KINDS)}')
    parser.add_argument('--jobs', type=int, default=usable_cores(), help='processes at once')
    arguments = parser.parse_args()
    campaign = Campaign()
    if arguments.seed:
        kind, _, seed = arguments.seed.partition(':')
        if kind not in KINDS or not seed.isdecimal():
            parser.error(f'{arguments.seed} is no seed, accepted is such as recording:679')
        campaign.check(Batch(kind, int(seed), 1))
    else:
        first = arguments.first
        if first is None:
            first = SystemRandom().randrange(1 << 40)
        print(f'seeds from {first} on, {arguments.jobs} processes', flush=True)
        end = time.monotonic() + 60 * arguments.minutes
        with suppress(KeyboardInterrupt):
            campaign.run(batches(first), arguments.jobs, end)
    print(report(campaign.tallies))
    return int(campaign.has_failures)


if __name__ == '__main__':
    sys.exit(main())
