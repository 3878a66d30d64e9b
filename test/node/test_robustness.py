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

"""Nothing that comes stops the node, and every image is accounted for."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
import re
from threading import Event
import time

from builtin_interfaces.msg import Time
from hypothesis import given, Phase, settings
from hypothesis import strategies as st
import numpy as np
from pose_tracking_ros.msg import PoseLandmarks
import pytest
from rclpy.qos import HistoryPolicy, QoSProfile
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from pose_tracking_ros.blazepose.inference import Model
from pose_tracking_ros.image_decoding import ACCEPTED_ENCODINGS
from ros_graph import Graph, image_message, NodeProcess, PATIENCE, values

MESSAGES = 2000

# Nothing is lost on the way, and nothing is dropped.
NOTHING_LOST = {
    'qos_overrides./image.subscription.reliability': 'reliable',
    'qos_overrides./image.subscription.history': 'keep_all',
}
EVERYTHING = QoSProfile(depth=1, history=HistoryPolicy.KEEP_ALL)

numbers = st.integers(0, 100) | st.sampled_from([0, 1, 2**16, 2**31, 2**32 - 1])
headers = st.builds(
    Header,
    stamp=st.builds(
        Time, sec=st.integers(-(2**31), 2**31 - 1), nanosec=st.integers(0, 2**32 - 1)
    ),
    frame_id=st.text(st.characters(codec='utf-8', exclude_characters='\0'), max_size=20),
)


@st.composite
def images(draw: st.DrawFn) -> Image:
    """Return an image that holds what it says, or lies in one of its fields or in all."""
    channels = draw(st.integers(1, 4))
    width, height = draw(st.integers(1, 100)), draw(st.integers(1, 100))
    step = width * channels * draw(st.integers(1, 2)) + draw(st.sampled_from([0, 0, 3]))
    random = np.random.default_rng(draw(st.integers(0, 100)))
    data = random.integers(0, 256, step * height, np.uint8)
    if draw(st.booleans()):  # 255 everywhere is NaN, where somebody takes it for numbers
        data[:] = draw(st.sampled_from([0, 255]))
    image = Image(
        header=draw(headers),
        width=width,
        height=height,
        step=step,
        encoding=draw(st.sampled_from(ACCEPTED_ENCODINGS)),
        is_bigendian=draw(st.sampled_from([0, 0, 1, 255])),
        data=array('B', data.tobytes()),
    )
    for lie in draw(st.sets(st.sampled_from(['width', 'height', 'step', 'encoding', 'data']))):
        if lie == 'encoding':
            image.encoding = draw(st.text(st.characters(codec='ascii', exclude_characters='\0')))
        elif lie == 'data':
            image.data = image.data[: draw(st.integers(0, len(image.data)))]
        else:
            setattr(image, lie, draw(numbers))
    return image


def accounts(graph: Graph) -> dict[str, int]:
    """Return what became of the images, as the node reports."""
    statuses = graph.diagnostics()
    return {
        'received': int(values(statuses['images'])['received']),
        'rejected': int(values(statuses['images'])['rejected']),
        **{
            name: int(values(statuses['tracking'])[name])
            for name in ('processed', 'dropped', 'failed', 'waiting')
        },
    }


def accounts_of(graph: Graph, sent: int) -> dict[str, int]:
    """Return what became of so many images, when all are dealt with."""
    found: dict[str, int] = {}

    def all_dealt_with() -> bool:
        found.update(accounts(graph))
        done = found['processed'] + found['rejected'] + found['failed'] + found['dropped']
        return found['received'] == sent == done

    graph.spin_until(all_dealt_with, patience=120)
    return found


def test_every_one_of_two_thousand_images_is_accounted_for(graph, start_node, astronaut):
    node = start_node(model_complexity=0, drop_frames=False)
    camera = graph.node.create_publisher(Image, 'image', EVERYTHING)
    graph.spin_until(camera.get_subscription_count)
    sent = []

    @settings(max_examples=MESSAGES, database=None, phases=[Phase.generate])
    @given(images())
    def send(image: Image) -> None:
        camera.publish(image)
        sent.append(image.encoding)

    send()
    found = accounts_of(graph, len(sent))
    assert len(sent) >= MESSAGES
    assert found['failed'] == found['dropped'] == 0
    assert min(found['processed'], found['rejected']) > MESSAGES / 20
    graph.camera = camera
    assert graph.answer_to(image_message(astronaut, second=1)).persons
    assert node.stop() == 0
    assert 'Traceback' not in node.log


def test_compressed_rubbish_is_rejected(graph, make_node):
    make_node(image_transport='compressed', drop_frames=False)
    camera = graph.node.create_publisher(CompressedImage, 'image/compressed', EVERYTHING)
    graph.spin_until(camera.get_subscription_count)
    contents = [b'', b'x', bytes(5000), b'\xff\xd8\xff' + bytes(100), b'\x89PNG\r\n\x1a\n']
    for content in contents:
        camera.publish(CompressedImage(format='jpeg', data=content))
    assert accounts_of(graph, len(contents))['rejected'] == len(contents)


def test_images_larger_than_the_parameter_says_are_rejected(graph, make_node, coffee):
    make_node()
    height, width = coffee.shape[:2]
    assert graph.set_parameters(max_image_pixels=height * width - 1).successful
    graph.camera.publish(image_message(coffee, second=1))
    assert accounts_of(graph, 1)['rejected'] == 1
    assert f'{width}x{height}' in graph.diagnostics()['images'].message
    assert graph.set_parameters(max_image_pixels=height * width).successful
    assert graph.answer_to(image_message(coffee, second=2))


def test_a_storm_of_parameters_loses_no_image_and_mixes_no_two_settings(
    graph, make_node, coffee, monkeypatch
):
    """The two thresholds are always changed together, and so they are seen together."""
    node = make_node(
        min_detection_confidence=0.0, min_tracking_confidence=0.0, drop_frames=False
    )
    (camera,) = node._cameras
    seen = []
    process = camera.tracker.process

    def record(image, stamp_ns, **where):
        options = camera.tracker.options
        seen.append((options.min_detection_confidence, options.min_tracking_confidence))
        return process(image, stamp_ns, **where)

    monkeypatch.setattr(camera.tracker, 'process', record)
    publisher = graph.node.create_publisher(Image, 'image', EVERYTHING)
    graph.spin_until(publisher.get_subscription_count)
    for number in range(100):
        value = number / 100
        publisher.publish(image_message(coffee, second=number))
        assert graph.set_parameters(
            min_detection_confidence=value, min_tracking_confidence=value
        ).successful
        refused = graph.set_parameters(min_detection_confidence=0.1, min_tracking_confidence=7.0)
        assert not refused.successful
    assert accounts_of(graph, 100)['processed'] == 100
    assert len(set(seen)) > 1
    assert all(detection == tracking for detection, tracking in seen)


def test_a_storm_of_subscribers_does_not_disturb(graph, make_node, coffee):
    make_node()
    graph.answer_to(image_message(coffee, second=1))
    for number in range(30):
        subscriptions = [
            graph.subscribe(Image, 'annotated_image', lambda _: None),
            graph.subscribe(PoseLandmarks, 'pose_landmarks', lambda _: None),
        ]
        graph.camera.publish(image_message(coffee, second=number + 2))
        for subscription in subscriptions:
            graph.node.destroy_subscription(subscription)
    graph.answer_to(image_message(coffee, second=100))
    assert accounts(graph)['failed'] == 0


def test_a_node_that_is_restarted_under_load_comes_back(graph, start_node, coffee):
    def run(node: NodeProcess, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            graph.camera.publish(image_message(coffee, second=int(time.monotonic())))
            graph.spin_until(lambda: True)
            graph._executor.spin_once(timeout_sec=0.02)
            assert time.monotonic() < deadline
            assert node.runs

    for _ in range(3):
        node = start_node(model_complexity=0)
        graph.landmarks.clear()
        run(node, lambda: len(graph.landmarks) > 3)
        assert node.stop() == 0
        assert not re.search(r'Traceback|\[(ERROR|FATAL)\]', node.log)


@pytest.fixture
def start_camera(tmp_path, walking_man) -> Iterator[Callable[[], NodeProcess]]:
    """Return a function that starts a camera in a process of its own."""
    cameras = []

    def start() -> NodeProcess:
        log = tmp_path / f'camera_{len(cameras)}.log'
        arguments = ['--ros-args', '-p', f'video:={walking_man}', '-p', 'repeat:=100']
        cameras.append(NodeProcess(log, arguments, 'video_publisher'))
        return cameras[-1]

    yield start
    for camera in cameras:
        camera.close()


def test_a_camera_that_ends_is_missed_and_another_takes_its_place(
    start_camera, graph, start_node
):
    """
    Either report may come first: that it has stopped, or that it is gone.

    A camera that is killed without mercy is a matter of benchmark/soak.py: what it leaves behind
    in shared memory can hold up everybody else there, the test included.
    """
    missed = re.compile('has /video_publisher stopped|The publisher of /image is gone')
    node = start_node(model_complexity=0, image_timeout=1.0)
    graph.node.destroy_publisher(graph.camera)
    for _ in range(2):
        camera = start_camera()
        graph.landmarks.clear()
        graph.spin_until(lambda: len(graph.landmarks) > 5)
        assert camera.stop() == 0
        graph.diagnostics_until(lambda statuses: missed.search(statuses['images'].message))
    assert node.stop() == 0
    assert not re.search(r'Traceback|\[(ERROR|FATAL)\]', node.log)


def test_overload_drops_the_oldest_and_answers_the_newest(
    graph, make_node, astronaut, monkeypatch
):
    """Forty images while one is at work: the last one has its answer, all are counted."""
    node = make_node(**NOTHING_LOST)
    (own,) = node._cameras
    at_work, all_have_come = Event(), Event()
    process = own.tracker.process

    def take_long(image, stamp_ns, **where):
        at_work.set()
        assert all_have_come.wait(PATIENCE)
        return process(image, stamp_ns, **where)

    monkeypatch.setattr(own.tracker, 'process', take_long)
    camera = graph.node.create_publisher(Image, 'image', EVERYTHING)
    graph.meet_subscribers_of(camera)
    camera.publish(image_message(astronaut, second=1))
    graph.spin_until(at_work.is_set)
    for number in range(1, 40):
        camera.publish(image_message(astronaut, second=number + 1))
    graph.spin_until(lambda: own.statistics.counts.received == 40)
    all_have_come.set()
    assert accounts_of(graph, 40)['dropped'] == 38
    graph.spin_until(lambda: len(graph.landmarks) == 2)
    assert [message.header.stamp.sec for message in graph.landmarks] == [1, 40]


def test_in_order_every_image_of_a_reliable_publisher_has_its_answer(
    graph, start_node, astronaut
):
    """As from a bag that is played as fast as it can be."""
    node = start_node(model_complexity=0, drop_frames=False)
    camera = graph.node.create_publisher(Image, 'image', EVERYTHING)
    answers = []
    graph.subscribe(PoseLandmarks, 'pose_landmarks', answers.append, EVERYTHING)
    graph.spin_until(camera.get_subscription_count)
    seconds = list(range(1, 301))
    for second in seconds:
        camera.publish(image_message(astronaut, second))
    graph.spin_until(lambda: len(answers) == len(seconds))
    assert [message.header.stamp.sec for message in answers] == seconds
    assert node.stop() == 0
    assert '300 images received, 0 dropped, 0 rejected, 0 failed, 300 processed' in node.log


def test_a_provider_that_onnx_runtime_changes_is_reported(graph, make_node, monkeypatch, capfd):
    """As it does by itself when a GPU fails."""
    monkeypatch.setattr(Model, 'execution_provider', property(lambda _: 'CUDAExecutionProvider'))
    make_node()
    assert 'CUDAExecutionProvider' in graph.diagnostics()['node'].message
    monkeypatch.undo()
    graph.diagnostics_until(
        lambda statuses: 'CPUExecutionProvider' in statuses['node'].message
    )
    assert 'The models run on CPUExecutionProvider now, not on CUDA' in capfd.readouterr().err


def test_nothing_is_lost_when_the_node_is_deactivated_and_activated_under_load(
    graph, make_node, coffee
):
    make_node()
    for number in range(20):
        graph.camera.publish(image_message(coffee, second=number + 1))
        assert graph.transition('deactivate')
        graph.camera.publish(image_message(coffee, second=number + 1))
        assert graph.transition('activate')
    graph.answer_to(image_message(coffee, second=30))

    def all_accounted_for() -> bool:
        found = accounts(graph)
        return found['received'] == found['processed'] + found['dropped'] > 0

    graph.spin_until(all_accounted_for)
