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

"""Several cameras in one process, and several nodes in one graph."""

from __future__ import annotations

from threading import Event

from pose_tracking_ros.msg import PoseLandmarks
import pytest
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import Image

from pose_tracking_ros.blazepose import PoseTracker
from ros_graph import image_message, PATIENCE


class CameraSide:
    """The test's side of one camera: puts its topics in place of the graph's own."""

    def __init__(self, graph, prefix: str) -> None:
        self._graph = graph
        self._camera = graph.node.create_publisher(Image, f'{prefix}image', 10)
        self.answers = graph.listen(PoseLandmarks, f'{prefix}pose_landmarks')

    def send(self, image: Image) -> None:
        self._graph.meet_subscribers_of(self._camera)
        self._camera.publish(image)

    def answer_to(self, image: Image) -> PoseLandmarks:
        self._graph.camera = self._camera
        return self._graph.answer_to(image, self.answers)


def test_each_camera_has_its_topics_its_tracker_and_the_same_weights(
    graph, make_node, astronaut, coffee
):
    node = make_node(cameras=['front', 'rear'])
    front, rear = CameraSide(graph, 'front/'), CameraSide(graph, 'rear/')
    first = front.answer_to(image_message(astronaut, second=1))
    assert not rear.answer_to(image_message(coffee, second=2)).persons
    second = front.answer_to(image_message(astronaut, second=2))
    assert first.persons[0].track_id == second.persons[0].track_id == 1
    assert not second.detector_ran, 'what the other camera sees has nothing to do with it'
    assert {answer.header.frame_id for answer in rear.answers} == {'camera_2'}
    trackers = [camera.tracker for camera in node._cameras]
    assert trackers[0] is not trackers[1]
    assert trackers[0].models is trackers[1].models


def test_each_camera_has_its_quality_of_service(make_node):
    node = make_node(
        **{
            'cameras': ['front', 'rear'],
            'qos_overrides./front/image.subscription.depth': 1,
            'qos_overrides./front/image.subscription.reliability': 'reliable',
        }
    )
    front, rear = (camera.subscription.qos_profile for camera in node._cameras)
    assert (front.depth, front.reliability) == (1, ReliabilityPolicy.RELIABLE)
    assert (rear.depth, rear.reliability) == (5, ReliabilityPolicy.BEST_EFFORT)


def test_each_camera_has_its_diagnostics(graph, make_node):
    make_node(cameras=['front', 'rear'])
    statuses = graph.diagnostics()
    tasks = ('images', 'tracking', 'position')
    assert set(statuses) == {
        'node', *(f'{camera} {task}' for camera in ('front', 'rear') for task in tasks)
    }


def test_a_camera_at_work_does_not_hold_up_another(graph, make_node, coffee, monkeypatch):
    """While an image of one camera takes forever, the other goes on."""
    at_work, go_on = Event(), Event()
    process = PoseTracker.process

    def stop_at_large_images(self, image, stamp_ns, **where):
        if image.shape[0] > coffee.shape[0]:
            at_work.set()
            assert go_on.wait(PATIENCE)
        return process(self, image, stamp_ns, **where)

    monkeypatch.setattr(PoseTracker, 'process', stop_at_large_images)
    make_node(cameras=['slow', 'quick'])
    slow, quick = CameraSide(graph, 'slow/'), CameraSide(graph, 'quick/')
    large = image_message(coffee.repeat(2, axis=0).repeat(2, axis=1), second=1)
    try:
        slow.send(large)
        graph.spin_until(at_work.is_set)
        for second in range(1, 6):
            quick.answer_to(image_message(coffee, second=second))
    finally:
        go_on.set()
    graph.spin_until(lambda: slow.answers)
    assert slow.answers[0].header == large.header


def test_nodes_in_two_namespaces_do_not_meet(graph, start_node, coffee, astronaut):
    nodes = [start_node('-r', f'__ns:=/{name}', model_complexity=0) for name in ('one', 'two')]
    one, two = CameraSide(graph, '/one/'), CameraSide(graph, '/two/')
    assert one.answer_to(image_message(astronaut, second=1)).persons
    assert not two.answer_to(image_message(coffee, second=2)).persons
    assert {answer.header.stamp.sec for answer in one.answers} == {1}
    assert {answer.header.stamp.sec for answer in two.answers} == {2}
    own = [name for name, _ in graph.node.get_topic_names_and_types() if 'pose' in name]
    assert [n for n in own if not n.startswith(('/one/', '/two/', '/pose_landmarks'))] == []
    assert [node.stop() for node in nodes] == [0, 0]


@pytest.mark.parametrize('names', [['front', 'front'], ['1st']])
def test_names_that_cannot_be_are_refused_at_the_start(make_node, names):
    with pytest.raises(ValueError, match='cameras'):
        make_node(cameras=names)
