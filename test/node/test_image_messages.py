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

"""Published images go through cv_bridge, and come without it where it does not work."""

from __future__ import annotations

from builtin_interfaces.msg import Time
import numpy as np
import pytest
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from pose_tracking_ros import messages
from pose_tracking_ros.image_decoding import decode_image
from pose_tracking_ros.node import image_messages
from pose_tracking_ros.node.message_types import MESSAGE_TYPES
from ros_graph import image_message, READY

HEADER = Header(stamp=Time(sec=12, nanosec=345), frame_id='camera')

needs_cv_bridge = pytest.mark.skipif(
    bool(image_messages.cv_bridge_problem()), reason='there is no cv_bridge that works'
)
each_picture = pytest.mark.parametrize(
    ('shape', 'encoding'),
    [((48, 64, 3), 'bgr8'), ((1, 1, 3), 'bgr8'), ((5, 7, 3), 'rgb8'), ((48, 64), 'mono8')],
    ids=str,
)


def random_picture(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, shape, np.uint8)


@needs_cv_bridge
@each_picture
def test_a_message_is_that_of_cv_bridge_and_the_same_as_without_it(shape, encoding):
    from cv_bridge import CvBridge

    pixels = random_picture(shape)
    message = image_messages.image_message(HEADER, encoding, pixels)
    expected = CvBridge().cv2_to_imgmsg(pixels, encoding)
    expected.header = HEADER
    assert message == expected
    assert message == messages.image_message(MESSAGE_TYPES, HEADER, encoding, pixels)


@needs_cv_bridge
def test_cv_bridge_refuses_pixels_that_are_not_of_their_encoding():
    from cv_bridge import CvBridgeError

    with pytest.raises(CvBridgeError, match='incompatible'):
        image_messages.image_message(HEADER, 'mono8', random_picture((4, 6, 3)))


@pytest.mark.parametrize(
    ('content', 'reported'),
    [
        pytest.param(
            'raise ImportError("numpy.core.multiarray failed to import")',
            (
                'ImportError: numpy.core.multiarray failed to import',
                f'built for another NumPy than {np.__version__}',
                "pip install 'numpy<2'",
            ),
            id='built for another NumPy',
        ),
        pytest.param(
            # What the package does, whose compiled part is imported with the first encoding.
            'class CvBridge:\n'
            '    def cv2_to_imgmsg(self, *_):\n'
            '        raise SystemError("initialization of cv_bridge_boost raised")',
            ('SystemError: initialization of cv_bridge_boost raised', "pip install 'numpy<2'"),
            id='fails when it is used',
        ),
        pytest.param(
            'raise ModuleNotFoundError("No module named cv_bridge", name="cv_bridge")',
            ('it is not installed', 'sudo apt install ros-', '-cv-bridge'),
            id='not there',
        ),
    ],
)
def test_without_a_cv_bridge_that_works_the_remedy_is_reported_and_images_are_published(
    graph, start_node, coffee, tmp_path, monkeypatch, content, reported
):
    (tmp_path / 'cv_bridge.py').write_text(content + '\n')
    monkeypatch.setenv('PYTHONPATH', str(tmp_path), prepend=':')
    node = start_node()
    annotated = graph.listen(Image, 'annotated_image')
    image = image_message(coffee, second=4)
    np.testing.assert_array_equal(decode_image(graph.answer_to(image, annotated)), coffee)
    assert node.log.count('Images are published without cv_bridge') == 1
    for part in reported:
        assert part in node.log


@needs_cv_bridge
def test_nothing_is_reported_a_cv_bridge_that_works(start_node):
    node = start_node()
    node.wait_for_log(READY)
    assert 'cv_bridge' not in node.log
