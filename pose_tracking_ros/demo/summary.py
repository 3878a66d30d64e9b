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

"""The figures of a run of the demo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pose_tracking_ros.replay.frames import AnalysedFrame


@dataclass(frozen=True)
class DemoSummary:
    """
    The figures of a run.

    :param frames_sent: images that the video publisher published
    :param frames_left_out: frames of the video skipped to keep the maximum rate
    :param video_pauses: pauses of the video, because it was not decoded and sent in time
    :param video_paused_seconds: total duration of the pauses
    :param frames_received: images for which the pose node published landmarks that arrived
    :param frames_with_pose: those of them with a person
    :param detector_runs: runs of the person detector
    :param people: number of different tracks
    :param frames_per_second: rate at which landmarks were received, NaN for fewer than two
    :param latency_median_ms: milliseconds from an image's stamp to its landmarks being received,
        NaN without any
    :param latency_p95_ms: the 95th percentile of the latencies
    :param annotated_images: recorded annotated images
    :param execution_provider: the provider that ran the models of the pose node
    :param node_account: the node's own counts of its images, as text
    """

    frames_sent: int
    frames_left_out: int
    video_pauses: int
    video_paused_seconds: float
    frames_received: int
    frames_with_pose: int
    detector_runs: int
    people: int
    frames_per_second: float
    latency_median_ms: float
    latency_p95_ms: float
    annotated_images: int
    execution_provider: str
    node_account: str

    @property
    def frames_lost(self) -> int:
        """Return the number of images without an answer."""
        return self.frames_sent - self.frames_received


def summarize(
    frames: Sequence[AnalysedFrame], publisher: dict, recorder: dict, node_account: str
) -> DemoSummary:
    """
    Return the figures of a run.

    :param frames: the recorded frames, in the order of reception
    :param publisher: last status of the video publisher
    :param recorder: last status of the recorder
    :param node_account: the node's own counts of its images, as text
    """
    latencies_ms = [(frame.received_ns - frame.stamp_ns) / 1e6 for frame in frames]
    median, p95 = np.percentile(latencies_ms, [50, 95]) if frames else (np.nan, np.nan)
    elapsed_ns = frames[-1].received_ns - frames[0].received_ns if frames else 0
    return DemoSummary(
        frames_sent=publisher.get('sent', 0),
        frames_left_out=publisher.get('left_out', 0),
        video_pauses=publisher.get('pauses', 0),
        video_paused_seconds=publisher.get('paused_seconds', 0.0),
        frames_received=len(frames),
        frames_with_pose=sum(bool(frame.poses) for frame in frames),
        detector_runs=sum(frame.result.detector_ran for frame in frames),
        people=len({pose.track_id for frame in frames for pose in frame.poses}),
        frames_per_second=(len(frames) - 1) / elapsed_ns * 1e9 if elapsed_ns else float('nan'),
        latency_median_ms=float(median),
        latency_p95_ms=float(p95),
        annotated_images=recorder.get('images', 0),
        execution_provider=recorder.get('execution_provider', ''),
        node_account=node_account,
    )


def format_summary(summary: DemoSummary) -> str:
    """Return the figures as lines of text."""
    sent, received, lost = summary.frames_sent, summary.frames_received, summary.frames_lost
    left_out, pauses = summary.frames_left_out, summary.video_pauses
    unrecorded = received - summary.annotated_images
    rows = {
        'frames sent': f'{sent}'
        + (f' of {sent + left_out}: more would exceed the maximum rate' if left_out else ''),
        'pauses of video': pauses
        and f'{pauses}, {summary.video_paused_seconds:.1f} s in total: it could not be decoded '
        'and sent in time',
        'received': f'{received}'
        + (f' ({lost} dropped while the node was busy, or lost on the way)' if lost else ''),
        'pose node says': lost and summary.node_account,
        'with a pose': f'{summary.frames_with_pose}'
        + (f' ({summary.frames_with_pose / received:.1%})' if received else ''),
        'detector runs': str(summary.detector_runs),
        'track ids': str(summary.people),
        'frame rate': f'{summary.frames_per_second:.1f} frames/s'
        if summary.frames_per_second > 0 else '-',
        'latency': f'{summary.latency_median_ms:.1f} ms median, '
        f'{summary.latency_p95_ms:.1f} ms 95th percentile, image stamp to landmarks received',
        'ran on': summary.execution_provider,
        'annotated images': f'{summary.annotated_images}'
        + (f' ({unrecorded} came faster than they could be recorded)' if unrecorded > 0 else ''),
    }
    return '\n'.join(f'{name:>18}  {value}' for name, value in rows.items() if value)
