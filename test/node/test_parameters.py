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

"""The parameters of the node: checked at the start, changed as a whole, refused with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import re

from ament_index_python.packages import get_package_share_directory
import pytest
from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.srv import (
    GetParameters,
    ListParameters,
    SetParameters,
    SetParametersAtomically,
)
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy

from pose_tracking_ros.node.parameters import NodeParameters, parameter_descriptor
from pose_tracking_ros.node.settings import Settings
from pose_tracking_ros.parameter_table import Change, PARAMETERS

CONFIGURATION = Path(get_package_share_directory('pose_tracking_ros')) / 'config'


class Bench:
    """A node that has nothing but the parameters."""

    def __init__(self, *arguments: str) -> None:
        self.context = rclpy.Context()
        rclpy.init(args=['--ros-args', *arguments], context=self.context)
        self.node = Node('parameters_test', context=self.context)
        self.configured = False
        try:
            self.parameters = NodeParameters(
                self.node, PARAMETERS, Settings.from_values, lambda: self.configured
            )
        except ValueError:
            self.close()
            raise

    def set(self, **values: object) -> str:
        """Set parameters as a whole; return why they are refused."""
        parameters = [Parameter(name, value=value) for name, value in values.items()]
        result = self.node.set_parameters_atomically(parameters)
        return '' if result.successful else result.reason

    def close(self) -> None:
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)


@pytest.fixture
def bench(ros_environment) -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


def started(*arguments: str) -> NodeParameters:
    """Return the parameters of a node that is started with arguments."""
    bench = Bench(*arguments)
    bench.close()
    return bench.parameters


@pytest.mark.parametrize(
    ('given', 'smoothing'),
    [('off', 'off'), ("'off'", 'off'), ('strong', 'strong'), ('0.1,40,1', '0.1,40,1')],
)
def test_a_smoothing_can_be_written_with_and_without_quotes(ros_environment, given, smoothing):
    settings = started('-p', f'smoothing:={given}').settings
    assert settings.options.smoothing == smoothing


@pytest.mark.parametrize(
    ('given', 'cameras'),
    [
        (None, ('',)),
        ('[front, rear]', ('front', 'rear')),
        ('[front]', ('front',)),
        ("['']", ('',)),
        ('[]', ('',)),
    ],
)
def test_cameras_are_a_list_of_names(ros_environment, given, cameras):
    arguments = ('-p', f'cameras:={given}') if given else ()
    assert started(*arguments).settings.cameras == cameras


def test_the_configuration_file_changes_nothing(ros_environment, bench):
    file = CONFIGURATION / 'pose_tracking.yaml'
    assert started('--params-file', str(file)).values == bench.parameters.values


def test_all_that_is_wrong_is_reported_at_once(ros_environment):
    arguments = ('-p', 'model_complexity:=7', '-p', 'tracking_timeout:=1', '-p', 'cameras:=front')
    with pytest.raises(ValueError, match='model_complexity is 7') as error:
        Bench(*arguments)
    assert 'tracking_timeout is 1, accepted is a number with a decimal point' in str(error.value)
    assert "cameras is 'front', accepted is a list of strings" in str(error.value)


@pytest.mark.parametrize(
    ('cameras', 'reason'),
    [
        ('[front, front]', 'each camera needs a name of its own'),
        ('[front/left]', "'front/left', accepted are names of letters"),
        ("['1']", "'1'"),
    ],
)
def test_names_of_cameras_that_cannot_be_topics_are_refused(ros_environment, cameras, reason):
    with pytest.raises(ValueError, match=reason):
        Bench('-p', f'cameras:={cameras}')


def test_an_unknown_name_is_reported_with_the_one_that_was_meant(ros_environment, capfd):
    started('-p', 'model_complexty:=2', '-p', 'colour:=red')
    log = capfd.readouterr().err
    assert 'no parameter model_complexty, it is ignored, did you mean model_complexity?' in log
    assert 'no parameter colour, it is ignored\n' in log


def test_qos_overrides_that_no_topic_has_are_reported(make_node, capfd):
    make_node(
        **{
            'qos_overrides./image.subscription.reliabilty': 'reliable',
            'qos_overrides./image.subscription.lifespan': 5,
            'qos_overrides./other.subscription.depth': 5,
            'qos_overrides./image.subscription.durability': 'transient_local',
            'qos_overrides./pose_landmarks.publisher.depth': 3,
        }
    )
    log = capfd.readouterr().err
    reported = re.findall(r'There is no parameter (\S+), it is ignored', log)
    assert sorted(reported) == [
        'qos_overrides./image.subscription.lifespan',
        'qos_overrides./image.subscription.reliabilty',
        'qos_overrides./other.subscription.depth',
    ]
    assert 'did you mean qos_overrides./image.subscription.reliability?' in log


def test_the_durability_of_a_topic_can_be_set(make_node):
    node = make_node(**{'qos_overrides./image.subscription.durability': 'transient_local'})
    (camera,) = node._cameras
    assert camera.subscription.qos_profile.durability == DurabilityPolicy.TRANSIENT_LOCAL


def test_the_node_takes_back_all_that_it_tells(graph, make_node):
    """As ros2 param dump and load do, while it is active: what is fixed is not changed."""
    make_node()
    listed = graph.call(ListParameters, 'pose_tracking/list_parameters', ListParameters.Request())
    names = listed.result.names
    assert 'qos_overrides./image.subscription.depth' in names
    got = graph.call(
        GetParameters, 'pose_tracking/get_parameters', GetParameters.Request(names=names)
    )
    dump = [
        ParameterMessage(name=name, value=value)
        for name, value in zip(names, got.values, strict=True)
    ]
    for service, name in (
        (SetParameters, 'set_parameters'),
        (SetParametersAtomically, 'set_parameters_atomically'),
    ):
        response = graph.call(service, f'pose_tracking/{name}', service.Request(parameters=dump))
        results = response.results if service is SetParameters else [response.result]
        assert [result.reason for result in results if not result.successful] == []
    refused = graph.set_parameters(autostart=False, jpeg_quality=3)
    assert 'read-only' in refused.reason
    assert graph.set_parameters(autostart=True, jpeg_quality=3).successful


def test_parameters_of_ros_itself_are_known(ros_environment, capfd):
    started('-p', 'use_sim_time:=true', '-p', 'qos_overrides./image.subscription.depth:=1')
    assert 'no parameter' not in capfd.readouterr().err


def test_where_nothing_is_to_be_dropped_every_drop_is_reported(ros_environment):
    assert started('-p', 'max_dropped:=0.7').settings.limits.max_dropped == 0.7
    assert started('-p', 'drop_frames:=false').settings.limits.max_dropped == 0


def test_a_live_change_makes_other_settings(bench):
    before = bench.parameters.settings
    assert not bench.set(min_tracking_confidence=0.7, jpeg_quality=30, marker_lifetime=2.0)
    after = bench.parameters.settings
    assert (after.options.min_tracking_confidence, after.jpeg_quality) == (0.7, 30)
    assert before.options.min_tracking_confidence == 0.5


def test_a_change_is_taken_over_as_a_whole_or_not_at_all(bench):
    before = bench.parameters.values
    reason = bench.set(min_tracking_confidence=0.7, upper_body_only=True, enable_segmentation=True)
    assert 'enable_segmentation is True with upper_body_only' in reason
    assert bench.parameters.values == before
    assert bench.node.get_parameter('min_tracking_confidence').value == 0.5


def test_what_another_callback_refuses_is_not_taken_over(bench):
    assert bench.set(min_tracking_confidence=0.7, use_sim_time='maybe')
    assert bench.parameters.settings.options.min_tracking_confidence == 0.5


def test_what_is_fixed_can_be_set_before_the_node_is_configured(bench):
    assert not bench.set(model_complexity=2)
    assert bench.parameters.settings.options.model_complexity == 2
    bench.configured = True
    assert 'model_complexity is fixed while the node is configured' in bench.set(
        model_complexity=1
    )
    assert bench.parameters.settings.options.model_complexity == 2


@pytest.mark.parametrize('parameter', PARAMETERS, ids=lambda p: p.name)
def test_every_parameter_is_described_to_tools(bench, parameter):
    descriptor = bench.node.describe_parameter(parameter.name)
    assert descriptor.description == parameter.description
    assert descriptor.read_only == (parameter.change is Change.START)
    assert parameter.change.value in descriptor.additional_constraints
    assert parameter.accepted in descriptor.additional_constraints or parameter.bounds
    expected = parameter_descriptor(parameter)
    assert descriptor.integer_range == expected.integer_range
    assert descriptor.floating_point_range == expected.floating_point_range
