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

"""``pose-bag``: analyse recordings, without ROS."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace, SUPPRESS
from collections.abc import Sequence
from contextlib import closing
from dataclasses import fields, replace
from math import inf
from pathlib import Path
import sys
from typing import Any, TYPE_CHECKING

from pose_tracking_ros import __version__
from pose_tracking_ros.activities import ActivityOptions
from pose_tracking_ros.blazepose import InferenceOptions, PoseTrackerOptions
from pose_tracking_ros.blazepose.inference import usable_cores
from pose_tracking_ros.blazepose.loading import end_process, stop_when
from pose_tracking_ros.command_line.tracker_arguments import (
    add_tracker_arguments,
    ALL_GROUPS,
    Parser,
)
from pose_tracking_ros.image_decoding import MAX_IMAGE_PIXELS
from pose_tracking_ros.parameter_table import options_from
from pose_tracking_ros.replay.cluster import run_on_cluster
from pose_tracking_ros.replay.inputs.images import Window
from pose_tracking_ros.replay.jobs import Job, make_jobs, merge, prepare_outputs, run_job
from pose_tracking_ros.replay.local_processes import run_on_cores
from pose_tracking_ros.replay.object_storage import is_remote, location, storage_errors
from pose_tracking_ros.replay.options import AnalysisOptions, DEPTH_SLOP, Outputs
from pose_tracking_ros.replay.output_folder import SUMMARY
from pose_tracking_ros.replay.params_file import read_parameters
from pose_tracking_ros.replay.problems import Problem, ProblemKind, reason
from pose_tracking_ros.replay.progress import ImageProgress, RecordingProgress
from pose_tracking_ros.replay.safe_files import is_file
from pose_tracking_ros.replay.safe_files import replace as replace_file
from pose_tracking_ros.replay.stop_signals import say, StopSignals
from pose_tracking_ros.replay.summary import summary_bytes
from pose_tracking_ros.replay.temporary import remove_temporary_folders, sweep_temporary_folders
from pose_tracking_ros.safe_text import print_line
from pose_tracking_ros.video.image_series import DEFAULT_RATE

if TYPE_CHECKING:
    from upath import UPath

_DESCRIPTION = """
Analyse recordings: every image of a topic, as fast as the machine can, with the same results each
time. INPUT is a rosbag2 folder or file, a ROS 1 bag, a video, a folder of numbered images, or a
folder of these; or a URL of one in object storage, such as s3://bucket/path/*.mcap. Damaged
recordings are read as far as possible, and the damage is reported. Exits with 0 if everything was
analysed, with 1 if only a part was, with 2 if nothing was.
"""

_OUTPUT_HELP = {
    'csv': 'tables of images, landmarks, joint angles and activities as CSV',
    'parquet': 'the same tables as Parquet',
    'bag': 'a bag (MCAP) with pose_landmarks, activities, markers and landmark_info',
    'report': 'a report to read in a browser',
    'video': 'a video with the pose drawn on it',
    'contact_sheet': 'a contact sheet of twelve annotated images',
    'rerun': 'results.rrd for the Rerun viewer: the people in the image and in space',
    'rerun_images': 'the images to results.rrd',
    'annotated_images': 'annotated images to the bag, as JPEG',
    'original_topics': 'all topics of the recording to the bag',
}


def main(
    argv: Sequence[str] | None = None,
    program: str = 'pose-bag',
    defaults: Outputs = Outputs(),  # noqa: B008 (it is frozen)
) -> int:
    """
    Analyse the recordings named on the command line.

    :param argv: the arguments, by default those of the process
    :param program: name of the program, for messages
    :param defaults: the outputs that are written by default
    :return: 0 if everything was analysed, 1 if a part was, 2 if nothing was; 128 plus the number
        of the signal that ended the process
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    with StopSignals(
        on_first=lambda: say(f'{program}: stopping; --resume continues from here'),
        on_end=remove_temporary_folders,
    ) as signals:
        if argv[:1] == ['compare']:
            from pose_tracking_ros.command_line.pose_bag_compare import main as compare

            return compare(argv[1:])
        parser = _parser(program, defaults)
        arguments = parser.parse_args(argv)
        try:
            options = _options(arguments)
            arguments.inputs = [location(text) for text in arguments.inputs]
            arguments.output = location(arguments.output)
        except (OSError, ValueError) as error:
            parser.error(reason(error))
        try:
            return _analyse(program, arguments, options, signals)
        # The reason helps a user more than a traceback.
        except Exception as error:
            print_line(f'{program}: {reason(error)}', sys.stderr)
            return 2
        finally:
            # Those of threads that did not stop in time.
            remove_temporary_folders()


def _analyse(
    program: str, arguments: Namespace, options: AnalysisOptions, signals: StopSignals
) -> int:
    """Analyse the recordings; return the exit code."""
    sweep_temporary_folders()
    jobs = make_jobs(arguments.inputs, arguments.output)
    if len(jobs) > 1:
        _check_merged_summary(arguments)
    prepare_outputs(jobs, arguments.output, arguments.force, arguments.resume)
    stop_when(signals.came)
    if len(jobs) == 1 and not arguments.dask:
        return end_process(_run_one(program, jobs[0], options, signals))
    return end_process(_run_many(jobs, options, arguments, signals))


def _input_name(text: str) -> str:
    if not text:
        raise ArgumentTypeError('the name of a recording is empty')
    return text


def _parser(program: str, defaults: Outputs) -> ArgumentParser:
    """Return the parser of the command line."""
    parser = Parser(
        prog=program,
        description=_DESCRIPTION,
        epilog='pose-bag compare A B reports the differences between two analyses of a recording.',
    )
    parser.add_argument('--version', action='version', version=f'%(prog)s {__version__}')
    parser.add_argument('inputs', nargs='+', metavar='INPUT', type=_input_name)
    parser.add_argument(
        '--output', default=f'{program.replace("-", "_")}_output', metavar='DIR',
        help='folder for the results, or a URL; with several recordings, each has a folder in '
        'it (default: %(default)s)',
    )
    group = parser.add_argument_group('what to analyse')
    group.add_argument(
        '--topic', default='', help='the topic of the images (default: the only one)'
    )
    group.add_argument(
        '--camera-info', default='', metavar='TOPIC',
        help='the calibration topic, for positions in metres (default: camera_info beside the '
        'images)',
    )
    group.add_argument(
        '--depth-topic', default='', metavar='TOPIC',
        help='the topic of depth images of the same view, to measure positions in',
    )
    group.add_argument(
        '--depth-slop', type=float, default=DEPTH_SLOP, metavar='SECONDS',
        help='maximum difference between the stamps of an image and of its depth (default: '
        '%(default)g)',
    )
    group.add_argument(
        '--start', type=float, default=0.0, metavar='SECONDS',
        help='where to start, after the first image, by the time of recording',
    )
    group.add_argument('--end', type=float, default=inf, metavar='SECONDS', help='where to end')
    group.add_argument(
        '--every', type=int, default=1, metavar='N', help='analyse one of N images (default: 1)'
    )
    group.add_argument(
        '--max-image-pixels', type=int, default=SUPPRESS, metavar='N',
        help='leave out images with more pixels, without decoding them (default: '
        f'{MAX_IMAGE_PIXELS})',
    )
    group.add_argument(
        '--image-rate', type=float, default=DEFAULT_RATE, metavar='HZ',
        help='frame rate of numbered images (default: %(default)g)',
    )
    group.add_argument(
        '--params-file', type=Path, metavar='FILE',
        help='options of the tracker as a parameter file of the node; the command line takes '
        'precedence',
    )
    group = parser.add_argument_group('what to write, besides summary.json')
    for field in fields(Outputs):
        name = field.name.replace('_', '-')
        is_default = getattr(defaults, field.name)
        group.add_argument(
            f'--{"no-" if is_default else ""}{name}', dest=field.name,
            action='store_false' if is_default else 'store_true',
            help=('do not write ' if is_default else 'also write ') + _OUTPUT_HELP[field.name],
        )
    group.add_argument('--force', action='store_true', help='replace existing results')
    group.add_argument('--resume', action='store_true', help='continue an interrupted run')
    group = parser.add_argument_group('several recordings')
    group.add_argument(
        '--jobs', type=int, default=0, metavar='N',
        help='recordings to analyse at the same time (default: one per core)',
    )
    group.add_argument(
        '--dask', default='', metavar='ADDRESS',
        help='scheduler of a Dask cluster to spread the recordings over, such as '
        'tcp://10.0.0.1:8786; all workers need access to the same paths',
    )
    add_tracker_arguments(parser, ALL_GROUPS)
    return parser


def _options(arguments: Namespace) -> AnalysisOptions:
    """
    Return the options of the analysis; the command line takes precedence over the parameter file.

    :raises OSError: if the parameter file cannot be read
    :raises ValueError: if an argument is out of range, or arguments contradict each other
    """
    if arguments.jobs < 0:
        raise ValueError(f'--jobs is {arguments.jobs}, accepted is 1 or more, or 0 for all cores')
    given = {} if arguments.params_file is None else read_parameters(arguments.params_file)
    given |= vars(arguments)
    return AnalysisOptions(
        topic=arguments.topic,
        camera_info=arguments.camera_info,
        depth_topic=arguments.depth_topic,
        depth_slop=arguments.depth_slop,
        window=Window(arguments.start, arguments.end, arguments.every),
        image_rate=arguments.image_rate,
        tracker=options_from(given, PoseTrackerOptions),
        inference=options_from(given, InferenceOptions),
        activities=options_from(given, ActivityOptions),
        max_image_pixels=given.get('max_image_pixels', MAX_IMAGE_PIXELS),
        outputs=Outputs(**{item.name: getattr(arguments, item.name) for item in fields(Outputs)}),
    )


def _check_merged_summary(arguments: Namespace) -> None:
    """Check that the merged summary may be written; raise a FileExistsError if it may not."""
    path = arguments.output / SUMMARY
    with storage_errors(path):
        exists = path.exists() if is_remote(path) else is_file(path)
    if exists and not (arguments.force or arguments.resume):
        raise FileExistsError(
            f'{path} exists: choose another folder, continue with --resume, or replace it with '
            '--force'
        )


def _run_one(program: str, job: Job, options: AnalysisOptions, signals: StopSignals) -> int:
    """Analyse a recording in this process."""
    with closing(ImageProgress()) as progress:
        summary = run_job(job, options, signals.came, progress)
    _print_summary(program, summary, job.output)
    return summary['exit_code']


def _run_many(
    jobs: Sequence[Job], options: AnalysisOptions, arguments: Namespace, signals: StopSignals
) -> int:
    """Analyse recordings in several processes."""
    processes = min(arguments.jobs or usable_cores(), len(jobs))
    if not options.inference.num_threads and (processes > 1 or arguments.dask):
        options = replace(options, inference=replace(options.inference, num_threads=1))
    if arguments.dask:
        done = run_on_cluster(arguments.dask, jobs, options, signals.came)
    else:
        done = run_on_cores(jobs, options, processes, signals.came)
    summaries: dict[str, dict[str, Any]] = {}
    with closing(RecordingProgress(len(jobs))) as progress:
        for job, summary in done:
            summaries[job.name] = summary
            progress.advance(_line(job, summary))
    merged = merge(jobs, summaries)
    _write_merged_summary(arguments.output, summary_bytes(merged))
    total = merged['total']
    print_line(
        f'{total["recordings"]} recordings: {total["complete"]} complete, {total["partly"]} '
        f'partly, {total["failed"]} failed; {total["images"]} images, '
        f'{total["images_with_pose"]} with a pose; results in {arguments.output}',
        sys.stdout,
    )
    return merged['exit_code']


def _write_merged_summary(output: Path | UPath, content: bytes) -> None:
    """Write the summary of several recordings; raise an OSError if that fails."""
    path = output / SUMMARY
    if is_remote(path):
        with storage_errors(output):
            path.write_bytes(content)
    else:
        output.mkdir(parents=True, exist_ok=True)
        replace_file(path, content)


def _line(job: Job, summary: dict[str, Any]) -> str:
    """Return the result of a recording as one line."""
    result = summary['result']
    if result is None:
        return f'{job.name}: failed: {summary["problems"][0]["first"]}'
    state = ('', ', partly', ', failed')[summary['exit_code']]
    state += ', already complete' if summary.get('was_complete') else ''
    poses = f'{result["images_with_pose"]} with a pose'
    return f'{job.name}: {result["images"]} images, {poses}{state}'


def _print_summary(program: str, summary: dict[str, Any], output: object) -> None:
    """Print the results, their folder, and the problems."""
    result = summary['result']
    if summary.get('was_complete'):
        print_line(f'{program}: {output} is already complete', sys.stdout)
    if result is not None and result['images']:
        images = result['images'] - result['undecodable_images']
        share = f' ({result["images_with_pose"] / images:.1%})' if images else ''
        rows = {
            'images': result['images'],
            'with a pose': f'{result["images_with_pose"]}{share}',
            'detector runs': result['detector_runs'],
            'track ids': result['people'],
            'repetitions': ', '.join(
                f'{name}: {count["times"]}'
                for name, count in result['activities'].get('repetition', {}).items()
            ),
            'speed': f'{summary["run"]["images_per_second"]:.1f} images/s',
            'ran on': summary['execution_provider'],
            'results in': output,
        }
        for name, value in rows.items():
            if value != '':
                print_line(f'{name:>18}  {value}', sys.stdout)
    for problem in summary['problems']:
        text = problem['first']
        if problem['kind'] not in (ProblemKind.FAILED.value, ProblemKind.NO_IMAGES.value):
            text = Problem(**{key: problem[key] for key in Problem.__annotations__}).text
        print_line(f'{program}: {text}', sys.stderr)


if __name__ == '__main__':
    sys.exit(main())
