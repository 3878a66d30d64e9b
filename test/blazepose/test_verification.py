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

from pose_tracking_ros.blazepose.verification import body_clarity, BodyVerifier, Verdict

peaks = hnp.arrays(np.float64, 33, elements=st.floats(0, 1))

CLEAR, HAZY, BLURRED = np.full(33, 0.9), np.full(33, 0.52), np.full(33, 0.3)


@given(peaks)
def test_clarity_lies_between_the_dimmest_and_the_clearest_landmark(found: np.ndarray) -> None:
    assert found.min() - 1e-9 <= body_clarity(found) <= found.max() + 1e-9


@given(peaks, st.integers(0, 32), st.floats(0, 1))
def test_a_clearer_landmark_never_makes_the_body_less_clear(
    found: np.ndarray, index: int, value: float
) -> None:
    clearer = found.copy()
    clearer[index] = max(value, found[index])
    assert body_clarity(clearer) >= body_clarity(found) - 1e-9


@pytest.mark.parametrize('hidden', [slice(23, 33), slice(11, 23), slice(0, 11)])
def test_a_person_of_whom_a_part_is_hidden_is_clear(hidden: slice) -> None:
    found = CLEAR.copy()
    found[hidden] = 0.1
    assert BodyVerifier()(found) is Verdict.PERSON


def test_a_clear_body_is_a_person_at_once_and_a_blurred_one_never() -> None:
    assert BodyVerifier()(CLEAR) is Verdict.PERSON
    verifier = BodyVerifier()
    verdicts = [verifier(BLURRED) for _ in range(10)]
    assert verdicts == [Verdict.UNDECIDED] * 9 + [Verdict.NOBODY]


def test_a_body_that_becomes_clear_is_a_person_from_then_on() -> None:
    verifier = BodyVerifier()
    assert verifier(HAZY) is Verdict.UNDECIDED
    assert [verifier(found) for found in (CLEAR, HAZY, HAZY)] == [Verdict.PERSON] * 3


def test_a_person_survives_a_blurred_image_and_not_many() -> None:
    verifier = BodyVerifier()
    assert [verifier(found) for found in (CLEAR, CLEAR, BLURRED)] == [Verdict.PERSON] * 3
    assert verifier(CLEAR) is Verdict.PERSON
    assert Verdict.NOBODY in [verifier(BLURRED) for _ in range(5)]


def test_reset_forgets_the_person() -> None:
    verifier = BodyVerifier()
    verifier(CLEAR)
    verifier.reset()
    assert verifier(HAZY) is Verdict.UNDECIDED
