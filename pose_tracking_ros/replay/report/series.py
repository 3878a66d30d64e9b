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

"""Time series for a report, with a limited number of points for any number of frames."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pose_tracking_ros.activities import ActivityEvent, EventKind
from pose_tracking_ros.activities.results import Activity, Ongoing
from pose_tracking_ros.blazepose import FULL_BODY, Pose, PoseLandmark
from pose_tracking_ros.replay.frames import AnalysedFrame
from pose_tracking_ros.replay.joint_angles import body_points, joint_angles

MAX_BINS = 600
MAX_POINTS = 2500
MAX_THUMBNAILS = 96
MAX_PEOPLE = 16

_FALLBACK_RATE = 30.0
"""Images per second of a single image."""

_MISSING = 1.75
"""Minimum periods between two images with a missing one between them."""

SPEEDS = ('left_wrist', 'right_wrist', 'left_ankle', 'right_ankle')
"""Landmarks with a speed plot."""

_SPEED_WINDOW = 0.25
"""Seconds before and after a time that determine the speed of the person."""

_FAST = [PoseLandmark[name.upper()] for name in SPEEDS]

EVENTS = ('person', 'detector', 'undecodable', 'jump')
"""
Counts over time: images with a person, runs of the person detector, undecodable images, and jumps
of the stamps.
"""

Lane = tuple[EventKind, str]
"""Kind and name of an activity."""


@dataclass(frozen=True, eq=False)
class PersonSeries:
    """
    A person over time: B bins and P points as in :class:`Series`.

    :param track_id: number of the person, None for the main person in each image
    :param seen: int (B,): images with the person in each bin
    :param visibility: float64 (33, B): mean visibility of each landmark, NaN without the person
    :param angles: float32 (P, 10): joint angles in degrees, NaN where unknown
    :param speeds: float32 (P, 4): speeds of :data:`SPEEDS` relative to the hips in metres per
        second, NaN where unknown
    :param positions: float64 (P, 3): mid-hips in metres, NaN where unknown
    :param speed: float64 (P,): speed of the person in metres per second, NaN where unknown
    :param has_person: bool (P,): whether the person is in the image
    :param lanes: for each activity int (B,), images with the activity in each bin
    :param times: how often each activity began while the person was in the image
    """

    track_id: int | None
    seen: np.ndarray
    visibility: np.ndarray
    angles: np.ndarray
    speeds: np.ndarray
    positions: np.ndarray
    speed: np.ndarray
    has_person: np.ndarray
    lanes: dict[Lane, np.ndarray]
    times: Counter[Lane]


@dataclass(frozen=True, eq=False)
class Series:
    """
    A recording over time.

    :param by_recording: whether times are recording times, because the stamps go backwards
    :param edges: float64 (B + 1,): edges of the bins in seconds since the beginning
    :param images: int (B,): images in each bin
    :param events: for each of :data:`EVENTS` int (B,), its count in each bin
    :param times: float64 (P,): times of the points in seconds since the beginning
    :param main: the main person in each image
    :param people: the people in the most images, at most :data:`MAX_PEOPLE`, by number
    :param people_left_out: number of other people
    :param thumbnails: seconds since the beginning, and a JPEG
    """

    by_recording: bool
    edges: np.ndarray
    images: np.ndarray
    events: dict[str, np.ndarray]
    times: np.ndarray
    main: PersonSeries
    people: list[PersonSeries]
    people_left_out: int
    thumbnails: list[tuple[float, bytes]]

    @property
    def has_positions(self) -> bool:
        """Return whether any position in metres is known."""
        return bool(np.isfinite(self.main.positions).any())


def collect(
    frames: Iterable[AnalysedFrame],
    result: dict[str, Any],
    by_recording: bool,
    timeout: float,
    events: Sequence[tuple[int, ActivityEvent]] = (),
) -> Series:
    """
    Return the series of a recording.

    :param frames: all frames in order
    :param result: the result in its summary
    :param by_recording: whether to use recording times instead of stamps
    :param timeout: maximum seconds between two images before the tracker starts over
    :param events: activity events with their frame numbers
    """
    collector = _Collector(result, by_recording, timeout, events)
    for frame in frames:
        collector.add(frame)
    return collector.series()


class _Collector:
    """Collects the series frame by frame."""

    def __init__(
        self,
        result: dict[str, Any],
        by_recording: bool,
        timeout: float,
        events: Sequence[tuple[int, ActivityEvent]],
    ) -> None:
        self._by_recording = by_recording
        self._timeout_ns = round(timeout * 1e9)
        self._origin_ns: int | None = None if by_recording else result['first_stamp_ns']
        count = result['images']
        self._period = 1 / (result['images_per_second'] or _FALLBACK_RATE)
        # Each image covers a period, with its time in the middle.
        self._duration = self._period * count if by_recording else result['seconds'] + self._period
        self._bins = max(1, min(MAX_BINS, count))
        self._last_place = -1
        self._last_seconds = -np.inf
        self._step = max(1, -(-count // MAX_POINTS))
        self._images = np.zeros(self._bins, int)
        self._events = {name: np.zeros(self._bins, int) for name in EVENTS}
        self._activity_events: defaultdict[int, list[ActivityEvent]] = defaultdict(list)
        for index, event in events:
            self._activity_events[index].append(event)
        self._ongoing = Ongoing()
        self._before: AnalysedFrame | None = None
        self._times: list[float] = []
        self._main = _PersonCollector(None)
        self._people: dict[int, _PersonCollector] = {}
        self._thumbnails: list[tuple[float, bytes]] = []

    def add(self, frame: AnalysedFrame) -> None:
        """Add a frame."""
        seconds = self._seconds(frame)
        ratio = (seconds + self._period / 2) / self._duration
        place = int(np.clip(ratio * self._bins, 0, self._bins - 1))
        first = place
        if 0 < seconds - self._last_seconds < _MISSING * self._period:
            # Fill the bins that slightly irregular stamps leave empty.
            first = min(place, self._last_place + 1)
        self._add_to_bins(slice(first, place + 1), frame)
        self._last_place, self._last_seconds = place, seconds
        if frame.thumbnail:
            self._thumbnails.append((seconds, frame.thumbnail))
        if self._jumps(frame) and self._times:
            # Interrupt the lines at the jump.
            self._times.append(seconds)
        if frame.index % self._step == 0:
            self._add_point(seconds, frame)
        self._before = frame

    def series(self) -> Series:
        """Return the series."""
        step = -(-len(self._thumbnails) // MAX_THUMBNAILS) or 1
        most = sorted(self._people.values(), key=lambda person: -person.images)[:MAX_PEOPLE]
        most.sort(key=lambda person: person.track_id)
        shape = self._bins, np.array(self._times)
        return Series(
            by_recording=self._by_recording,
            edges=np.linspace(0, self._duration, self._bins + 1) - self._period / 2,
            images=self._images,
            events=self._events,
            times=shape[1],
            main=self._main.series(*shape),
            people=[person.series(*shape) for person in most],
            people_left_out=len(self._people) - len(most),
            thumbnails=self._thumbnails[::step],
        )

    def _seconds(self, frame: AnalysedFrame) -> float:
        time_ns = frame.received_ns if self._by_recording else frame.stamp_ns
        if self._origin_ns is None:
            self._origin_ns = time_ns
        return (time_ns - self._origin_ns) / 1e9

    def _add_to_bins(self, places: slice, frame: AnalysedFrame) -> None:
        """Count a frame."""
        self._images[places] += 1
        self._events['person'][places] += bool(frame.poses)
        self._events['detector'][places] += frame.result.detector_ran
        self._events['undecodable'][places] += bool(frame.problem)
        self._events['jump'][places] += self._jumps(frame)
        begun = self._begun(frame)
        current = {*begun, *self._ongoing}
        for person, pose in self._persons(frame):
            person.see(places, pose)
            for lane in (item[1:] for item in current if item.track_id == pose.track_id):
                person.do(places, lane)
            person.times.update(item[1:] for item in begun if item.track_id == pose.track_id)

    def _begun(self, frame: AnalysedFrame) -> set[Activity]:
        """Return the activities that begin in a frame, and update the ongoing ones."""
        events = self._activity_events.pop(frame.index, ())
        self._ongoing.update(events)
        return {Activity(item.track_id, item.kind, item.name) for item in events if item.began}

    def _persons(self, frame: AnalysedFrame) -> Iterator[tuple[_PersonCollector, Pose]]:
        """Yield the poses of a frame with their collectors, the main person's twice."""
        if frame.poses:
            yield self._main, frame.poses[0]
        for pose in frame.poses:
            yield self._people.setdefault(pose.track_id, _PersonCollector(pose.track_id)), pose

    def _jumps(self, frame: AnalysedFrame) -> bool:
        """Return whether the stamp jumps."""
        if self._before is None:
            return False
        return not 0 < frame.stamp_ns - self._before.stamp_ns <= self._timeout_ns

    def _add_point(self, seconds: float, frame: AnalysedFrame) -> None:
        """Add a point to the series of the people in a frame."""
        for person, pose in self._persons(frame):
            person.add(len(self._times), pose, frame.size, self._speed(frame, pose))
        self._times.append(seconds)

    def _speed(self, frame: AnalysedFrame, pose: Pose) -> np.ndarray:
        """Return the speeds of landmarks in metres per second, NaN where unknown."""
        before = self._before
        earlier = None if before is None else _of_track(before, pose.track_id)
        if earlier is None or self._jumps(frame) or not len(pose.world_landmarks):
            return np.full(len(SPEEDS), np.nan)
        way = pose.world_landmarks[_FAST] - earlier.world_landmarks[_FAST]
        return np.linalg.norm(way, axis=1) / ((frame.stamp_ns - before.stamp_ns) / 1e9)


class _PersonCollector:
    """Collects the series of a person; stores images with the person only."""

    def __init__(self, track_id: int | None) -> None:
        self.track_id = track_id
        self.images = 0
        self.times: Counter[Lane] = Counter()
        self._lanes: defaultdict[Lane, Counter[int]] = defaultdict(Counter)
        self._skeleton = FULL_BODY
        self._seen: dict[int, int] = {}
        self._visibility: dict[int, np.ndarray] = {}
        self._points: list[int] = []
        self._bodies: list[np.ndarray] = []
        self._speeds: list[np.ndarray] = []
        self._positions: list[np.ndarray] = []
        self._tracks: list[int] = []

    def see(self, bins: slice, pose: Pose) -> None:
        """Count an image with the person."""
        self.images += 1
        visibility = np.zeros(len(PoseLandmark))
        visibility[: len(pose.landmarks)] = pose.landmarks[:, 3]
        for place in range(bins.start, bins.stop):
            self._seen[place] = self._seen.get(place, 0) + 1
            self._visibility[place] = self._visibility.get(place, 0) + visibility

    def do(self, bins: slice, lane: Lane) -> None:
        """Count an image with an activity of the person."""
        self._lanes[lane].update(range(bins.start, bins.stop))

    def add(self, point: int, pose: Pose, size: tuple[int, int], speeds: np.ndarray) -> None:
        """Add a point of the series."""
        self._skeleton = pose.skeleton
        self._points.append(point)
        self._bodies.append(body_points(pose, size))
        self._speeds.append(speeds)
        self._positions.append(pose.position)
        self._tracks.append(pose.track_id)

    def series(self, bins: int, times: np.ndarray) -> PersonSeries:
        """Return the series, with a number of bins and a point for each time."""
        points = len(times)
        seen = np.zeros(bins, int)
        visibility = np.full((len(PoseLandmark), bins), np.nan)
        for place, count in self._seen.items():
            seen[place] = count
            visibility[:, place] = self._visibility[place] / count
        bodies = np.full((points, len(PoseLandmark), 3), np.nan)
        speeds = np.full((points, len(SPEEDS)), np.nan, np.float32)
        positions = np.full((points, 3), np.nan)
        tracks = np.zeros(points, int)
        has_person = np.zeros(points, bool)
        if self._points:
            positions[self._points] = self._positions
            tracks[self._points] = self._tracks
            bodies[self._points] = self._bodies
            speeds[self._points] = self._speeds
            has_person[self._points] = True
        angles = joint_angles(bodies, self._skeleton)
        lanes = {}
        for lane, counts in self._lanes.items():
            lanes[lane] = np.zeros(bins, int)
            lanes[lane][list(counts)] = list(counts.values())
        return PersonSeries(
            self.track_id, seen, visibility, angles, speeds, positions,
            speed(times, positions, tracks), has_person, lanes, self.times,
        )


def speed(times: np.ndarray, positions: np.ndarray, tracks: np.ndarray) -> np.ndarray:
    """
    Return the speed of a person, from medians of the positions before and after each time.

    :param times: (P,) in seconds
    :param positions: (P, 3) in metres, NaN where unknown; medians do not span a gap
    :param tracks: int (P,): the track_id of each position
    :return: float64 (P,) in metres per second, NaN where unknown
    """
    found = np.full(len(times), np.nan)
    known = np.isfinite(positions).all(axis=1)
    breaks = (np.diff(times) <= 0) | (np.diff(tracks) != 0) | (np.diff(known) != 0)
    for run in np.split(np.arange(len(times)), np.flatnonzero(breaks) + 1):
        if len(run) < 2 or not known[run[0]]:
            continue
        moments, places = times[run], positions[run]
        # Sparse points need a neighbour in the window, too.
        window = max(_SPEED_WINDOW, np.median(np.diff(moments)))
        for index, moment in enumerate(moments):
            first, last = np.searchsorted(moments, (moment - window, moment + window + 1e-9))
            before, after = slice(first, index + 1), slice(index, last)
            way = np.median(places[after], axis=0) - np.median(places[before], axis=0)
            seconds = np.median(moments[after]) - np.median(moments[before])
            if seconds > 0:
                found[run[index]] = np.linalg.norm(way) / seconds
    return found


def _of_track(frame: AnalysedFrame, track_id: int) -> Pose | None:
    """Return the pose of a track in a frame, None if it has none."""
    return next((pose for pose in frame.poses if pose.track_id == track_id), None)
