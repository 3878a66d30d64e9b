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

"""People as image annotations for Foxglove."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from pose_tracking_ros.blazepose import Pose
from pose_tracking_ros.drawing import seen_landmarks, SIDE_COLORS, VISIBLE_FROM
from pose_tracking_ros.drawing.canvas import label_width
from pose_tracking_ros.drawing.labels import line_width, place_labels

_HIDDEN_ALPHA = 0.35

# The constants of foxglove_msgs/PointsAnnotation.
_POINTS, _LINE_LIST = 1, 4


class AnnotationTypes(Protocol):
    """The message types of ``foxglove_msgs.msg`` that are used here."""

    Color: Callable[..., Any]
    ImageAnnotations: Callable[..., Any]
    Point2: Callable[..., Any]
    PointsAnnotation: Callable[..., Any]
    TextAnnotation: Callable[..., Any]


def image_annotations_message(
    types: AnnotationTypes,
    stamp: Any,
    image_size: tuple[int, int],
    poses: Sequence[Pose],
    visible_from: float = VISIBLE_FROM,
    scale: float = 1.0,
) -> Any:
    """
    Return a foxglove_msgs/ImageAnnotations: bones and joints, and labels of several people.

    Hidden landmarks are translucent, dropped ones are not shown.

    :param types: the message types
    :param stamp: of the image
    :param image_size: width and height of the image in pixels
    :param poses: the people; the first one is drawn last, over the others
    :param visible_from: minimum visibility of a landmark that is shown as seen
    :param scale: width of lines and joints in multiples of the usual one
    """
    points, texts = [], []
    for pose in reversed(poses):
        points += _person(types, stamp, np.array(image_size, float), pose, visible_from, scale)
    for label in place_labels(poses, image_size, scale) if len(poses) > 1 else ():
        left = label.center[0] - label_width(label.text, label.height) / 2
        texts.append(
            types.TextAnnotation(
                timestamp=stamp,
                position=types.Point2(x=left, y=label.center[1] + label.height / 2),
                text=label.text,
                font_size=label.height,
                text_color=_color(types, 'center', 1.0),
                background_color=types.Color(r=0.08, g=0.09, b=0.11, a=0.8),
            )
        )
    return types.ImageAnnotations(points=points, texts=texts)


def _person(
    types: AnnotationTypes,
    stamp: Any,
    size: np.ndarray,
    pose: Pose,
    visible_from: float,
    scale: float,
) -> list[Any]:
    """Return the bones and the joints of a person."""
    places = np.float64(pose.landmarks[:, :2]) * size
    known = np.isfinite(places).all(axis=1)
    seen = seen_landmarks(pose, visible_from)
    width = float(scale * line_width(places, size))
    skeleton = pose.skeleton

    def point(landmark: int) -> Any:
        x, y = places[landmark].tolist()
        return types.Point2(x=x, y=y)

    def color(side: str, is_seen: bool) -> Any:
        return _color(types, side, 1.0 if is_seen else _HIDDEN_ALPHA)

    bones, bone_colors = [], []
    for (start, end), side in zip(skeleton.connections, skeleton.connection_sides):
        if known[start] and known[end]:
            bones += [point(start), point(end)]
            bone_colors.append(color(side, seen[start] and seen[end]))
    joints, joint_colors = [], []
    for landmark, side in zip(skeleton.landmarks, skeleton.sides):
        if known[landmark]:
            joints.append(point(landmark))
            joint_colors.append(color(side, seen[landmark]))

    def annotation(kind: int, at: list[Any], colors: list[Any], thickness: float) -> Any:
        return types.PointsAnnotation(
            timestamp=stamp,
            type=kind,
            points=at,
            outline_color=_color(types, 'center', 1.0),
            outline_colors=colors,
            thickness=thickness,
        )

    return [
        annotation(_LINE_LIST, bones, bone_colors, width),
        annotation(_POINTS, joints, joint_colors, 2 * width),
    ]


def _color(types: AnnotationTypes, side: str, alpha: float) -> Any:
    red, green, blue = (channel / 255 for channel in SIDE_COLORS[side])
    return types.Color(r=red, g=green, b=blue, a=alpha)
