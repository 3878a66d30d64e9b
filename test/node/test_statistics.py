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

"""Every image is counted once, and percentiles are those of the last seconds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from messages.pose_samples import random_pose
from pose_tracking_ros.blazepose import PoseTrackerResult
from pose_tracking_ros.node import statistics
from pose_tracking_ros.node.statistics import STAGES, Statistics, Timing

POSE = random_pose()


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(statistics, 'time', clock)
    return clock


def timing(seconds: float) -> Timing:
    return Timing(*[seconds] * len(STAGES))


def test_counts_what_became_of_the_images(clock):
    counter = Statistics()
    for stamp_ns in (0, 5, 3, 3, 7):
        counter.receive(stamp_ns)
    counter.drop(2)
    counter.reject('step', 'a step of 0')
    counter.fail('RuntimeError: no')
    counter.finish(timing(0.1), PoseTrackerResult((POSE,)))
    counter.lose(4)
    counts = counter.counts
    assert (counts.received, counts.dropped, counts.failed, counts.processed) == (5, 2, 1, 1)
    assert counts.rejected == {'step': 1}
    assert (counts.with_pose, counts.detector_runs, counts.lost) == (1, 0, 4)
    assert (counts.without_stamp, counts.back_in_time) == (1, 1)
    assert counter.snapshot().last_problem == 'RuntimeError: no'


def test_recent_counts_and_latencies_are_those_of_the_last_seconds(clock):
    counter = Statistics()
    for second in range(20):
        clock.now += 1
        for _ in range(3):
            counter.receive(second)
        result = PoseTrackerResult((POSE,) * (second < 10), detector_ran=True)
        counter.finish(timing(float(second)), result)
        counter.reject('step', '')
        snapshot = counter.snapshot()
    assert snapshot.seconds == 5
    assert snapshot.recent.received == 15
    assert snapshot.recent.rejected == {'step': 5}
    assert snapshot.recent.with_pose == 0
    assert snapshot.counts.received == 60
    np.testing.assert_array_equal(snapshot.latencies[:, 0], np.arange(14, 20))
    assert clock.now - snapshot.last_pose == 10
    assert clock.now == snapshot.last_image


def test_nothing_has_come_yet(clock):
    clock.now += 1
    snapshot = Statistics().snapshot()
    assert np.isnan([snapshot.last_image, snapshot.last_pose]).all()
    assert snapshot.latencies.shape == (0, len(STAGES))


def test_counts_of_many_threads_add_up():
    counter = Statistics()

    def work(_: int) -> None:
        for stamp_ns in range(1, 501):
            counter.receive(stamp_ns)
            counter.reject('step', '')

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert counter.counts.received == counter.counts.rejected['step'] == 2000
