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

"""``python -m pose_tracking_ros.demo``: track the pose in a video through a real ROS graph."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
import signal
import sys

import yaml

from pose_tracking_ros.demo.child_process import ProcessError
from pose_tracking_ros.demo.graph_environment import free_domain_id
from pose_tracking_ros.demo.run import DemoError, DemoOptions, run_demo
from pose_tracking_ros.demo.summary import DemoSummary, format_summary
from pose_tracking_ros.parameter_table import PARAMETERS, similar_name
from pose_tracking_ros.sample_data import sample_path, SampleError
from pose_tracking_ros.video.camera import camera_index
from pose_tracking_ros.video.source import VideoError, VideoSource

_SAMPLE, _SAMPLE_WITH_PEOPLE = 'pose2sim_cam04.mp4', 'pose2sim_people_cam04.mp4'
_SAMPLE_REPEAT = 4
_CAMERA_SECONDS = 20.0
_MAX_RATE = 30.0
"""The rate of common cameras, which three processes with raw 1080p sustain on two cores."""

_INTERRUPTED = 130
"""The exit code of an interrupted program, as in a shell."""


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run the demo.

    :return: 0 if poses were found, 1 without any or after an error, 130 if interrupted
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        return _run(argv)
    except KeyboardInterrupt:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        print('demo: interrupted, the results are incomplete', file=sys.stderr)
        return _INTERRUPTED


def _run(argv: Sequence[str] | None) -> int:
    """Run the demo; return the exit code."""
    parser = _parser()
    try:
        options = _options(parser.parse_args(argv))
    except ValueError as error:
        parser.error(str(error))
    except SampleError as error:
        print(f'demo: {error}: choose another video with --video', file=sys.stderr)
        return 1
    try:
        with VideoSource(options.video):
            pass  # Only to fail early.
        print(
            f'Playing {options.video}. To watch it in another shell: '
            f'export ROS_DOMAIN_ID={options.domain_id}'
        )
        summary, finished = run_demo(options)
    except (DemoError, ProcessError, VideoError, OSError) as error:
        print(f'demo: {error}', file=sys.stderr)
        return 1
    print(f'{format_summary(summary)}\n{"results in":>18}  {options.output}')
    if not summary.frames_with_pose:
        print(f'demo: {_no_pose_message(summary, options)}', file=sys.stderr)
        return 1
    return 0 if finished else _INTERRUPTED


def _parser() -> ArgumentParser:
    """Return the parser of the command line."""
    parser = ArgumentParser(
        prog='demo',
        description='Track the pose in a video through a real ROS graph: a video publisher, the '
        'pose node and a recorder, each in a process of its own.',
    )
    parser.add_argument(
        '--video',
        metavar='FILE_OR_INDEX',
        help='a video file, a folder of numbered images, or the index of a camera; by default a '
        'sample clip, of two people if num_poses is above 1, which is downloaded once',
    )
    parser.add_argument(
        '--output',
        type=Path,
        default=Path('demo_output'),
        metavar='DIR',
        help='folder for the results (default: %(default)s); replaces those of an earlier run',
    )
    parser.add_argument(
        '--set',
        action='append',
        default=[],
        metavar='NAME:=VALUE',
        dest='node_parameters',
        help='a parameter of the pose node; may be given several times',
    )
    parser.add_argument(
        '--repeat',
        type=int,
        metavar='TIMES',
        help=f'how often to play a file (default: 1, the sample clip {_SAMPLE_REPEAT})',
    )
    parser.add_argument(
        '--rate',
        type=float,
        default=0.0,
        metavar='HZ',
        help='frames per second to play a file at (default: its own)',
    )
    parser.add_argument(
        '--max-rate',
        type=float,
        metavar='HZ',
        help='maximum frames per second; frames of a faster video are skipped; 0 sends all '
        f'(default: {_MAX_RATE:g}, with --rate all)',
    )
    parser.add_argument(
        '--seconds',
        type=float,
        help=f'when to stop (default: a file ends, a camera stops after {_CAMERA_SECONDS:g} s)',
    )
    parser.add_argument(
        '--domain-id', type=int, metavar='ID', help='the ROS domain to use (default: a free one)'
    )
    return parser


def _options(arguments: Namespace) -> DemoOptions:
    """Return the options of the run; raise a ValueError if an argument is out of range."""
    for name in ('repeat', 'rate', 'max_rate', 'seconds'):
        if (value := getattr(arguments, name)) is not None and value < 0:
            raise ValueError(f'--{name.replace("_", "-")} is {value}, accepted is 0 or more')
    declarations = {parameter.name: parameter for parameter in PARAMETERS}
    sample = _SAMPLE
    for parameter in arguments.node_parameters:
        name, separator, value = parameter.partition(':=')
        if not separator:
            raise ValueError(f'--set {parameter}: NAME:=VALUE is needed')
        if name in declarations:
            try:
                parsed = yaml.safe_load(value)
                declarations[name].check(parsed)
            except yaml.YAMLError as error:
                raise ValueError(f'--set {parameter}: the value is no YAML') from error
            if name == 'num_poses':
                sample = _SAMPLE_WITH_PEOPLE if parsed > 1 else _SAMPLE
        # Those of qos_overrides have a dot.
        elif '.' not in name and name not in ('use_sim_time', 'start_type_description_service'):
            hint = similar_name(name, declarations)
            raise ValueError(f'--set {parameter}: there is no parameter {name}{hint}')
    max_rate = arguments.max_rate
    if max_rate is None:
        max_rate = 0.0 if arguments.rate else _MAX_RATE
    if arguments.rate and max_rate:
        raise ValueError('--rate and --max-rate exclude each other')
    is_sample = arguments.video is None
    is_camera = not is_sample and camera_index(arguments.video) is not None
    return DemoOptions(
        video=str(sample_path(sample)) if is_sample else arguments.video,
        output=arguments.output,
        domain_id=free_domain_id() if arguments.domain_id is None else arguments.domain_id,
        repeat=arguments.repeat or (_SAMPLE_REPEAT if is_sample else 1),
        rate=arguments.rate,
        max_rate=max_rate,
        seconds=arguments.seconds or (_CAMERA_SECONDS if is_camera else 0.0),
        node_parameters=tuple(arguments.node_parameters),
    )


def _no_pose_message(summary: DemoSummary, options: DemoOptions) -> str:
    """Explain why there is no pose."""
    if not summary.frames_sent:
        return f'no pose: no image was sent, see {options.output}/*.log'
    if not summary.frames_received:
        return (
            f'no pose: the pose node answered none of {summary.frames_sent} images, '
            f'see {options.output}/*.log'
        )
    return (
        f'no person was found in the {summary.frames_received} images of the video. If there is '
        'one, see "no people in the images" in docs/node.md; without --video the demo plays a '
        'clip with a person'
    )


if __name__ == '__main__':
    sys.exit(main())
