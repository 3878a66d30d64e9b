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

from page import markdown_table, with_section
import pytest

PAGE = 'before\n<!-- begin a -->\nold\n<!-- end a -->\nafter\n'


def test_a_section_is_replaced_and_the_rest_of_the_page_stays() -> None:
    once = with_section(PAGE, 'a', 'new\n')
    assert once == 'before\n<!-- begin a -->\n\nnew\n\n<!-- end a -->\nafter\n'
    assert with_section(once, 'a', 'new') == once


def test_a_page_without_the_section_is_an_error() -> None:
    with pytest.raises(ValueError, match='begin b'):
        with_section(PAGE, 'b', 'new')


def test_figures_stand_on_the_right_of_their_cells() -> None:
    table = markdown_table(['clip', 'px'], [['walk', '0.5'], ['run', '']])
    assert table == '| clip | px |\n| --- | --: |\n| walk | 0.5 |\n| run |  |\n'
