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

from __future__ import annotations

from figures import Figures, milliseconds, ratio
import pytest


def test_figures_are_median_and_percentile_of_times_and_mean_of_time_on_cores() -> None:
    figures = Figures.of([1.0, 2.0, 3.0, 4.0, 100.0], [1.0, 3.0])
    assert figures.median == 3.0
    assert figures.percentile_95 == pytest.approx(80.8)
    assert figures.cpu == 2.0
    assert figures.cells == ['3.00', '80.8', '2.00']


def test_time_on_cores_that_is_not_known_has_no_cell() -> None:
    assert Figures.of([5.0]).cells == ['5.00', '5.00']


@pytest.mark.parametrize(
    ('value', 'cell'), [(0.1234, '0.12'), (9.876, '9.88'), (12.34, '12.3'), (123.4, '123')]
)
def test_a_time_has_three_significant_digits(value: float, cell: str) -> None:
    assert milliseconds(value) == cell


def test_a_ratio_below_one_says_that_ours_is_less() -> None:
    assert ratio(1.0, 2.0) == '0.50'
    assert ratio(1.0, 0.0) == ''
