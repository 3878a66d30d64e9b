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

"""docs/truth.md says the numbers that the code has."""

from __future__ import annotations

from page import with_section
from truth import DOCS, limits_text


def test_the_page_says_the_limits_of_the_code() -> None:
    page = DOCS.read_text()
    assert with_section(page, 'limits', limits_text()) == page, (
        'python benchmark/truth.py --write --models writes them'
    )
