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

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import yaml

# The parser in C, where PyYAML has one, takes a seventh of the time.
_YAML_LOADER = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)

_REMEDY = 'reinstall the package, or make the file again with tools/convert_models.py'


class ModelError(RuntimeError):
    """A model file is missing, is not what it should be, or does not fit its use."""


@dataclass(frozen=True)
class Tensor:
    """
    What goes into a model or comes out of it.

    :param type: numpy's name of the element type
    :param shape: the length of each axis
    """

    type: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        """Return the type and shape for a message."""
        return f'{self.type} {list(self.shape)}'


@dataclass(frozen=True)
class ModelFile:
    """
    A model on disk, and how it is used.

    :param path: the graph file
    :param sha256: checksums in hexadecimal by the names of the files in its folder
    :param size: bytes of the graph and its weights, for a model in place of one of the package
        those of the package's
    :param inputs: what is fed to the model, by name
    :param outputs: what is read of it, by name
    """

    path: Path
    sha256: dict[str, str]
    size: int
    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]


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


def find_model(name: str, directory: Path | None = None) -> ModelFile:
    """
    Return a model of the package after checking all its files against models.yaml.

    :param name: the model's name in models.yaml
    :param directory: folder of models.yaml and the files, by default that of the package
    :raises ModelError: when a file is missing, truncated or altered; the message names the file,
        what was expected and what to do
    """
    directory = directory or models_directory()
    model = _manifest_entry(name, directory)
    for file_name, expected in model['files'].items():
        _check_file(directory / file_name, expected['bytes'], expected['sha256'])
    return ModelFile(
        path=directory / model['graph'],
        sha256={file_name: file['sha256'] for file_name, file in model['files'].items()},
        size=sum(file['bytes'] for file in model['files'].values()),
        inputs=_tensors(model['inputs']),
        outputs=_tensors(model['outputs']),
    )


def own_model(path: str | Path, name: str) -> ModelFile:
    """
    Return a model of the user's in place of one of the package.

    :param path: its graph file
    :param name: the model of the package whose inputs and outputs it has
    :raises ModelError: when the file cannot be read
    """
    path = Path(path).expanduser()
    checksum = sha256(_read_file(path, 'check the path')).hexdigest()
    return replace(find_model(name), path=path, sha256={path.name: checksum})


def _manifest_entry(name: str, directory: Path) -> dict:
    path = directory / 'models.yaml'
    try:
        models = yaml.load(path.read_text(), _YAML_LOADER)['models']
    except (OSError, yaml.YAMLError, TypeError, KeyError) as error:
        raise ModelError(f'{path} cannot be read ({error}): {_REMEDY}') from error
    if name not in models:
        raise ModelError(f'{path} has no {name}, only {", ".join(models)}')
    return models[name]


def _tensors(entries: dict) -> dict[str, Tensor]:
    return {name: Tensor(entry['type'], tuple(entry['shape'])) for name, entry in entries.items()}


def _check_file(path: Path, expected_size: int, expected_hash: str) -> None:
    content = _read_file(path, _REMEDY)
    if len(content) != expected_size:
        raise ModelError(
            f'{path} has {len(content)} bytes, expected are {expected_size}: {_REMEDY}'
        )
    found_hash = sha256(content).hexdigest()
    if found_hash != expected_hash:
        raise ModelError(
            f'{path} has the SHA-256 {found_hash}, expected is {expected_hash}: {_REMEDY}'
        )


def _read_file(path: Path, remedy: str) -> bytes:
    if path.exists() and not path.is_file():  # A pipe or a device might never end.
        raise ModelError(f'{path} is not a file: {remedy}')
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f'{path} cannot be read ({error.strerror}): {remedy}') from error
