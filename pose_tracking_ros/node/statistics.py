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

"""Counts and processing times of the images of a camera."""

from __future__ import annotations

from collections import Counter, deque
from copy import deepcopy
from dataclasses import dataclass, field, fields
from threading import Lock
import time
from typing import Any

import numpy as np

from pose_tracking_ros.blazepose import PoseTrackerResult

WINDOW = 5.0
"""Seconds of the window for rates and latencies."""

_SETTLED = 1.0
"""Seconds of images needed to judge their rate."""


@dataclass
class Counts:
    """
    Counts of the images since the node was configured.

    ``received`` is the sum of ``dropped``, ``rejected``, ``failed``, ``processed`` and the images
    that wait or are being processed.

    :param received: received images
    :param dropped: images replaced by newer ones, or still queued at deactivation
    :param rejected: images that could not be decoded, by the reason
    :param failed: images whose processing failed
    :param processed: processed images
    :param with_pose: processed images with a person
    :param people: number of different tracks
    :param people_lost: how often a person was missing in the next processed image
    :param people_found_again: how often a lost person returned with the same track_id
    :param stamp_problems: processed images with a wrong stamp, by the problem
    :param detector_runs: runs of the person detector
    :param lost: images that the middleware reports as lost
    :param damaged: images of a damaged video, which may be smeared
    :param without_stamp: images with a stamp of zero
    :param back_in_time: images with a stamp before that of the previous one
    :param placed: processed images with a known position of a person
    :param position_problems: people with unknown position, by the reason
    :param with_depth: images with depth in time
    :param without_depth: images processed without depth, although depth is enabled
    :param depth_rejected: images whose depth arrived, but cannot be used, by the reason
    :param depth_lost: depth images that the middleware reports as lost
    :param transforms_missing: images without a transform to target_frame at their stamp
    """

    received: int = 0
    dropped: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    processed: int = 0
    with_pose: int = 0
    people: int = 0
    people_lost: int = 0
    people_found_again: int = 0
    stamp_problems: Counter[str] = field(default_factory=Counter)
    detector_runs: int = 0
    lost: int = 0
    damaged: int = 0
    without_stamp: int = 0
    back_in_time: int = 0
    placed: int = 0
    position_problems: Counter[str] = field(default_factory=Counter)
    with_depth: int = 0
    without_depth: int = 0
    depth_rejected: Counter[str] = field(default_factory=Counter)
    depth_lost: int = 0
    transforms_missing: int = 0


@dataclass(frozen=True)
class Timing:
    """
    Duration of the stages of one image, in seconds.

    :param queue_time: in the queue, and for its depth
    :param decoding: of the pixels
    :param tracking: of the people
    :param publishing: of the results
    :param since_stamp: from its stamp until its landmarks were sent, by the clock of the node;
        NaN without a stamp or a clock
    """

    queue_time: float
    decoding: float
    tracking: float
    publishing: float
    since_stamp: float


STAGES = tuple(stage.name for stage in fields(Timing))


@dataclass(frozen=True)
class Snapshot:
    """
    The statistics of a camera at one moment.

    :param time: of the snapshot, in seconds of the monotonic clock
    :param counts: since the node was configured
    :param recent: the counts of the last seconds alone
    :param rate: received images per second
    :param processed_rate: processed images per second
    :param settled: whether there was enough time to judge the rates
    :param age: for how many seconds images have existed when they arrive, by the clock of the
        node: the median, negative where their stamps are ahead of it, NaN where unknown
    :param latencies: (frames, stages) of the last seconds, in seconds, see :data:`STAGES`
    :param people: number of people in the last processed image
    :param last_image: time of the last image, NaN before the first
    :param last_pose: time of the last image with a person, NaN before the first
    :param last_problem: problem of the last rejected or failed image
    :param depth_problem: problem of the last rejected depth image
    :param transform_problem: reason for the last missing transform
    """

    time: float
    counts: Counts
    recent: Counts
    rate: float
    processed_rate: float
    settled: bool
    age: float
    latencies: np.ndarray
    people: int
    last_image: float
    last_pose: float
    last_problem: str
    depth_problem: str = ''
    transform_problem: str = ''


class FrameStatistics:
    """Counts images; thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts = Counts()
        self.resume()
        self._last_image = self._last_pose = np.nan
        self._last_stamp_ns: int | None = None
        self._last_problem = self._depth_problem = self._transform_problem = ''
        self._present: frozenset[int] = frozenset()
        self._highest_track_id = 0

    def resume(self) -> None:
        """Restart rates and latencies, as after a pause; the counts continue."""
        with self._lock:
            self._since = time.monotonic()
            self._arrivals: deque[tuple[float, float]] = deque()
            self._timings: deque[tuple[float, Timing]] = deque()
            self._history = deque([(self._since, deepcopy(self._counts))])

    def receive(self, stamp_ns: int, age: float = np.nan) -> None:
        """
        Count a received image.

        :param stamp_ns: its stamp
        :param age: its age in seconds, NaN if unknown
        """
        now = time.monotonic()
        with self._lock:
            self._counts.received += 1
            self._counts.without_stamp += stamp_ns == 0
            self._counts.back_in_time += (
                self._last_stamp_ns is not None and stamp_ns < self._last_stamp_ns
            )
            self._last_stamp_ns = stamp_ns
            self._last_image = now
            self._arrivals.append((now, age))
            forget_before(self._arrivals, now - WINDOW)

    def add(self, **counts: int) -> None:
        """Add to counts, which have the names of the fields of :class:`Counts`."""
        with self._lock:
            for name, count in counts.items():
                setattr(self._counts, name, getattr(self._counts, name) + count)

    def match_depth(self, found: bool, rejected: tuple[str, str] | None = None) -> None:
        """
        Count an image processed with depth enabled.

        :param found: whether it has depth
        :param rejected: why its depth was rejected: a reason to count by, and a message
        """
        with self._lock:
            self._counts.with_depth += found
            self._counts.without_depth += not found
            if rejected:
                self._counts.depth_rejected[rejected[0]] += 1
                self._depth_problem = rejected[1]

    def miss_transform(self, problem: str) -> None:
        """Count an image without a transform at its stamp."""
        with self._lock:
            self._counts.transforms_missing += 1
            self._transform_problem = problem

    def reject(self, reason: str, problem: str) -> None:
        """Count an image that cannot be decoded."""
        with self._lock:
            self._counts.rejected[reason] += 1
            self._last_problem = problem

    def fail(self, problem: str) -> None:
        """Count an image whose processing failed."""
        with self._lock:
            self._counts.failed += 1
            self._last_problem = problem

    def finish(self, timing: Timing, result: PoseTrackerResult) -> None:
        """Count a processed image and its result."""
        now = time.monotonic()
        with self._lock:
            self._counts.processed += 1
            self._counts.with_pose += bool(result.poses)
            self._count_people(frozenset(pose.track_id for pose in result.poses))
            self._counts.detector_runs += result.detector_ran
            problems = [pose.position_problem for pose in result.poses]
            self._counts.placed += None in problems
            self._counts.position_problems.update(item.value for item in problems if item)
            if result.stamp_problem is not None:
                self._counts.stamp_problems[result.stamp_problem.value] += 1
            self._timings.append((now, timing))
            forget_before(self._timings, now - WINDOW)
            if result.poses:
                self._last_pose = now

    def _count_people(self, present: frozenset[int]) -> None:
        """Count people who came and who left; the track_id of new people rises."""
        new = {track_id for track_id in present if track_id > self._highest_track_id}
        self._counts.people += len(new)
        self._counts.people_lost += len(self._present - present)
        self._counts.people_found_again += len(present - self._present - new)
        self._highest_track_id = max(present | {self._highest_track_id})
        self._present = present

    @property
    def counts(self) -> Counts:
        """Return the counts so far."""
        with self._lock:
            return deepcopy(self._counts)

    def snapshot(self) -> Snapshot:
        """Return the current statistics; called about once a second."""
        now = time.monotonic()
        with self._lock:
            counts = deepcopy(self._counts)
            forget_before(self._arrivals, now - WINDOW)
            forget_before(self._timings, now - WINDOW)
            arrivals = [at for at, _ in self._arrivals]
            ages = np.array([age for _, age in self._arrivals])
            known = ages[np.isfinite(ages)]
            while len(self._history) > 1 and self._history[1][0] <= now - WINDOW:
                self._history.popleft()
            before = self._history[0][1]
            self._history.append((now, counts))
            return Snapshot(
                time=now,
                counts=counts,
                recent=_difference(counts, before),
                rate=rate(arrivals, now),
                processed_rate=rate([at for at, _ in self._timings], now),
                settled=now - self._since >= WINDOW
                or (len(arrivals) > 1 and arrivals[-1] - arrivals[0] >= _SETTLED),
                age=float(np.median(known)) if len(known) else np.nan,
                latencies=np.array(
                    [[getattr(timing, stage) for stage in STAGES] for _, timing in self._timings]
                ).reshape(-1, len(STAGES)),
                people=len(self._present),
                last_image=self._last_image,
                last_pose=self._last_pose,
                last_problem=self._last_problem,
                depth_problem=self._depth_problem,
                transform_problem=self._transform_problem,
            )


def rate(times: list[float], now: float) -> float:
    """
    Return the rate of images from the times of the recent ones.

    It is valid from the second image on; the wait for a late image counts as well.
    """
    if len(times) < 2:
        return len(times) / WINDOW
    intervals, span = len(times) - 1, times[-1] - times[0]
    late = max(now - times[-1] - span / intervals, 0.0)
    return intervals / max(span + late, 1e-3)


def forget_before(timed: deque[tuple[float, Any]], moment: float) -> None:
    """Remove items before a time from the front."""
    while timed and timed[0][0] < moment:
        timed.popleft()


def _difference(later: Counts, earlier: Counts) -> Counts:
    """Return the difference of two counts."""
    names = [count.name for count in fields(Counts)]
    return Counts(**{name: getattr(later, name) - getattr(earlier, name) for name in names})
