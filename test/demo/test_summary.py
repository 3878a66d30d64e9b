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

"""The figures of a run and how they read."""

import math

import numpy as np
import pytest

from pose_tracking_ros.blazepose import FULL_BODY, Pose, PoseTrackerResult
from pose_tracking_ros.demo.summary import format_summary, summarize
from pose_tracking_ros.replay.frames import AnalysedFrame

MS = 1_000_000


def recorded(stamp_ms, latency_ms, track_id=None, detector_ran=False):
    """Return a frame, with a person when it has a track."""
    inside = np.ones(33, bool)
    pose = track_id and Pose(
        FULL_BODY,
        np.zeros((33, 5)),
        np.zeros((33, 3)),
        inside,
        inside,
        0.9,
        np.zeros(5),
        track_id,
    )
    result = PoseTrackerResult((pose,) if pose else (), detector_ran)
    received_ns = (stamp_ms + latency_ms) * MS
    return AnalysedFrame(0, stamp_ms * MS, received_ns, 'camera', (4, 3), result)


FRAMES = [
    recorded(0, 10, track_id=1, detector_ran=True),
    recorded(100, 20, track_id=1),
    recorded(200, 30, detector_ran=True),
    recorded(300, 40, track_id=2, detector_ran=True),
    recorded(400, 10, track_id=2),
]
PUBLISHER = {'sent': 8, 'left_out': 2, 'pauses': 3, 'paused_seconds': 0.8}
RECORDER = {'execution_provider': 'SomeExecutionProvider', 'images': 4}
ACCOUNT = '8 images received, 3 dropped for a newer one'


def test_frames_poses_detections_and_tracks_are_counted():
    summary = summarize(FRAMES, PUBLISHER, RECORDER, ACCOUNT)
    assert (summary.frames_sent, summary.frames_received, summary.frames_lost) == (8, 5, 3)
    assert (summary.frames_with_pose, summary.detector_runs, summary.people) == (4, 3, 2)
    assert summary.frames_left_out == 2
    assert (summary.video_pauses, summary.video_paused_seconds) == (3, 0.8)
    assert summary.execution_provider == 'SomeExecutionProvider'
    assert summary.annotated_images == 4


def test_latency_is_from_stamp_to_reception_and_the_rate_from_reception_to_reception():
    summary = summarize(FRAMES, PUBLISHER, RECORDER, ACCOUNT)
    assert summary.latency_median_ms == pytest.approx(20)
    assert summary.latency_p95_ms == pytest.approx(np.percentile([10, 20, 30, 40, 10], 95))
    assert summary.frames_per_second == pytest.approx(4 / 0.4)


@pytest.mark.parametrize('frames', [[], FRAMES[:1]], ids=['none', 'one'])
def test_a_rate_needs_two_frames(frames):
    summary = summarize(frames, {}, {}, '')
    assert math.isnan(summary.frames_per_second)
    assert math.isnan(summary.latency_median_ms) == (not frames)


def test_the_text_tells_what_is_missing_and_why():
    text = format_summary(summarize(FRAMES, PUBLISHER, RECORDER, ACCOUNT))
    assert '8 of 10: more would exceed the maximum rate' in text
    assert 'pauses of video  3, 0.8 s in total' in text
    assert '5 (3 ' in text
    assert '4 (80.0%)' in text
    assert '4 (1 came faster' in text
    assert '20.0 ms median' in text
    assert 'SomeExecutionProvider' in text
    assert ACCOUNT in text


def test_the_text_of_a_whole_run_has_no_remarks():
    whole = summarize(FRAMES, {'sent': 5}, {'images': 5}, '')
    text = format_summary(whole)
    remarks = ('left out', 'pauses', 'dropped', 'says', 'came faster')
    assert not any(remark in text for remark in remarks)


@pytest.mark.parametrize('frames', [[], FRAMES[:1]], ids=['none', 'one'])
def test_a_run_without_a_rate_reads_as_well(frames):
    text = format_summary(summarize(frames, {}, {}, ''))
    assert 'received' in text
    assert 'frame rate  -' in text
