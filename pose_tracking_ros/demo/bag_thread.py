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

"""Write a bag in a thread, so that image compression does not delay the subscriptions."""

from __future__ import annotations

from array import array
import sys
from threading import Semaphore

import cv2
import numpy as np
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage, Image

from pose_tracking_ros.demo.bag_writer import BagWriter
from pose_tracking_ros.replay.bounded_threads import Room, WriteBehind

_JPEG_QUALITY = 90
_MAX_WAITING_IMAGES = 8
"""Maximum number of queued images: 50 MB in 1080p."""


class BagThread:
    """
    A thread that writes a bag until closed.

    :param writer: the bag, with its topics added
    :param image_topic: the topic for images, of type CompressedImage
    """

    def __init__(self, writer: BagWriter, image_topic: str) -> None:
        self.images = 0
        self._writer = writer
        self._image_topic = image_topic
        self._waiting_images = Semaphore(_MAX_WAITING_IMAGES)
        self._behind = WriteBehind(self._write, Room(items=sys.maxsize))

    def write(self, topic: str, received_ns: int, serialized: bytes) -> None:
        """
        Queue a message for the bag.

        :raises OSError: if the bag cannot be written, for example to a full disk
        """
        self._behind.put((topic, received_ns, serialized))

    def write_image(self, received_ns: int, image: Image) -> None:
        """
        Queue a bgr8 image for the bag and count it, unless the queue is full.

        :raises OSError: if the bag cannot be written
        """
        if self._waiting_images.acquire(blocking=False):
            self._behind.put((self._image_topic, received_ns, image))
            self.images += 1

    def close(self) -> None:
        """Write all queued messages and end the thread."""
        self._behind.close()

    def _write(self, item: tuple[str, int, bytes | Image]) -> None:
        """Write a queued message; runs in the thread."""
        topic, received_ns, content = item
        if isinstance(content, Image):
            content = _compress(content)
            self._waiting_images.release()
        self._writer.write(topic, received_ns, content)


def _compress(image: Image) -> bytes:
    """Return a bgr8 image as a serialized CompressedImage with the same header."""
    rows = np.frombuffer(image.data, np.uint8).reshape(image.height, image.step)
    pixels = rows[:, : 3 * image.width].reshape(image.height, image.width, 3)
    _, jpeg = cv2.imencode('.jpg', pixels, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    data = array('B')
    data.frombytes(memoryview(jpeg.reshape(-1)))
    message = CompressedImage(header=image.header, format='bgr8; jpeg compressed bgr8', data=data)
    return serialize_message(message)
