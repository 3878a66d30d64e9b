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

"""Positions of people through a real graph: calibration, depth, frames and outputs."""

from __future__ import annotations

from array import array
from importlib.util import find_spec
import re
import struct

from builtin_interfaces.msg import Time
import cv2
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseWithCovarianceStamped, TransformStamped
import numpy as np
from pose_tracking_ros.msg import Person, PoseLandmark, PoseLandmarks
import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from pose_tracking_ros.blazepose import CameraModel, PoseTracker, PoseTrackerOptions
from pose_tracking_ros.body.placement import rotation_matrix
from pose_tracking_ros.video.source import VideoSource
from ros_graph import image_message, values

FOCAL = 1600.0
LITE = {'model_complexity': 0}
FRAME = 'camera_optical_frame'

needs_tf2_msgs = pytest.mark.skipif(
    not find_spec('tf2_msgs'), reason='needs tf2_msgs: it comes with a ROS 2 distribution'
)
needs_tf2_ros = pytest.mark.skipif(
    not find_spec('tf2_ros'), reason='needs tf2_ros: it comes with a ROS 2 distribution'
)


@pytest.fixture(scope='module')
def man(walking_man) -> np.ndarray:
    """Return a man from head to toe, (1920, 1088, 3) RGB."""
    with VideoSource(str(walking_man)) as video:
        return np.ascontiguousarray(next(iter(video)).image[:, :, ::-1])


def information(size: tuple[int, int], focal: float = FOCAL, second: int = 0) -> CameraInfo:
    """Return the calibration of a camera without distortion."""
    width, height = size
    k = [focal, 0.0, width / 2, 0.0, focal, height / 2, 0.0, 0.0, 1.0]
    return CameraInfo(
        header=Header(stamp=Time(sec=second), frame_id=FRAME),
        width=width,
        height=height,
        distortion_model='plumb_bob',
        d=[0.0] * 5,
        k=k,
        r=np.eye(3).ravel().tolist(),
        p=[*k[:3], 0.0, *k[3:6], 0.0, *k[6:], 0.0],
    )


def image(pixels: np.ndarray, second: int, frame_id: str = FRAME) -> Image:
    message = image_message(pixels, second)
    message.header.frame_id = frame_id
    return message


def depth_message(
    metres: np.ndarray, second: int, encoding: str = '32FC1', transport: str = 'raw'
) -> Image | CompressedImage:
    """Return a depth image."""
    header = Header(stamp=Time(sec=second, nanosec=33_000_000), frame_id=FRAME)
    stored = metres if encoding == '32FC1' else np.round(metres * 1000).astype(np.uint16)
    if transport == 'compressedDepth':
        data = struct.pack('<iff', 0, 0.0, 0.0) + cv2.imencode('.png', stored)[1].tobytes()
        return CompressedImage(header=header, format=f'{encoding}; compressedDepth png', data=data)
    height, width = metres.shape
    return Image(
        header=header, height=height, width=width, encoding=encoding, step=stored.strides[0],
        data=array('B', stored.tobytes()),
    )  # fmt: skip


def array_of(points: list) -> np.ndarray:
    return np.array([[point.x, point.y, point.z] for point in points])


def expected(pixels: np.ndarray, depth: np.ndarray | None = None) -> object:
    """Return the pose that the core finds with the same camera, in the first image."""
    tracker = PoseTracker(PoseTrackerOptions(**LITE, static_image_mode=True))
    camera = CameraModel.from_camera_info(information(pixels.shape[1::-1]))
    (pose,) = tracker.process(pixels, 0, camera=camera, depth=depth).poses
    assert pose.position_problem is None
    return pose


def calibrate(graph, node, size: tuple[int, int], topic: str = 'camera_info', **info) -> None:
    """Let the node know the calibration of its first camera, as a driver does before an image."""
    publisher = graph.node.create_publisher(CameraInfo, topic, qos_profile_sensor_data)
    graph.meet_subscribers_of(publisher)
    publisher.publish(information(size, **info))
    graph.spin_until(lambda: node._cameras[0].calibration.model)


def assert_same_place(person: Person, pose: object) -> None:
    np.testing.assert_allclose(array_of([person.position])[0], pose.position, atol=1e-4)
    np.testing.assert_allclose(
        np.reshape(person.position_covariance, (3, 3)), pose.position_covariance, atol=1e-4
    )
    np.testing.assert_allclose(
        array_of(person.camera_landmarks), pose.camera_landmarks, atol=1e-4
    )
    np.testing.assert_array_equal(list(person.landmark_sources), pose.landmark_sources)


def test_a_calibration_that_is_a_second_older_tells_where_people_are(graph, make_node, man):
    node = make_node(**LITE, static_image_mode=True)
    poses = graph.listen(PoseWithCovarianceStamped, 'person_pose')
    arrays = graph.listen(MarkerArray, 'markers')
    calibrate(graph, node, man.shape[1::-1], second=7)
    pose = expected(man)
    (person,) = graph.answer_to(image(man, second=8)).persons
    assert_same_place(person, pose)
    graph.spin_until(lambda: poses and arrays)
    reported = poses[0]
    assert reported.header == image(man, second=8).header
    position = reported.pose.pose.position
    np.testing.assert_allclose([position.x, position.y, position.z], pose.position, atol=1e-4)
    covariance = np.reshape(reported.pose.covariance, (6, 6))
    np.testing.assert_allclose(covariance[:3, :3], pose.position_covariance, atol=1e-4)
    assert np.linalg.eigvalsh(covariance).min() > 0
    turn = reported.pose.pose.orientation
    axes = rotation_matrix(turn.x, turn.y, turn.z, turn.w)
    assert axes[1, 2] < -0.9  # his head is up, against y
    # Markers stand where he is: each is seen where his landmark is in the image.
    camera = CameraModel.from_camera_info(information(man.shape[1::-1]))
    points = np.vstack([array_of(marker.points) for marker in arrays[0].markers])
    seen, shown = camera.project(points), pose.landmarks[:, :2]
    distances = np.linalg.norm((seen[:, np.newaxis] - shown) * man.shape[1::-1], axis=2)
    assert np.median(distances.min(axis=1)) < 40  # pixels, of a man of 900


def test_the_calibration_is_the_sibling_of_the_remapped_image(graph, start_node, man):
    start_node('-r', 'image:=/head/image_raw', **LITE)
    publisher = graph.node.create_publisher(
        CameraInfo, '/head/camera_info', qos_profile_sensor_data
    )
    graph.camera = graph.node.create_publisher(
        Image, '/head/image_raw', qos_profile_sensor_data
    )
    graph.diagnostics_until(
        lambda statuses: values(statuses['position'])['calibration'] == 'known',
        lambda: publisher.publish(information(man.shape[1::-1])),
    )
    (person,) = graph.answer_to(image(man, second=8)).persons
    assert person.position_problem == ''
    assert person.position.z > 1


def test_without_a_calibration_positions_are_unknown(graph, make_node, man):
    make_node(**LITE)
    poses = graph.listen(PoseWithCovarianceStamped, 'person_pose')
    (person,) = graph.answer_to(image(man, second=8)).persons
    assert np.isnan(array_of([person.position])).all()
    assert person.position_problem == 'no_camera'
    status = graph.diagnostics_until(
        lambda statuses: 'positions are not known' in statuses['position'].message
    )['position']
    assert 'no camera_info on /camera_info' in status.message
    assert status.level == DiagnosticStatus.OK
    assert not poses


def test_a_calibration_without_sense_is_reported_and_the_next_one_counts(
    graph, make_node, man, capfd
):
    node = make_node(**LITE)
    publisher = graph.node.create_publisher(CameraInfo, 'camera_info', qos_profile_sensor_data)
    wrong = information(man.shape[1::-1])
    wrong.k[0] = float('nan')
    status = graph.diagnostics_until(
        lambda statuses: 'is not valid' in statuses['position'].message,
        lambda: publisher.publish(wrong),
    )['position']
    assert status.level == DiagnosticStatus.WARN
    assert capfd.readouterr().err.count('/camera_info is not valid: k is') == 1
    publisher.publish(information(man.shape[1::-1]))
    graph.spin_until(lambda: node._cameras[0].calibration.model)
    assert graph.answer_to(image(man, second=8)).persons[0].position_problem == ''


@pytest.mark.parametrize(
    ('encoding', 'transport'),
    [('32FC1', 'raw'), ('16UC1', 'raw'), ('16UC1', 'compressedDepth')],
)
def test_depth_measures_where_people_are(graph, make_node, man, encoding, transport):
    """Of a quarter of the resolution, and not at the same moment: he stands before a wall."""
    node = make_node(**LITE, static_image_mode=True, depth_transport=transport, depth_slop=0.2)
    calibrate(graph, node, man.shape[1::-1])
    metres = np.full((man.shape[0] // 4, man.shape[1] // 4), 3.0, np.float32)
    pose = expected(man, metres)
    topic = 'depth/image' if transport == 'raw' else f'depth/image/{transport}'
    depth = depth_message(metres, 8, encoding, transport)
    publisher = graph.node.create_publisher(type(depth), topic, qos_profile_sensor_data)
    graph.meet_subscribers_of(publisher)
    publisher.publish(depth)
    (person,) = graph.answer_to(image(man, second=8)).persons
    assert_same_place(person, pose)
    assert Person.SOURCE_MEASURED in list(person.landmark_sources)
    graph.diagnostics_until(
        lambda statuses: values(statuses['position'])['images with depth'] == '1'
    )


def test_without_depth_in_time_an_image_is_processed_alone_and_that_is_reported(
    graph, make_node, man
):
    node = make_node(**LITE, depth_transport='raw')
    calibrate(graph, node, man.shape[1::-1])
    assert graph.answer_to(image(man, second=8)).persons[0].position_problem == ''
    status = graph.diagnostics_until(
        lambda s: 'no publisher on /depth/image' in s['position'].message
    )['position']
    assert status.level == DiagnosticStatus.WARN
    assert '1 of 1 images processed without depth' in status.message
    publisher = graph.node.create_publisher(Image, 'depth/image', qos_profile_sensor_data)
    graph.meet_subscribers_of(publisher)
    publisher.publish(depth_message(np.full((48, 27), 3.0, np.float32), second=5))
    person = graph.answer_to(image(man, second=9)).persons[0]
    assert Person.SOURCE_MEASURED not in list(person.landmark_sources)
    graph.diagnostics_until(
        lambda s: 'no depth image on /depth/image in time' in s['position'].message
    )


@pytest.mark.parametrize('fault', ['view', 'encoding'])
def test_depth_that_cannot_be_used_is_reported_with_the_reason(graph, make_node, man, fault):
    node = make_node(**LITE, depth_transport='raw')
    calibrate(graph, node, man.shape[1::-1])
    depth = depth_message(np.full((480, 272), 3.0, np.float32), second=8)
    if fault == 'view':
        infos = graph.node.create_publisher(
            CameraInfo, 'depth/camera_info', qos_profile_sensor_data
        )
        graph.meet_subscribers_of(infos)
        infos.publish(information((272, 480), focal=FOCAL / 4 * 1.2))
        graph.spin_until(lambda: node._cameras[0].depth._calibration.model)
        words = 'has another view than the images'
    else:
        depth.encoding, words = 'rgb8', "'rgb8' holds no depths"
    publisher = graph.node.create_publisher(Image, 'depth/image', qos_profile_sensor_data)
    graph.meet_subscribers_of(publisher)
    publisher.publish(depth)
    person = graph.answer_to(image(man, second=8)).persons[0]
    assert person.position_problem == ''
    assert Person.SOURCE_MEASURED not in list(person.landmark_sources)
    graph.diagnostics_until(lambda s: words in s['position'].message)


def test_each_camera_has_its_own_calibration(graph, make_node, man):
    node = make_node(**LITE, cameras=['front', 'rear'])
    calibrate(graph, node, man.shape[1::-1], topic='front/camera_info')
    for name, problem in (('front', ''), ('rear', 'no_camera')):
        answers = graph.listen(PoseLandmarks, f'{name}/pose_landmarks')
        graph.camera = graph.node.create_publisher(
            Image, f'{name}/image', qos_profile_sensor_data
        )
        (person,) = graph.answer_to(image(man, second=8), answers).persons
        assert person.position_problem == problem


@pytest.mark.parametrize('frame_id', ['', 'camera_link'])
def test_a_frame_that_is_no_optical_frame_is_reported_once(
    graph, make_node, coffee, frame_id, capfd
):
    make_node(**LITE)
    for second in (1, 2):
        graph.answer_to(image(coffee, second, frame_id))
    words = 'images have no frame_id' if not frame_id else 'images are in the frame camera_link'
    assert capfd.readouterr().err.count(words) == 1


@pytest.mark.parametrize(
    ('name', 'value', 'package'),
    [('publish_tf', True, 'tf2_msgs'), ('target_frame', 'map', 'tf2_ros')],
)
def test_what_needs_a_package_that_is_missing_is_refused(graph, make_node, name, value, package):
    if find_spec(package):
        pytest.skip(f'{package} is installed')
    make_node(autostart=False)
    result = graph.set_parameters(**{name: value})
    assert not result.successful
    assert re.search(
        f'{name} is .*{value}.*needs the package {package}.*apt install ros-', result.reason
    )


def transform(parent: str, child: str, second: int, x: float) -> TransformStamped:
    """Return where a camera is that looks along x of its parent, at a height of a metre."""
    found = TransformStamped(
        header=Header(stamp=Time(sec=second), frame_id=parent), child_frame_id=child
    )
    found.transform.translation.x, found.transform.translation.z = x, 1.0
    turn = found.transform.rotation
    turn.x, turn.y, turn.z, turn.w = -0.5, 0.5, -0.5, 0.5
    return found


@needs_tf2_msgs
def test_each_body_has_a_frame(graph, make_node, man):
    from tf2_msgs.msg import TFMessage

    node = make_node(**LITE, static_image_mode=True, publish_tf=True)
    messages = graph.listen(TFMessage, '/tf')
    calibrate(graph, node, man.shape[1::-1])
    (person,) = graph.answer_to(image(man, second=8)).persons
    graph.spin_until(lambda: messages)
    (reported,) = messages[0].transforms
    assert reported.header == image(man, second=8).header
    assert reported.child_frame_id == f'body_{person.track_id}'
    assert reported.transform.translation.z == pytest.approx(person.position.z)


@needs_tf2_ros
def test_places_are_reported_in_the_frame_of_the_robot_at_the_stamp_of_the_image(
    graph, make_node, man
):
    from tf2_msgs.msg import TFMessage

    node = make_node(**LITE, static_image_mode=True, target_frame='base_link')
    poses = graph.listen(PoseWithCovarianceStamped, 'person_pose')
    arrays = graph.listen(MarkerArray, 'markers')
    calibrate(graph, node, man.shape[1::-1])
    # Nobody knows where the camera is.
    (person,) = graph.answer_to(image(man, second=8)).persons
    status = graph.diagnostics_until(
        lambda s: 'no transform to base_link' in s['position'].message
    )['position']
    assert status.level == DiagnosticStatus.WARN
    assert not poses
    assert not arrays
    publisher = graph.node.create_publisher(TFMessage, '/tf', 100)
    graph.meet_subscribers_of(publisher)
    moves = [transform('base_link', FRAME, *at) for at in ((8, 1.0), (10, 3.0))]
    publisher.publish(TFMessage(transforms=moves))
    (person,) = graph.answer_to(image(man, second=9)).persons
    graph.spin_until(lambda: poses and arrays)
    assert poses[0].header.frame_id == 'base_link'
    assert poses[0].header.stamp.sec == 9
    place = poses[0].pose.pose.position
    # Forward is z of the optical frame, left is against x, up against y.
    np.testing.assert_allclose(
        [place.x, place.y, place.z],
        [2 + person.position.z, -person.position.x, 1 - person.position.y],
        atol=1e-3,
    )
    marker = arrays[0].markers[0]
    assert marker.header.frame_id == 'base_link'
    assert marker.pose.position.x == pytest.approx(2, abs=1e-3)
    hip = PoseLandmark.LEFT_HIP
    assert np.isfinite(array_of(person.camera_landmarks)[hip]).all()
