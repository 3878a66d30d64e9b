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

"""Each image gets the depth image that is nearest in time, and none is waited for in vain."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from hypothesis import given
from hypothesis import strategies as st

from pose_tracking_ros.node.depth_matcher import DepthMatcher

FOREVER = 60.0
"""Seconds: what a test waits for comes before."""

MS = 1_000_000

stamps = st.lists(st.integers(0, 2000), unique=True, max_size=30).map(sorted)


def matcher_with(*stamps_ms: int, limit: int = 1000) -> DepthMatcher[int]:
    matcher = DepthMatcher(limit)
    for stamp in stamps_ms:
        matcher.put(stamp * MS, stamp)
    return matcher


def at_once(matcher: DepthMatcher[int], stamp_ms: int, slop_ms: int = 100) -> int | None:
    return matcher.take(stamp_ms * MS, slop_ms * MS, 0.0, 0, FOREVER)


@given(stamps, stamps, st.integers(0, 500))
def test_the_nearest_within_the_slop_is_taken(images, depths, slop):
    matcher = matcher_with(*depths)
    for image in images:
        found = at_once(matcher, image, slop)
        near = [depth for depth in depths if abs(depth - image) <= slop]
        if near:
            assert abs(found - image) == min(abs(depth - image) for depth in near)
        else:
            assert found is None


def approximate_time_pairs(images: list[int], depths: list[int], slop: int) -> set[tuple]:
    """
    Return what the synchroniser of message_filters hands out: ApproximateTimeSynchronizer.

    A message takes the nearest one of the other kind that has come, and both are used up.
    """
    waiting: dict[str, list[int]] = {'image': [], 'depth': []}
    pairs = set()
    arrivals = sorted([(t, 'image') for t in images] + [(t, 'depth') for t in depths])
    for stamp, kind in arrivals:
        other = waiting['depth' if kind == 'image' else 'image']
        near = sorted((t for t in other if abs(t - stamp) <= slop), key=lambda t: abs(t - stamp))
        if near:
            other.remove(near[0])
            pairs.add((stamp, near[0]) if kind == 'image' else (near[0], stamp))
        else:
            waiting[kind].append(stamp)
    return pairs


@given(st.lists(st.tuples(st.integers(-50, 50), st.sampled_from('bid')), max_size=30))
def test_unambiguous_pairs_are_those_of_message_filters(frames):
    """Of images and depths 200 ms apart, either of which may be missing."""
    images = [200 * i for i, (_, there) in enumerate(frames) if there in 'bi']
    depths = [200 * i + shift for i, (shift, there) in enumerate(frames) if there in 'bd']
    matcher = matcher_with(*sorted(depths))
    found = {(image, at_once(matcher, image, 50)) for image in images}
    assert {pair for pair in found if pair[1] is not None} == approximate_time_pairs(
        images, depths, 50
    )


def test_depth_that_comes_later_is_waited_for():
    matcher = matcher_with(0)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(matcher.take, 40 * MS, 100 * MS, FOREVER, 0, FOREVER)
        matcher.put(20 * MS, 20)  # nearer, but the next one may be nearer still
        matcher.put(41 * MS, 41)
        assert answer.result() == 41


def test_a_later_image_ends_the_wait():
    matcher = matcher_with(0)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(matcher.take, 40 * MS, 100 * MS, FOREVER, 1000 * MS, FOREVER)
        matcher.expect(1140 * MS)  # not later than slop and lag
        matcher.expect(1141 * MS)
        assert answer.result() == 0


def test_the_end_ends_the_wait():
    matcher, waits = matcher_with(), Event()

    def take() -> int | None:
        waits.set()
        return matcher.take(0, 0, FOREVER, 0, FOREVER)

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(take)
        waits.wait()
        matcher.close()
        assert answer.result() is None


def test_without_any_depth_nothing_is_waited_for():
    assert matcher_with().take(0, 100 * MS, FOREVER, 0, silence=0.0) is None


def test_two_images_share_the_depth_of_a_slower_camera():
    matcher = matcher_with(0, 66)
    assert [at_once(matcher, image) for image in (0, 33, 66)] == [0, 0, 66]


def test_time_that_jumps_back_forgets_what_was_later():
    matcher = matcher_with(5000, 5033, 7)
    assert at_once(matcher, 5000) is None
    matcher = matcher_with(5000, 5033, 7)
    assert at_once(matcher, 0) == 7


def test_no_more_is_kept_than_the_limit():
    matcher = matcher_with(*range(50), limit=10)
    assert at_once(matcher, 20, slop_ms=5) is None
    assert at_once(matcher, 45, slop_ms=0) == 45
    too_large: DepthMatcher[str] = DepthMatcher(10)
    too_large.put(0, 'large', 99)
    assert too_large.take(0, 0, 0.0, 0, FOREVER) == 'large'
