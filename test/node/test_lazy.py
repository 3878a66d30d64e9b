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

"""A lazy node takes images only while its outputs have subscribers."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticStatus
from pose_tracking_ros.msg import PoseLandmarks
import pytest
from sensor_msgs.msg import Image
from visualization_msgs.msg import MarkerArray

from ros_graph import image_message, READY, values


@pytest.fixture
def unwatched(graph):
    """Return the test's side of the graph, which subscribes to nothing."""
    for subscription in list(graph.node.subscriptions):
        graph.node.destroy_subscription(subscription)
    return graph


def is_unheard(graph) -> bool:
    return not graph.camera.get_subscription_count()


@pytest.mark.parametrize(
    ('kind', 'topic'),
    [
        (PoseLandmarks, 'pose_landmarks'),
        (MarkerArray, 'markers'),
        (Image, 'annotated_image'),
        (Image, 'segmentation_mask'),
    ],
)
def test_images_are_read_from_the_first_viewer_of_any_result_to_the_last(
    unwatched, make_node, astronaut, kind, topic
):
    graph, node = unwatched, make_node(lazy=True, enable_segmentation=True)
    graph.spin_until(lambda: is_unheard(graph))
    for second in (1, 2):
        seen = []
        viewers = [graph.subscribe(kind, topic, seen.append) for _ in range(2)]
        graph.meet_subscribers_of(graph.camera)
        graph.node.destroy_subscription(viewers.pop())
        graph.camera.publish(image_message(astronaut, second))
        graph.spin_until(lambda: seen)  # noqa: B023 (it is called here)
        graph.node.destroy_subscription(viewers.pop())
        graph.spin_until(lambda: is_unheard(graph))
    (camera,) = node._cameras
    assert camera.statistics.counts.received == 2


def test_the_diagnostics_of_a_lazy_node_say_that_nobody_wants_its_results(
    unwatched, start_node, coffee
):
    graph = unwatched
    node = start_node(lazy=True, image_timeout=0.2)
    node.wait_for_log(READY)
    graph.spin_until(lambda: is_unheard(graph))
    graph.camera.publish(image_message(coffee))
    tasks = graph.diagnostics_until(lambda found: 'no subscribers' in found['images'].message)
    assert all(tasks[task].level == DiagnosticStatus.OK for task in ('node', 'images', 'tracking'))
    assert tasks['images'].hardware_id == tasks['tracking'].hardware_id == '/image'
    assert tasks['node'].message.startswith('active')
    assert values(tasks['images'])['received'] == '0'
    answers = graph.listen(PoseLandmarks, 'pose_landmarks')
    assert not graph.answer_to(image_message(coffee, second=2), answers).persons
    tasks = graph.diagnostics()
    assert 'no subscribers' not in tasks['images'].message
    assert node.stop() == 0


def test_by_default_images_are_read_without_subscribers(unwatched, make_node, coffee):
    graph, node = unwatched, make_node()
    graph.meet_subscribers_of(graph.camera)
    graph.camera.publish(image_message(coffee))
    (camera,) = node._cameras
    graph.spin_until(lambda: camera.statistics.counts.processed)
