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
from dataclasses import replace

import numpy as np
import pytest

from messages.pose_samples import placed_pose, random_pose
from pose_tracking_ros.blazepose import PoseTrackerResult
from pose_tracking_ros.node import statistics
from pose_tracking_ros.node.statistics import FrameStatistics, STAGES, Timing

POSE = random_pose()


class Clock:
    """A clock that moves on request."""

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
    counter = FrameStatistics()
    for stamp_ns in (0, 5, 3, 3, 7):
        counter.receive(stamp_ns)
    counter.add(dropped=2)
    counter.reject('step', 'a step of 0')
    counter.fail('RuntimeError: no')
    counter.finish(timing(0.1), PoseTrackerResult((POSE,)))
    counter.add(lost=4)
    counts = counter.counts
    assert (counts.received, counts.dropped, counts.failed, counts.processed) == (5, 2, 1, 1)
    assert counts.rejected == {'step': 1}
    assert (counts.with_pose, counts.detector_runs, counts.lost) == (1, 0, 4)
    assert (counts.without_stamp, counts.back_in_time) == (1, 1)
    assert counter.snapshot().last_problem == 'RuntimeError: no'


def test_recent_counts_and_latencies_are_those_of_the_last_seconds(clock):
    counter = FrameStatistics()
    for second in range(20):
        clock.now += 1
        for _ in range(3):
            counter.receive(second)
        result = PoseTrackerResult((POSE,) * (second < 10), detector_ran=True)
        counter.finish(timing(float(second)), result)
        counter.reject('step', '')
        snapshot = counter.snapshot()
    assert snapshot.rate == pytest.approx(17 / 5)  # intervals, the first of them in a moment
    assert snapshot.recent.received == 15
    assert snapshot.recent.rejected == {'step': 5}
    assert snapshot.recent.with_pose == 0
    assert snapshot.counts.received == 60
    np.testing.assert_array_equal(snapshot.latencies[:, 0], np.arange(14, 20))
    assert clock.now - snapshot.last_pose == 10
    assert clock.now == snapshot.last_image


@pytest.mark.parametrize(
    ('images', 'people', 'lost', 'found_again', 'now'),
    [
        pytest.param([[1], [1], [1]], 1, 0, 0, 1, id='one stays'),
        pytest.param([[2, 1], [1, 2], [1, 3, 2]], 3, 0, 0, 3, id='they come'),
        pytest.param([[1, 2], [1], [2, 1]], 2, 1, 1, 2, id='one is found again'),
        pytest.param([[1, 2], [], [2, 3]], 3, 2, 1, 2, id='one is somebody else'),
        pytest.param([[5], [9], []], 2, 2, 0, 0, id='after a reset numbers rise'),
    ],
)
def test_people_are_counted_by_identity(images, people, lost, found_again, now):
    counter = FrameStatistics()
    for track_ids in images:
        poses = tuple(replace(POSE, track_id=track_id) for track_id in track_ids)
        counter.finish(timing(0.1), PoseTrackerResult(poses))
    counts = counter.counts
    assert (counts.people, counts.people_lost) == (people, lost)
    assert counts.people_found_again == found_again
    assert counter.snapshot().people == now


def test_positions_and_what_they_lack_are_counted():
    counter = FrameStatistics()
    counter.finish(timing(0.1), PoseTrackerResult((POSE, placed_pose())))
    counter.finish(timing(0.1), PoseTrackerResult((POSE, POSE)))
    counter.match_depth(True)
    counter.match_depth(False)
    counter.match_depth(False, ('step', 'a step of 0'))
    counter.add(depth_lost=4)
    counter.miss_transform('no map')
    counts, now = counter.counts, counter.snapshot()
    assert (counts.placed, counts.position_problems) == (1, {'no_camera': 3})
    assert (counts.with_depth, counts.without_depth, counts.depth_lost) == (1, 2, 4)
    assert (counts.depth_rejected, counts.transforms_missing) == ({'step': 1}, 1)
    assert (now.depth_problem, now.transform_problem) == ('a step of 0', 'no map')


def test_nothing_has_come_yet(clock):
    clock.now += 1
    snapshot = FrameStatistics().snapshot()
    assert np.isnan([snapshot.last_image, snapshot.last_pose]).all()
    assert snapshot.latencies.shape == (0, len(STAGES))


def test_the_first_rates_after_a_pause_are_those_of_the_images(clock):
    """Whatever came before the pause, and whenever the first image comes after it."""
    counter = FrameStatistics()
    for _ in range(100):
        clock.now += 1 / 16
        counter.receive(1)
    clock.now += 60
    counter.resume()
    clock.now += 0.4
    assert counter.snapshot().rate == 0
    for images in range(1, 200):
        clock.now += 1 / 16
        counter.receive(1)
        counter.finish(timing(0.1), PoseTrackerResult((POSE,)))
        snapshot = counter.snapshot()
        assert snapshot.settled == (images > 16)
        if images > 1:
            assert snapshot.rate == pytest.approx(16)
            assert snapshot.processed_rate == pytest.approx(16)
    assert snapshot.counts.received == 299


def test_images_that_stay_away_lower_the_rate(clock):
    counter = FrameStatistics()
    for _ in range(40):
        clock.now += 0.1
        counter.receive(1)
    clock.now += 0.1
    assert counter.snapshot().rate == pytest.approx(10)
    clock.now += 0.9
    assert 7 < counter.snapshot().rate < 9
    clock.now += 5
    assert counter.snapshot().rate == 0


def test_the_age_of_images_is_the_usual_one_of_the_last_seconds(clock):
    counter = FrameStatistics()
    counter.receive(1, 99.0)
    clock.now += 6
    assert np.isnan(counter.snapshot().age)
    for age in (-0.2, np.nan, -0.3, 7.0, -0.2, -0.25):
        counter.receive(1, age)
    assert counter.snapshot().age == pytest.approx(-0.2)


def test_counts_of_many_threads_add_up():
    counter = FrameStatistics()

    def work(_: int) -> None:
        for stamp_ns in range(1, 501):
            counter.receive(stamp_ns)
            counter.reject('step', '')

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert counter.counts.received == counter.counts.rejected['step'] == 2000
