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

"""The node in a real ROS graph: what goes in, what comes out, and what it says when it cannot."""

from __future__ import annotations

from collections.abc import Iterator
import re
from threading import Thread

import numpy as np
import pytest
from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from visualization_msgs.msg import Marker, MarkerArray

from node.ros_graph import Graph, image_message, PATIENCE, READY
from pose_tracking_ros.blazepose import InferenceOptions, PoseTracker, PoseTrackerOptions
from pose_tracking_ros.drawing import PoseAnnotator
from pose_tracking_ros.node.image_decoding import decode_image
from pose_tracking_ros.node.pose_tracking_node import PoseTrackingNode


def array_of(message, *fields: str) -> np.ndarray:
    return np.float32([[getattr(item, field) for field in fields] for item in message])


@pytest.mark.parametrize('options', [{}, {'upper_body_only': True}], ids=['full', 'upper'])
def test_publishes_what_the_tracker_finds(graph, start_node, astronaut, options):
    start_node(static_image_mode=True, **options)
    answer = graph.answer_to(image_message(astronaut, second=5))
    pose = PoseTracker(PoseTrackerOptions(static_image_mode=True, **options)).process(astronaut, 0)
    found = array_of(answer.landmarks, 'x', 'y', 'z', 'visibility', 'presence')
    np.testing.assert_allclose(found, pose.landmarks, atol=1e-5)
    world = array_of(answer.world_landmarks, 'x', 'y', 'z').reshape(-1, 3)
    np.testing.assert_allclose(world, pose.world_landmarks, atol=1e-5)
    assert answer.header == image_message(astronaut, second=5).header
    assert (answer.image_width, answer.image_height) == astronaut.shape[1::-1]
    assert answer.topology == len(pose.landmarks)


def test_an_image_without_a_person_has_an_answer_without_landmarks(graph, start_node, coffee):
    start_node()
    answer = graph.answer_to(image_message(coffee, second=8))
    assert not answer.landmarks
    assert not answer.world_landmarks
    assert answer.track_id == 0
    assert answer.detector_ran


def test_follows_a_person_and_notices_that_it_left(graph, start_node, astronaut, coffee):
    start_node()
    first = graph.answer_to(image_message(astronaut, second=1))
    second = graph.answer_to(image_message(astronaut, second=2))
    gone = graph.answer_to(image_message(coffee, second=3))
    back = graph.answer_to(image_message(astronaut, second=4))
    assert first.track_id == second.track_id > 0
    assert not second.detector_ran
    assert not gone.landmarks
    assert back.track_id > first.track_id


@pytest.mark.parametrize('encoding', ['bgr8', 'rgba8', 'mono16'])
def test_takes_other_encodings(graph, start_node, astronaut, encoding):
    start_node(static_image_mode=True)
    pixels = {
        'bgr8': astronaut[:, :, ::-1],
        'rgba8': np.dstack([astronaut, astronaut[:, :, 0]]),
        'mono16': astronaut[:, :, 1:2].astype(np.uint16) * 257,
    }[encoding]
    answer = graph.answer_to(image_message(pixels, encoding=encoding))
    assert len(answer.landmarks) == 33


@pytest.mark.parametrize(
    ('wrong', 'reason'),
    [
        pytest.param(
            image_message(np.zeros((9, 9, 3), np.uint8), encoding='32FC1'),
            "encoding '32FC1' cannot be turned into colours",
            id='encoding',
        ),
        pytest.param(
            Image(encoding='bgr8', width=9, height=9, step=27), 'has 0 bytes of data', id='data'
        ),
    ],
)
def test_rejects_an_image_with_the_reason_and_takes_the_next(
    graph, start_node, astronaut, wrong, reason
):
    node = start_node()
    assert graph.answer_to(image_message(astronaut, second=1)).landmarks
    graph.camera.publish(wrong)
    node.wait_for_log('Image rejected: ')
    assert graph.answer_to(image_message(astronaut, second=3)).landmarks
    assert {message.header.stamp.sec for message in graph.landmarks} == {1, 3}
    assert node.stop() == 0
    assert reason in node.log
    assert ' 1 rejected, 0 failed' in node.log


def test_annotated_image_shows_the_pose_on_the_image(graph, start_node, astronaut):
    start_node(static_image_mode=True)
    annotated = graph.listen(Image, 'annotated_image')
    image = image_message(astronaut, second=4)
    answer = graph.answer_to(image, annotated)
    assert answer.encoding == 'bgr8'
    drawn = (decode_image(answer) != astronaut).any(axis=2)
    assert 0.005 < drawn.mean() < 0.2


def test_annotated_image_of_nobody_is_the_image(graph, start_node, coffee):
    start_node()
    annotated = graph.listen(Image, 'annotated_image')
    answer = graph.answer_to(image_message(coffee, second=4), annotated)
    np.testing.assert_array_equal(decode_image(answer), coffee)


def test_mask_is_published_when_asked_for(graph, start_node, astronaut):
    start_node(static_image_mode=True, enable_segmentation=True)
    masks = graph.listen(Image, 'segmentation_mask')
    answer = graph.answer_to(image_message(astronaut, second=4), masks)
    mask = decode_image(answer)[:, :, 0]
    assert answer.encoding == 'mono8'
    assert mask.shape == astronaut.shape[:2]
    assert mask[300, 230] > 200  # her suit
    assert mask[20, 480] < 50  # the wall
    assert 0.2 < (mask > 128).mean() < 0.7


def test_there_is_no_mask_unless_asked_for(graph, start_node, astronaut):
    start_node()
    graph.answer_to(image_message(astronaut))
    topics = dict(graph.node.get_topic_names_and_types())
    assert '/annotated_image' in topics
    assert '/segmentation_mask' not in topics


def test_markers_come_with_the_person_and_go_with_it(graph, start_node, astronaut, coffee):
    start_node(static_image_mode=True)
    markers = []
    graph.subscribe(MarkerArray, 'markers', lambda array: markers.extend(array.markers))
    shown = graph.answer_to(image_message(astronaut, second=1), markers)
    assert shown.action == Marker.ADD
    deleted = graph.answer_to(image_message(coffee, second=2), markers)
    assert deleted.action == Marker.DELETE


def set_parameter(graph: Graph, name: str, value: object) -> SetParametersResult:
    client = graph.node.create_client(SetParameters, 'pose_tracking/set_parameters')
    assert client.wait_for_service(PATIENCE)
    parameter = Parameter(name, value=value).to_parameter_msg()
    future = client.call_async(SetParameters.Request(parameters=[parameter]))
    graph.spin_until(future.done)
    return future.result().results[0]


@pytest.mark.parametrize(
    ('name', 'value', 'reason'),
    [
        ('model_complexity', 2, 'read-only'),
        ('execution_provider', 'cpu', 'read-only'),
        ('min_detection_confidence', 1.5, 'range'),
        ('min_detection_confidence', float('nan'), 'range'),
        ('min_tracking_confidence', 'high', 'type'),
    ],
)
def test_refuses_a_parameter_with_the_reason(graph, start_node, name, value, reason):
    start_node()
    result = set_parameter(graph, name, value)
    assert not result.successful
    assert re.search(reason, result.reason)


def test_tells_where_the_models_really_run_whatever_it_was_told(graph, start_node):
    start_node(execution_provider='cpu', active_execution_provider='wishful thinking')
    client = graph.node.create_client(GetParameters, 'pose_tracking/get_parameters')
    assert client.wait_for_service(PATIENCE)
    future = client.call_async(GetParameters.Request(names=['active_execution_provider']))
    graph.spin_until(future.done)
    assert future.result().values[0].string_value == 'CPUExecutionProvider'


def test_a_threshold_applies_from_the_next_image_on(graph, start_node, astronaut):
    start_node()
    assert graph.answer_to(image_message(astronaut, second=1)).landmarks
    assert set_parameter(graph, 'min_tracking_confidence', 1.0).successful
    assert not graph.answer_to(image_message(astronaut, second=2)).landmarks
    assert set_parameter(graph, 'min_tracking_confidence', 0.5).successful
    assert graph.answer_to(image_message(astronaut, second=3)).landmarks


def test_says_what_runs_where(start_node):
    node = start_node(model_complexity=0, execution_provider='cpu')
    node.wait_for_log(READY)
    assert 'pose_landmark_lite run on CPUExecutionProvider' in node.log
    assert not re.search(r'\[WARN\].*\[pose_tracking\]', node.log)


def test_warns_when_another_execution_provider_runs_than_asked_for(start_node):
    inference = InferenceOptions(execution_provider='openvino')
    if PoseTracker(inference=inference).execution_provider.startswith('OpenVINO'):
        pytest.skip('OpenVINO runs here')
    node = start_node(execution_provider='openvino')
    node.wait_for_log('execution_provider is openvino, but')
    assert 'CPUExecutionProvider' in node.log


def test_warns_when_a_publisher_is_silent(graph, start_node):
    node = start_node()
    node.wait_for_log('/image has a publisher, but no image came')


def test_names_can_be_remapped_and_moved(graph, start_node, astronaut):
    rules = ('__ns:=/robot', '__node:=head', 'image:=/image', 'pose_landmarks:=/pose_landmarks')
    start_node(*(part for rule in rules for part in ('-r', rule)))
    assert graph.answer_to(image_message(astronaut)).landmarks
    assert ('head', '/robot') in graph.node.get_node_names_and_namespaces()
    assert '/robot/annotated_image' in dict(graph.node.get_topic_names_and_types())


@pytest.fixture
def node_here(ros_context) -> Iterator[PoseTrackingNode]:
    """Return a node in this process, for what cannot be seen from another one."""
    node = PoseTrackingNode(context=ros_context)
    executor = SingleThreadedExecutor(context=ros_context)
    executor.add_node(node)
    spinning = Thread(target=executor.spin)
    spinning.start()
    yield node
    executor.shutdown()
    spinning.join()
    node.destroy_node()


def test_draws_only_for_somebody_who_listens(graph, node_here, coffee, monkeypatch):
    drawn = []
    annotate = PoseAnnotator.annotate

    def record(self, image, pose):
        drawn.append(image)
        return annotate(self, image, pose)

    monkeypatch.setattr(PoseAnnotator, 'annotate', record)
    # The answer to the second image says that all is done with the first.
    graph.answer_to(image_message(coffee, second=1))
    graph.answer_to(image_message(coffee, second=2))
    assert not drawn
    annotated = graph.listen(Image, 'annotated_image')
    graph.answer_to(image_message(coffee, second=3), annotated)
    assert drawn


def test_goes_on_after_an_image_that_fails_and_logs_why(
    graph, node_here, coffee, monkeypatch, capfd
):
    process = PoseTracker.process

    def fail_once(self, image, stamp_ns):
        monkeypatch.setattr(PoseTracker, 'process', process)
        raise RuntimeError('the network had a bad day')

    monkeypatch.setattr(PoseTracker, 'process', fail_once)
    assert graph.answer_to(image_message(coffee, second=2))
    assert 'Image not processed, RuntimeError: the network had a bad day' in capfd.readouterr().err


def test_refuses_options_that_the_tracker_would_not_take(node_here):
    """Whatever the ranges of parameters let through."""
    value = Parameter('min_tracking_confidence', value=float('nan'))
    result = node_here._on_set_parameters([value])
    assert not result.successful
    assert 'min_tracking_confidence is nan' in result.reason
