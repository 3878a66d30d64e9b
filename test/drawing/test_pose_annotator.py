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

"""A drawn pose can be read: sides by colour, dashes for what is hidden, nothing else."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest

from pose_tracking_ros.blazepose import FULL_BODY, Pose, PoseLandmark, UPPER_BODY
from pose_tracking_ros.drawing import PoseAnnotator, SIDE_COLORS

GREY = 90
SIZE = {'width': 400, 'height': 600}


def standing(landmark_count: int = 33, visibility: float = 1.0) -> np.ndarray:
    """Return the landmarks of somebody who faces the camera, each at a place of its own."""
    landmarks = np.zeros((landmark_count, 5), np.float32)
    for landmark in list(PoseLandmark)[:landmark_count]:
        column = {'left': 0.65, 'right': 0.35, 'center': 0.5}[FULL_BODY.sides[landmark]]
        landmarks[landmark, :2] = column + 0.004 * (landmark % 7), 0.06 + 0.027 * landmark
    landmarks[:, 2] = np.nan
    landmarks[:, 3:] = visibility
    return landmarks


def pose(landmarks: np.ndarray) -> Pose:
    world = np.zeros((33 if len(landmarks) == 33 else 0, 3), np.float32)
    inside = np.ones(len(landmarks), bool)
    roi = np.array([0.5, 0.5, 0.8, 0.6, 0.3])
    skeleton = FULL_BODY if len(world) else UPPER_BODY
    return Pose(skeleton, landmarks, world, inside, inside.copy(), 1.0, roi, 1)


def grey_image() -> np.ndarray:
    return np.full((SIZE['height'], SIZE['width'], 3), GREY, np.uint8)


def annotated(landmarks: np.ndarray, **style) -> np.ndarray:
    return PoseAnnotator(**style).annotate(grey_image(), [pose(landmarks)])


def color_at(image: np.ndarray, landmark: np.ndarray) -> tuple[int, ...]:
    column, row = landmark[:2] * (SIZE['width'], SIZE['height'])
    return tuple(image[int(row), int(column)].tolist())


def colored(image: np.ndarray) -> np.ndarray:
    """Return which pixels have a saturated colour, that of the left or the right."""
    return np.ptp(image.astype(int), axis=2) > 60


def test_nobody_draws_nothing():
    image = grey_image()
    assert PoseAnnotator().annotate(image, []) is image
    assert (image == GREY).all()


def test_draws_in_place_and_returns_the_image():
    image = grey_image()
    assert PoseAnnotator().annotate(image, [pose(standing())]) is image
    assert (image != GREY).any()


@pytest.mark.parametrize('color_order', ['rgb', 'bgr'])
@pytest.mark.parametrize('landmark', PoseLandmark, ids=lambda landmark: landmark.name)
def test_each_joint_has_the_colour_of_its_side(landmark, color_order):
    landmarks = standing()
    color = color_at(annotated(landmarks, color_order=color_order), landmarks[landmark])
    assert color[:: 1 if color_order == 'rgb' else -1] == SIDE_COLORS[FULL_BODY.sides[landmark]]


def test_sides_keep_apart():
    """Left of the person is right in the image of somebody who faces the camera."""
    image = annotated(standing()).astype(int)
    warm = image[:, :, 0] - image[:, :, 2] > 60
    cold = image[:, :, 2] - image[:, :, 0] > 60
    middle = SIZE['width'] * 0.5
    assert np.argwhere(warm)[:, 1].mean() > middle > np.argwhere(cold)[:, 1].mean()


@pytest.mark.parametrize(
    ('start', 'end', 'expected'),
    [
        (PoseLandmark.LEFT_HIP, PoseLandmark.LEFT_KNEE, 'left'),
        (PoseLandmark.RIGHT_ELBOW, PoseLandmark.RIGHT_WRIST, 'right'),
        (PoseLandmark.NOSE, PoseLandmark.LEFT_EYE_INNER, 'left'),
        (PoseLandmark.RIGHT_SHOULDER, PoseLandmark.LEFT_SHOULDER, 'center'),
        (PoseLandmark.MOUTH_RIGHT, PoseLandmark.MOUTH_LEFT, 'center'),
    ],
)
def test_connections_belong_to_a_side(start, end, expected):
    assert FULL_BODY.connection_sides[FULL_BODY.connections.index((start, end))] == expected


@pytest.mark.parametrize(
    'skeleton',
    [pytest.param(FULL_BODY, id='full body'), pytest.param(UPPER_BODY, id='upper body')],
)
def test_every_connection_is_drawn_and_none_else(skeleton):
    landmarks = standing(len(skeleton.landmarks))
    image = annotated(landmarks)
    for start, end in skeleton.connections:
        middle = (landmarks[start] + landmarks[end]) / 2
        assert color_at(image, middle) != (GREY,) * 3
    # The upper body ends at the hips.
    lowest = np.argwhere((image != GREY).any(axis=2))[:, 0].max() / SIZE['height']
    assert lowest == pytest.approx(landmarks[:, 1].max(), abs=0.02)


def test_hidden_landmarks_are_hollow_and_their_connections_have_gaps():
    seen, hidden = standing(), standing(visibility=0.2)
    full, dashed = annotated(seen), annotated(hidden)
    for landmark in (PoseLandmark.LEFT_KNEE, PoseLandmark.RIGHT_WRIST):
        assert color_at(full, seen[landmark]) == SIDE_COLORS[FULL_BODY.sides[landmark]]
        assert max(color_at(dashed, hidden[landmark])) < 60
    assert 0 < colored(dashed).sum() < 0.7 * colored(full).sum()


def test_one_hidden_end_makes_a_connection_dashed():
    landmarks = standing()
    landmarks[PoseLandmark.LEFT_KNEE, 3] = 0.1
    image = annotated(landmarks)

    def gaps(start: PoseLandmark, end: PoseLandmark) -> int:
        """Return how many of 50 places along a connection are not drawn on."""
        places = np.linspace(landmarks[start], landmarks[end])
        return sum(color_at(image, place) == (GREY,) * 3 for place in places)

    assert gaps(PoseLandmark.LEFT_HIP, PoseLandmark.LEFT_KNEE)
    assert gaps(PoseLandmark.LEFT_KNEE, PoseLandmark.LEFT_ANKLE)
    assert not gaps(PoseLandmark.RIGHT_HIP, PoseLandmark.RIGHT_KNEE)
    assert not gaps(PoseLandmark.LEFT_SHOULDER, PoseLandmark.LEFT_HIP)


@pytest.mark.parametrize('field', ['inside_image', 'inside_region'])
def test_what_the_model_has_not_seen_is_drawn_as_hidden(field):
    landmarks = standing()
    answer = pose(landmarks)
    getattr(answer, field)[PoseLandmark.LEFT_KNEE] = False
    image = np.full((600, 400, 3), GREY, np.uint8)
    PoseAnnotator().annotate(image, [answer])
    assert max(color_at(image, landmarks[PoseLandmark.LEFT_KNEE])) < 60
    assert color_at(image, landmarks[PoseLandmark.RIGHT_KNEE]) == SIDE_COLORS['right']


def test_what_is_dropped_is_not_drawn_nor_its_connections():
    landmarks = standing()
    without = landmarks.copy()
    without[PoseLandmark.LEFT_KNEE, :3] = np.nan
    image = annotated(without)
    thigh = (landmarks[PoseLandmark.LEFT_HIP] + landmarks[PoseLandmark.LEFT_KNEE]) / 2
    assert color_at(image, landmarks[PoseLandmark.LEFT_KNEE]) == (GREY,) * 3
    assert color_at(image, thigh) == (GREY,) * 3
    assert color_at(image, landmarks[PoseLandmark.RIGHT_KNEE]) == SIDE_COLORS['right']


def test_scale_makes_everything_thicker():
    def area(scale: float) -> int:
        image = np.full((600, 400, 3), GREY, np.uint8)
        PoseAnnotator(scale=scale).annotate(image, [pose(standing())])
        return int((image != GREY).any(axis=2).sum())

    assert area(0.5) < 0.8 * area(1.0) < 0.8 * area(2.0)


@pytest.mark.parametrize('background', [0, 128, 255])
def test_stands_out_from_any_background(background):
    """A bright line has a dark outline: one of the two differs strongly from the background."""
    image = np.full((600, 400, 3), background, np.uint8)
    PoseAnnotator().annotate(image, [pose(standing())])
    contrast = np.abs(image.astype(int) - background).max(axis=2)
    assert (contrast > 100).mean() > 0.01


@pytest.mark.parametrize('scale', [0.5, 1, 2, 4])
def test_lines_grow_with_the_image(scale):
    image = np.full((int(600 * scale), int(400 * scale), 3), GREY, np.uint8)
    PoseAnnotator().annotate(image, [pose(standing())])
    covered = (image != GREY).any(axis=2).mean()
    assert 0.02 < covered < 0.15


def test_lines_grow_with_the_image_without_jumps():
    inks = []
    for scale in np.arange(0.5, 3, 0.04):
        image = np.full((round(600 * scale), round(400 * scale), 3), GREY, np.uint8)
        PoseAnnotator().annotate(image, [pose(standing())])
        inks.append(np.abs(image.astype(int) - GREY).mean())
    steps = np.divide(inks[1:], inks[:-1])
    assert steps.max() < 1.03
    assert steps.min() > 0.97


def test_lines_shrink_with_the_person():
    small = standing()
    small[:, :2] = 0.5 + (small[:, :2] - 0.5) / 4
    covered_small = (annotated(small) != GREY).any(axis=2).sum()
    covered_large = (annotated(standing()) != GREY).any(axis=2).sum()
    assert covered_small < 0.3 * covered_large


def test_region_of_interest_is_drawn_when_asked_for():
    # A region of 320 x 360 px in the middle, rotated by 0.3 rad.
    difference = (annotated(standing()) != annotated(standing(), draw_roi=True)).any(axis=2)
    rows, columns = np.nonzero(difference)
    half = 160 * np.cos(0.3) + 180 * np.sin(0.3)
    assert columns.min() == pytest.approx(max(0, 200 - half), abs=3)
    assert columns.max() == pytest.approx(min(399, 200 + half), abs=3)
    assert rows.min() == pytest.approx(300 - 160 * np.sin(0.3) - 180 * np.cos(0.3), abs=4)


@given(
    landmarks=arrays(np.float32, (33, 5), elements=st.floats(width=32)),
    roi=arrays(np.float64, 5, elements=st.floats(width=32)),
)
def test_any_numbers_are_safe(landmarks, roi):
    image = np.full((30, 40, 3), GREY, np.uint8)
    inside = np.ones(33, bool)
    strange = Pose(FULL_BODY, landmarks, landmarks[:, :3], inside, inside, 1.0, roi, 1)
    PoseAnnotator(draw_roi=True).annotate(image, [strange])
    PoseAnnotator(draw_roi=True).annotate(image, [strange, replace(strange, track_id=2**32 - 1)])


@given(shift=st.tuples(st.floats(-3, 3), st.floats(-3, 3)))
def test_a_person_who_leaves_the_image_is_cut_off(shift):
    landmarks = standing()
    landmarks[:, :2] += np.array(shift, np.float32)
    memory = np.full((160, 140, 3), GREY, np.uint8)
    image = memory[30:130, 20:120]
    poses = [pose(landmarks), replace(pose(landmarks), track_id=2)]
    PoseAnnotator(draw_roi=True).annotate(image, poses)
    image[:] = GREY
    assert (memory == GREY).all()


def above_heads(track_ids: list[int], color_order: str = 'rgb') -> list[np.ndarray]:
    """Return the parts of an image above the heads of people side by side."""
    people = []
    for number, track_id in enumerate(track_ids):
        landmarks = standing()
        landmarks[:, :2] = landmarks[:, :2] * 0.6 + (0.2 * number, 0.3)
        people.append(replace(pose(landmarks), track_id=track_id))
    image = PoseAnnotator(color_order).annotate(grey_image(), people)
    middles = [int(person.landmarks[0, 0] * SIZE['width']) for person in people]
    return [image[:195, middle - 30 : middle + 30] for middle in middles]


def test_one_person_has_no_label():
    assert (above_heads([7])[0] == GREY).all()


@pytest.mark.parametrize('color_order', ['rgb', 'bgr'])
def test_labels_distinguish_people_and_the_main_person_has_a_light_one(color_order):
    main, other = above_heads([1, 2], color_order)
    light, dark = 200, 60

    def covered(part: np.ndarray) -> tuple[int, int]:
        return (part.min(axis=2) > light).sum(), (part.max(axis=2) < dark).sum()

    bright, ink = covered(main)
    assert bright > 1.5 * ink > 0
    bright, ink = covered(other)
    assert ink > 1.5 * bright > 0


def test_labels_of_other_people_are_others():
    first, second = above_heads([1, 2])[1], above_heads([1, 3])[1]
    assert first.shape == second.shape
    assert (first != second).any()


def test_an_unknown_colour_order_is_refused():
    with pytest.raises(ValueError, match="'gbr'"):
        PoseAnnotator(color_order='gbr')
