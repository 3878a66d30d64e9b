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

"""The node in a process of its own, and the other side of its graph."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from pathlib import Path
import signal
import subprocess
import time

from ament_index_python.packages import get_package_prefix
from builtin_interfaces.msg import Time
import numpy as np
from pose_tracking_ros.msg import PoseLandmarks
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from rclpy.subscription import Subscription
from sensor_msgs.msg import Image
from std_msgs.msg import Header

# Seconds, far more than anything takes on a busy machine: what is waited for does come.
PATIENCE = 60.0

# What the node says when it has started.
READY = 'images come from'


def image_message(rgb: np.ndarray, second: int = 0, encoding: str = 'rgb8') -> Image:
    """Return a message with a header that tells it from others."""
    pixels = np.ascontiguousarray(rgb)
    return Image(
        header=Header(stamp=Time(sec=second, nanosec=7), frame_id=f'camera_{second}'),
        height=rgb.shape[0],
        width=rgb.shape[1],
        encoding=encoding,
        step=pixels.strides[0],
        data=array('B', pixels.tobytes()),
    )


class Graph:
    """
    The test's side of a ROS graph: a camera, and a listener to what comes of its images.

    :param context: the ROS context of the test
    """

    def __init__(self, context: rclpy.Context) -> None:
        self.node = Node('test', context=context)
        self._executor = SingleThreadedExecutor(context=context)
        self._executor.add_node(self.node)
        self.camera = self.node.create_publisher(Image, 'image', qos_profile_sensor_data)
        self.landmarks = self.listen(PoseLandmarks, 'pose_landmarks')

    def listen(self, message_type: type, topic: str) -> list:
        """Subscribe to a topic, and return the list that its messages are put into."""
        messages = []
        self.subscribe(message_type, topic, messages.append)
        return messages

    def subscribe(self, message_type: type, topic: str, callback: Callable) -> Subscription:
        return self.node.create_subscription(message_type, topic, callback, 10)

    def spin_until(self, condition: Callable[[], object], patience: float = PATIENCE) -> None:
        """Receive until a condition holds."""
        deadline = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < deadline, 'what the test waits for did not happen'
            self._executor.spin_once(timeout_sec=0.05)

    def answer_to(self, image: Image, messages: list | None = None) -> object:
        """
        Return the message with the header of an image; by default the landmarks.

        The image is sent again until there is an answer: what is sent before both sides know of
        each other is lost.
        """
        messages = self.landmarks if messages is None else messages
        self.spin_until(self.camera.get_subscription_count)
        deadline = time.monotonic() + PATIENCE
        while True:
            self.camera.publish(image)
            sent = time.monotonic()
            while time.monotonic() < sent + 0.5:
                self._executor.spin_once(timeout_sec=0.05)
                for message in messages:
                    if message.header == image.header:
                        return message
            assert time.monotonic() < deadline, 'no answer to the image'

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()


class NodeProcess:
    """
    The installed executable of the node.

    :param log: file for its output
    :param arguments: what follows its name on the command line
    """

    def __init__(self, log: Path, arguments: list[str]) -> None:
        prefix = get_package_prefix('pose_tracking_ros')
        executable = Path(prefix) / 'lib' / 'pose_tracking_ros' / 'pose_tracking_node'
        self._log = log
        with log.open('w') as output:
            self._process = subprocess.Popen(
                [str(executable), *arguments], stdout=output, stderr=subprocess.STDOUT
            )

    @property
    def log(self) -> str:
        """Return what it has printed."""
        return self._log.read_text()

    def wait_for_log(self, text: str) -> None:
        """Wait until it has printed a text."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.log:
            assert self._process.poll() is None, f'the node ended:\n{self.log}'
            assert time.monotonic() < deadline, f'no {text!r} in the log:\n{self.log}'
            time.sleep(0.05)

    def wait(self) -> int:
        """Return the exit code, when it has ended by itself."""
        return self._process.wait(PATIENCE)

    def stop(self, signal_number: int = signal.SIGINT, times: int = 1) -> int:
        """Tell it to end, and return its exit code."""
        for _ in range(times):
            self._process.send_signal(signal_number)
            time.sleep(0.05)
        return self.wait()

    def close(self) -> None:
        """End it where it still runs; without mercy only if it must be: its memory would stay."""
        self._process.terminate()
        try:
            self.wait()
        finally:
            self._process.kill()
