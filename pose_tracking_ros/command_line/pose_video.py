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

"""``pose-video``: track the pose in a video, without ROS."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
import json
from pathlib import Path
import sys
import time

import cv2

from pose_tracking_ros.blazepose import PoseTracker
from pose_tracking_ros.blazepose.loading import end_process
from pose_tracking_ros.command_line.progress_line import ProgressLine
from pose_tracking_ros.command_line.tracker_arguments import (
    add_tracker_arguments,
    tracker_options,
)
from pose_tracking_ros.drawing import PoseAnnotator
from pose_tracking_ros.landmark_table import LandmarkTable
from pose_tracking_ros.results_folder import ResultsFolder
from pose_tracking_ros.video.annotated_video import AnnotatedVideo
from pose_tracking_ros.video.contact_sheet import contact_sheet
from pose_tracking_ros.video.source import VideoSource

VIDEO = 'annotated.mp4'
SHEET = 'contact_sheet.png'
TABLE = 'landmarks.csv'
SUMMARY = 'summary.json'


@dataclass
class Summary:
    """
    What came out of a video.

    :param frames: frames that were decoded
    :param frames_with_pose: those of them with a person
    :param detector_runs: how often the person detector ran
    :param people: how often a body was found anew
    :param seconds: how long the tracker took for all frames, without decoding and writing
    :param execution_provider: what the models ran on
    """

    frames: int = 0
    frames_with_pose: int = 0
    detector_runs: int = 0
    people: int = 0
    seconds: float = 0.0
    execution_provider: str = ''

    @property
    def frames_per_second(self) -> float:
        """Return how many frames the tracker does in a second."""
        return self.frames / self.seconds if self.seconds else 0.0


def main(argv: Sequence[str] | None = None) -> int:
    """
    Track the pose in the video that the command line names.

    :return: 0 when all frames were processed, 1 when something went wrong, 130 when interrupted
    """
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        options = tracker_options(arguments)
    except ValueError as error:
        parser.error(str(error))
    try:
        summary, finished = _run(arguments, PoseTracker(*options))
    except (OSError, RuntimeError, ValueError) as error:
        print(f'pose-video: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # while the models were loaded
        return end_process(130)
    _report(summary, arguments.output)
    return 0 if finished else 130


def _parser() -> ArgumentParser:
    """Return the description of the command line."""
    parser = ArgumentParser(
        prog='pose-video',
        description='Track the pose of a person in a video. Leaves the annotated video '
        f'({VIDEO}), a contact sheet of it ({SHEET}), the landmarks as a table ({TABLE}) and a '
        f'summary ({SUMMARY}) in a folder; those of an earlier run are replaced.',
    )
    parser.add_argument('input', help='a video file, or the index of a camera: Ctrl-C ends it')
    parser.add_argument('--output', type=Path, default=Path('pose_video_output'), metavar='DIR')
    add_tracker_arguments(parser)
    return parser


def _run(arguments: Namespace, tracker: PoseTracker) -> tuple[Summary, bool]:
    """Process all frames; return what came out and whether the end of the video was reached."""
    annotator = PoseAnnotator(color_order='bgr')
    summary = Summary(execution_provider=tracker.execution_provider)
    people: set[int] = set()
    finished = True
    with ExitStack() as stack:
        source = stack.enter_context(VideoSource(arguments.input))
        results = ResultsFolder(arguments.output, (VIDEO, SHEET, TABLE, SUMMARY))
        video = stack.enter_context(AnnotatedVideo(results / VIDEO, source.rate))
        table = stack.enter_context(LandmarkTable(results / TABLE))
        progress = stack.enter_context(ProgressLine())
        try:
            for frame in source:
                started = time.perf_counter()
                result = tracker.process(frame.image[:, :, ::-1], frame.stamp_ns)
                summary.seconds += time.perf_counter() - started
                summary.frames += 1
                summary.frames_with_pose += bool(result.poses)
                summary.detector_runs += result.detector_ran
                people.update(pose.track_id for pose in result.poses)
                summary.people = len(people)
                table.write(frame.index, frame.stamp_ns, result.poses)
                video.write(annotator.annotate(frame.image, result.poses), frame.stamp_ns)
                progress.show(_progress(summary, source.expected_frames))
        except KeyboardInterrupt:
            finished = source.is_camera
    if summary.frames:
        cv2.imwrite(str(results / SHEET), contact_sheet(results / VIDEO))
    values = asdict(summary) | {'frames_per_second': summary.frames_per_second}
    (results / SUMMARY).write_text(json.dumps(values, indent=2) + '\n', encoding='utf-8')
    return summary, finished


def _progress(summary: Summary, expected_frames: int | None) -> str:
    """Return how far the run has come in a line."""
    of = f' of {expected_frames}' if expected_frames else ''
    return (
        f'frame {summary.frames}{of}, with a pose {summary.frames_with_pose}, '
        f'{summary.frames_per_second:.1f} frames/s'
    )


def _report(summary: Summary, output: Path) -> None:
    """Print what came out and where it lies."""
    share = f' ({summary.frames_with_pose / summary.frames:.1%})' if summary.frames else ''
    rows = {
        'frames': summary.frames,
        'with a pose': f'{summary.frames_with_pose}{share}',
        'detector runs': summary.detector_runs,
        'bodies found anew': summary.people,
        'tracker speed': f'{summary.frames_per_second:.1f} frames/s',
        'ran on': summary.execution_provider,
        'results in': output,
    }
    for name, value in rows.items():
        print(f'{name:>18}  {value}')
    if not summary.frames_with_pose:
        print('pose-video: no person was found in any frame', file=sys.stderr)


if __name__ == '__main__':
    sys.exit(main())
