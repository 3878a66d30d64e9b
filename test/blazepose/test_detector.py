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

"""Anchors, decoding and the choice of the best person."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
import numpy as np
import pytest

from pose_tracking_ros.blazepose import InferenceOptions
from pose_tracking_ros.blazepose.detector import (
    anchor_centers,
    decode_boxes,
    detections,
    ELSEWHERE_WEIGHT,
    intersection_over_union,
    PersonDetector,
    sigmoid,
)
from pose_tracking_ros.blazepose.inference import Model
from pose_tracking_ros.blazepose.models import find_model
from pose_tracking_ros.blazepose.pipelines import FULL_BODY_PIPELINE


@pytest.mark.parametrize(
    ('side', 'strides', 'count'),
    [(224, (8, 16, 32, 32, 32), 2254), (128, (8, 16, 16, 16), 896)],
)
def test_anchors_are_as_many_as_the_model_has_outputs(
    side: int, strides: tuple[int, ...], count: int
) -> None:
    anchors = anchor_centers(side, strides)
    assert anchors.shape == (count, 2)
    assert ((anchors > 0) & (anchors < 1)).all()


def test_anchors_go_row_by_row_and_share_cells() -> None:
    anchors = anchor_centers(224, (8, 16, 32, 32, 32))
    cell = 1 / 28
    assert anchors[:4] == pytest.approx(
        np.array([[0.5, 0.5], [0.5, 0.5], [1.5, 0.5], [1.5, 0.5]]) * cell
    )
    assert anchors[56] == pytest.approx([0.5 * cell, 1.5 * cell])
    assert (anchors[-6:] == anchors[-1]).all()
    assert anchors[-1] == pytest.approx([6.5 / 7, 6.5 / 7])


def test_boxes_are_decoded_relative_to_their_anchors() -> None:
    boxes = np.array([[0.1, -0.1, 0.2, 0.4, *np.arange(8) / 10]])
    corners, keypoints = decode_boxes(boxes, np.array([[0.5, 0.25]]))
    assert corners[0] == pytest.approx([0.5, -0.05, 0.7, 0.35])
    assert keypoints[0] == pytest.approx(np.arange(8).reshape(4, 2) / 10 + [0.5, 0.25])


@given(hnp.arrays(np.float64, 8, elements=st.floats(-1e6, 1e6)))
def test_sigmoid_is_a_probability_for_any_logit(logits: np.ndarray) -> None:
    probabilities = sigmoid(logits)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert sigmoid(np.zeros(1))[0] == 0.5


def _person(x: float, score: float) -> tuple[list[float], np.ndarray, float]:
    return [x, 0.0, x + 1.0, 1.0], np.full((4, 2), x), score


def test_the_best_person_is_the_weighted_mean_of_the_detections_of_the_same_person() -> None:
    people = [_person(0.0, 0.6), _person(0.2, 0.9), _person(5.0, 0.8), _person(0.1, 0.3)]
    corners, keypoints, scores = map(np.array, zip(*people))
    (best,) = detections(corners, keypoints, scores, 0.5, 1)
    assert best.score == 0.9
    assert best.keypoints == pytest.approx(np.full((4, 2), 0.2 * 0.9 / 1.5))


def test_people_come_in_the_order_of_their_certainty_once_each() -> None:
    people = [_person(0.0, 0.6), _person(0.2, 0.9), _person(5.0, 0.8), _person(9.0, 0.7)]
    corners, keypoints, scores = map(np.array, zip(*people))
    found = detections(corners, keypoints, scores, 0.5, 9)
    assert [one.score for one in found] == [0.9, 0.8, 0.7]
    two = detections(corners, keypoints, scores, 0.5, 2)
    assert [one.score for one in two] == [0.9, 0.8]
    assert (two[0].keypoints == found[0].keypoints).all()


@pytest.mark.parametrize(('min_confidence', 'found'), [(0.0, True), (0.9, True), (0.91, False)])
def test_a_detection_counts_from_the_minimum_confidence_on(
    min_confidence: float, found: bool
) -> None:
    corners, keypoints, scores = map(np.array, zip(_person(0.0, 0.9)))
    assert len(detections(corners, keypoints, scores, min_confidence, 1)) == found


def test_a_box_turned_inside_out_is_no_person() -> None:
    corners = np.array([[1.0, 0.0, 0.0, 1.0]])
    assert detections(corners, np.zeros((1, 4, 2)), np.array([0.9]), 0.5, 1) == []


boxes = st.tuples(*[st.floats(-1, 1)] * 2, *[st.floats(0, 1)] * 2).map(
    lambda b: np.array([b[0], b[1], b[0] + b[2], b[1] + b[3]])
)


@given(boxes, boxes)
def test_overlap_is_symmetric_and_within_the_unit_interval(a: np.ndarray, b: np.ndarray) -> None:
    overlap = intersection_over_union(a, b[np.newaxis])[0]
    assert 0 <= overlap <= 1 + 1e-9
    assert overlap == pytest.approx(intersection_over_union(b, a[np.newaxis])[0])


def test_overlap_with_itself_is_whole_and_beside_it_none() -> None:
    box = np.array([0.0, 0.0, 2.0, 1.0])
    others = np.array([box, box + np.array([1, 0, 1, 0]), box + 5])
    assert intersection_over_union(box, others) == pytest.approx([1, 1 / 3, 0])


@pytest.fixture(scope='module')
def person_detector() -> PersonDetector:
    """Return the person detector of the full body."""
    model = Model(find_model('pose_detection'), InferenceOptions('cpu'))
    return PersonDetector(model, FULL_BODY_PIPELINE.detector_strides)


REGION = np.array([0.45, 0.45, 0.9, 0.9, 0.0])
FACE, TRUNK = np.array([0.44, 0.24]), np.array([[0.5, 1.2], [0.42, 0.6]])
FAR = 5.0


@pytest.mark.parametrize(
    ('face', 'trunk'), [(FACE, TRUNK), (FACE, TRUNK + FAR), (FACE + FAR, TRUNK)]
)
def test_a_detection_is_evidence_for_the_body_with_its_face_or_its_trunk(
    person_detector: PersonDetector,
    astronaut: np.ndarray,
    coffee: np.ndarray,
    face: np.ndarray,
    trunk: np.ndarray,
) -> None:
    assert person_detector.evidence(astronaut, REGION, face, trunk, 150.0).score > 0.8
    assert person_detector.evidence(coffee, REGION, face, trunk, 150.0).score < 0.2


def test_a_detection_counts_less_the_farther_it_is_from_the_body(
    person_detector: PersonDetector, astronaut: np.ndarray
) -> None:
    scores = [
        person_detector.evidence(astronaut, REGION, FACE + 0.3, TRUNK + 0.3, reach).score
        for reach in (0.0, 50.0, 100.0, 200.0, 400.0, 800.0)
    ]
    assert scores == sorted(scores)
    assert scores[-1] > 0.8
    assert scores[0] == pytest.approx(ELSEWHERE_WEIGHT * scores[-1])


def test_a_detection_the_wrong_way_round_counts_as_one_elsewhere_and_is_reported(
    person_detector: PersonDetector, astronaut: np.ndarray
) -> None:
    right, wrong = (
        person_detector.evidence(astronaut, REGION, FACE, trunk, 1000.0)
        for trunk in (TRUNK, TRUNK[::-1])
    )
    assert wrong.score == pytest.approx(ELSEWHERE_WEIGHT * right.score)
    assert right.turned is None
    assert wrong.turned is not None
    assert wrong.turned.score == pytest.approx(right.score)
    hips, shoulders = wrong.turned.keypoints[[0, 2]]
    assert hips[1] > shoulders[1]


def test_a_trunk_that_points_at_the_camera_has_no_direction(
    person_detector: PersonDetector, astronaut: np.ndarray
) -> None:
    short = TRUNK[1] + np.array([[0.0, -0.005], [0.0, 0.005]])
    evidence = person_detector.evidence(astronaut, REGION, FACE, short, 1000.0)
    assert evidence.turned is None
    assert evidence.score > 0.8
