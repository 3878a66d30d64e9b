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
Decode image messages of any encoding, padding and byte order.

A message is any object with the fields of sensor_msgs/Image or sensor_msgs/CompressedImage, from
rclpy or from a library that reads bags.
"""

from pose_tracking_ros.image_decoding.compressed import decode_compressed_image
from pose_tracking_ros.image_decoding.depth import (
    decode_compressed_depth_image,
    decode_depth_image,
    DEPTH_ENCODINGS,
)
from pose_tracking_ros.image_decoding.limits import ImageDecodingError, MAX_IMAGE_PIXELS
from pose_tracking_ros.image_decoding.raw import ACCEPTED_ENCODINGS, decode_image

__all__ = [
    'ACCEPTED_ENCODINGS',
    'DEPTH_ENCODINGS',
    'ImageDecodingError',
    'MAX_IMAGE_PIXELS',
    'decode_compressed_depth_image',
    'decode_compressed_image',
    'decode_depth_image',
    'decode_image',
]
