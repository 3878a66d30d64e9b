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
Image messages through cv_bridge, or without it if it does not work.

It checks the pixels against their encoding and describes them. The pixels are copied here, once:
its port on PyPI copies them twice, and where ROS checks the fields of messages, looks at each
byte.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from pose_tracking_ros import messages
from pose_tracking_ros.missing_packages import apt_install
from pose_tracking_ros.node.message_types import MESSAGE_TYPES, with_data


def image_message(header: Header, encoding: str, pixels: np.ndarray) -> Image:
    """
    Return a sensor_msgs/Image.

    :param header: header of the message
    :param encoding: ``bgr8`` or ``mono8``
    :param pixels: uint8 (H, W, 3) or (H, W)
    """
    bridge, _ = _bridge()
    if bridge is None:
        return messages.image_message(MESSAGE_TYPES, header, encoding, pixels)
    pixels = np.ascontiguousarray(pixels)
    message = bridge.cv2_to_imgmsg(pixels[:1], encoding)
    message.header = header
    message.height = pixels.shape[0]
    return with_data(message, pixels.data.cast('B'))


def cv_bridge_problem() -> str:
    """Return why cv_bridge is not used and how to fix it, empty if it is used."""
    return _bridge()[1]


@functools.cache
def _bridge() -> tuple[Any, str]:
    """Return a working CvBridge, or None and the problem."""
    install = apt_install('cv_bridge')
    try:
        from cv_bridge import CvBridge

        bridge = CvBridge()
        # Its compiled part is imported with the first encoding, not with the package.
        bridge.cv2_to_imgmsg(np.zeros((1, 1, 3), np.uint8), 'bgr8')
    # A build for another NumPy raises errors of several types.
    except Exception as error:
        why = ' '.join(f'{type(error).__name__}: {error}'.split())
        if isinstance(error, ModuleNotFoundError) and error.name == 'cv_bridge':
            why, remedy = 'it is not installed', f'install it: {install}'
        else:
            other = 'numpy<2' if np.__version__ >= '2' else 'numpy>=2'
            remedy = (
                f"where it is built for another NumPy than {np.__version__}, which pip may have "
                f"brought: python3 -m pip install '{other}'; else reinstall it: "
                + install.replace('install', 'reinstall')
            )
        return None, f'Images are published without cv_bridge, {why}. To fix this, {remedy}'
    return bridge, ''
