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

"""The published networks, for the tests of their conversion."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from model_conversion.errors import DownloadError
from model_conversion.sources import default_cache, PublishedFile, read


@pytest.fixture(scope='session')
def published() -> Callable[[PublishedFile], bytes]:
    """Return a function that reads a published file, or skips the test if it cannot be had."""

    @cache
    def read_published(file: PublishedFile) -> bytes:
        try:
            return read(file, default_cache())
        except DownloadError as error:
            pytest.skip(f'{error}')

    return read_published
