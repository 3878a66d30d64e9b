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

"""Problems are counted, and described in the singular or the plural."""

from __future__ import annotations

import pytest

from pose_tracking_ros.replay.problems import ProblemKind, Problems


def texts(*found: tuple[ProblemKind, str]) -> list[str]:
    problems = Problems()
    for kind, what in found:
        problems.add(kind, what)
    return [problem.text for problem in problems]


def test_one_problem_is_in_the_singular_with_its_place():
    (text,) = texts((ProblemKind.GAP, 'image 7'))
    assert text.startswith('1 gap between images')
    assert text.endswith(' (image 7)')


def test_several_problems_are_in_the_plural_with_the_first_place():
    (text,) = texts((ProblemKind.GAP, 'image 7'), (ProblemKind.GAP, 'image 9'))
    assert text.startswith('2 gaps between images')
    assert text.endswith(' (first: image 7)')


@pytest.mark.parametrize('kind', ProblemKind)
def test_every_kind_has_a_description(kind):
    (text,) = texts((kind, 'here'))
    assert text.startswith('1 ')
    assert '{' not in text
