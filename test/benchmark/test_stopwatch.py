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

from __future__ import annotations

import time

import pytest
from stopwatch import Stopwatch


def busy(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


class Place:
    def inner(self) -> None:
        busy(0.05)

    def outer(self) -> str:
        busy(0.02)
        self.inner()
        return 'result'


def test_a_stage_is_counted_without_the_stages_within_it() -> None:
    watch = Stopwatch()
    with watch.attached({(Place, 'outer'): 'outer', (Place, 'inner'): 'inner'}), watch.frame():
        assert Place().outer() == 'result'
    (cpu_ms,) = watch.cpu_ms
    assert cpu_ms['inner'] >= 50
    assert 20 <= cpu_ms['outer'] < cpu_ms['inner']
    (wall_ms,) = watch.wall_ms
    assert wall_ms['inner'] >= 49


def test_calls_of_one_stage_add_up_within_a_frame_and_not_beyond() -> None:
    watch = Stopwatch()
    with watch.attached({(Place, 'inner'): lambda _: 'told by a function'}):
        for calls in (2, 1):
            with watch.frame():
                for _ in range(calls):
                    Place().inner()
    two, one = (frame['told by a function'] for frame in watch.cpu_ms)
    assert two >= 100
    assert 50 <= one < two


def test_functions_are_as_before_when_the_watch_is_gone() -> None:
    before = Place.inner
    watch = Stopwatch()
    places = {(Place, 'inner'): 'a', (Place, 'no'): 'b'}
    with pytest.raises(AttributeError, match='no'), watch.attached(places):
        pass
    with watch.attached({(Place, 'inner'): 'a'}):
        assert Place.inner is not before
    assert Place.inner is before


def test_a_call_that_fails_is_counted_and_fails() -> None:
    watch = Stopwatch()

    def fail() -> None:
        raise ValueError('as it should')

    with watch.frame(), pytest.raises(ValueError, match='as it should'):
        watch.wrap(fail, 'stage')()
    assert 'stage' in watch.wall_ms[0]
