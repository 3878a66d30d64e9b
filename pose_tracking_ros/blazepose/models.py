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

"""Find and check the model files."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
import os
from pathlib import Path, PurePath
import stat

import yaml

from pose_tracking_ros.blazepose.external_data import external_files

# PyYAML's parser in C, if available, takes a seventh of the time.
_YAML_LOADER = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)

_REMEDY = 'reinstall the package, or convert the file again with tools/convert_models.py'

# Ten times the largest network of the package.
_MAX_CUSTOM_SIZE = 256 * 2**20


class ModelError(RuntimeError):
    """A model file is missing, altered, does not fit its use, or fails."""


@dataclass(frozen=True)
class Tensor:
    """
    An input or output of a model.

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
    A model file with its inputs and outputs.

    :param path: the graph file
    :param sha256: checksums in hexadecimal by the names of the files in its folder
    :param size: bytes of the graph and its weights, of a custom model those of the model that it
        replaces
    :param inputs: the inputs that are set, by name
    :param outputs: the outputs that are read, by name
    :param content: the checked bytes to load, by the names of the files
    :param is_custom: whether the user's model replaces one of the package
    """

    path: Path
    sha256: dict[str, str]
    size: int
    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]
    content: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)
    is_custom: bool = False


def models_directory() -> Path:
    """
    Return the folder of the models: of the installed package, else of the source tree.

    :raises ModelError: if neither exists
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
    :param directory: folder of models.yaml and the files, by default the package's
    :raises ModelError: if a file is missing, truncated or altered; with the file, the expected
        value and the remedy
    """
    directory = directory or models_directory()
    model = _manifest_entry(name, directory)
    content = {
        file_name: _checked_file(directory / file_name, expected['bytes'], expected['sha256'])
        for file_name, expected in model['files'].items()
    }
    return ModelFile(
        path=directory / model['graph'],
        sha256={file_name: file['sha256'] for file_name, file in model['files'].items()},
        size=sum(file['bytes'] for file in model['files'].values()),
        inputs=_tensors(model['inputs']),
        outputs=_tensors(model['outputs']),
        content=content,
    )


def custom_model(path: str | Path, name: str) -> ModelFile:
    """
    Return a model of the user that replaces one of the package.

    :param path: its graph file, with external weights in the same folder
    :param name: the model of the package that it replaces
    :raises ModelError: if a file cannot be read, is too large, or is in another folder
    """
    path = Path(path).expanduser()
    content = {path.name: _read_file(path, 'check the path', _MAX_CUSTOM_SIZE)}
    for file_name in external_files(content[path.name]):
        if file_name not in content:
            left = _MAX_CUSTOM_SIZE - sum(map(len, content.values()))
            weights = _weights_path(path, file_name)
            try:
                content[file_name] = _read_file(weights, 'put it beside the model', left)
            except ModelError as error:
                raise ModelError(f'{path} needs its weights: {error}') from error
    return replace(
        find_model(name),
        path=path,
        sha256={file_name: sha256(data).hexdigest() for file_name, data in content.items()},
        content=content,
        is_custom=True,
    )


def _weights_path(graph: Path, name: str) -> Path:
    """Return the path of a file with weights; raise a ModelError if outside the graph's folder."""
    # If the graph is a link, as in a cache, weights beside its target are accepted too.
    folders = (graph.parent, graph.resolve().parent)
    if name and not PurePath(name).is_absolute():
        for folder in folders:
            target = (folder / name).resolve()
            if target.is_file() and any(
                target.is_relative_to(other.resolve()) for other in folders
            ):
                return folder / name
        if '..' not in PurePath(name).parts and not os.path.lexists(graph.parent / name):
            return graph.parent / name
    raise ModelError(f'{graph} has weights in {name!r}, outside its folder: put them beside it')


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


def _checked_file(path: Path, expected_size: int, expected_hash: str) -> bytes:
    """Return a file of the package; raise a ModelError if its size or checksum differs."""
    content = _read_file(path, _REMEDY)
    if len(content) != expected_size:
        raise ModelError(f'{path} has {len(content)} bytes, expected {expected_size}: {_REMEDY}')
    found_hash = sha256(content).hexdigest()
    if found_hash != expected_hash:
        raise ModelError(
            f'{path} has the SHA-256 {found_hash}, expected {expected_hash}: {_REMEDY}'
        )
    return content


def _read_file(path: Path, remedy: str, limit: int = 2**31) -> bytes:
    """Return a file of at most ``limit`` bytes; raise a ModelError if it cannot be read."""
    try:
        # Opening or reading a pipe or a device could block forever.
        with open(os.open(path, os.O_RDONLY | getattr(os, 'O_NONBLOCK', 0)), 'rb') as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ModelError(f'{path} is not a file: {remedy}')
            if status.st_size > limit:
                raise ModelError(
                    f'{path} has {status.st_size} bytes, accepted are up to {limit}: {remedy}'
                )
            return file.read(limit)
    except OSError as error:
        if path.is_dir():
            raise ModelError(f'{path} is not a file: {remedy}') from error
        raise ModelError(f'{path} cannot be read ({error.strerror}): {remedy}') from error
