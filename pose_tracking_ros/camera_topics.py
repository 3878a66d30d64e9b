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

"""What the names of topics and frames tell of a camera."""

from __future__ import annotations

import posixpath

_TRANSPORTS = ('compressed', 'compressedDepth', 'theora', 'ffmpeg', 'zstd')

# What image_proc and drivers call rectified images: image_rect, image_rect_color, left_rect.
_RECTIFIED = 'rect'

# Frames that stand still, or belong to the body of a robot and not to a lens (REP-105), and how
# the frame of the housing of a camera ends, beside which that of the lens is (REP-103).
_NO_OPTICAL_FRAMES = ('map', 'odom', 'earth', 'world', 'base_link', 'base_footprint')
_HOUSING = '_link'


def raw_topic(topic: str) -> str:
    """Return the name of the images that a topic of image_transport has in another form."""
    folder, name = posixpath.split(topic)
    return folder if name in _TRANSPORTS and folder not in ('', '/') else topic


def camera_info_topic(image_topic: str) -> str:
    """
    Return the topic of the calibration that belongs to images: its sibling, as in image_transport.

    :param image_topic: full name of the topic of the images, in any form of image_transport
    """
    return posixpath.join(posixpath.dirname(raw_topic(image_topic)), 'camera_info')


def is_rectified(image_topic: str) -> bool:
    """Return whether images are rectified, as the names of image_pipeline tell."""
    return _RECTIFIED in posixpath.basename(raw_topic(image_topic)).split('_')


def frame_problem(frame_id: str) -> str:
    """Return what is wrong with the frame of an image, empty where nothing plainly is."""
    name = posixpath.basename(frame_id.strip('/'))
    if not name:
        return 'images have no frame_id: nobody knows in which frame their metres are'
    if 'optical' not in name and (name in _NO_OPTICAL_FRAMES or name.endswith(_HOUSING)):
        return (
            f'images are in the frame {frame_id}, which by its name is no optical frame (x right, '
            'y down, z forward): metres are told in it all the same, as if it were one'
        )
    return ''
