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

"""Show the world landmarks of a pose in RViz."""

from __future__ import annotations

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point, Quaternion
from geometry_msgs.msg import Pose as GeometryPose
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from pose_tracking_ros.blazepose import Pose, side
from pose_tracking_ros.drawing import connection_side, SIDE_COLORS, VISIBLE_FROM

# Identifiers within the namespace of a side: left, right or center.
JOINTS_ID = 0
BONES_ID = 1

_JOINT_DIAMETER = 0.035  # metres
_BONE_WIDTH = 0.018  # metres
_HIDDEN_ALPHA = 0.25

# Longer than the pause between two images, so that a body does not flicker, and short enough that
# it does not outlive a node that ended.
_LIFETIME = Duration(nanosec=500_000_000)


def _color(side_name: str, alpha: float) -> ColorRGBA:
    red, green, blue = (channel / 255 for channel in SIDE_COLORS[side_name])
    return ColorRGBA(r=red, g=green, b=blue, a=alpha)


_SEEN = {name: _color(name, 1.0) for name in SIDE_COLORS}
_HIDDEN = {name: _color(name, _HIDDEN_ALPHA) for name in SIDE_COLORS}


def pose_markers(header: Header, pose: Pose | None) -> MarkerArray:
    """
    Return the markers of a pose, or what deletes those of an earlier one.

    A namespace for each side holds a marker for its joints and one for its bones. What is hidden
    is translucent. The origin, the middle of the hips, is at that of the header's frame.

    :param header: header of the image; the axes of its frame, that of a camera's optics, are
        those of the world landmarks
    :param pose: the person; nobody, or a pose without world landmarks, deletes the markers
    """
    if pose is None or not len(pose.world_landmarks):
        markers = [
            Marker(header=header, ns=name, id=marker_id, action=Marker.DELETE)
            for name in SIDE_COLORS
            for marker_id in (JOINTS_ID, BONES_ID)
        ]
        return MarkerArray(markers=markers)

    points = [Point(x=x, y=y, z=z) for x, y, z in pose.world_landmarks.tolist()]
    seen = (pose.landmarks[:, 3] >= VISIBLE_FROM).tolist()
    joints = {name: _marker(header, name, JOINTS_ID) for name in SIDE_COLORS}
    bones = {name: _marker(header, name, BONES_ID) for name in SIDE_COLORS}
    for landmark in pose.topology.landmarks:
        name = side(landmark)
        joints[name].points.append(points[landmark])
        joints[name].colors.append((_SEEN if seen[landmark] else _HIDDEN)[name])
    for start, end in pose.topology.connections:
        name = connection_side(start, end)
        bones[name].points += (points[start], points[end])
        bones[name].colors += [(_SEEN if seen[start] and seen[end] else _HIDDEN)[name]] * 2
    return MarkerArray(markers=[*joints.values(), *bones.values()])


def _marker(header: Header, name: str, marker_id: int) -> Marker:
    """Return a marker of a side, still without points."""
    is_joints = marker_id == JOINTS_ID
    marker = Marker(
        header=header,
        ns=name,
        id=marker_id,
        type=Marker.SPHERE_LIST if is_joints else Marker.LINE_LIST,
        action=Marker.ADD,
        pose=GeometryPose(orientation=Quaternion(w=1.0)),
        color=_SEEN[name],
        lifetime=_LIFETIME,
    )
    # RViz takes the width of lines from x alone.
    marker.scale.x = _JOINT_DIAMETER if is_joints else _BONE_WIDTH
    marker.scale.y = marker.scale.z = _JOINT_DIAMETER if is_joints else 0.0
    return marker
