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

"""Recordings for the tests, written as recorders write them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rosbags.rosbag1 import Writer as Writer1
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin
from rosbags.rosbag2 import Writer as Writer2
from rosbags.typesys import get_typestore, Stores

ROS1, ROS2 = get_typestore(Stores.ROS1_NOETIC), get_typestore(Stores.ROS2_HUMBLE)

IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
TOPIC = '/camera/image_raw'
PERIOD_NS = 33_000_000
FIRST_STAMP_NS = 1_700_000_000_000_000_000
LATENCY_NS = 5_000_000
"""How long after its stamp an image is recorded."""

Entry = tuple[str, str, int, bytes]
"""Topic, type, when it was recorded in nanoseconds, serialized message."""


def header(stamp_ns: int, frame_id: str = 'camera', ros1: bool = False) -> Any:
    """Return a std_msgs/Header."""
    types = (ROS1 if ros1 else ROS2).types
    time = types['builtin_interfaces/msg/Time'](*divmod(stamp_ns, 1_000_000_000))
    sequence = {'seq': 0} if ros1 else {}
    return types['std_msgs/msg/Header'](**sequence, stamp=time, frame_id=frame_id)


def raw_image(bgr: np.ndarray, stamp_ns: int, ros1: bool = False, **changes: Any) -> bytes:
    """Return a serialized sensor_msgs/Image."""
    store = ROS1 if ros1 else ROS2
    height, width = bgr.shape[:2]
    fields = {
        'height': height, 'width': width, 'encoding': 'bgr8', 'is_bigendian': 0,
        'step': 3 * width, 'data': np.ascontiguousarray(bgr).ravel(), **changes,
    }
    message = store.types[IMAGE](header=header(stamp_ns, ros1=ros1), **fields)
    return bytes(store.serialize_ros1(message, IMAGE) if ros1
                 else store.serialize_cdr(message, IMAGE))


def compressed_image(bgr: np.ndarray, stamp_ns: int, suffix: str = '.png') -> bytes:
    """Return a serialized sensor_msgs/CompressedImage."""
    data = cv2.imencode(suffix, bgr)[1].ravel()
    message = ROS2.types[COMPRESSED](header=header(stamp_ns), format=suffix[1:], data=data)
    return bytes(ROS2.serialize_cdr(message, COMPRESSED))


def camera_info(stamp_ns: int, width: int, height: int) -> bytes:
    """Return a serialized sensor_msgs/CameraInfo."""
    types = ROS2.types
    message = types['sensor_msgs/msg/CameraInfo'](
        header=header(stamp_ns), height=height, width=width, distortion_model='plumb_bob',
        d=np.zeros(5), k=np.array([200.0, 0, width / 2, 0, 200, height / 2, 0, 0, 1]),
        r=np.eye(3).ravel(), p=np.zeros(12), binning_x=0, binning_y=0,
        roi=types['sensor_msgs/msg/RegionOfInterest'](0, 0, 0, 0, False))
    return bytes(ROS2.serialize_cdr(message, 'sensor_msgs/msg/CameraInfo'))


def stamps(count: int) -> list[int]:
    """Return regular stamps in nanoseconds."""
    return [FIRST_STAMP_NS + index * PERIOD_NS for index in range(count)]


def image_entries(images: Iterable[np.ndarray], topic: str = TOPIC) -> list[Entry]:
    """Return images as what a recorder receives of a topic."""
    images = list(images)
    return [
        (topic, IMAGE, stamp + LATENCY_NS, raw_image(image, stamp))
        for image, stamp in zip(images, stamps(len(images)))
    ]


def write_bag(
    path: Path,
    entries: Iterable[Entry],
    storage: StoragePlugin = StoragePlugin.MCAP,
    compression: CompressionMode = CompressionMode.NONE,
) -> Path:
    """Write a rosbag2."""
    writer = Writer2(path, version=9, storage_plugin=storage)
    writer.set_compression(compression, CompressionFormat.ZSTD)
    with writer:
        connections = {}
        for topic, type_name, received_ns, data in entries:
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, type_name, typestore=ROS2)
            writer.write(connections[topic], received_ns, data)
    return path


def write_ros1_bag(path: Path, images: Iterable[np.ndarray]) -> Path:
    """Write a ROS 1 bag, in chunks of about two images as small as those of the tests."""
    images = list(images)
    with Writer1(path) as writer:
        writer.chunk_threshold = 2 * images[0].nbytes
        connection = writer.add_connection(TOPIC, IMAGE, typestore=ROS1)
        for image, stamp in zip(images, stamps(len(images))):
            writer.write(connection, stamp + LATENCY_NS, raw_image(image, stamp, ros1=True))
    return path
