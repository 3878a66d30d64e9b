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

"""Make the messages of the node from what the tracker answers."""

from __future__ import annotations

from array import array

import cv2
from geometry_msgs.msg import Point
import numpy as np
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from pose_tracking_ros.blazepose import FrameReport, Pose, Topology
from pose_tracking_ros.msg import NormalizedRect, PoseLandmarks
from pose_tracking_ros.msg import PoseLandmark as PoseLandmarkMessage


def pose_landmarks_message(
    header: Header,
    image_size: tuple[int, int],
    topology: Topology,
    pose: Pose | None,
    report: FrameReport,
) -> PoseLandmarks:
    """
    Return the message for one image.

    :param header: header of the image
    :param image_size: width and height of the image in pixels
    :param topology: the landmarks that the tracker predicts for a person
    :param pose: the person in the image, if any
    :param report: what the tracker did on the image
    """
    message = PoseLandmarks(
        header=header,
        image_width=image_size[0],
        image_height=image_size[1],
        topology=len(topology.landmarks),
        score=float(report.score),
        roi=_rect(report.roi),
        detector_ran=bool(report.detector_ran),
    )
    if pose is not None:
        message.track_id = pose.track_id
        message.landmarks = [
            PoseLandmarkMessage(x=x, y=y, z=z, visibility=visibility, presence=presence)
            for x, y, z, visibility, presence in pose.landmarks.tolist()
        ]
        message.world_landmarks = [
            Point(x=x, y=y, z=z) for x, y, z in pose.world_landmarks.tolist()
        ]
    return message


def _rect(roi: np.ndarray) -> NormalizedRect:
    x_center, y_center, width, height, rotation = np.asarray(roi).tolist()
    return NormalizedRect(
        x_center=x_center, y_center=y_center, width=width, height=height, rotation=rotation
    )


def image_message(header: Header, encoding: str, pixels: np.ndarray) -> Image:
    """
    Return an image message.

    :param header: header of the message
    :param encoding: what the pixels hold, ``bgr8`` or ``mono8``
    :param pixels: uint8 (H, W, 3) or (H, W)
    """
    pixels = np.ascontiguousarray(pixels)
    # An array filled by frombytes is the only thing that rclpy takes without looking at each byte.
    data = array('B')
    data.frombytes(memoryview(pixels).cast('B'))
    return Image(
        header=header,
        height=pixels.shape[0],
        width=pixels.shape[1],
        encoding=encoding,
        is_bigendian=0,
        step=pixels.strides[0],
        data=data,
    )


def bgr_copy(rgb: np.ndarray) -> np.ndarray:
    """
    Return a contiguous copy in the order blue, green, red.

    :param rgb: uint8 (H, W, 3); a reversed view of such an array is copied at the speed of memory
    """
    if rgb.strides[2] < 0:
        return np.array(rgb[:, :, ::-1], order='C')
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)


def mask_pixels(pose: Pose | None, image_size: tuple[int, int]) -> np.ndarray:
    """
    Return the mask of the person in 8 bits.

    :param pose: the person with a mask, or None when nobody is in the image
    :param image_size: width and height of the image in pixels
    :return: uint8 (H, W), 255 on the person
    """
    if pose is None or pose.segmentation_mask is None:
        return np.zeros(image_size[::-1], np.uint8)
    return cv2.convertScaleAbs(pose.segmentation_mask, alpha=255)
