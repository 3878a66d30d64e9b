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

"""A person is told from what the networks imagine by how clear the heatmaps are."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
import numpy as np
import pytest

from pose_tracking_ros.blazepose import FULL_BODY
from pose_tracking_ros.blazepose.verification import body_clarity, BodyVerifier, Verdict

peaks = hnp.arrays(np.float64, 33, elements=st.floats(0, 1))

CLEAR, DOUBTFUL, HAZY, BLURRED = (np.full(33, peak) for peak in (0.9, 0.65, 0.52, 0.3))


class Detector:
    """Answers with a score, and counts how often it was asked."""

    def __init__(self, score: float) -> None:
        """Keep the score."""
        self.score = score
        self.asked = 0

    def __call__(self) -> float:
        """Return the score."""
        self.asked += 1
        return self.score


def sees_one() -> float:
    return 0.9


def sees_nobody() -> float:
    return 0.1


@given(peaks)
def test_clarity_lies_between_the_dimmest_and_the_clearest_landmark(found: np.ndarray) -> None:
    assert found.min() - 1e-9 <= body_clarity(found, FULL_BODY) <= found.max() + 1e-9


@given(peaks, st.integers(0, 32), st.floats(0, 1))
def test_a_clearer_landmark_never_makes_the_body_less_clear(
    found: np.ndarray, index: int, value: float
) -> None:
    clearer = found.copy()
    clearer[index] = max(value, found[index])
    assert body_clarity(clearer, FULL_BODY) >= body_clarity(found, FULL_BODY) - 1e-9


@pytest.mark.parametrize('hidden', [slice(23, 33), slice(11, 23), slice(0, 11)])
def test_a_person_of_whom_a_part_is_hidden_is_clear(hidden: slice) -> None:
    found = CLEAR.copy()
    found[hidden] = 0.1
    assert BodyVerifier(FULL_BODY)(found, sees_nobody) is Verdict.PERSON


def test_a_clear_body_is_a_person_at_once_and_a_blurred_one_never() -> None:
    assert BodyVerifier(FULL_BODY)(CLEAR, sees_nobody) is Verdict.PERSON
    verifier = BodyVerifier(FULL_BODY)
    verdicts = [verifier(BLURRED, sees_one) for _ in range(10)]
    assert verdicts == [Verdict.UNDECIDED] * 9 + [Verdict.NOBODY]


def test_a_body_that_becomes_clear_is_a_person_from_then_on() -> None:
    verifier = BodyVerifier(FULL_BODY)
    assert verifier(HAZY, sees_one) is Verdict.UNDECIDED
    assert [verifier(found, sees_one) for found in (CLEAR, HAZY, HAZY)] == [Verdict.PERSON] * 3


def test_a_person_survives_a_blurred_image_and_not_many() -> None:
    verifier = BodyVerifier(FULL_BODY)
    assert [verifier(found, sees_one) for found in (CLEAR, CLEAR, BLURRED)] == [Verdict.PERSON] * 3
    assert verifier(CLEAR, sees_one) is Verdict.PERSON
    assert Verdict.NOBODY in [verifier(BLURRED, sees_one) for _ in range(5)]


def test_reset_forgets_the_person() -> None:
    verifier = BodyVerifier(FULL_BODY)
    verifier(CLEAR, sees_one)
    verifier.reset()
    assert verifier(HAZY, sees_one) is Verdict.UNDECIDED


@pytest.mark.parametrize('found', [DOUBTFUL, None], ids=['doubtful', 'no heatmaps'])
def test_in_doubt_a_body_is_a_person_where_the_detector_sees_one(found: np.ndarray | None) -> None:
    assert BodyVerifier(FULL_BODY)(found, sees_one) is Verdict.PERSON
    verifier = BodyVerifier(FULL_BODY)
    verdicts = [verifier(found, sees_nobody) for _ in range(10)]
    assert verdicts == [Verdict.UNDECIDED] * 9 + [Verdict.NOBODY]


@pytest.mark.parametrize('found', [DOUBTFUL, None], ids=['doubtful', 'no heatmaps'])
def test_a_person_in_doubt_is_dropped_when_the_detector_no_longer_sees_one(
    found: np.ndarray | None,
) -> None:
    verifier = BodyVerifier(FULL_BODY)
    verifier(found, sees_one)
    verdicts = [verifier(found, sees_nobody) for _ in range(12)]
    assert verdicts == [Verdict.PERSON] * 11 + [Verdict.NOBODY]


def test_the_detector_is_asked_now_and_then_in_doubt_and_else_never() -> None:
    detector = Detector(0.9)
    verifier = BodyVerifier(FULL_BODY)
    for _ in range(50):
        verifier(CLEAR, detector)
    assert detector.asked == 0
    for _ in range(50):
        verifier(DOUBTFUL, detector)
    assert 3 <= detector.asked <= 5


def test_a_detector_that_is_the_only_witness_must_be_surer() -> None:
    def unsure() -> float:
        return 0.5

    assert BodyVerifier(FULL_BODY)(DOUBTFUL, unsure) is Verdict.PERSON
    assert BodyVerifier(FULL_BODY)(None, unsure) is Verdict.UNDECIDED
