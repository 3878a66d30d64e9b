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

"""People become annotations that Foxglove draws over the image."""

from __future__ import annotations

from dataclasses import replace
import json
from pathlib import Path
import re
from types import SimpleNamespace

import numpy as np
import pytest

from messages.pose_samples import random_pose
from pose_tracking_ros.drawing import SIDE_COLORS
from pose_tracking_ros.messages import image_annotations_message

ROOT = Path(__file__).parents[2]
STAMP = SimpleNamespace(sec=12, nanosec=345)
PLAIN = SimpleNamespace(
    **dict.fromkeys(
        ('Color', 'ImageAnnotations', 'Point2', 'PointsAnnotation', 'TextAnnotation'),
        SimpleNamespace,
    )
)
"""Plain data in place of foxglove_msgs, which there is no wheel of."""


@pytest.mark.parametrize('count', [33, 25])
def test_bones_and_joints_lie_at_the_landmarks_in_pixels(count):
    pose = random_pose(count)
    message = image_annotations_message(PLAIN, STAMP, (640, 480), [pose])
    bones, joints = message.points
    places = [[point.x, point.y] for point in joints.points]
    shown = list(pose.skeleton.landmarks)
    np.testing.assert_allclose(places, pose.landmarks[shown, :2] * (640, 480), rtol=1e-5)
    assert (bones.type, joints.type) == (4, 1)
    assert len(bones.points) == 2 * len(pose.skeleton.connections)
    assert len(bones.outline_colors) == len(pose.skeleton.connections)
    assert len(joints.outline_colors) == len(joints.points)
    for (start, end), first, last in zip(
        pose.skeleton.connections, bones.points[::2], bones.points[1::2]
    ):
        assert [first.x, first.y] == places[shown.index(start)]
        assert [last.x, last.y] == places[shown.index(end)]
    assert bones.timestamp == joints.timestamp == STAMP
    assert not message.texts


def test_sides_have_the_colours_of_drawings_and_hidden_joints_are_translucent():
    pose = random_pose()
    visible = np.arange(33) % 2 == 0
    pose.landmarks[:, 3] = visible
    pose = replace(pose, inside_image=np.ones(33, bool), inside_region=np.ones(33, bool))
    _, joints = image_annotations_message(PLAIN, STAMP, (640, 480), [pose]).points
    for landmark, side, color in zip(
        pose.skeleton.landmarks, pose.skeleton.sides, joints.outline_colors
    ):
        assert np.allclose([color.r, color.g, color.b], np.array(SIDE_COLORS[side]) / 255)
        assert (color.a == 1.0) == visible[landmark]


def test_dropped_landmarks_are_not_shown():
    pose = random_pose()
    pose.landmarks[15] = np.nan
    bones, joints = image_annotations_message(PLAIN, STAMP, (640, 480), [pose]).points
    assert len(joints.points) == len(pose.skeleton.landmarks) - 1
    touched = sum(15 in pair for pair in np.asarray(pose.skeleton.connections).tolist())
    assert len(bones.points) == 2 * (len(pose.skeleton.connections) - touched)
    assert np.isfinite([[point.x, point.y] for point in bones.points]).all()


def test_several_people_have_labels_and_an_empty_image_has_none():
    poses = [replace(random_pose(seed=seed), track_id=seed + 3) for seed in range(2)]
    message = image_annotations_message(PLAIN, STAMP, (640, 480), poses)
    assert [text.text for text in message.texts] == ['3', '4']
    assert len(message.points) == 4
    nobody = image_annotations_message(PLAIN, STAMP, (640, 480), [])
    assert (nobody.points, nobody.texts) == ([], [])


def test_messages_of_foxglove_take_them():
    types = pytest.importorskip('foxglove_msgs.msg', reason='foxglove_msgs is not installed')
    from builtin_interfaces.msg import Time

    message = image_annotations_message(types, Time(sec=3), (640, 480), [random_pose()] * 2)
    assert isinstance(message, types.ImageAnnotations)
    assert len(message.points) == 4


def test_the_layout_shows_topics_of_the_node():
    layout = json.loads((ROOT / 'config' / 'foxglove.json').read_text())
    reported = re.findall(r'"/([a-z_/]+)"', json.dumps(layout))
    documented = re.findall(r'^\| `/?([a-z_/]+)` \|', (ROOT / 'docs/node.md').read_text(), re.M)
    assert {'image', 'image_annotations', 'markers', 'annotated_image/compressed'} <= set(reported)
    assert set(reported) <= set(documented)

    def panels(node: dict | str) -> list[str]:
        return [node] if isinstance(node, str) else panels(node['first']) + panels(node['second'])

    assert sorted(panels(layout['layout'])) == sorted(layout['configById'])
