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

from importlib.util import find_spec
from pathlib import Path
import re

import cv2
from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
from pose_tracking_ros.msg import LandmarkInfo, PoseLandmark
import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image
from visualization_msgs.msg import Marker, MarkerArray

from pose_tracking_ros.blazepose import PoseTracker, PoseTrackerOptions
from pose_tracking_ros.drawing import PoseAnnotator
from pose_tracking_ros.image_decoding import decode_compressed_image, decode_image
from pose_tracking_ros.node.image_subscription import IMAGE_TYPES
from ros_graph import image_message, LATCHED, READY

NODE_PAGE = Path(__file__).parents[2] / 'docs' / 'node.md'


def array_of(message, *fields: str) -> np.ndarray:
    return np.float32([[getattr(item, field) for field in fields] for item in message])


@pytest.mark.parametrize('options', [{}, {'upper_body_only': True}], ids=['full', 'upper'])
def test_publishes_what_the_tracker_finds(graph, start_node, astronaut, options):
    start_node(static_image_mode=True, **options)
    answer = graph.answer_to(image_message(astronaut, second=5))
    tracker = PoseTracker(PoseTrackerOptions(static_image_mode=True, **options))
    (pose,) = tracker.process(astronaut, 0).poses
    (person,) = answer.persons
    found = array_of(person.landmarks, 'x', 'y', 'z', 'visibility', 'presence')
    np.testing.assert_allclose(found, pose.landmarks, atol=1e-5)
    world = array_of(person.world_landmarks, 'x', 'y', 'z').reshape(-1, 3)
    np.testing.assert_allclose(world, pose.world_landmarks, atol=1e-5)
    assert answer.header == image_message(astronaut, second=5).header
    assert (answer.image_width, answer.image_height) == astronaut.shape[1::-1]
    assert answer.skeleton == pose.skeleton.name


def test_an_image_without_a_person_has_an_answer_without_persons(graph, start_node, coffee):
    start_node()
    answer = graph.answer_to(image_message(coffee, second=8))
    assert not answer.persons
    assert answer.detector_ran
    assert answer.no_pose_reason == answer.NOT_DETECTED


def test_follows_a_person_and_notices_that_it_left(graph, start_node, astronaut, coffee):
    start_node()
    first = graph.answer_to(image_message(astronaut, second=1))
    second = graph.answer_to(image_message(astronaut, second=2))
    gone = graph.answer_to(image_message(coffee, second=3))
    back = graph.answer_to(image_message(astronaut, second=4))
    assert first.persons[0].track_id == second.persons[0].track_id > 0
    assert not second.detector_ran
    assert not gone.persons
    assert back.persons[0].track_id > first.persons[0].track_id


@pytest.mark.parametrize('encoding', ['bgr8', 'mono16'])
def test_takes_other_encodings(graph, start_node, astronaut, encoding):
    start_node(static_image_mode=True)
    pixels = {
        'bgr8': astronaut[:, :, ::-1],
        'mono16': astronaut[:, :, 1:2].astype(np.uint16) * 257,
    }[encoding]
    answer = graph.answer_to(image_message(pixels, encoding=encoding))
    assert len(answer.persons[0].landmarks) == 33


@pytest.mark.parametrize('size', [(64, 64), (4320, 7680)], ids=['small', '8K'])
def test_takes_images_of_any_size(graph, start_node, astronaut, size):
    # Reliably: the largest is larger than the shared memory, and comes in pieces.
    graph.camera = graph.node.create_publisher(Image, 'image', 1)
    start_node(model_complexity=0, drop_frames=False)
    height, width = size
    image = np.zeros((height, width, 3), np.uint8)
    image[:, :height] = cv2.resize(astronaut, (height, height))
    answer = graph.answer_to(image_message(image))
    assert len(answer.persons[0].landmarks) == 33
    assert (answer.image_width, answer.image_height) == (width, height)


@pytest.mark.parametrize(
    ('wrong', 'reason'),
    [
        pytest.param(
            image_message(np.zeros((9, 9, 3), np.uint8), encoding='32FC1'),
            "encoding '32FC1' cannot be converted to RGB",
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
    assert graph.answer_to(image_message(astronaut, second=1)).persons
    graph.camera.publish(wrong)
    node.wait_for_log('Image rejected: ')
    assert graph.answer_to(image_message(astronaut, second=3)).persons
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


def test_annotated_image_comes_compressed_as_well(graph, start_node, astronaut):
    """On the name that image_transport expects, also where the raw one is remapped."""
    start_node('-r', 'annotated_image:=/shown', static_image_mode=True)
    annotated = graph.listen(CompressedImage, '/shown/compressed')
    answer = graph.answer_to(image_message(astronaut, second=4), annotated)
    drawn = np.abs(decode_compressed_image(answer).astype(int) - astronaut).max(axis=2) > 60
    assert 0.005 < drawn.mean() < 0.2


def test_annotations_for_foxglove_come_where_its_messages_are_installed(
    graph, start_node, astronaut
):
    types = pytest.importorskip('foxglove_msgs.msg', reason='foxglove_msgs is not installed')
    start_node(static_image_mode=True)
    annotations = graph.listen(types.ImageAnnotations, 'image_annotations')
    answer = graph.answer_to(image_message(astronaut, second=4))
    graph.spin_until(lambda: annotations)
    bones, joints = annotations[0].points
    assert bones.timestamp == joints.timestamp == answer.header.stamp
    nose = answer.persons[0].landmarks[PoseLandmark.NOSE]
    height, width = astronaut.shape[:2]
    place = nose.x * width, nose.y * height
    assert any(np.allclose((point.x, point.y), place, atol=0.01) for point in joints.points)


@pytest.mark.parametrize('extension', ['.jpg', '.png'])
def test_takes_compressed_images_beside_the_remapped_name(
    graph, start_node, astronaut, extension
):
    start_node('-r', 'image:=/head/image_raw', image_transport='compressed')
    camera = graph.node.create_publisher(
        CompressedImage, '/head/image_raw/compressed', qos_profile_sensor_data
    )
    data = cv2.imencode(extension, astronaut[:, :, ::-1])[1].tobytes()
    header = image_message(astronaut, second=3).header
    graph.camera = camera
    answer = graph.answer_to(CompressedImage(header=header, format='jpeg', data=data))
    assert answer.persons
    assert (answer.image_width, answer.image_height) == astronaut.shape[1::-1]


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
    graph.spin_until(
        lambda: '/annotated_image' in dict(graph.node.get_topic_names_and_types())
    )
    assert '/segmentation_mask' not in dict(graph.node.get_topic_names_and_types())


def test_markers_come_with_the_person_and_go_with_it(graph, start_node, astronaut, coffee):
    start_node(static_image_mode=True)
    markers = []
    graph.subscribe(MarkerArray, 'markers', lambda array: markers.extend(array.markers))
    shown = graph.answer_to(image_message(astronaut, second=1), markers)
    assert shown.action == Marker.ADD
    deleted = graph.answer_to(image_message(coffee, second=2), markers)
    assert deleted.action == Marker.DELETE


@pytest.mark.parametrize(
    ('name', 'value', 'reason'),
    [
        ('model_complexity', 2, 'fixed while the node is configured.*cleanup|clean it up'),
        ('autostart', False, 'read-only'),
        ('min_detection_confidence', 1.5, 'range'),
        ('min_detection_confidence', float('nan'), 'range'),
        ('min_tracking_confidence', 'high', 'type'),
        ('smoothing', 'silky', 'smoothing'),
    ],
)
def test_refuses_a_parameter_with_the_reason(graph, node_here, name, value, reason):
    result = graph.set_parameters(**{name: value})
    assert not result.successful
    assert re.search(reason, result.reason)


def test_tells_what_the_landmarks_mean_to_late_subscribers(graph, node_here):
    infos = []
    graph.subscribe(LandmarkInfo, 'landmark_info', infos.append, LATCHED)
    graph.spin_until(lambda: infos)
    (info,) = infos
    assert info.names[15] == 'left_wrist'
    assert info.landmark_model == 'pose_landmark_full'
    assert info.execution_provider == 'CPUExecutionProvider'


def test_a_threshold_applies_from_the_next_image_on(graph, node_here, astronaut):
    assert graph.answer_to(image_message(astronaut, second=1)).persons
    assert graph.set_parameters(min_tracking_confidence=1.0).successful
    assert not graph.answer_to(image_message(astronaut, second=2)).persons
    assert graph.set_parameters(min_tracking_confidence=0.5).successful
    assert graph.answer_to(image_message(astronaut, second=3)).persons


def test_landmarks_that_are_not_seen_are_dropped_when_asked_for(graph, node_here, astronaut):
    """Her legs are outside the picture."""
    knee = PoseLandmark.LEFT_KNEE
    shown = graph.answer_to(image_message(astronaut, second=1)).persons[0].landmarks[knee]
    assert np.isfinite([shown.x, shown.y, shown.z]).all()
    assert not shown.inside_image
    assert graph.set_parameters(min_landmark_visibility=0.3).successful
    (person,) = graph.answer_to(image_message(astronaut, second=2)).persons
    dropped, nose = person.landmarks[knee], person.landmarks[PoseLandmark.NOSE]
    assert np.isnan([dropped.x, dropped.y, dropped.z, person.world_landmarks[knee].x]).all()
    assert np.isfinite([nose.x, nose.y, nose.z]).all()


def test_says_what_runs_where(start_node):
    node = start_node(model_complexity=0, execution_provider='cpu')
    node.wait_for_log(READY)
    assert 'pose_landmark_lite run on CPUExecutionProvider' in node.log
    assert not re.search(r'\[WARN\].*\[pose_tracking\]', node.log)


def test_warns_when_another_execution_provider_runs_than_asked_for(
    graph, make_node, missing_provider, capfd
):
    make_node(execution_provider=missing_provider)
    log = capfd.readouterr().err
    assert f'execution_provider is {missing_provider}, but' in log
    assert 'runs the models on CPUExecutionProvider' in log
    status = graph.diagnostics()['node']
    assert status.level == DiagnosticStatus.WARN
    assert f'execution_provider is {missing_provider}, but' in status.message


def test_warns_when_a_publisher_is_silent(graph, start_node):
    node = start_node(image_timeout=0.5)
    node.wait_for_log('/image has a publisher, /test, but no image came')


def test_topics_and_services_are_those_in_the_documentation(graph, make_node):
    _, _, page = NODE_PAGE.read_text().partition('\n## Topics\n')
    page, _, _ = page.partition('\n## ')  # what follows is of other nodes as well
    rows = re.findall(r'^\| `([^`]+)` \| `(\w+)/(\w+)` \|', page, re.MULTILINE)
    rows += re.findall(r'^\| `([^`]+)` \| \[`(\w+)/(\w+)`\]', page, re.MULTILINE)
    documented = {(name, package, kind) for name, package, kind in rows}
    node = make_node(enable_segmentation=True)
    name, namespace = node.get_name(), node.get_namespace()
    found = {
        (topic.removeprefix('/'), *kinds[0].split('/msg/'))
        for topic, kinds in [
            *node.get_publisher_names_and_types_by_node(name, namespace),
            *node.get_subscriber_names_and_types_by_node(name, namespace),
        ]
    }
    own_services = {('~/reset', 'std_srvs', 'Trigger')}
    of_every_node = {'parameter_events', 'rosout', 'pose_tracking/transition_event'}
    documented = {(topic.removeprefix('/'), *kind) for topic, *kind in documented}
    other_inputs = {
        (f'image/{transport}', *kind.split('/msg/'))
        for transport, kind in IMAGE_TYPES.items()
        if transport != 'raw'
    }
    others = {
        ('depth/image', 'sensor_msgs', 'Image'),
        ('depth/image/compressedDepth', 'sensor_msgs', 'CompressedImage'),
        ('depth/camera_info', 'sensor_msgs', 'CameraInfo'),
        ('tf', 'tf2_msgs', 'TFMessage'),
    }
    assert others <= documented
    expected = documented - own_services - other_inputs - others
    if find_spec('foxglove_msgs') is None:
        expected -= {('image_annotations', 'foxglove_msgs', 'ImageAnnotations')}
    assert {item for item in found if item[0] not in of_every_node} == expected
    assert own_services | other_inputs <= documented
    services = dict(node.get_service_names_and_types_by_node(name, namespace))
    assert services['/pose_tracking/reset'] == ['std_srvs/srv/Trigger']


def test_names_can_be_remapped_and_moved(graph, start_node, astronaut):
    rules = ('__ns:=/robot', '__node:=head', 'image:=/image', 'pose_landmarks:=/pose_landmarks')
    start_node(*(part for rule in rules for part in ('-r', rule)))
    assert graph.answer_to(image_message(astronaut)).persons
    graph.spin_until(
        lambda: ('head', '/robot') in graph.node.get_node_names_and_namespaces()
        and '/robot/annotated_image' in dict(graph.node.get_topic_names_and_types())
    )


def test_draws_only_for_subscribers(graph, node_here, coffee, monkeypatch):
    drawn = []
    annotate = PoseAnnotator.annotate

    def record(self, image, poses):
        drawn.append(image)
        return annotate(self, image, poses)

    monkeypatch.setattr(PoseAnnotator, 'annotate', record)
    # The answer to the second image says that all is done with the first.
    graph.answer_to(image_message(coffee, second=1))
    graph.answer_to(image_message(coffee, second=2))
    assert not drawn
    annotated = graph.listen(Image, 'annotated_image')
    graph.answer_to(image_message(coffee, second=3), annotated)
    assert drawn


def test_continues_after_an_image_that_fails_and_logs_why(
    graph, node_here, coffee, monkeypatch, capfd
):
    process = PoseTracker.process

    def fail_once(self, image, stamp_ns, **_):
        monkeypatch.setattr(PoseTracker, 'process', process)
        raise RuntimeError('the network had a bad day')

    monkeypatch.setattr(PoseTracker, 'process', fail_once)
    graph.meet_subscribers_of(graph.camera)
    graph.camera.publish(image_message(coffee, second=1))
    (camera,) = node_here._cameras
    graph.spin_until(lambda: camera.statistics.counts.failed)
    assert graph.answer_to(image_message(coffee, second=2))
    assert 'Image not processed, RuntimeError: the network had a bad day' in capfd.readouterr().err
