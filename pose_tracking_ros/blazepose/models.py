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

"""Find the model files, and say what is wrong with one that cannot be trusted."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import yaml

_REMEDY = 'reinstall the package, or make the file again with tools/convert_models.py'


class ModelError(RuntimeError):
    """A model file is missing, is not what it should be, or does not fit its use."""


def models_directory() -> Path:
    """
    Return the folder of the models: that of the installed package, else of the source tree.

    :raises ModelError: when neither is there
    """
    package = Path(__file__).parents[1]
    candidates = (package / 'models', package.parent / 'models')
    for candidate in candidates:
        if (candidate / 'models.yaml').is_file():
            return candidate
    raise ModelError(
        'no models.yaml in ' + ' or '.join(map(str, candidates)) + ': the models of '
        'pose_tracking_ros are not installed; reinstall the package'
    )


def find_model(name: str, directory: Path | None = None) -> Path:
    """
    Return the graph file of a model after checking all its files against models.yaml.

    :param name: the model's name in models.yaml
    :param directory: folder of models.yaml and the files, by default that of the package
    :raises ModelError: when a file is missing, truncated or altered; the message names the file,
        what was expected and what to do
    """
    directory = directory or models_directory()
    models = _read_manifest(directory / 'models.yaml')
    if name not in models:
        raise ModelError(f'{directory / "models.yaml"} has no {name}, only {", ".join(models)}')
    for file_name, expected in models[name]['files'].items():
        _check_file(directory / file_name, expected['bytes'], expected['sha256'])
    return directory / models[name]['graph']


def _read_manifest(path: Path) -> dict:
    try:
        return yaml.safe_load(path.read_text())['models']
    except (OSError, yaml.YAMLError, TypeError, KeyError) as error:
        raise ModelError(f'{path} cannot be read ({error}): {_REMEDY}') from error


def _check_file(path: Path, expected_size: int, expected_hash: str) -> None:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f'{path} cannot be read ({error.strerror}): {_REMEDY}') from error
    if len(content) != expected_size:
        raise ModelError(
            f'{path} has {len(content)} bytes, expected are {expected_size}: {_REMEDY}'
        )
    found_hash = sha256(content).hexdigest()
    if found_hash != expected_hash:
        raise ModelError(
            f'{path} has the SHA-256 {found_hash}, expected is {expected_hash}: {_REMEDY}'
        )
