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

"""The time of an image by its stamp: what goes on, what is put right, what starts over."""

from __future__ import annotations

from itertools import pairwise
import json
import warnings

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from pose_tracking_ros.blazepose import PoseTracker, PoseTrackerOptions, StampProblem
from pose_tracking_ros.blazepose.stamps import Moment, StampJudge

TIMEOUT = 1.0
PERIOD_NS = 50_000_000
MS = 1_000_000
START_NS = 1_700_000_000 * 1_000_000_000


def judged(stamps: list[int]) -> list[Moment]:
    judge = StampJudge()
    return [judge(stamp, TIMEOUT) for stamp in stamps]


def regular(count: int, period_ns: int = PERIOD_NS, start_ns: int = START_NS) -> list[int]:
    return [start_ns + index * period_ns for index in range(count)]


def problems(stamps: list[int]) -> list[StampProblem | None]:
    return [moment.problem for moment in judged(stamps)]


def restarts(stamps: list[int]) -> list[int]:
    """Return the numbers of the images behind the first at which tracking starts over."""
    return [n for n, moment in enumerate(judged(stamps)) if moment.starts_over and n]


STAMPS = st.lists(st.integers(-(2**62), 2**62) | st.integers(0, 10**9), max_size=40)


@given(STAMPS)
def test_time_does_not_go_back_unless_tracking_starts_over(stamps: list[int]) -> None:
    moments = judged(stamps)
    assert [moment.starts_over for moment in moments[:1]] == [True] * len(moments[:1])
    for before, moment in pairwise(moments):
        assert moment.starts_over or moment.time_ns >= before.time_ns
        assert moment.starts_over or moment.time_ns - before.time_ns <= TIMEOUT * 1e9


@given(
    st.lists(st.integers(500_000, 10**9), min_size=1, max_size=50), st.integers(-(2**60), 2**60)
)
def test_stamps_that_continue_are_the_time(steps: list[int], start: int) -> None:
    stamps = (start + np.cumsum(steps)).tolist()
    assert [moment.time_ns for moment in judged(stamps)] == stamps
    assert problems(stamps) == [None] * len(stamps)
    assert restarts(stamps) == []


@given(STAMPS, STAMPS)
def test_a_judge_continues_where_another_was(first: list[int], then: list[int]) -> None:
    judge, other = StampJudge(), StampJudge()
    for stamp in first:
        judge(stamp, TIMEOUT)
    other.restore(json.loads(json.dumps(judge.state())))
    assert [judge(stamp, TIMEOUT) for stamp in then] == [other(stamp, TIMEOUT) for stamp in then]


@given(
    st.integers(5, 100), st.integers(1, 2 * PERIOD_NS), st.sets(st.integers(5, 98), max_size=10)
)
def test_a_driver_that_is_a_little_out_of_order_loses_no_track(
    count: int, back_ns: int, early: set[int]
) -> None:
    stamps = regular(count)
    # None of two neighbours, which would leave a longer gap for the next.
    early = {n for n in early if n < count and n - 1 not in early}
    for n in early:
        stamps[n] = stamps[n - 1] - back_ns
    assert restarts(stamps) == []
    found = problems(stamps)
    assert {n for n, problem in enumerate(found) if problem} == early
    assert {found[n] for n in early} <= {StampProblem.STEPPED_BACK}


@given(st.sets(st.integers(1, 58), max_size=30))
def test_occasional_stamps_of_zero_lose_no_track(zeros: set[int]) -> None:
    stamps = regular(60)
    zeros = {n for n in zeros if n - 1 not in zeros}
    for n in zeros:
        stamps[n] = 0
    assert restarts(stamps) == []
    missing = {n for n, found in enumerate(problems(stamps)) if found is StampProblem.MISSING}
    assert missing == zeros


@pytest.mark.parametrize('start_ns', [0, START_NS])
@pytest.mark.parametrize('count', [6, 30])
def test_a_recording_that_begins_again_starts_over(start_ns: int, count: int) -> None:
    loop = regular(count, start_ns=start_ns)
    # A first stamp of zero is told from a missing one by the next.
    assert restarts(loop * 2) == [count + (start_ns == 0)]


def test_a_gap_starts_over() -> None:
    stamps = regular(20)
    stamps[10:] = [stamp + 5 * 10**9 for stamp in stamps[10:]]
    assert restarts(stamps) == [10]
    assert problems(stamps)[10] is StampProblem.GAP


@pytest.mark.parametrize(
    'stamps',
    [
        list(range(60)),
        [round(n * 1000 / 30) for n in range(60)],
        [round(n * 1e6 / 30) for n in range(60)],
        [n // 30 for n in range(600)],
    ],
    ids=['frames', 'milliseconds', 'microseconds', 'seconds'],
)
def test_another_unit_is_reported(stamps: list[int]) -> None:
    found = problems(stamps)
    assert StampProblem.WRONG_UNIT in found
    assert found[-1] is StampProblem.WRONG_UNIT
    assert None in found[:5]


def test_images_that_a_driver_sends_in_a_burst_are_no_other_unit() -> None:
    stamps = regular(5) + [START_NS + 5 * PERIOD_NS + n * 50_000 for n in range(4)]
    assert StampProblem.WRONG_UNIT not in problems(stamps)


def test_the_tracker_logs_another_unit_once_and_reports_it(astronaut: np.ndarray) -> None:
    tracker = PoseTracker(PoseTrackerOptions(model_complexity=0))
    with pytest.warns(UserWarning, match='nanoseconds') as warned:
        results = [tracker.process(astronaut, n) for n in range(9)]
    assert len(warned) == 1
    assert [result.stamp_problem for result in results[-3:]] == [StampProblem.WRONG_UNIT] * 3
    static = PoseTracker(PoseTrackerOptions(static_image_mode=True), models=tracker.models)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        for n in range(9):
            static.process(astronaut, n)


def test_a_body_is_followed_over_stamps_that_step_back(astronaut: np.ndarray) -> None:
    tracker = PoseTracker(PoseTrackerOptions(model_complexity=0))
    stamps = regular(30)
    for n in range(5, 30, 10):
        stamps[n] = stamps[n - 1] - 3 * MS
    stamps[17] = 0
    results = [tracker.process(astronaut, stamp) for stamp in stamps]
    assert {pose.track_id for result in results for pose in result.poses} == {1}
    assert sum(bool(result.poses) for result in results) >= 29
    assert sum(result.detector_ran for result in results) == 1
    assert sum(result.stamp_problem is StampProblem.STEPPED_BACK for result in results) == 3
    assert sum(result.stamp_problem is StampProblem.MISSING for result in results) == 1
