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

"""Published files are downloaded with the registries' clients and never taken on trust."""

from __future__ import annotations

import json
from pathlib import Path
import tarfile
import zipfile

import pytest

from model_conversion.errors import ConversionError, DownloadError
from model_conversion.sources import (
    default_cache,
    download,
    Package,
    PublishedFile,
    read,
    unpack_asset,
)

WHEEL = Package('PyPI', 'some-package', '1.0')
TARBALL = Package('npm', '@some/package', '1.0')
HELLO = b'hello'
HELLO_SHA256 = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Return a cache with a wheel and a tarball that hold the file `folder/greeting`."""
    with zipfile.ZipFile(tmp_path / 'some-package-1.0.whl', 'w') as wheel:
        wheel.writestr('folder/greeting', HELLO)
    (tmp_path / 'greeting').write_bytes(HELLO)
    with tarfile.open(tmp_path / 'some-package-1.0.tgz', 'w:gz') as tarball:
        tarball.add(tmp_path / 'greeting', 'folder/greeting')
    return tmp_path


@pytest.mark.parametrize('package', [WHEEL, TARBALL], ids=str)
def test_file_is_read_out_of_the_cached_package(package: Package, cache: Path):
    assert read(PublishedFile(package, 'folder/greeting', HELLO_SHA256), cache) == HELLO


@pytest.mark.parametrize('package', [WHEEL, TARBALL], ids=str)
def test_changed_file_is_refused(package: Package, cache: Path):
    with pytest.raises(ConversionError, match=r'sha256 2cf24dba.* expected 0000'):
        read(PublishedFile(package, 'folder/greeting', '0' * 64), cache)


@pytest.mark.parametrize('package', [WHEEL, TARBALL], ids=str)
def test_missing_file_is_reported(package: Package, cache: Path):
    with pytest.raises(ConversionError, match='holds no file folder/farewell'):
        read(PublishedFile(package, 'folder/farewell', HELLO_SHA256), cache)


def test_damaged_package_is_reported(cache: Path):
    (cache / 'some-package-1.0.tgz').write_bytes(b'half of a tarball')
    with pytest.raises(ConversionError, match='tgz cannot be read'):
        read(PublishedFile(TARBALL, 'folder/greeting', HELLO_SHA256), cache)


def test_failed_download_leaves_nothing_behind(tmp_path: Path):
    with pytest.raises(DownloadError, match=r'mediapipe==0\.0\.0'):
        download(Package('PyPI', 'mediapipe', '0.0.0'), tmp_path)
    assert not list(tmp_path.iterdir())


def test_missing_npm_is_reported(tmp_path: Path, monkeypatch):
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(DownloadError, match='npm is needed to download npm @some/package'):
        download(TARBALL, tmp_path)


def test_cache_follows_the_environment(monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', '/some/cache')
    assert default_cache() == Path('/some/cache/pose_tracking_ros/packages')


def test_packed_asset_is_cut_out():
    table = [
        {'filename': '/a/first', 'start': 0, 'end': 5, 'audio': 0},
        {'filename': '/a/second', 'start': 5, 'end': 8, 'audio': 0},
    ]
    loader = f'loadPackage({{"files": {json.dumps(table)}, "remote_package_size": 8}});'
    assert unpack_asset(b'helloyou', loader, 'a/second') == b'you'
    with pytest.raises(ConversionError, match='no file a/third'):
        unpack_asset(b'helloyou', loader, 'a/third')
    with pytest.raises(ConversionError, match='no table'):
        unpack_asset(b'helloyou', 'loadPackage({});', 'a/first')
