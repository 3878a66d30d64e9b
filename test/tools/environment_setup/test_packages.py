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

"""The configuration of pip applies to uv as well."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from environment_setup.environment import choose, Environment
from environment_setup.packages import uv_variables

FILE = """
[global]
index-url = https://mirror.example/simple
extra-index-url =
    https://one.example/simple
    https://two.example/simple
cert = /etc/file.pem
[install]
find-links = /wheels
    /other
"""


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Environment:
    """Return the environment of the tests, with only the pip configuration of this test."""
    for name in [name for name in os.environ if name.startswith('PIP_')]:
        monkeypatch.delenv(name)
    (tmp_path / 'pip.conf').write_text(FILE)
    monkeypatch.setenv('PIP_CONFIG_FILE', str(tmp_path / 'pip.conf'))
    return choose(os.environ)


@pytest.mark.parametrize(('variable', 'expected'), [
    ('UV_DEFAULT_INDEX', 'https://mirror.example/simple'),
    ('UV_INDEX', 'https://one.example/simple https://two.example/simple'),
    ('UV_FIND_LINKS', '/wheels,/other'),
    ('SSL_CERT_FILE', '/etc/file.pem'),
    ('UV_INSECURE_HOST', None),
])
def test_uv_takes_the_options_of_the_configuration_file(environment, variable, expected):
    assert uv_variables(environment).get(variable) == expected


def test_a_variable_of_pip_overrides_the_file(environment, monkeypatch):
    monkeypatch.setenv('PIP_INDEX_URL', 'https://environment.example/simple')
    assert uv_variables(environment)['UV_DEFAULT_INDEX'] == 'https://environment.example/simple'
