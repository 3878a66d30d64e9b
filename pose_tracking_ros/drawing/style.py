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

"""What a drawn pose looks like, in an image and in space."""

from pose_tracking_ros.blazepose.topology import PoseLandmark, side

# RGB. Orange and blue stay apart for every common kind of colour blindness; the left is warm.
SIDE_COLORS = {'left': (255, 150, 30), 'right': (40, 190, 255), 'center': (245, 245, 245)}

# From this visibility on a landmark is drawn as seen.
VISIBLE_FROM = 0.5


def connection_side(start: PoseLandmark, end: PoseLandmark) -> str:
    """Return the side of the person that a connection belongs to, ``center`` if it crosses."""
    sides = {side(start), side(end)} - {'center'}
    return sides.pop() if len(sides) == 1 else 'center'
