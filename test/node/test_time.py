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

"""Time is that of the stamps: bags loop, pause and jump, and some images have none."""

from __future__ import annotations

from builtin_interfaces.msg import Time
import numpy as np
from pose_tracking_ros.msg import PoseLandmarks
import pytest
from rclpy.time import Time as ClockTime
from rosgraph_msgs.msg import Clock

from ros_graph import image_message, values


def positions(message: PoseLandmarks) -> np.ndarray:
    (person,) = message.persons
    return np.array([(landmark.x, landmark.y, landmark.z) for landmark in person.landmarks])


def test_a_bag_that_loops_gives_the_same_again(graph, node_here, astronaut):
    """Moved a little between stamps, so that filters have something to do."""
    images = [np.roll(astronaut, 4 * index, axis=1) for index in range(4)]

    def loop(frame: str) -> list[np.ndarray]:
        results = []
        for index, image in enumerate(images):
            message = image_message(image)
            message.header.stamp = Time(sec=100, nanosec=index * 33_000_000)
            message.header.frame_id = frame
            answers = []
            subscription = graph.subscribe(PoseLandmarks, 'pose_landmarks', answers.append)
            graph.answer_to(message, answers)
            graph.node.destroy_subscription(subscription)
            results.append(positions(answers[-1]))
        return results

    graph.answer_to(image_message(astronaut, second=1))
    first, second = loop('first'), loop('second')
    for before, after in zip(first[1:], second[1:]):
        np.testing.assert_allclose(after, before, atol=2e-3)
    graph.diagnostics_until(
        lambda statuses: {'stamps back in time': '1'}.items() <= values(statuses['images']).items()
    )


def test_stamps_of_zero_are_processed_and_reported(graph, node_here, astronaut):
    image = image_message(astronaut)
    for number in range(3):
        image.header.stamp = Time()
        image.header.frame_id = f'{number}'
        assert graph.answer_to(image).persons
    # As long as one of the last images had none.
    graph.diagnostics_until(
        lambda statuses: 'stamps are zero' in statuses['images'].message
        and statuses['images'].level == b'\x01',
        lambda: graph.camera.publish(image),
    )


@pytest.mark.parametrize('stamp', [Time(sec=-5), Time(sec=2**31 - 1, nanosec=2**32 - 1)], ids=str)
def test_strange_stamps_come_back_as_they_were(graph, node_here, coffee, stamp):
    image = image_message(coffee)
    image.header.stamp = stamp
    assert graph.answer_to(image).header.stamp == stamp


def test_a_clock_that_jumps_or_stands_still_stops_nothing(graph, start_node, coffee):
    node = start_node(use_sim_time=True)
    clock = graph.node.create_publisher(Clock, '/clock', 10)
    for second, seconds in enumerate((50, 51, 51, 20, 4000, 0)):
        clock.publish(Clock(clock=ClockTime(seconds=seconds).to_msg()))
        graph.answer_to(image_message(coffee, second=second + 1))
    assert values(graph.diagnostics()['tracking'])['failed'] == '0'
    assert node.stop() == 0


def test_latency_is_measured_on_the_clock_of_the_node(graph, node_here, coffee):
    now = graph.node.get_clock().now()
    image = image_message(coffee)
    image.header.stamp = now.to_msg()
    graph.answer_to(image)
    statuses = graph.diagnostics_until(lambda s: values(s['tracking'])['processed'] != '0')
    latencies = values(statuses['tracking'])['since stamp (ms) p50 p95 max']
    assert all(float(latency) > 0 for latency in latencies.split())


def test_reset_clears_the_person(graph, node_here, astronaut):
    graph.answer_to(image_message(astronaut, second=1))
    assert not graph.answer_to(image_message(astronaut, second=2)).detector_ran
    assert graph.reset().success
    answer = graph.answer_to(image_message(astronaut, second=3))
    assert answer.detector_ran
    assert answer.persons[0].track_id == 2


def test_reset_without_a_configured_node_says_so(graph, make_node):
    make_node(autostart=False)
    response = graph.reset()
    assert not response.success
    assert 'not configured' in response.message
