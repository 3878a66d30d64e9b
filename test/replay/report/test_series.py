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

"""What a report shows of frames, in a bounded number of points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pose_tracking_ros.blazepose import FULL_BODY, Pose, PoseTrackerResult
from pose_tracking_ros.replay.frames import AnalysedFrame
from pose_tracking_ros.replay.problems import Problems
from pose_tracking_ros.replay.report.figures import floor_figure, person_figure, time_figure
from pose_tracking_ros.replay.report.series import (
    collect,
    MAX_BINS,
    MAX_PEOPLE,
    MAX_POINTS,
    Series,
    speed,
)
from pose_tracking_ros.replay.statistics import RecordingStatistics

PERIOD_NS = 33_333_333


def frame(index: int, stamp_ns: int | None = None, person: bool = True) -> AnalysedFrame:
    """Return a frame in which everything moves by a centimetre to the right each time."""
    world = np.zeros((33, 3), np.float32)
    world[:, 0] = 0.01 * index
    pose = Pose(
        skeleton=FULL_BODY, landmarks=np.full((33, 5), 0.5, np.float32), world_landmarks=world,
        inside_image=np.ones(33, bool), inside_region=np.ones(33, bool), score=0.9,
        roi=np.zeros(5), track_id=1)
    stamp_ns = index * PERIOD_NS if stamp_ns is None else stamp_ns
    return AnalysedFrame(
        index, stamp_ns, stamp_ns, 'camera', (640, 480),
        PoseTrackerResult((pose,) if person else (), detector_ran=not person),
        thumbnail=b'jpeg' if index % 5 == 0 else b'')


def series(frames: list[AnalysedFrame], by_recording: bool = False) -> Series:
    statistics = RecordingStatistics(Problems())
    for item in frames:
        statistics.add(item)
    return collect(frames, statistics.as_dict(), by_recording, 1.0)


def test_few_images_have_a_bin_each():
    found = series([frame(index, person=index >= 10) for index in range(30)])
    assert found.images.tolist() == [1] * 30
    assert found.events['person'].tolist() == [0] * 10 + [1] * 20
    assert found.events['detector'].tolist() == [1] * 10 + [0] * 20
    assert np.isnan(found.main.visibility[:, :10]).all()
    assert (found.main.visibility[:, 10:] == 0.5).all()
    assert len(found.thumbnails) == 6


def test_stamps_that_are_not_quite_regular_leave_no_empty_bins():
    noise = np.random.default_rng(0).integers(-3_000_000, 3_000_000, 200).tolist()
    frames = [frame(index, index * PERIOD_NS + noise[index]) for index in range(200)]
    assert (series(frames).images > 0).all()


def test_missing_images_leave_empty_bins():
    frames = [frame(index, (index + 5 * (index > 9)) * PERIOD_NS) for index in range(20)]
    assert (series(frames).images == 0).sum() in (3, 4)


def test_many_images_make_no_more_points_than_a_screen_has():
    found = series([frame(index) for index in range(10_000)])
    assert len(found.images) == MAX_BINS
    assert len(found.times) <= MAX_POINTS
    assert found.events['person'].sum() >= 10_000
    assert found.edges[-1] == pytest.approx(10_000 * PERIOD_NS / 1e9, rel=0.01)


def test_speed_is_the_way_over_the_time():
    found = series([frame(index) for index in range(10)])
    assert np.isnan(found.main.speeds[0]).all()
    np.testing.assert_allclose(found.main.speeds[1:], 0.3, rtol=1e-3)


def test_gap_breaks_the_lines_and_is_an_event():
    frames = [frame(index, (index + 60 * (index > 4)) * PERIOD_NS) for index in range(10)]
    found = series(frames)
    assert found.events['jump'].sum() == 1
    assert len(found.times) == 11
    assert np.isnan(found.main.angles[5]).all()


def test_times_of_the_recording_replace_stamps_that_go_back():
    stamps = [*range(10), *range(10)]
    frames = [
        replace(frame(index), stamp_ns=stamp * PERIOD_NS, received_ns=index * PERIOD_NS)
        for index, stamp in enumerate(stamps)
    ]
    found = series(frames, by_recording=True)
    assert (np.diff(found.times) >= 0).all()
    assert found.events['jump'].sum() == 1


def test_frame_that_was_not_analysed_is_counted_and_has_no_values():
    broken = AnalysedFrame(
        1, PERIOD_NS, PERIOD_NS, '', (0, 0), PoseTrackerResult(), problem='no image')
    found = series([frame(0), broken, frame(2)])
    assert found.events['undecodable'].sum() == 1
    assert found.main.has_person.tolist() == [True, False, True]


def test_each_person_has_a_lane_and_plots_of_their_own():
    frames = []
    for index in range(20):
        (pose,) = frame(index).poses
        still = replace(
            pose, track_id=2, world_landmarks=np.zeros((33, 3), np.float32))
        poses = [pose] * (index < 15) + [still] * (index >= 5)
        frames.append(replace(frame(index), result=PoseTrackerResult(tuple(poses))))
    found = series(frames)
    first, second = found.people
    assert (first.track_id, second.track_id, found.people_left_out) == (1, 2, 0)
    assert first.seen.tolist() == [1] * 15 + [0] * 5
    assert second.seen.tolist() == [0] * 5 + [1] * 15
    assert second.has_person.tolist() == [False] * 5 + [True] * 15
    np.testing.assert_allclose(first.speeds[1:15], 0.3, rtol=1e-3)
    np.testing.assert_array_equal(second.speeds[6:], 0)
    assert np.isnan(first.visibility[:, 15:]).all()
    assert found.main.has_person.all()


def test_of_many_people_those_in_the_most_images_have_lanes():
    frames = []
    for index in range(MAX_PEOPLE + 10):
        (pose,) = frame(index).poses
        poses = pose, replace(pose, track_id=100 + index)
        frames.append(replace(frame(index), result=PoseTrackerResult(poses)))
    found = series(frames)
    assert len(found.people) == MAX_PEOPLE
    assert found.people[0].track_id == 1
    assert found.people_left_out == 11
    figure = time_figure(found)
    (lanes,) = [trace for trace in figure['data'] if trace['name'] == 'people']
    assert len(lanes['z']) == len(set(lanes['y'])) == MAX_PEOPLE
    assert '11 more' in str(figure['layout']['annotations'])


def test_plots_of_a_person_are_those_of_the_figure():
    found = series([frame(index) for index in range(10)])
    traces = time_figure(found)['data']
    own = person_figure(found, found.people[0])
    assert own['lines'] == [trace['y'] for trace in traces if trace['type'] == 'scatter']
    assert [item['z'] for item in own['maps']] == [
        trace['z'] for trace in traces if trace['name'] == 'visibility'
    ]
    assert 'people' not in [trace['name'] for trace in traces]


def placed(index: int, positions: dict[int, tuple[float, float, float]]) -> AnalysedFrame:
    """Return a frame with people at positions in metres."""
    (pose,) = frame(index).poses
    poses = tuple(
        replace(pose, track_id=track_id, position=np.array(position))
        for track_id, position in positions.items()
    )
    return replace(frame(index), result=PoseTrackerResult(poses))


UNKNOWN = (np.nan, np.nan, np.nan)


def test_speed_is_that_of_the_positions_by_their_times():
    times = np.cumsum(np.random.default_rng(0).uniform(0.02, 0.05, 100))
    positions = np.outer(times, [0.6, 0.0, -0.8]) + np.array([0, 0, 5])
    tracks = np.ones(100, int)
    np.testing.assert_allclose(speed(times, positions, tracks), 1.0)
    outlier = positions.copy()
    outlier[50] += 3
    np.testing.assert_allclose(speed(times, outlier, tracks), 1.0, atol=0.35)
    gaps = positions.copy()
    gaps[30:40] = np.nan
    np.testing.assert_array_equal(
        np.isnan(speed(times, gaps, tracks)), np.isnan(gaps[:, 0]))


def test_speed_does_not_lead_from_one_person_to_another_or_back_in_time():
    times = np.array([0, 0.1, 0.2, 0.3, 0.2, 0.3, 5.0])
    positions = np.array([[0, 0, 2.0], [0, 0, 2], [0, 0, 9], [0, 0, 9], [0, 0, 1], [0, 0, 1],
                          [0, 0, 1]])
    found = speed(times, positions, np.array([1, 1, 2, 2, 2, 2, 3]))
    np.testing.assert_array_equal(found, [0, 0, 0, 0, 0, 0, np.nan])


def test_people_have_paths_on_the_floor_in_the_colours_of_their_lanes():
    frames = [
        placed(index, {1: (0.1 * index, 0.2, 3), 2: (-1, 0.2, 4) if index != 5 else UNKNOWN})
        for index in range(10)
    ]
    found = series(frames)
    figure = floor_figure(found, {'k': [500, 0, 300, 0, 500, 200, 0, 0, 1], 'width': 600})
    first, first_ends, second, _ = figure['data']
    assert first['x'] == [pytest.approx(0.1 * index) for index in range(10)]
    assert first['y'] == [3] * 10
    assert second['x'] == [-1] * 5 + [None] + [-1] * 4
    assert first_ends['x'] == [0, 0.9]
    assert first_ends['text'] == ['', '1']
    (lanes,) = [trace for trace in time_figure(found)['data'] if trace['name'] == 'people']
    colors = [color for _, color in lanes['colorscale']]
    assert [trace['line']['color'] for trace in (first, second)] == colors[1::2]
    # All paths and the camera are inside, and the scale bar is as long as it says.
    (left, right), (near, far) = (figure['layout'][axis]['range'] for axis in ('xaxis', 'yaxis'))
    assert left < -1 < 0.9 < right
    assert near < 0 < 4 < far
    bar = figure['layout']['shapes'][-1]
    (label,) = figure['layout']['annotations']
    assert bar['x1'] - bar['x0'] == pytest.approx(float(label['text'].removesuffix(' m')))


def test_distance_and_speed_are_shown_where_positions_are_known():
    frames = [placed(index, {1: (0, 3, 4) if index < 8 else UNKNOWN}) for index in range(10)]
    lines = {trace['name']: trace for trace in time_figure(series(frames))['data']}
    assert lines['distance']['y'] == [5] * 8 + [None] * 2
    assert lines['speed']['y'] == [0] * 8 + [None] * 2
    without = series([frame(index) for index in range(10)])
    assert floor_figure(without, None) is None
    assert not {'distance', 'speed'} & {trace['name'] for trace in time_figure(without)['data']}
