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

"""The node of activities, in a real ROS graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
import re
import subprocess
import sys

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Twist
from pose_tracking_ros.msg import Activities, ActivityEvent, PoseLandmarks
import pytest
from rclpy.serialization import serialize_message
from std_msgs.msg import Header, String
from std_srvs.srv import Trigger
from visualization_msgs.msg import Marker, MarkerArray

from messages.test_landmarks import through_the_wire
from pose_tracking_ros.activities import ActivityOptions, ActivityRecognizer
from pose_tracking_ros.blazepose import FULL_BODY, Pose, PoseTrackerResult
from pose_tracking_ros.messages import (
    activities_message,
    activity_event_messages,
    pose_landmarks_message,
    read_pose_landmarks,
)
from pose_tracking_ros.node.message_types import MESSAGE_TYPES
from pose_tracking_ros.node.pose_activity_node import PoseActivityNode
from ros_graph import Graph, NodeProcess, values
from standing_people import sequence, SIZE, standing

ROOT = Path(__file__).parents[2]
READY = 'landmarks come from'
NAME = 'pose_activity'


class Scene:
    """
    Somebody who publishes landmarks, and listens to what comes of them.

    :param graph: the test's side of the graph
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.landmarks = graph.node.create_publisher(PoseLandmarks, 'pose_landmarks', 100)
        self.activities: list[Activities] = []
        self.events: list[ActivityEvent] = []
        self._outputs = (
            graph.subscribe(Activities, 'activities', self.activities.append, 100),
            graph.subscribe(ActivityEvent, 'activity_events', self.events.append, 100),
        )

    def show(self, images: list[tuple[int, tuple[Pose, ...]]]) -> list[PoseLandmarks]:
        """Publish the people in images, and wait for the answer to each; return what was sent."""
        self.graph.meet_subscribers_of(self.landmarks)
        # The node may be known by its subscription before it is by its publishers.
        self.graph.spin_until(
            lambda: all(output.get_publisher_count() for output in self._outputs)
        )
        sent = [message_of(*image) for image in images]
        for index, message in enumerate(sent):
            self.landmarks.publish(message)
            self.graph.spin_until(
                lambda header=message.header: any(
                    answer.header == header for answer in self.activities[-3:]
                ),
                lambda index=index: (
                    f'no answer to message {index} of {len(sent)}, {len(self.activities)} answers '
                    f'in all; diagnostics: {self.graph.diagnostics()}'
                ),
            )
        return sent

    def reported(self) -> list[tuple[int, str, str, bool]]:
        """Return who began or ended what."""
        return [(item.track_id, item.kind, item.name, item.began) for item in self.events]


def message_of(stamp_ns: int, poses: tuple[Pose, ...]) -> PoseLandmarks:
    stamp = Time(sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
    header = Header(stamp=stamp, frame_id='camera')
    result = PoseTrackerResult(poses)
    return pose_landmarks_message(MESSAGE_TYPES, header, SIZE, FULL_BODY, result)


@pytest.fixture
def scene(graph) -> Scene:
    return Scene(graph)


@pytest.fixture
def start_activity_node(ros_environment, tmp_path) -> Iterator[Callable[..., NodeProcess]]:
    """Return a function that starts the node with parameters, in a process of its own."""
    started = []

    def start(*arguments: str, **parameters: object) -> NodeProcess:
        given = [part for name, value in parameters.items() for part in ('-p', f'{name}:={value}')]
        log = tmp_path / f'activity_node_{len(started)}.log'
        started.append(NodeProcess(log, ['--ros-args', *given, *arguments], 'pose_activity_node'))
        return started[-1]

    yield start
    for process in started:
        process.close()


@pytest.fixture
def make_activity_node(make_node) -> Callable[..., PoseActivityNode]:
    """Return a function that makes the node in this process."""

    def make(**parameters: object) -> PoseActivityNode:
        return make_node(node_type=PoseActivityNode, **parameters)

    return make


RAISES_A_HAND = sequence(
    (1.0, [standing(), standing(track_id=2)]),
    (1.0, [standing(right='up'), standing(track_id=2)]),
    (1.0, [standing(), standing(track_id=2)]),
)


def test_tells_what_the_recognizer_tells_of_the_same_messages(scene, start_activity_node):
    node = start_activity_node()
    node.wait_for_log(READY)
    sent = scene.show(RAISES_A_HAND)
    recognizer = ActivityRecognizer(ActivityOptions())
    expected, expected_events = [], []
    for message, (stamp_ns, _) in zip(sent, RAISES_A_HAND, strict=True):
        poses = read_pose_landmarks(serialize_message(message)).poses
        result = recognizer.update(poses, stamp_ns)
        answer = activities_message(MESSAGE_TYPES, message.header, result)
        expected.append(through_the_wire(answer))
        expected_events += activity_event_messages(MESSAGE_TYPES, 'camera', result)
    assert scene.activities == expected
    scene.graph.spin_until(lambda: len(scene.events) >= len(expected_events))
    assert scene.events == expected_events
    assert (1, 'gesture', 'right_hand_raised', True) in scene.reported()
    assert (1, 'gesture', 'right_hand_raised', False) in scene.reported()
    assert (2, 'posture', 'standing', True) in scene.reported()
    assert node.stop() == 0
    assert f'{len(sent)} messages received, 0 rejected, 0 failed' in node.log


def test_what_continues_ends_when_the_node_is_deactivated(scene, make_activity_node):
    markers: list[Marker] = []
    graph = scene.graph
    graph.subscribe(MarkerArray, 'activity_markers', lambda array: markers.extend(array.markers))
    make_activity_node()
    graph.spin_until(lambda: graph.node.count_publishers('activity_markers'))
    scene.show(sequence((1.5, [standing(left='up')])))
    graph.spin_until(lambda: markers and 'left hand raised' in markers[-2].text)
    assert graph.transition('deactivate', NAME)
    graph.spin_until(lambda: markers[-1].action == Marker.DELETE)
    began = [event[:3] for event in scene.reported() if event[3]]
    graph.spin_until(lambda: len(scene.events) == 2 * len(began))
    assert sorted(event[:3] for event in scene.reported() if not event[3]) == sorted(began)
    assert graph.transition('activate', NAME)
    before = len(scene.events)
    scene.show(sequence((1.0, [standing()]), start_ns=10**10))
    graph.spin_until(lambda: len(scene.events) > before)
    assert scene.reported()[before:] == [(1, 'posture', 'standing', True)]


def test_a_lifecycle_manager_can_lead_it(scene, make_activity_node):
    graph = scene.graph
    make_activity_node(autostart=False)
    for transition in ('configure', 'activate'):
        assert graph.transition(transition, NAME)
    assert scene.show(sequence((0.1, [standing()])))
    for transition in ('deactivate', 'cleanup', 'configure', 'activate'):
        assert graph.transition(transition, NAME)
    scene.show(sequence((0.1, [standing()]), start_ns=10**10))
    graph.transition('shutdown', NAME)
    assert graph.state(NAME) == 'finalized'
    reported = {status.message for status in graph.diagnostics().values()}
    assert reported == {'shut down'}


@pytest.mark.parametrize(
    'content', [None, 'no,table\n1,2\n'], ids=['that is not there', 'that is none']
)
def test_a_file_of_classes_that_cannot_be_used_is_reported(
    scene, make_activity_node, tmp_path, content, capfd
):
    file = tmp_path / 'classes.csv'
    if content is not None:
        file.write_text(content)
    make_activity_node(pose_classes=str(file))
    assert scene.graph.state(NAME) == 'unconfigured'
    log = capfd.readouterr().err
    assert 'Cannot configure: ' in log
    assert str(file) in log
    assert scene.graph.diagnostics()['node'].level == b'\x02'


def test_counts_are_reset_by_a_service(scene, make_activity_node):
    make_activity_node(autostart=False)
    request = Trigger.Request()
    response = scene.graph.call(Trigger, f'{NAME}/reset_counts', request)
    assert not response.success
    assert scene.graph.transition('configure', NAME)
    response = scene.graph.call(Trigger, f'{NAME}/reset_counts', request)
    assert (response.success, response.message) == (True, 'repetitions are counted from zero')


def test_diagnostics_count_messages_and_what_began(scene, make_activity_node):
    make_activity_node()
    scene.show(RAISES_A_HAND)
    statuses = scene.graph.diagnostics_until(lambda found: found['landmarks'].level == b'\x00')
    assert values(statuses['landmarks'])['received'] == str(len(RAISES_A_HAND))
    reported = values(statuses['activities'])
    assert reported['processed'] == str(len(RAISES_A_HAND))
    assert reported['people in the last image'] == '2'
    assert reported['began: right_hand_raised'] == '1'
    assert float(reported['recognition (ms) p50 p95 max'].split()[0]) > 0
    assert statuses['node'].message == 'active'
    assert statuses['landmarks'].hardware_id == '/pose_landmarks'


def test_a_message_that_contradicts_itself_costs_that_message(scene, make_activity_node, capfd):
    make_activity_node()
    scene.show(sequence((0.1, [standing()])))
    wrong = message_of(10**10, (standing(),))
    wrong.persons[0].landmarks = wrong.persons[0].landmarks[:5]
    scene.landmarks.publish(wrong)
    scene.show(sequence((0.1, [standing()]), start_ns=2 * 10**10))
    statuses = scene.graph.diagnostics_until(
        lambda reported: values(reported['landmarks']).get('rejected') == '1'
    )
    assert 'person 1 has 5 landmarks' in statuses['landmarks'].message
    assert 'Landmarks rejected: person 1 has 5 landmarks' in capfd.readouterr().err


def test_an_update_that_fails_costs_that_message(scene, make_activity_node, monkeypatch):
    make_activity_node()
    scene.show(sequence((0.1, [standing()])))
    update = ActivityRecognizer.update

    def fail_once(*_: object) -> None:
        monkeypatch.setattr(ActivityRecognizer, 'update', update)
        raise IndexError('not now')

    monkeypatch.setattr(ActivityRecognizer, 'update', fail_once)
    scene.landmarks.publish(message_of(10**10, (standing(),)))
    scene.show(sequence((0.1, [standing()]), start_ns=2 * 10**10))
    statuses = scene.graph.diagnostics_until(
        lambda reported: values(reported['activities']).get('failed') == '1'
    )
    assert 'IndexError: not now' in statuses['activities'].message


def test_missing_landmarks_are_reported_with_what_to_do(scene, make_activity_node):
    graph = scene.graph
    make_activity_node(landmarks_timeout=0.1)
    statuses = graph.diagnostics_until(
        lambda reported: 'No landmarks on /pose_landmarks' in reported['landmarks'].message
    )
    assert 'is /test active' in statuses['landmarks'].message
    assert statuses['landmarks'].level == b'\x02'
    graph.node.destroy_publisher(scene.landmarks)
    graph.diagnostics_until(
        lambda reported: 'No publisher on /pose_landmarks: is pose_tracking_node running'
        in reported['landmarks'].message
    )


def test_a_topic_of_another_type_is_reported(scene, start_activity_node):
    """In a process of its own: one process cannot have two types on a topic."""
    graph = scene.graph
    start_activity_node('-r', 'pose_landmarks:=words', landmarks_timeout=0.1)
    graph.node.create_publisher(String, 'words', 1)
    graph.diagnostics_until(
        lambda reported: 'has messages of type std_msgs/msg/String from /test, accepted is '
        'pose_tracking_ros/msg/PoseLandmarks' in reported['landmarks'].message
    )


@pytest.mark.parametrize(
    ('parameters', 'reason'),
    [
        ({'gesture_delay': 99.0}, 'gesture_delay is 99.0, accepted is a number with a decimal'),
        ({'exercises': 'squats'}, "exercises is 'squats', accepted is a list of strings"),
    ],
)
def test_does_not_start_with_wrong_parameters_and_says_why(
    start_activity_node, parameters, reason
):
    node = start_activity_node(**parameters)
    assert node.wait() == 1
    assert reason in node.log
    assert 'Traceback' not in node.log


def test_an_exercise_that_is_not_known_is_reported(scene, make_activity_node, capfd):
    make_activity_node(exercises=['juggling'])
    assert scene.graph.state(NAME) == 'unconfigured'
    assert re.search(r'Cannot configure: .*juggling', capfd.readouterr().err)


def test_example_stops_a_robot_while_a_hand_is_raised(scene, start_activity_node):
    """The steering goes on all the while."""
    graph = scene.graph
    start_activity_node().wait_for_log(READY)
    robot = subprocess.Popen([sys.executable, ROOT / 'examples' / 'stop_on_raised_hand.py'])
    try:
        steering = graph.node.create_publisher(Twist, 'cmd_vel_in', 10)
        speeds: list[float] = []
        graph.subscribe(Twist, 'cmd_vel', lambda command: speeds.append(command.linear.x))
        graph.spin_until(lambda: graph.node.count_subscribers('activities') == 2)
        graph.meet_subscribers_of(steering)
        drive = Twist()
        drive.linear.x = 0.5

        def steer_until(speed: float) -> None:
            def is_so() -> bool:
                steering.publish(drive)
                return speeds[-1:] == [speed]

            graph.spin_until(is_so)

        steer_until(0.5)
        scene.show(RAISES_A_HAND[:40])
        steer_until(0.0)
        before = len(speeds)
        for _ in range(5):
            steering.publish(drive)
        scene.show(sequence((0.2, [standing(right='up')]), start_ns=RAISES_A_HAND[40][0]))
        assert set(speeds[before:]) <= {0.0}
        scene.show(sequence((1.0, [standing()]), start_ns=RAISES_A_HAND[44][0]))
        steer_until(0.5)
    finally:
        robot.terminate()
        robot.wait()
