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

"""Statistics of an analysis."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np

from pose_tracking_ros.blazepose import Pose, PoseLandmark, StampProblem
from pose_tracking_ros.replay.activities import ActivityCounts
from pose_tracking_ros.replay.frames import AnalysedFrame
from pose_tracking_ros.replay.problems import ProblemKind, Problems

_STAMP_PROBLEMS = {
    StampProblem.REPEATED: ProblemKind.REPEATED_STAMP,
    StampProblem.STEPPED_BACK: ProblemKind.STAMP_OUT_OF_ORDER,
    StampProblem.MISSING: ProblemKind.MISSING_STAMP,
    StampProblem.WRONG_UNIT: ProblemKind.WRONG_STAMP_UNIT,
    StampProblem.JUMPED_BACK: ProblemKind.BACKWARD_STAMP,
    StampProblem.GAP: ProblemKind.GAP,
}


class RecordingStatistics:
    """
    Counts and means over the frames of a recording.

    :param problems: counts problems of images and stamps
    """

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self.frames = 0
        self.undecodable = 0
        self.frames_with_pose = 0
        self.detector_runs = 0
        self.activities = ActivityCounts()
        self._people: set[int] = set()
        self._stamps = array('q')
        self._before: AnalysedFrame | None = None
        self._visibility = np.zeros(len(PoseLandmark))
        self._jitter = np.zeros(len(PoseLandmark))
        self._jitter_frames = np.zeros(len(PoseLandmark), int)
        self._poses = 0
        self._last_places: dict[int, list[np.ndarray]] = {}
        self._names: tuple[str, ...] = ()

    def add(self, frame: AnalysedFrame) -> None:
        """Add the next frame."""
        self.frames += 1
        self._stamps.append(frame.stamp_ns)
        if frame.problem:
            self.undecodable += 1
            self._problems.add(
                ProblemKind.UNDECODABLE_IMAGE, f'image {frame.index}: {frame.problem}'
            )
        else:
            self._compare(frame)
            self._before = frame
        if frame.depth_problem:
            self._problems.add(ProblemKind.NO_DEPTH, f'image {frame.index}: {frame.depth_problem}')
        self.detector_runs += frame.result.detector_ran
        self._add_poses(frame)
        self.activities.add(frame)

    def _compare(self, frame: AnalysedFrame) -> None:
        """Count stamp problems and size changes between consecutive images."""
        before = self._before
        if before is None:
            return
        problem = frame.result.stamp_problem
        if problem is not None:
            seconds = (frame.stamp_ns - before.stamp_ns) / 1e9
            where = f', {seconds:.9g} s after the one before' if seconds else ''
            self._problems.add(_STAMP_PROBLEMS[problem], f'image {frame.index}{where}')
        if frame.size != before.size:
            self._problems.add(
                ProblemKind.SIZE_CHANGE,
                f'image {frame.index}, from {before.size[0]} x {before.size[1]} to '
                f'{frame.size[0]} x {frame.size[1]}',
            )

    def _add_poses(self, frame: AnalysedFrame) -> None:
        self.frames_with_pose += bool(frame.poses)
        self._last_places = {
            pose.track_id: self._add_pose(pose, frame.size) for pose in frame.poses
        }

    def _add_pose(self, pose: Pose, size: tuple[int, int]) -> list[np.ndarray]:
        """Add a pose; return the latest positions of its landmarks in pixels."""
        self._poses += 1
        self._people.add(pose.track_id)
        self._names = pose.skeleton.names
        self._visibility[: len(self._names)] += pose.landmarks[:, 3]
        before = self._last_places.get(pose.track_id, [])[-2:]
        places = [*before, pose.landmarks[:, :2] * size]
        if len(places) == 3:
            change = np.linalg.norm(places[0] - 2 * places[1] + places[2], axis=1)
            known = np.isfinite(change)
            self._jitter[: len(change)][known] += change[known]
            self._jitter_frames[: len(change)] += known
        return places

    def as_dict(self) -> dict[str, Any]:
        """Return the statistics as plain values."""
        stamps = np.array(self._stamps, np.int64)
        steps = np.diff(stamps)
        steps = steps[steps > 0]
        period = float(np.median(steps)) if len(steps) else 0.0
        missing = np.maximum(np.round(steps / period) - 1, 0).sum() if period else 0
        return {
            'images': self.frames,
            'undecodable_images': self.undecodable,
            'images_with_pose': self.frames_with_pose,
            'detector_runs': self.detector_runs,
            'people': len(self._people),
            'first_stamp_ns': int(stamps.min()) if len(stamps) else None,
            'last_stamp_ns': int(stamps.max()) if len(stamps) else None,
            'seconds': float(np.ptp(stamps) / 1e9) if len(stamps) else 0.0,
            'images_per_second': 1e9 / period if period else None,
            'missing_images': int(missing),
            'activities': self.activities.as_dict(),
            'landmarks': {
                name: {
                    'visibility': round(float(visibility / self._poses), 4),
                    'jitter_pixels': round(float(jitter / count), 3) if count else None,
                }
                for name, visibility, jitter, count in zip(
                    self._names, self._visibility, self._jitter, self._jitter_frames
                )
            },
        }
