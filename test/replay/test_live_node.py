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

"""The live nodes and the analysis of a recording give the same answers."""

from __future__ import annotations

from array import array
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pose_tracking_ros.activities import ActivityOptions
from pose_tracking_ros.replay.analysis import analyse
from pose_tracking_ros.replay.options import Outputs
from replay.recordings import stamps

rclpy = pytest.importorskip('rclpy', reason='needs ROS 2')

from builtin_interfaces.msg import Time  # noqa: E402
from pose_tracking_ros.msg import Activities, ActivityEvent  # noqa: E402
from rclpy.qos import QoSProfile  # noqa: E402
from rclpy.serialization import deserialize_message  # noqa: E402
from rosbags.highlevel import AnyReader  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from ros_graph import Graph, image_message, NodeProcess  # noqa: E402


@pytest.fixture
def graph(ros_environment):
    """Return the test's side of the graph."""
    context = rclpy.Context()
    rclpy.init(context=context)
    graph = Graph(context)
    yield graph
    graph.close()
    context.try_shutdown()


@pytest.fixture
def node(graph, tmp_path):
    """Start the node so that it drops no image."""
    parameters = ['-p', 'drop_frames:=false', '-p', 'model_complexity:=0']
    process = NodeProcess(tmp_path / 'node.log', ['--ros-args', *parameters])
    yield process
    process.close()


@pytest.fixture
def activity_node(graph, tmp_path):
    """Start the node that tells what people do."""
    parameters = ['-p', 'posture_delay:=0.0', '-p', 'gesture_delay:=0.0']
    arguments = ['--ros-args', *parameters]
    process = NodeProcess(tmp_path / 'activity.log', arguments, 'pose_activity_node')
    yield process
    process.close()


def _message(bgr: np.ndarray, stamp_ns: int) -> Image:
    """Return an image as the recording has it."""
    data = array('B')
    data.frombytes(np.ascontiguousarray(bgr).tobytes())
    stamp = Time(sec=stamp_ns // 1_000_000_000, nanosec=stamp_ns % 1_000_000_000)
    return Image(
        header=Header(stamp=stamp, frame_id='camera'), height=bgr.shape[0], width=bgr.shape[1],
        encoding='bgr8', step=3 * bgr.shape[1], data=data)


def _landmarks_by_stamp(messages: list) -> dict[int, np.ndarray]:
    """Return landmarks (N, 8), empty without a person, by their stamps in nanoseconds."""
    return {
        message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec: np.array(
            [[at.x, at.y, at.z, at.visibility, at.presence, world.x, world.y, world.z]
             for person in message.persons
             for at, world in zip(person.landmarks, person.world_landmarks)], np.float32)
        for message in messages
    }


def _rows_by_stamp(results: Path) -> dict[int, np.ndarray]:
    """Return the same of the tables of an analysis."""
    frames = pq.read_table(results / 'frames.parquet').column('stamp_ns').to_pylist()
    table = pq.read_table(results / 'landmarks.parquet')
    columns = ('x', 'y', 'z', 'visibility', 'presence', 'world_x', 'world_y', 'world_z')
    values = np.stack([table.column(name).to_numpy() for name in columns], axis=1)
    times = table.column('stamp_ns').to_numpy()
    return {stamp: values[times == stamp] for stamp in frames}


@pytest.fixture
def expected_activities(walk_bag, options, tmp_path) -> tuple[list, list]:
    """Return the activities and events of an analysis with the same options."""
    options = replace(
        options,
        activities=ActivityOptions(posture_delay=0.0, gesture_delay=0.0),
        outputs=Outputs(csv=False, report=False),
    )
    analyse(walk_bag, tmp_path / 'out', options)
    return (
        _recorded(tmp_path / 'out', '/activities', Activities),
        _recorded(tmp_path / 'out', '/activity_events', ActivityEvent),
    )


def _recorded(results: Path, topic: str, message_type: type) -> list:
    """Return the messages of a topic in the bag of an analysis, as ROS reads them."""
    with AnyReader([results / 'bag']) as reader:
        connections = [item for item in reader.connections if item.topic == topic]
        return [
            deserialize_message(bytes(data), message_type)
            for _, _, data in reader.messages(connections)
        ]


def test_bag_played_to_the_nodes_gives_the_results_of_its_analysis(
    graph, node, activity_node, walk, walk_results, expected_activities
):
    camera = graph.node.create_publisher(Image, 'image', QoSProfile(depth=len(walk)))
    graph.camera = camera
    # Both sides know of each other once there is an answer; the long time until the first image
    # of the recording lets the tracker start over.
    activities = graph.listen(Activities, 'activities')
    events: list[ActivityEvent] = []
    graph.subscribe(ActivityEvent, 'activity_events', events.append, 100)
    activity_node.wait_for_log('landmarks come from')
    first = image_message(np.full((48, 64, 3), 128, np.uint8))
    while not activities:
        graph.answer_to(first)
        graph.spin_for(0.5, lambda: activities)
    expected = _rows_by_stamp(walk_results)
    for image, stamp in zip(walk, stamps(len(walk)), strict=True):
        camera.publish(_message(image, stamp))
        # No faster than the answers are read, or they would be overwritten.
        graph.spin_until(lambda stamp=stamp: stamp in _landmarks_by_stamp(graph.landmarks))
    found = _landmarks_by_stamp(graph.landmarks)
    assert sum(len(rows) > 0 for rows in expected.values()) > 20
    for stamp, rows in expected.items():
        np.testing.assert_array_equal(found[stamp].reshape(-1, 8), rows)
    wanted, wanted_events = expected_activities
    graph.spin_until(lambda: activities[-1].header == wanted[-1].header)
    graph.spin_until(lambda: len(events) >= len(wanted_events))
    assert activities[-len(walk) :] == wanted
    assert events == wanted_events
    assert {event.name for event in events} >= {'standing'}
