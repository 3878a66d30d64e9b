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

"""
Measure the figures of docs/activities.md: classes, false gestures, time.

Writes the tables of the page with ``--write``, and the picture of the confusion.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
import time

import cv2
import numpy as np
from page import markdown_table, write_section

from pose_tracking_ros.activities import (
    ActivityOptions,
    ActivityRecognizer,
    EventKind,
    PoseClasses,
)
from pose_tracking_ros.activities.confusion import confusion_picture, leave_one_recording_out
from pose_tracking_ros.blazepose import PoseTracker
from pose_tracking_ros.sample_data import sample_path
from pose_tracking_ros.video.source import VideoSource

PICTURE = Path(__file__).parents[1] / 'docs' / 'images' / 'exercise_confusion.png'
WALKS = [f'pose2sim_cam0{k}.mp4' for k in (1, 2, 3, 4)]


def classes_table(classes: PoseClasses) -> str:
    """Return the confusion of samples, classified by the samples of other recordings."""
    confusion = leave_one_recording_out(classes)
    cv2.imwrite(str(PICTURE), confusion_picture(confusion))
    rows = []
    for name, counts in zip(confusion.names, confusion.counts):
        recordings = {s.recording for s in classes.samples if s.name == name}
        right = counts[confusion.names.index(name)]
        total, unlike = counts.sum(), counts[-1]
        rows.append([name, str(total), str(len(recordings)), str(right), str(unlike),
                     f'{right / total:.1%}'])  # fmt: skip
    header = ['class', 'samples', 'recordings', 'right', 'like none', 'accuracy']
    return f'{markdown_table(header, rows)}\nAll: {confusion.accuracy:.1%}.\n'


def clips_table(paths: Sequence[Path]) -> str:
    """Return the activities recognized in clips of people who only walk."""
    rows, seconds, begun, repetitions = [], 0.0, 0, 0
    times = []
    for path in paths:
        tracker, recognizer = PoseTracker(), ActivityRecognizer(ActivityOptions())
        events, postures = [], Counter()
        with VideoSource(path) as video:
            for frame in video:
                poses = tracker.process(frame.image[:, :, ::-1], frame.stamp_ns).poses
                start = time.process_time()
                result = recognizer.update(poses, frame.stamp_ns)
                times.append(time.process_time() - start)
                events += result.events
                postures.update(activity.posture.value for activity in result.activities)
        gestures = [e.name for e in events if e.kind is EventKind.GESTURE and e.began]
        counted = sum(e.kind is EventKind.REPETITION for e in events)
        length = frame.stamp_ns * 1e-9
        seconds, begun = seconds + length, begun + len(gestures)
        repetitions += counted
        share = postures['standing'] / max(sum(postures.values()), 1)
        rows.append([path.stem, f'{length:.1f}', f'{share:.0%}', ', '.join(gestures) or 'none',
                     str(counted)])  # fmt: skip
        print(rows[-1], flush=True)
    header = ['clip', 'seconds', 'standing', 'gestures', 'repetitions']
    return (
        f'{markdown_table(header, rows)}\n{begun} gestures and {repetitions} repetitions in '
        f'{seconds:.0f} s. An image of one person takes {np.median(times) * 1e3:.1f} ms of a core '
        '(median), with postures, gestures and exercises.\n'
    )


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--write', action='store_true', help='write docs/activities.md')
    parser.add_argument(
        '--only', nargs='*', choices=['classes', 'clips'], help='what to measure'
    )
    parser.add_argument('--clips', type=Path, nargs='*', help='of people who walk')
    arguments = parser.parse_args()
    classes = PoseClasses.shipped()
    clips = arguments.clips
    clips = [sample_path(name) for name in WALKS] if clips is None else clips
    for name, measure in (
        ('classes', lambda: classes_table(classes)),
        ('clips', lambda: clips_table(clips)),
    ):
        if arguments.only and name not in arguments.only:
            continue
        text = measure()
        print(f'\n{name}\n{text}', flush=True)
        if arguments.write:
            write_section('activities.md', name, text)


if __name__ == '__main__':
    main()
