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

"""A model file that is not what it should be is named, with the remedy."""

from pathlib import Path
import shutil

import pytest
import yaml

from pose_tracking_ros.blazepose.inference import InferenceOptions, Model
from pose_tracking_ros.blazepose.models import (
    custom_model,
    find_model,
    ModelError,
    models_directory,
)

MODELS = yaml.safe_load((models_directory() / 'models.yaml').read_text())['models']

LITE = 'pose_landmark_lite'


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return a folder with one whole model."""
    shutil.copy(models_directory() / 'models.yaml', tmp_path)
    for name in MODELS[LITE]['files']:
        shutil.copy(models_directory() / name, tmp_path)
    return tmp_path


@pytest.mark.parametrize('name', MODELS)
def test_every_model_is_complete_and_has_the_signature_of_the_manifest(name: str) -> None:
    session = Model(find_model(name), InferenceOptions('cpu'))._session
    for values, expected in (
        (session.get_inputs(), MODELS[name]['inputs']),
        (session.get_outputs(), MODELS[name]['outputs']),
    ):
        assert {v.name: v.shape for v in values} == {k: v['shape'] for k, v in expected.items()}


def test_a_custom_model_replaces_one_of_the_package(directory: Path) -> None:
    file = custom_model(directory / MODELS[LITE]['graph'], 'pose_landmark_full')
    assert file.path == directory / MODELS[LITE]['graph']
    assert file.outputs == find_model('pose_landmark_full').outputs
    assert file.sha256 == {name: item['sha256'] for name, item in MODELS[LITE]['files'].items()}


def test_a_missing_custom_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r'mine.onnx cannot be read.*check the path'):
        custom_model(tmp_path / 'mine.onnx', LITE)


def test_a_copy_of_a_whole_model_is_found(directory: Path) -> None:
    assert find_model(LITE, directory).path == directory / MODELS[LITE]['graph']


@pytest.mark.parametrize('name', MODELS[LITE]['files'])
def test_a_missing_file_is_named_with_the_remedy(directory: Path, name: str) -> None:
    (directory / name).unlink()
    with pytest.raises(ModelError, match=r'No such file or directory.*reinstall') as error:
        find_model(LITE, directory)
    assert str(directory / name) in str(error.value)


@pytest.mark.parametrize('name', MODELS[LITE]['files'])
def test_a_truncated_file_is_named_with_the_size_it_should_have(
    directory: Path, name: str
) -> None:
    path = directory / name
    path.write_bytes(path.read_bytes()[:-1])
    expected = MODELS[LITE]['files'][name]['bytes']
    with pytest.raises(ModelError, match=f'{expected - 1} bytes, expected {expected}.*reinst'):
        find_model(LITE, directory)


@pytest.mark.parametrize('name', MODELS[LITE]['files'])
def test_an_altered_file_is_named_with_the_checksum_it_should_have(
    directory: Path, name: str
) -> None:
    path = directory / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=MODELS[LITE]['files'][name]['sha256']):
        find_model(LITE, directory)


def test_an_unknown_model_is_named_with_the_choices(directory: Path) -> None:
    with pytest.raises(ModelError, match=r'has no pose_landmark_huge, only .*pose_landmark_lite'):
        find_model('pose_landmark_huge', directory)


@pytest.mark.parametrize('content', ['', '[]', 'models: {a: }}'])
def test_a_broken_manifest_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / 'models.yaml').write_text(content)
    with pytest.raises(ModelError, match=r'models.yaml cannot be read'):
        find_model(LITE, tmp_path)
