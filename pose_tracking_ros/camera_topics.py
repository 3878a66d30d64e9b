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

"""Properties of a camera derived from the names of its topics and frames."""

from __future__ import annotations

import posixpath

_TRANSPORTS = ('compressed', 'compressedDepth', 'theora', 'ffmpeg', 'zstd')

# Part of the names of rectified images: image_rect, image_rect_color, left_rect.
_RECTIFIED = 'rect'

# Frames of the world or of the robot body (REP-105), and the suffix of the frame of a camera
# housing, which is not the optical frame (REP-103).
_NO_OPTICAL_FRAMES = ('map', 'odom', 'earth', 'world', 'base_link', 'base_footprint')
_HOUSING = '_link'


def raw_topic(topic: str) -> str:
    """Return the base topic of a topic of image_transport."""
    folder, name = posixpath.split(topic)
    return folder if name in _TRANSPORTS and folder not in ('', '/') else topic


def camera_info_topic(image_topic: str) -> str:
    """
    Return the calibration topic of images: camera_info beside them, as in image_transport.

    :param image_topic: full name of the image topic, with any transport
    """
    return posixpath.join(posixpath.dirname(raw_topic(image_topic)), 'camera_info')


def is_rectified(image_topic: str) -> bool:
    """Return whether images are rectified, by the naming convention of image_pipeline."""
    return _RECTIFIED in posixpath.basename(raw_topic(image_topic)).split('_')


def frame_problem(frame_id: str) -> str:
    """Return the problem with the frame of an image, empty if there is no obvious one."""
    name = posixpath.basename(frame_id.strip('/'))
    if not name:
        return 'images have no frame_id: the frame of their positions in metres is unknown'
    if 'optical' not in name and (name in _NO_OPTICAL_FRAMES or name.endswith(_HOUSING)):
        return (
            f'images are in the frame {frame_id}, which by its name is not an optical frame (x '
            'right, y down, z forward): positions are published in it as if it were one'
        )
    return ''
