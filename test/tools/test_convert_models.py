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

"""The files in models/ are what models.yaml says and what the conversion makes."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
import sys

import cv2
import numpy as np
import onnxruntime
import pytest
import yaml

from convert_models import main, MODELS
from model_conversion.networks import Network, NETWORKS
from pose_tracking_ros.sample_data import sample_path, SampleError

# What lies beside the networks.
OTHERS = {'README.md', 'exercises.csv'}
MANIFEST = yaml.safe_load((MODELS / 'models.yaml').read_text())['models']

# Largest difference between ONNX Runtime and the TFLite interpreter. Their kernels add in another
# order, so no two agree to the bit; these are some five times what is measured on real images.
TOLERANCES = {
    'boxes': 0.01,  # pixels
    'scores': 0.02,  # logits, of which the certain ones exceed 1000
    'landmarks': 0.02,  # pixels and logits
    'pose_flag': 5e-5,
    'heatmap': 0.005,  # logits
    'world_landmarks': 2e-4,  # metres
    'segmentation': 0.01,  # probability
}

each_network = pytest.mark.parametrize(
    'network', NETWORKS, ids=[network.models[0].name for network in NETWORKS]
)


def load(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=['CPUExecutionProvider'])


def test_folder_holds_what_the_manifest_lists():
    listed = {name for model in MANIFEST.values() for name in model['files']}
    assert {path.name for path in MODELS.iterdir()} == listed | {'models.yaml', *OTHERS}


@pytest.mark.parametrize('name', MANIFEST)
def test_files_are_whole(name: str):
    for file, expected in MANIFEST[name]['files'].items():
        content = (MODELS / file).read_bytes()
        assert len(content) == expected['bytes']
        assert sha256(content).hexdigest() == expected['sha256']


@pytest.mark.parametrize('name', MANIFEST)
def test_manifest_tells_inputs_and_outputs(name: str):
    session = load(MODELS / MANIFEST[name]['graph'])
    for tensors, key in ((session.get_inputs(), 'inputs'), (session.get_outputs(), 'outputs')):
        reported = {
            tensor: (description['type'], description['shape'])
            for tensor, description in MANIFEST[name][key].items()
        }
        types = {'tensor(uint8)': 'uint8', 'tensor(float)': 'float32'}
        assert {t.name: (types[t.type], t.shape) for t in tensors} == reported


@pytest.mark.parametrize('name', MANIFEST)
def test_model_loads_through_links_to_its_files(name: str, tmp_path: Path):
    for file in MANIFEST[name]['files']:
        (tmp_path / file).symlink_to(MODELS / file)
    load(tmp_path / MANIFEST[name]['graph'])


@pytest.mark.parametrize('complexity', ['lite', 'full', 'heavy'])
def test_mask_costs_no_second_copy_of_the_weights(complexity: str):
    plain = MANIFEST[f'pose_landmark_{complexity}']
    masked = MANIFEST[f'pose_landmark_{complexity}_segmentation']
    weights = f'pose_landmark_{complexity}.weights'
    assert plain['files'][weights] == masked['files'][weights]
    assert set(masked['outputs']) - set(plain['outputs']) == {'segmentation'}


def test_conversion_reproduces_the_folder(published, tmp_path: Path, monkeypatch):
    for network in NETWORKS:
        published(network.source)
    monkeypatch.setattr(sys, 'argv', ['convert_models.py', '--output', str(tmp_path)])
    assert main() == 0
    converted = {path.name for path in tmp_path.iterdir()}
    assert converted == {path.name for path in MODELS.iterdir()} - OTHERS
    differing = [
        name
        for name in converted
        if (tmp_path / name).read_bytes() != (MODELS / name).read_bytes()
    ]
    assert not differing


def test_unreachable_package_is_reported_and_leaves_the_models_alone(
    tmp_path: Path, monkeypatch, capsys
):
    monkeypatch.setenv('PATH', '')
    monkeypatch.setenv('PIP_INDEX_URL', 'file:///nowhere')
    monkeypatch.setenv('PIP_EXTRA_INDEX_URL', '')
    monkeypatch.setenv('PIP_FIND_LINKS', '')
    output, cache = tmp_path / 'models', tmp_path / 'cache'
    arguments = ['convert_models.py', '--output', str(output), '--cache', str(cache)]
    monkeypatch.setattr(sys, 'argv', arguments)
    assert main() == 1
    assert 'mediapipe==0.10.21' in capsys.readouterr().err
    assert not output.exists()


def images(height: int, width: int) -> list[np.ndarray]:
    """Return two real images, uint8 RGB (1, height, width, 3): a person, and a cup of coffee."""
    try:
        paths = [sample_path('astronaut.png'), sample_path('coffee.png')]
    except SampleError as error:
        pytest.skip(str(error))
    squares = (cv2.imread(str(path))[:400, :400, ::-1] for path in paths)
    return [cv2.resize(image, (width, height))[np.newaxis] for image in squares]


def run_tflite(network: Network, tflite: bytes, image: np.ndarray) -> dict[str, np.ndarray]:
    """Return the outputs of the published network, by the names they have in it."""
    litert = pytest.importorskip('ai_edge_litert.interpreter')
    interpreter = litert.Interpreter(model_content=tflite)
    interpreter.allocate_tensors()
    low, high = network.value_range
    normalized = np.float32(low) + image * np.float32((high - low) / 255)
    interpreter.set_tensor(interpreter.get_input_details()[0]['index'], normalized)
    interpreter.invoke()
    return {
        output['name']: interpreter.get_tensor(output['index'])
        for output in interpreter.get_output_details()
    }


@each_network
def test_model_agrees_with_the_published_network(network: Network, published):
    sessions = {model.name: load(MODELS / f'{model.name}.onnx') for model in network.models}
    _, height, width, _ = next(iter(sessions.values())).get_inputs()[0].shape
    for image in images(height, width):
        expected = run_tflite(network, published(network.source), image)
        for model in network.models:
            names = [output.name for output in model.outputs.values()]
            outputs = sessions[model.name].run(names, {'image': image})
            for tflite_name, name, output in zip(model.outputs, names, outputs):
                reference = expected[tflite_name]
                if name == 'heatmap':
                    reference = reference.transpose(0, 3, 1, 2)
                if name == 'segmentation':
                    reference = reference[..., 0]
                    output, reference = sigmoid(output), sigmoid(reference)
                assert output.shape == reference.shape
                np.testing.assert_allclose(
                    output, reference, rtol=0, atol=TOLERANCES[name], err_msg=model.name
                )


def sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(logits, -50, 50)))
