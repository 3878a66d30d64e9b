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
Whatever is wrong with a recording, a message, an image or a video, it is read or refused.

Without a traceback, with little memory, and nothing is lost without a word. ``make fuzz`` goes on
with seeds that nobody has tried.
"""

from __future__ import annotations

import os
from pathlib import Path
import re
import subprocess
import sys

import pytest

from fuzzing.__main__ import report
from fuzzing.campaign import Batch, Campaign
from fuzzing.images import image_message, MAX_MEMORY
from fuzzing.kinds import KINDS

ROOT = Path(__file__).parents[2]

COUNTS = {
    'recording': 5000, 'layout': 250, 'image': 2000, 'message': 1000, 'video': 120, 'pose-bag': 2,
}

FAILED_ONCE = (
    ('recording', 679),
    ('recording', 1459),
    ('recording', 1710),
    ('recording', 1856),
    ('recording', 2659),
    *(('recording', seed) for seed in (34509162377, 34509162674, 34509162923)),
    ('layout', 34509162440),
    ('message', 34509161339),
    *(('layout', seed) for seed in (53, 67, 76, 80, 105, 107, 117, 126)),
)
"""Seeds that raised or lost messages without a word; those within the counts are named as well."""

REACHED = {
    'recording': {'read', 'partly', 'refused'},
    'layout': {'read', 'partly', 'refused'},
    'image': {'decoded', 'cut off', 'too large', 'not an image', 'encoding'},
    'message': {'read', 'partly'},
    'video': {'read', 'partly', 'refused'},
    'pose-bag': {'exit code 1'},
}
"""What some of the seeds must come to: they get behind the first check."""


@pytest.mark.parametrize('name', KINDS)
def test_whatever_is_damaged_is_read_or_refused_with_little_memory(name):
    campaign = Campaign()
    count = COUNTS[name]
    size = count // min(count, 4)
    batches = [
        Batch(name, first, min(size, count - first)) for first in range(0, count, size)
    ]
    campaign.run(batches, processes=2)
    tally = campaign.tallies[name]
    assert not tally.failures, report(campaign.tallies)
    assert tally.seeds == count
    assert tally.ends.keys() >= REACHED[name]
    assert 0 < tally.peak <= MAX_MEMORY


@pytest.mark.parametrize(('name', 'seed'), FAILED_ONCE)
def test_a_seed_that_failed_once_does_not_fail_again(name, seed, tmp_path):
    kind = KINDS[name]
    assert kind.check(kind.make(tmp_path, seed)) in REACHED[name]


def test_the_same_seed_makes_the_same_image():
    assert [image_message(seed) for seed in range(50)] == [
        image_message(seed) for seed in range(50)
    ]


@pytest.mark.parametrize('name', ['recording', 'layout', 'message', 'video'])
def test_the_same_seed_makes_the_same_file(name, tmp_path):
    for seed in range(10):
        files = []
        for copy in ('one', 'other'):
            folder = tmp_path / f'{seed}{copy}'
            folder.mkdir()
            KINDS[name].make(folder, seed)
            files.append({
                path.relative_to(folder): path.read_bytes()
                for path in folder.rglob('*')
                # SQLite puts random numbers into its logs.
                if path.is_file() and not path.name.endswith('-wal')
            })
        assert files[0] == files[1]


BAD = """
import os, sys, time
sys.path.insert(0, {test!r})
from fuzzing.kinds import Kind
from fuzzing.worker import main

def check(seed):
    if seed == 1: raise KeyError('what a traceback says')
    if seed == 2: time.sleep(1000)
    if seed == 3: os.abort()
    if seed == 4: bytearray(b'x') * {too_much}
    if seed == 5: bytearray(2 * {limit})
    return 'read'

main(dict(bad=Kind(lambda _, seed: seed, check, {limit})))
"""


def test_seeds_that_raise_hang_die_or_take_memory_are_found_and_the_others_continue(tmp_path):
    test = str(next(path for path in sys.path if path.endswith('test')))
    program = tmp_path / 'bad.py'
    too_much = MAX_MEMORY + (1 << 20)
    program.write_text(BAD.format(test=test, too_much=too_much, limit=2 * too_much))
    campaign = Campaign([sys.executable, str(program)], max_seconds=5)
    campaign.run([Batch('bad', 0, 8)], processes=1)
    tally = campaign.tallies['bad']
    assert tally.ends == {'read': 3}
    reported = report(campaign.tallies)
    for seed, reason in {
        1: 'what a traceback says', 2: 'no end after 5 s', 3: 'ended with -6',
        4: 'MiB of memory', 5: 'MemoryError',
    }.items():
        assert reason in tally.failures[seed]
        assert f'make fuzz SEED=bad:{seed}' in reported
    assert campaign.has_failures


def test_a_worker_that_does_not_begin_is_an_error():
    campaign = Campaign([sys.executable, '-c', 'raise SystemExit("no such thing")'])
    with pytest.raises(RuntimeError, match='no such thing'):
        campaign.run([Batch('recording', 0, 1)], processes=1)


def run_make(*options, **variables):
    """Run what ``make fuzz`` runs behind the set-up, with more options."""
    # A make that runs these tests tells those below it what it was told itself.
    outside = {name: value for name, value in os.environ.items() if not name.startswith('MAKE')}
    lines = subprocess.run(
        ['make', '-n', 'fuzz', *(f'{name}={value}' for name, value in variables.items())],
        cwd=ROOT, env=outside, capture_output=True, text=True, check=True,
    ).stdout.splitlines()
    command = lines[-1].partition('&& ')[2].replace('python', sys.executable)
    command = ' '.join([command, *options])
    return subprocess.run(['bash', '-c', command], cwd=ROOT, capture_output=True, text=True)


def test_make_repeats_a_seed():
    done = run_make(SEED='message:7')
    assert done.returncode == 0, done.stderr
    assert re.search(r'^message +1 +0 ', done.stdout, re.MULTILINE)
    assert 'such as recording:679' in run_make(SEED='message').stderr


def test_make_takes_seeds_for_some_time():
    done = run_make('--first 0 --jobs 1', MINUTES='0.001')
    assert done.returncode == 0, done.stderr
    assert re.search(r'^seeds from 0 on', done.stdout)
    assert re.search(r'^recording +250 +0 ', done.stdout, re.MULTILINE)
