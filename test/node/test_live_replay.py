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

"""A replay plays all images of a bag for the node and records all that comes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
import os
from pathlib import Path
import signal

from diagnostic_msgs.msg import DiagnosticArray
import numpy as np
from pose_tracking_ros.msg import PoseLandmarks
import pytest
from rclpy.qos import qos_profile_sensor_data
from rclpy.serialization import serialize_message
import rclpy.time
from rosbags.highlevel import AnyReader
from sensor_msgs.msg import CameraInfo, CompressedImage
from std_msgs.msg import Header

from pose_tracking_ros.blazepose import (
    CameraModel,
    LandmarkSource,
    PoseTracker,
    PoseTrackerOptions,
)
from pose_tracking_ros.demo.bag_writer import BagWriter
from pose_tracking_ros.video.source import VideoSource
from ros_graph import image_message, NodeProcess


@pytest.fixture
def start(ros_environment: None, tmp_path: Path) -> Iterator[Callable[..., NodeProcess]]:
    """Return a function that starts an executable of the package, and ends it with the test."""
    started = []

    def start_executable(name: str, *arguments: object) -> NodeProcess:
        log = tmp_path / f'{name}_{len(started)}.log'
        started.append(NodeProcess(log, list(map(str, arguments)), name))
        return started[-1]

    yield start_executable
    for process in reversed(started):
        process.close()


@pytest.fixture
def start_node(start: Callable[..., NodeProcess]) -> Callable[..., NodeProcess]:
    """Return a function that starts the node as the launch file of the replay does."""

    def start_pose_node(*parameters: str) -> NodeProcess:
        given = ('use_sim_time:=true', 'drop_frames:=false', 'model_complexity:=0', *parameters)
        options = [part for parameter in given for part in ('-p', parameter)]
        return start('pose_tracking_node', '--ros-args', *options)

    return start_pose_node


def make_bag(
    folder: Path, topics: Sequence[str] = ('/image',), count: int = 40, period_ns: int = 50_000_000
) -> Path:
    """Make a bag of grey images, their calibration, and what a node had published of others."""
    with closing(BagWriter(folder)) as bag:
        for topic in topics:
            kind = 'CompressedImage' if topic.endswith('/compressed') else 'Image'
            bag.add_topic(topic, f'sensor_msgs/msg/{kind}', [qos_profile_sensor_data])
        bag.add_topic('/camera_info', 'sensor_msgs/msg/CameraInfo', [qos_profile_sensor_data])
        bag.add_topic('/pose_landmarks', 'pose_tracking_ros/msg/PoseLandmarks', [])
        grey = image_message(np.full((120, 160, 3), 90, np.uint8))
        for index in range(count):
            at_ns = 1_000_000_000 + index * period_ns
            stamp = rclpy.time.Time(nanoseconds=at_ns).to_msg()
            for topic in topics:
                message = grey
                if topic.endswith('/compressed'):
                    message = CompressedImage(format='jpeg', data=b'no picture')
                message.header.stamp = stamp
                bag.write(topic, at_ns, serialize_message(message))
            old = PoseLandmarks(header=Header(stamp=stamp, frame_id='recorded'))
            bag.write('/camera_info', at_ns, serialize_message(CameraInfo(header=old.header)))
            bag.write('/pose_landmarks', at_ns, serialize_message(old))
    return folder


def frames(bag: Path, topic: str) -> list[tuple[int, str]]:
    """Return stamp and frame of the messages of a topic in a bag."""
    with AnyReader([bag]) as reader:
        connections = [item for item in reader.connections if item.topic == topic]
        headers = [
            reader.deserialize(data, item.msgtype).header
            for item, _, data in reader.messages(connections)
        ]
    return [(h.stamp.sec * 10**9 + h.stamp.nanosec, h.frame_id) for h in headers]


def counts(bag: Path) -> dict[str, int]:
    """Return how many messages a bag has of each topic."""
    with AnyReader([bag]) as reader:
        return {item.topic: item.msgcount for item in reader.connections}


def test_all_images_of_a_bag_that_is_played_too_fast_are_processed_and_recorded(
    graph, start, start_node, tmp_path
):
    bag, out = make_bag(tmp_path / 'bag'), tmp_path / 'out'
    calibrations = graph.listen(CameraInfo, 'camera_info')
    start_node()
    replay = start('live_replay', bag, '--rate', 100, '--record', out)
    graph.spin_until(lambda: not replay.runs)
    assert replay.wait() == 0, replay.log
    assert 'All 40 images processed' in replay.log
    # Each once, and none of those that were in the bag.
    assert frames(out, '/pose_landmarks') == frames(bag, '/image')
    assert counts(out)['/landmark_info'] == 1
    assert calibrations


def test_the_player_waits_until_the_node_is_active(graph, start, start_node, tmp_path):
    bag, out = make_bag(tmp_path / 'bag', count=5), tmp_path / 'out'
    start_node('autostart:=false')
    replay = start('live_replay', bag, '--record', out)
    replay.wait_for_log('Waiting until /pose_tracking is active')
    # Both receive the diagnostics of the unconfigured node, which have no counts.
    diagnostics = graph.listen(DiagnosticArray, '/diagnostics')
    graph.spin_until(lambda: len(diagnostics) > 2)
    assert graph.transition('configure')
    assert not out.exists()
    assert graph.transition('activate')
    assert replay.wait() == 0, replay.log
    assert frames(out, '/pose_landmarks') == frames(bag, '/image')


def test_depth_of_a_bag_measures_its_people(start, start_node, walking_man, tmp_path):
    with VideoSource(walking_man) as video:
        small = np.ascontiguousarray(next(iter(video)).image[::4, ::4, ::-1])
    height, width = small.shape[:2]
    k = [400.0, 0.0, width / 2, 0.0, 400.0, height / 2, 0.0, 0.0, 1.0]
    calibration = CameraInfo(width=width, height=height, distortion_model='plumb_bob', k=k)
    tracker = PoseTracker(PoseTrackerOptions(model_complexity=0))
    camera = CameraModel.from_camera_info(calibration)
    (pose,) = tracker.process(small, 0, camera=camera).poses
    metres = np.full((height, width, 1), pose.position[2], np.float32)
    bag, out = tmp_path / 'bag', tmp_path / 'out'
    with closing(BagWriter(bag)) as writer:
        for topic in ('/camera_info', '/depth/image', '/image'):
            kind = 'CameraInfo' if topic == '/camera_info' else 'Image'
            writer.add_topic(topic, f'sensor_msgs/msg/{kind}', [qos_profile_sensor_data])
        for second in (1, 2, 3):
            at_ns = second * 1_000_000_000
            writer.write('/camera_info', at_ns, serialize_message(calibration))
            depth = image_message(metres, second, encoding='32FC1')
            writer.write('/depth/image', at_ns, serialize_message(depth))
            writer.write(
                '/image', at_ns + 40_000_000, serialize_message(image_message(small, second)))
    start_node('depth_transport:=raw', 'depth_slop:=0.1')
    replay = start('live_replay', bag, '--record', out)
    assert replay.wait() == 0, replay.log
    with AnyReader([out]) as reader:
        connections = [item for item in reader.connections if item.topic == '/pose_landmarks']
        answers = [
            reader.deserialize(data, item.msgtype)
            for item, _, data in reader.messages(connections)
        ]
    assert len(answers) == 3
    measured = [
        np.count_nonzero(answer.persons[0].landmark_sources == LandmarkSource.MEASURED)
        for answer in answers
    ]
    # The first image may be ahead of the calibration.
    assert min(measured[1:]) >= 3, measured


def test_what_comes_of_each_camera_is_recorded(graph, start, start_node, tmp_path):
    bag, out = make_bag(tmp_path / 'bag', ['/front/image', '/rear/image'], 5), tmp_path / 'out'
    start_node('cameras:=[front, rear]')
    replay = start('live_replay', bag, '--record', out)
    assert replay.wait() == 0, replay.log
    recorded = counts(out)
    assert recorded['/front/pose_landmarks'] == recorded['/rear/pose_landmarks'] == 5
    assert {'/front/markers', '/rear/annotated_image/compressed'} < set(recorded)


def test_images_that_cannot_be_read_are_waited_for_as_well(start, start_node, tmp_path):
    bag = make_bag(tmp_path / 'bag', ['/image/compressed'], 5)
    start_node('image_transport:=compressed')
    replay = start('live_replay', bag)
    assert replay.wait() == 0, replay.log
    assert 'All 5 images processed' in replay.log


def test_a_bag_without_the_images_fails_and_names_their_topic(start, start_node, tmp_path):
    start_node()
    replay = start('live_replay', make_bag(tmp_path / 'bag', ['/head/image'], 2))
    assert replay.wait() == 1
    assert 'has no images on /image (sensor_msgs/msg/Image), but on /head/image' in replay.log


def test_a_bag_cut_before_its_topics_is_reported_as_cut(start, start_node, tmp_path):
    start_node()
    bag = make_bag(tmp_path / 'bag', count=1)
    (file,) = bag.glob('*.mcap')
    os.truncate(file, 60)
    replay = start('live_replay', file)
    assert replay.wait() == 1
    assert 'has no images on /image (sensor_msgs/msg/Image), but on no topic' in replay.log
    assert '1 damaged or truncated file' in replay.log


def test_a_folder_that_exists_is_refused_before_anything_is_played(start, tmp_path):
    bag, out = make_bag(tmp_path / 'bag', count=1), tmp_path / 'out'
    out.mkdir()
    replay = start('live_replay', bag, '--record', out)
    assert replay.wait() == 1
    assert 'out exists: name a new folder' in replay.log
    assert list(out.iterdir()) == []


def test_a_bag_that_does_not_exist_is_refused(start):
    replay = start('live_replay', 'nowhere')
    assert replay.wait() == 1
    assert 'the bag nowhere does not exist' in replay.log


def test_a_folder_without_a_bag_is_refused(start, tmp_path):
    replay = start('live_replay', tmp_path)
    assert replay.wait() == 1
    assert 'holds no .mcap, .db3 or .bag file' in replay.log


def test_two_interrupts_end_it_well_with_a_whole_recording(graph, start, start_node, tmp_path):
    bag, out = make_bag(tmp_path / 'bag'), tmp_path / 'out'
    start_node()
    replay = start('live_replay', bag, '--loop', 'true', '--record', out)
    # Both listen: this side and the recorder, which may be matched later.
    graph.spin_until(lambda: len(graph.landmarks) > 20)
    assert replay.stop(signal.SIGINT, times=2) == 0, replay.log
    assert 'Traceback' not in replay.log
    assert counts(out)['/pose_landmarks'] > 0
