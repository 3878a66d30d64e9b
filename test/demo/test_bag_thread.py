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

"""Recording in a thread: nothing is held up, nothing is lost in silence."""

from array import array
from contextlib import closing
from threading import Event

import numpy as np
import pytest
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from pose_tracking_ros.demo.bag_thread import BagThread
from pose_tracking_ros.demo.bag_writer import BagWriter
from pose_tracking_ros.demo.results import read_images


def an_image(second, padding=0):
    """Return an image that grows brighter from left to right, and its pixels."""
    row = np.repeat(np.arange(64, dtype=np.uint8) * 3, 3)
    rows = np.tile(np.concatenate([row, np.full(padding, 255, np.uint8)]), (48, 1))
    message = Image(
        height=48, width=64, step=rows.shape[1], encoding='bgr8', data=array('B', rows.tobytes())
    )
    message.header = Header(frame_id='camera')
    message.header.stamp.sec = second
    return message, rows[:, : 64 * 3].reshape(48, 64, 3)


class SlowBag:
    """A bag that writes when it is allowed to, or fails."""

    def __init__(self, error=None):
        self.written = []
        self.allowed = Event()
        self._error = error

    def write(self, topic, received_ns, serialized):
        """Write."""
        self.allowed.wait(60)
        if self._error:
            raise self._error
        self.written.append((topic, received_ns, serialized))


@pytest.mark.parametrize('padding', [0, 5])
def test_an_image_is_recorded_as_jpeg_with_its_header(tmp_path, padding):
    message, pixels = an_image(second=9, padding=padding)
    with closing(BagWriter(tmp_path / 'bag')) as writer:
        writer.add_topic('/image/compressed', 'sensor_msgs/msg/CompressedImage', [])
        thread = BagThread(writer, '/image/compressed')
        thread.write_image(10**10, message)
        thread.close()
    ((stamp_ns, image),) = read_images(tmp_path / 'bag')
    assert stamp_ns == 9 * 10**9
    assert np.abs(image.astype(int) - pixels).max() < 16


def test_a_compressed_image_names_its_format_and_frame():
    bag = SlowBag()
    bag.allowed.set()
    thread = BagThread(bag, '/compressed')
    thread.write_image(5, an_image(1)[0])
    thread.close()
    ((topic, received_ns, serialized),) = bag.written
    message = deserialize_message(serialized, CompressedImage)
    assert (topic, received_ns) == ('/compressed', 5)
    assert (message.header.frame_id, message.header.stamp.sec) == ('camera', 1)
    assert message.format == 'bgr8; jpeg compressed bgr8'


def test_images_that_come_too_fast_are_dropped_and_messages_are_all_kept():
    bag = SlowBag()
    thread = BagThread(bag, '/compressed')
    for number in range(30):
        thread.write('/landmarks', number, b'landmarks')
        thread.write_image(number, an_image(number)[0])
    assert 0 < thread.images < 30
    bag.allowed.set()
    thread.close()
    topics = [topic for topic, _, _ in bag.written]
    assert topics.count('/landmarks') == 30
    assert topics.count('/compressed') == thread.images


def test_a_bag_that_cannot_be_written_is_reported():
    bag = SlowBag(error=OSError('No space left on device'))
    bag.allowed.set()
    thread = BagThread(bag, '/compressed')
    thread.write('/landmarks', 1, b'')
    with pytest.raises(OSError, match='No space left'):
        thread.close()
