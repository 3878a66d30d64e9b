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

"""Labels of people stand above their heads, in the image, and none hides another."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from drawing.test_pose_annotator import pose, standing
from pose_tracking_ros.drawing.canvas import label_width
from pose_tracking_ros.drawing.labels import Label, place_labels

SIZES = {'vga': (640, 480), 'full hd': (1920, 1080)}


def person(track_id: int, x: float, y: float, part: float = 0.2):
    landmarks = standing()
    landmarks[:, :2] = landmarks[:, :2] * part + (x, y)
    return replace(pose(landmarks), track_id=track_id)


def overlap(first: Label, second: Label) -> bool:
    way = np.abs(np.subtract(first.center, second.center))
    widths = [label_width(label.text, label.height) for label in (first, second)]
    return bool((way < (sum(widths) / 2, (first.height + second.height) / 2)).all())


@pytest.mark.parametrize('size', SIZES.values(), ids=SIZES)
@pytest.mark.parametrize('part', [0.1, 0.3, 0.9])
def test_label_is_above_the_head_and_large_enough_to_read(size, part):
    someone = person(12, 0.1, 0.1, part)
    (label,) = place_labels([someone], size)
    face = someone.landmarks[: 11, :2] * size
    assert label.text == '12'
    assert face[:, 0].min() < label.center[0] < face[:, 0].max()
    assert label.center[1] + label.height / 2 < face[:, 1].min()
    assert size[1] / 35 < label.height < size[1] / 15


@pytest.mark.parametrize('size', SIZES.values(), ids=SIZES)
@given(
    places=st.lists(st.tuples(st.floats(0, 0.9), st.floats(0, 0.9)), min_size=8, max_size=8),
    number=st.integers(1, 8),
)
def test_labels_are_inside_the_image(size, places, number):
    people = [person(10 ** (i % 4), *place) for i, place in enumerate(places[:number])]
    labels = place_labels(people, size)
    assert [label.track_id for label in labels] == [someone.track_id for someone in people]
    for label in labels:
        half = label_width(label.text, label.height) / 2, label.height / 2
        assert (np.array(label.center) >= half).all()
        assert (np.array(label.center) <= np.subtract(size, half)).all()


@pytest.mark.parametrize('size', SIZES.values(), ids=SIZES)
@given(way=st.tuples(st.floats(-0.1, 0.1), st.floats(-0.1, 0.1)))
def test_labels_of_people_close_together_stand_apart(size, way):
    middle = person(1, 0.4, 0.4)
    people = [middle, person(22, 0.4 + way[0], 0.4 + way[1]), person(3, 0.4, 0.4)]
    first, second, third = place_labels(people, size)
    assert not overlap(first, second)
    assert not overlap(first, third)
    assert not overlap(second, third)


def test_who_is_dropped_has_no_label_and_a_dropped_face_no_gap():
    gone, faceless = person(1, 0.4, 0.4), person(2, 0.1, 0.4)
    gone.landmarks[:, :2] = np.nan
    faceless.landmarks[:11, :2] = np.nan
    (label,) = place_labels([gone, faceless], (640, 480))
    assert label.track_id == 2
    assert label.center[1] < np.nanmin(faceless.landmarks[:, 1]) * 480
