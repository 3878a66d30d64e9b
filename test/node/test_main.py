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

"""The process starts with what it can run, ends on request, and logs its counts."""

from __future__ import annotations

import ctypes
import os
import re
import signal

import pytest

from ros_graph import image_message, NodeProcess, READY


@pytest.mark.parametrize('signal_number', [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
@pytest.mark.parametrize('busy', [False, True], ids=['idle', 'busy'])
def test_ends_cleanly_on_a_signal(graph, start_node, astronaut, signal_number, busy):
    node = start_node()
    node.wait_for_log(READY)
    if busy:
        graph.answer_to(image_message(astronaut))
        for second in range(1, 6):
            graph.camera.publish(image_message(astronaut, second=second))
    # As from a terminal's Ctrl-C under ros2 launch, which both reach the node.
    assert node.stop(signal_number, times=2) == 0
    assert 'images received' in node.log.splitlines()[-1]
    assert not re.search(r'Traceback|\[(ERROR|FATAL|WARN)\].*\[pose_tracking\]', node.log)


def test_ends_if_another_of_its_threads_receives_the_signal(start_node):
    """As happens while the main thread handles another signal."""
    node = start_node()
    node.wait_for_log(READY)
    threads = {int(name) for name in os.listdir(f'/proc/{node.pid}/task')} - {node.pid}
    assert ctypes.CDLL(None).tgkill(node.pid, max(threads), signal.SIGTERM) == 0
    assert node.wait() == 0


@pytest.mark.parametrize('signal_number', [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
@pytest.mark.parametrize(
    'transitions',
    [
        (),
        ('configure',),
        ('configure', 'activate'),
        ('shutdown',),
        ('configure', 'shutdown'),
        ('configure', 'activate', 'shutdown'),
    ],
    ids=lambda transitions: transitions[-1] if transitions else 'none',
)
def test_ends_cleanly_in_every_state(graph, start_node, transitions, signal_number):
    node = start_node(autostart=False, model_complexity=0)
    assert graph.state() == 'unconfigured'
    for transition in transitions:
        assert graph.transition(transition)
    assert node.stop(signal_number) == 0
    assert not re.search(r'Traceback|\[(ERROR|FATAL|WARN)\].*\[pose_tracking\]', node.log)


@pytest.mark.parametrize('signal_number', [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_ends_cleanly_while_it_is_loading(start_node, tmp_path, monkeypatch, signal_number):
    """Which takes forever here."""
    (tmp_path / 'rclpy.py').write_text('print("loading")\nimport time\ntime.sleep(60)\n')
    monkeypatch.setenv('PYTHONPATH', str(tmp_path), prepend=os.pathsep)
    node = start_node()
    node.wait_for_log('loading')
    assert node.stop(signal_number) == 0
    assert 'Traceback' not in node.log


def test_says_at_the_end_what_became_of_the_images(graph, start_node, astronaut, coffee):
    node = start_node()
    graph.answer_to(image_message(astronaut, second=1))
    graph.answer_to(image_message(coffee, second=2))
    assert node.stop() == 0
    summary = node.log.splitlines()[-1]
    # Images that were sent again while the models were still warming up count as well.
    assert ' 0 rejected, 0 failed' in summary
    assert ' 0 processed' not in summary
    assert ' 0 with a person' not in summary


@pytest.mark.parametrize(
    ('parameters', 'reason'),
    [
        pytest.param({'model_complexity': 3}, 'model_complexity', id='out of range'),
        pytest.param({'model_complexity': 'high'}, 'model_complexity', id='of another type'),
        pytest.param({'execution_provider': 'gpu'}, "execution_provider is 'gpu'", id='unknown'),
        pytest.param(
            {'upper_body_only': True, 'enable_segmentation': True},
            'enable_segmentation is True with upper_body_only',
            id='contradiction',
        ),
        pytest.param({'use_sim_time': 'maybe'}, 'use_sim_time', id='of ROS itself'),
    ],
)
def test_does_not_start_with_wrong_parameters_and_says_why(start_node, parameters, reason):
    node = start_node(**parameters)
    assert node.wait() == 1
    assert reason in node.log
    assert 'Traceback' not in node.log


@pytest.mark.parametrize(
    'program',
    ['pose_tracking_node', 'pose_activity_node', 'video_publisher', 'demo_recorder'],
)
def test_help_is_the_usage(ros_environment, tmp_path, program):
    process = NodeProcess(tmp_path / 'log', ['--help'], program)
    assert process.wait() == 0
    assert process.log.startswith(f'usage: {program} ')


@pytest.mark.parametrize(
    ('arguments', 'reason'),
    [
        (['--ros-args', '--foo'], 'unknown arguments: --foo\n'),
        (['--ros-args', '--foo', 'bar'], 'unknown arguments: --foo bar\n'),
        (['-p', 'model_complexity:=2'], 'unknown arguments: -p model_complexity:=2; those of ROS'),
    ],
    ids=' '.join,
)
def test_arguments_that_nobody_knows_are_refused(ros_environment, tmp_path, arguments, reason):
    node = NodeProcess(tmp_path / 'node.log', arguments)
    assert node.wait() == 1
    assert reason in node.log
    assert 'Traceback' not in node.log


@pytest.mark.parametrize('program', ['video_publisher', 'demo_recorder', 'live_replay bag'])
@pytest.mark.parametrize(
    ('arguments', 'reason'),
    [
        (['--foo'], 'unknown arguments: --foo\n'),
        (['--params-file', 'nowhere'], 'Error opening YAML file'),
        (['-p', 'use_sim_time:=maybe'], "Trying to set parameter 'use_sim_time' to 'maybe'"),
    ],
    ids=' '.join,
)
def test_programs_beside_the_node_refuse_wrong_arguments_of_ros(
    ros_environment, tmp_path, program, arguments, reason
):
    program, *own = program.split()
    process = NodeProcess(tmp_path / 'log', [*own, '--ros-args', *arguments], program)
    assert process.wait() == 1
    assert re.search(rf'\[FATAL\] .*\[{program}\]: .*{re.escape(reason)}', process.log)
    assert 'Traceback' not in process.log


@pytest.mark.parametrize(
    ('content', 'reason'),
    [
        pytest.param(None, 'Error opening YAML file', id='missing'),
        pytest.param('a: [', "Couldn't parse params file", id='malformed'),
        pytest.param(
            '/**: {ros__parameters: {model_complexity: high, drawing_scal: 2.0}}',
            "model_complexity is 'high', accepted is an integer, 0 (lite)",
            id='of another type',
        ),
    ],
)
def test_a_wrong_file_of_parameters_is_reported(start_node, tmp_path, content, reason):
    file = tmp_path / 'parameters.yaml'
    if content is not None:
        file.write_text(content)
    node = start_node('--params-file', str(file))
    assert node.wait() == 1
    assert reason in node.log
    assert 'Traceback' not in node.log
    assert 'drawing_scal' not in (content or '') or 'did you mean drawing_scale?' in node.log
