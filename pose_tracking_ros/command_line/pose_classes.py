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

"""``pose-classes``: learn classes of poses from images and recordings, and check them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
import sys

import cv2
import numpy as np

from pose_tracking_ros import __version__
from pose_tracking_ros.activities.confusion import confusion_picture, leave_one_recording_out
from pose_tracking_ros.activities.learning import intervals_in, intervals_of, learn
from pose_tracking_ros.activities.pose_classes import PoseClassError, PoseClasses
from pose_tracking_ros.blazepose import InferenceOptions, PoseTracker, PoseTrackerOptions
from pose_tracking_ros.blazepose.loading import end_process, stop_when
from pose_tracking_ros.command_line.tracker_arguments import (
    add_tracker_arguments,
    MODEL_GROUPS,
    Parser,
)
from pose_tracking_ros.parameter_table import options_from
from pose_tracking_ros.replay.inputs.recordings import open_recording
from pose_tracking_ros.replay.options import AnalysisOptions
from pose_tracking_ros.replay.problems import Problems, reason
from pose_tracking_ros.replay.safe_files import check_replaceable
from pose_tracking_ros.replay.safe_files import replace as replace_file
from pose_tracking_ros.replay.stop_signals import StopSignals
from pose_tracking_ros.replay.temporary import remove_temporary_folders
from pose_tracking_ros.safe_text import print_line, printable
from pose_tracking_ros.video.image_series import IMAGE_SUFFIXES

_PROGRAM = 'pose-classes'

_EACH_IMAGE = (
    'each image counts as a recording of its own: images of one clip make check too optimistic, '
    'learn from the clip instead'
)

_WITHOUT_USE = 'upper_body_only', 'enable_segmentation', 'smooth_segmentation'
"""Options of the tracker without use for samples, which need the depth of the whole body."""


def main(argv: Sequence[str] | None = None) -> int:
    """
    Learn or check classes of poses.

    :param argv: the arguments, by default those of the process
    :return: 0 on success, 1 if something was left out, 2 on failure
    """
    with StopSignals(on_end=remove_temporary_folders) as signals:
        parser = _parser()
        arguments = parser.parse_args(argv)
        try:
            if arguments.command == 'check':
                return _check(arguments)
            stop_when(signals.came)
            return end_process(_learn(parser, arguments, signals))
        # The reason helps a user more than a traceback.
        except Exception as error:
            print_line(f'{_PROGRAM}: {reason(error)}', sys.stderr)
            return 2
        finally:
            remove_temporary_folders()


def _learn(parser: ArgumentParser, arguments: Namespace, signals: StopSignals) -> int:
    """Learn samples; return the exit code."""
    try:
        options = options_from(vars(arguments), PoseTrackerOptions)
        inference = options_from(vars(arguments), InferenceOptions)
    except ValueError as error:
        parser.error(str(error))
    check_replaceable(arguments.output, arguments.force)
    if arguments.intervals:
        intervals = intervals_of(arguments.intervals, arguments.folder)
    else:
        intervals = intervals_in(arguments.folder)
    analysis = AnalysisOptions(tracker=options, inference=inference)
    left_out = []

    def frames(path: Path) -> Iterator[tuple[int, np.ndarray]]:
        if signals.came():
            raise InterruptedError('stopped')
        source = open_recording(path, analysis, Problems(), signals.came)
        for image in source.images(analysis.window):
            if signals.came():
                raise InterruptedError('stopped')
            yield image.stamp_ns, image.decode()

    def log(text: str, is_left_out: bool) -> None:
        print_line(printable(text), sys.stderr if is_left_out else sys.stdout)
        left_out.extend([text] if is_left_out else [])

    samples = learn(
        intervals,
        PoseTracker(options, inference),
        PoseTracker(replace(options, static_image_mode=True), inference),
        frames,
        arguments.period,
        log,
    )
    if signals.came():
        print_line(f'{_PROGRAM}: stopped, {arguments.output} is not written', sys.stderr)
        return signals.exit_code
    if not samples:
        raise PoseClassError('no image shows a person who can be learnt from')
    classes = PoseClasses(samples)
    replace_file(arguments.output, classes.text().encode())
    for line in _description(classes):
        print_line(printable(line), sys.stdout)
    if any(interval.path.suffix.lower() in IMAGE_SUFFIXES for interval in intervals):
        print_line(_EACH_IMAGE, sys.stdout)
    print_line(printable(f'{arguments.output}: check it with pose-classes check'), sys.stdout)
    return 1 if left_out else 0


def _check(arguments: Namespace) -> int:
    """Check a file of samples; return the exit code."""
    if arguments.picture:
        check_replaceable(arguments.picture, arguments.force)
    classes = PoseClasses.load(arguments.file) if arguments.file else PoseClasses.shipped()
    confusion = leave_one_recording_out(classes)
    lines = [
        *_description(classes),
        *(f'{name} has one recording: add another' for name in confusion.unchecked),
        *(f'{name} of {recording} is taken for {found}: samples {count}'
          for (recording, name, found), count in Counter(confusion.wrong).items()),
    ]  # fmt: skip
    if confusion.counts.any():
        lines.append(f'{confusion.accuracy:.1%} right, by the samples of other recordings')
    for line in lines:
        print_line(printable(line), sys.stdout)
    if arguments.picture:
        is_encoded, data = cv2.imencode('.png', confusion_picture(confusion))
        assert is_encoded
        replace_file(arguments.picture, data.tobytes())
    return 0


def _description(classes: PoseClasses) -> Iterator[str]:
    """Yield lines that describe a file of samples."""
    counts = Counter(sample.name for sample in classes.samples)
    for name in classes.names:
        recordings = {s.recording for s in classes.samples if s.name == name}
        yield f'{name}: samples {counts[name]}, recordings {len(recordings)}'
    for exercise in classes.exercises.values():
        # In their order; a repetition ends at rest.
        back = exercise.phases[:1] if len(exercise.phases) > 1 else ()
        yield f'exercise {exercise.name}: {" -> ".join((*exercise.phases, *back))}'


def _parser() -> ArgumentParser:
    """Return the parser of the command line."""
    parser = Parser(
        prog=_PROGRAM,
        description='Custom pose classes, to count exercises: learn them from images and '
        'recordings, and check how well they are distinguished. Exits with 0 on success, with 1 '
        'if something was left out, with 2 on failure.',
    )
    parser.add_argument('--version', action='version', version=f'%(prog)s {__version__}')
    commands = parser.add_subparsers(dest='command', required=True)
    learner = commands.add_parser(
        'learn',
        description='Learn classes. FOLDER has a folder for each class, named after it, such as '
        'lunges_up and lunges_down, with images, videos and bags that show nothing else; or, with '
        '--intervals, the recordings listed in a table.',
    )
    learner.add_argument('folder', type=Path, metavar='FOLDER')
    learner.add_argument('--output', type=Path, metavar='FILE', required=True, help='a .csv file')
    learner.add_argument(
        '--intervals',
        type=Path,
        metavar='FILE',
        help='CSV with the columns recording, start, end (seconds from its beginning) and class',
    )
    learner.add_argument(
        '--period',
        type=float,
        default=0.2,
        metavar='SECONDS',
        help='time between two samples of a recording (default: 0.2)',
    )
    learner.add_argument('--force', action='store_true', help='replace an existing file')
    add_tracker_arguments(learner, MODEL_GROUPS, _WITHOUT_USE)
    checker = commands.add_parser(
        'check',
        description='Check how well classes are distinguished: each sample is classified by those '
        'of other recordings.',
    )
    checker.add_argument(
        'file',
        type=Path,
        nargs='?',
        metavar='FILE',
        help='a file written by learn (default: the exercises of the package)',
    )
    checker.add_argument(
        '--picture', type=Path, metavar='FILE', help='also draw the confusion matrix, as .png'
    )
    checker.add_argument('--force', action='store_true', help='replace an existing picture')
    return parser
