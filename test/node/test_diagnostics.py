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

"""The diagnostics report the device, what runs, and the outcomes of the images."""

from __future__ import annotations

from itertools import pairwise
import re

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import pytest
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
import yaml

from pose_tracking_ros.blazepose.models import models_directory
from ros_graph import image_message, values


def test_statuses_are_named_after_the_node_and_come_with_the_time(graph, start_node):
    start_node('-r', '__ns:=/robot')
    arrays = graph.listen(DiagnosticArray, '/diagnostics')
    graph.spin_until(lambda: len(arrays) >= 2)
    for array in arrays:
        names = [status.name for status in array.status]
        assert names[0] == 'robot/pose_tracking: node'
        assert len(set(names)) == len(names)
    stamps = [array.header.stamp.sec + array.header.stamp.nanosec * 1e-9 for array in arrays]
    assert all(later > earlier for earlier, later in pairwise(stamps))


def test_models_are_reported_with_what_runs_them_and_their_checksums(graph, node_here):
    status = graph.diagnostics()['node']
    reported = values(status)
    models = yaml.safe_load((models_directory() / 'models.yaml').read_text())['models']
    for name in ('pose_detection', 'pose_landmark_full'):
        for file, facts in models[name]['files'].items():
            assert reported[f'SHA-256 of {file}'] == facts['sha256']
    assert reported['detector model'] == 'pose_detection'
    assert reported['landmarks model'] == 'pose_landmark_full'
    assert reported['landmarks execution provider'] == 'CPUExecutionProvider'
    assert status.level == DiagnosticStatus.OK


def test_images_are_counted_by_what_became_of_them(graph, node_here, astronaut):
    graph.answer_to(image_message(astronaut, second=1))
    wrong = image_message(astronaut, second=2)
    wrong.encoding = '32FC1'
    for count in ('1', '2'):
        graph.camera.publish(wrong)
        statuses = graph.diagnostics_until(
            lambda s, count=count: values(s['images'])['rejected'] == count
        )
    images, tracking = values(statuses['images']), values(statuses['tracking'])
    assert images['rejected: encoding'] == '2'
    assert "encoding '32FC1' cannot be converted to RGB" in statuses['images'].message
    assert int(tracking['with a person']) >= 1
    assert int(tracking['detector runs']) >= 1
    assert int(tracking['people so far']) >= 1
    assert tracking['people in the last image'] == '1'
    dealt_with = sum(int(tracking[name]) for name in ('processed', 'dropped', 'failed'))
    assert int(images['received']) == dealt_with + 2


def test_an_idle_node_says_of_all_cameras_what_state_it_is_in(graph, make_node):
    """In each state of the same statuses: none goes stale, and none is a warning."""
    make_node(autostart=False, cameras=['front', 'rear'])
    tasks = {
        f'{camera} {task}'
        for camera in ('front', 'rear')
        for task in ('images', 'tracking', 'position')
    }

    def reported(node: str, cameras: str) -> bool:
        statuses = graph.diagnostics()
        assert set(statuses) == {'node', *tasks}
        assert {status.level for status in statuses.values()} <= {b'\x00', b'\x01', b'\x02'}
        return (
            statuses['node'].message == node
            and {statuses[task].message for task in tasks} == {cameras}
            and {status.level for status in statuses.values()} == {DiagnosticStatus.OK}
        )

    graph.spin_until(lambda: reported('not configured', 'not configured'))
    assert graph.transition('configure')
    graph.spin_until(lambda: reported('inactive on CPUExecutionProvider', 'inactive'))
    assert graph.transition('activate')
    assert graph.transition('deactivate')
    graph.spin_until(lambda: reported('inactive on CPUExecutionProvider', 'inactive'))
    assert graph.transition('cleanup')
    graph.spin_until(lambda: reported('not configured', 'not configured'))
    assert graph.transition('shutdown')
    graph.spin_until(lambda: reported('shut down', 'shut down'))


def test_the_first_rate_after_a_pause_is_right(graph, make_node, coffee):
    """Far more images are expected than a node counts that waits for them."""
    make_node(expected_rate=3.0)
    image = image_message(coffee)

    def send() -> None:
        image.header.stamp = graph.node.get_clock().now().to_msg()
        graph.camera.publish(image)
        graph.spin_for(0.05)

    graph.meet_subscribers_of(graph.camera)
    graph.diagnostics_until(lambda s: float(values(s['images'])['rate (images/s)']) > 3, send)
    assert graph.transition('deactivate')
    graph.spin_for(6.0)  # The seconds that rates are taken over: that is what the test is about.
    assert graph.transition('activate')
    reported = []
    subscription = graph.subscribe(DiagnosticArray, '/diagnostics', reported.append)
    while len(reported) < 7:
        send()
    graph.node.destroy_subscription(subscription)
    images = [s for array in reported for s in array.status if s.name.endswith(': images')]
    active = [status for status in images if status.message != 'inactive']
    assert [status.message for status in active if status.level != DiagnosticStatus.OK] == []
    rates = [float(values(status)['rate (images/s)']) for status in active]
    assert max(rates) > 3


def test_each_status_names_its_hardware(graph, start_node):
    start_node(
        '-r', 'front/image:=/head/image_raw', cameras='[front, rear]', image_transport='compressed'
    )
    hardware = {task: status.hardware_id for task, status in graph.diagnostics().items()}
    assert hardware['node'] == '/pose_tracking'
    assert hardware['front images'] == hardware['front tracking'] == '/head/image_raw/compressed'
    assert hardware['rear images'] == '/rear/image/compressed'


@pytest.mark.parametrize(
    ('offset', 'words'),
    [
        (0.2, r'stamps are 0\.\d+ s ahead of the clock of this node'),
        (3600, r'stamps are 3[56]\d\d s \(\S+ minutes\) ahead of the clock of this node'),
        (-12000, r'stamps are 120\d\d s \(3\.3 hours\) behind the clock of this node'),
    ],
)
def test_a_clock_that_differs_is_reported_with_by_how_much(
    graph, node_here, coffee, offset, words
):
    image = image_message(coffee)

    def send() -> None:
        now = graph.node.get_clock().now()
        image.header.stamp = (now + Duration(seconds=offset)).to_msg()
        graph.camera.publish(image)

    statuses = graph.diagnostics_until(
        lambda statuses: re.search(words, statuses['images'].message), send
    )
    assert statuses['images'].level == DiagnosticStatus.WARN


def test_stamps_in_another_unit_are_reported(graph, node_here, coffee):
    """Numbers of frames, or milliseconds, in place of nanoseconds."""
    image = image_message(coffee)
    image.header.stamp = Time(sec=100, nanosec=0)

    def send() -> None:
        image.header.stamp.nanosec += 33
        graph.camera.publish(image)

    statuses = graph.diagnostics_until(
        lambda statuses: 'not in seconds and nanoseconds' in statuses['images'].message, send
    )
    assert statuses['images'].level == DiagnosticStatus.WARN
    assert int(values(statuses['images'])['stamps taken as wrong unit']) > 0


def test_a_clock_that_does_not_run_is_reported(graph, make_node, coffee):
    make_node(use_sim_time=True)
    image = image_message(coffee, second=5)
    statuses = graph.diagnostics_until(
        lambda statuses: '/clock has no publisher' in statuses['node'].message,
        lambda: graph.camera.publish(image),
    )
    assert statuses['node'].level == DiagnosticStatus.WARN


def test_two_publishers_on_one_topic_are_reported(graph, node_here, coffee):
    """Whose stamps go back and forth."""
    other = Node('other_camera', context=graph.node.context)
    publisher = other.create_publisher(Image, 'image', qos_profile_sensor_data)
    images = [image_message(coffee, second=100), image_message(coffee, second=95)]

    def send() -> None:
        for camera, image in zip((graph.camera, publisher), images):
            camera.publish(image)
            image.header.stamp.sec += 1

    def reported(statuses) -> bool:
        message = statuses['images'].message
        return '2 publishers send images on /image' in message and 'stamps are earlier' in message

    try:
        status = graph.diagnostics_until(reported, send)['images']
        assert '/other_camera, /test' in status.message
        assert int(values(status)['stamps back in time']) > 1
        other.destroy_publisher(publisher)
        graph.diagnostics_until(
            lambda statuses: 'publishers' not in statuses['images'].message
        )
    finally:
        other.destroy_node()
