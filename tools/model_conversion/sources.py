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

"""Get the published networks out of the packages that Google ships them in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import hashlib
import json
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

from model_conversion.errors import ConversionError, DownloadError

PACKED_ASSETS = 'pose_solution_packed_assets'


@dataclass(frozen=True)
class Package:
    """
    A published package.

    :param registry: PyPI or npm
    :param name: name of the package in the registry
    :param version: version of the package
    """

    registry: str
    name: str
    version: str

    @property
    def page(self) -> str:
        """Return the address of the package's page, for people."""
        if self.registry == 'PyPI':
            return f'https://pypi.org/project/{self.name}/{self.version}/'
        return f'https://www.npmjs.com/package/{self.name}/v/{self.version}'

    def __str__(self) -> str:
        """Return registry, name and version."""
        return f'{self.registry} {self.name} {self.version}'


@dataclass(frozen=True)
class PublishedFile:
    """
    A file in a published package.

    :param package: where it is
    :param path: path within the package; below a packed-assets file, the path within that file
    :param sha256: checksum of the file, in hexadecimal
    """

    package: Package
    path: str
    sha256: str


def default_cache() -> Path:
    """Return the folder where downloaded packages are kept."""
    root = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return Path(root) / 'pose_tracking_ros' / 'packages'


def read(file: PublishedFile, cache: Path) -> bytes:
    """
    Return the content of a published file, downloading its package if the cache lacks it.

    :raises DownloadError: when the package cannot be downloaded
    :raises ConversionError: when the content is not what was published
    """
    archive = download(file.package, cache)
    content = _read_archive(archive, file.path)
    checksum = hashlib.sha256(content).hexdigest()
    if checksum != file.sha256:
        raise ConversionError(
            f'{file.path} in {archive} has sha256 {checksum}, expected {file.sha256}: delete the '
            f'archive to download it again'
        )
    return content


def download(package: Package, cache: Path) -> Path:
    """
    Download a package with its registry's own client, unless the cache has it.

    :return: the archive in the cache
    :raises DownloadError: when the client is missing or fails
    """
    suffix = '.whl' if package.registry == 'PyPI' else '.tgz'
    archive = cache / f'{package.name.replace("/", "-").lstrip("@")}-{package.version}{suffix}'
    if not archive.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            command = _client_command(package)
            result = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, check=False
            )
            if result.returncode:
                reasons = [line for line in result.stderr.splitlines() if 'error' in line.lower()]
                raise DownloadError(
                    f'{package} cannot be downloaded with "{" ".join(command)}": '
                    + ('; '.join(reasons[:4]) or result.stderr.strip())
                )
            # Moved when complete: an interrupted download leaves nothing in the cache.
            (downloaded,) = Path(folder).iterdir()
            downloaded.replace(archive)
    return archive


def _client_command(package: Package) -> Sequence[str]:
    if package.registry == 'PyPI':
        # The files are the same in every wheel, so take one whatever Python runs this.
        return (
            *(sys.executable, '-m', 'pip', 'download', '--quiet', '--no-deps'),
            *('--only-binary', ':all:', '--python-version', '3.11'),
            *('--platform', 'manylinux_2_28_x86_64', f'{package.name}=={package.version}'),
        )
    if shutil.which('npm') is None:
        raise DownloadError(
            f'npm is needed to download {package} and is not installed: '
            f'"sudo apt install npm", or see https://nodejs.org'
        )
    return 'npm', 'pack', '--loglevel', 'error', f'{package.name}@{package.version}'


def _read_archive(archive: Path, path: str) -> bytes:
    folder, packed, inner_path = path.partition(f'{PACKED_ASSETS}.data/')
    if packed:
        data = _read_archive(archive, f'{folder}{PACKED_ASSETS}.data')
        loader = _read_archive(archive, f'{folder}{PACKED_ASSETS}_loader.js')
        return unpack_asset(data, loader.decode(), inner_path)
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as wheel:
                return wheel.read(path)
        with tarfile.open(archive) as tarball:
            return tarball.extractfile(path).read()
    except KeyError as error:
        raise ConversionError(f'{archive} holds no file {path}') from error
    except (zipfile.BadZipFile, tarfile.TarError) as error:
        raise ConversionError(f'{archive} cannot be read ({error}): delete it') from error


def unpack_asset(data: bytes, loader: str, path: str) -> bytes:
    """
    Return one of the files that Emscripten packed into a .data file.

    :param data: content of the .data file
    :param loader: the JavaScript beside it, which holds the table of the files
    :param path: path of the file in that table, without the leading slash
    :raises ConversionError: when the table cannot be found or lacks the file
    """
    table = re.search(r'"files":\s*(\[.*?\])', loader, re.DOTALL)
    if table is None:
        raise ConversionError('the loader of the packed assets holds no table of files')
    for entry in json.loads(table[1]):
        if entry['filename'] == f'/{path}':
            return data[entry['start']:entry['end']]
    raise ConversionError(f'the packed assets hold no file {path}')
