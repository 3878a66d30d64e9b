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

"""
Cameras that send prepared images of a clip, each 30 a second.

The stamp of an image is the time of sending. Writes a line when the counted images begin, and one
with their stamps, in nanoseconds, as JSON when all are sent.
"""

from __future__ import annotations

import argparse
from array import array
import json
import sys
import time

import numpy as np
import rclpy
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import qos_profile_sensor_data
from rclpy.time import Time
from sensor_msgs.msg import Image

from pose_tracking_ros.heap import keep_freed_memory

PERIOD_NS = 33_333_333

# For discovery at the start, and for the last answers at the end.
_SETTLE_S = 1.0

# Maximum time for a node to start.
_PATIENCE_S = 60.0

# Images before the counted ones: the models warm up, and search for a person.
_WARM_UP = 45


def main() -> None:
    """Send the images."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('path', help='file of RGB images')
    parser.add_argument('width', type=int)
    parser.add_argument('height', type=int)
    parser.add_argument('--names', nargs='*', default=[''], help='what the topics begin with')
    parser.add_argument('--seconds', type=float, required=True)
    arguments = parser.parse_args()
    keep_freed_memory()
    frames = np.memmap(arguments.path, np.uint8, 'r')
    messages = [
        camera_message(frame)
        for frame in frames.reshape(-1, arguments.height, arguments.width, 3)
    ]
    rclpy.init()
    node = Node('cameras')
    cameras = [
        node.create_publisher(Image, f'{name}image', qos_profile_sensor_data)
        for name in arguments.names
    ]
    deadline = time.monotonic() + _PATIENCE_S
    while not all(camera.get_subscription_count() for camera in cameras):
        if time.monotonic() > deadline:
            sys.exit(f'nobody subscribed to all images in {_PATIENCE_S:g} s')
        time.sleep(0.05)
    time.sleep(_SETTLE_S)
    send(cameras, messages, _WARM_UP)
    print('measuring', flush=True)
    stamps = send(cameras, messages, round(arguments.seconds * 1e9 / PERIOD_NS))
    time.sleep(_SETTLE_S)
    print(json.dumps(stamps), flush=True)
    node.destroy_node()
    rclpy.try_shutdown()


def camera_message(rgb: np.ndarray) -> Image:
    """Return an image as cameras send it: BGR, without padding."""
    height, width = rgb.shape[:2]
    bgr = np.ascontiguousarray(rgb[:, :, ::-1])
    message = Image(height=height, width=width, encoding='bgr8', step=3 * width)
    message.data = array('B')
    message.data.frombytes(memoryview(bgr).cast('B'))
    return message


def send(cameras: list[Publisher], messages: list[Image], count: int) -> list[list[int]]:
    """Send images from each camera, evenly staggered, back and forth through the clip."""
    loop = [*messages, *messages[-2:0:-1]]
    stamps: list[list[int]] = [[] for _ in cameras]
    begun_ns = time.monotonic_ns()
    for k in range(count * len(cameras)):
        due_ns = begun_ns + k * PERIOD_NS // len(cameras)
        time.sleep(max(0, due_ns - time.monotonic_ns()) * 1e-9)
        frame, camera = divmod(k, len(cameras))
        message = loop[frame % len(loop)]
        stamps[camera].append(time.time_ns())
        message.header.stamp = Time(nanoseconds=stamps[camera][-1]).to_msg()
        cameras[camera].publish(message)
    return stamps


if __name__ == '__main__':
    main()
