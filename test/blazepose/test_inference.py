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

"""What really runs is told, and a model that cannot run is named."""

from __future__ import annotations

from collections import Counter
import json
from os import sched_getaffinity
from pathlib import Path

import numpy as np
import onnxruntime
from psutil import Process
import pytest

from pose_tracking_ros.blazepose import inference, InferenceOptions, ModelError
from pose_tracking_ros.blazepose.inference import describe_providers, Model, nodes_by_provider
from pose_tracking_ros.blazepose.models import custom_model, find_model
from pose_tracking_ros.blazepose.session import make_session


@pytest.mark.parametrize('execution_provider', ['auto', 'cpu', 'cuda', 'tensorrt', 'openvino'])
def test_the_provider_that_runs_is_reported_and_one_always_runs(execution_provider: str) -> None:
    model = Model(find_model('pose_landmark_lite'), InferenceOptions(execution_provider))
    assert model.execution_provider in onnxruntime.get_available_providers()
    if execution_provider == 'cpu':
        assert model.execution_provider == 'CPUExecutionProvider'
    outputs = model(np.zeros((model.side, model.side, 3), np.uint8))
    assert outputs['landmarks'].shape == (195,)


@pytest.mark.parametrize('allow_spinning', [False, True])
@pytest.mark.parametrize('num_threads', [0, 2])
@pytest.mark.parametrize('name', ['pose_landmark_lite', 'pose_landmark_heavy'])
def test_threads_do_not_change_the_answer(
    name: str, num_threads: int, allow_spinning: bool
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    file = find_model(name)
    expected = Model(file, InferenceOptions('cpu', 1))(image)
    outputs = Model(file, InferenceOptions('cpu', num_threads, allow_spinning))(image)
    assert all(np.array_equal(outputs[name], expected[name]) for name in expected)


@pytest.mark.parametrize(
    ('name', 'allow_spinning', 'uses_all_cores'),
    [
        ('pose_landmark_full', False, False),
        ('pose_landmark_heavy', False, True),
        ('pose_landmark_full', True, True),
    ],
)
def test_a_model_takes_the_threads_that_pay(
    name: str, allow_spinning: bool, uses_all_cores: bool
) -> None:
    before = Process().num_threads()
    model = Model(find_model(name), InferenceOptions('cpu', allow_spinning=allow_spinning))
    threads = min(len(sched_getaffinity(0)), 4) if uses_all_cores else 1
    # The thread that calls the model is one of them.
    assert Process().num_threads() - before == threads - 1
    assert model.execution_provider == 'CPUExecutionProvider'


def test_an_invalid_model_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / 'model.onnx'
    path.write_bytes(b'not a model')
    with pytest.raises(ModelError, match='cannot load') as error:
        Model(custom_model(path, 'pose_landmark_lite'), InferenceOptions('cpu'))
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ('used_as', 'found'),
    [
        ('pose_detection', r'inputs image: uint8 \[1, 256, 256, 3\]'),
        ('pose_landmark_lite_segmentation', 'has the outputs landmarks: float32'),
        ('upper_body_pose_landmark', r'accepted is landmarks: float32 \[1, 155\]'),
    ],
)
def test_a_model_that_does_not_fit_its_use_is_rejected_at_load(used_as: str, found: str) -> None:
    path = find_model('pose_landmark_lite').path
    with pytest.raises(ModelError, match=f'{path} does not fit its use.*{found}'):
        Model(custom_model(path, used_as), InferenceOptions('cpu'))


def test_further_outputs_of_a_model_are_not_computed() -> None:
    path = find_model('pose_landmark_lite_segmentation').path
    segmenting = custom_model(path, 'pose_landmark_lite')
    model = Model(segmenting, InferenceOptions('cpu'))
    outputs = model(np.zeros((model.side, model.side, 3), np.uint8))
    assert list(outputs) == list(find_model('pose_landmark_lite').outputs)


CPU, CUDA = 'CPUExecutionProvider', 'CUDAExecutionProvider'


@pytest.fixture(scope='module')
def profile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what ONNX Runtime writes of two runs."""
    options = onnxruntime.SessionOptions()
    options.enable_profiling = True
    options.profile_file_prefix = str(tmp_path_factory.mktemp('profile') / 'profile')
    file = find_model('pose_landmark_lite')
    session = make_session(file.path, file.content, options, [CPU])
    for _ in range(2):
        session.run(None, {'image': np.zeros((1, 256, 256, 3), np.uint8)})
    return Path(session.end_profiling()).read_text()


def test_each_node_is_counted_once(profile):
    nodes = nodes_by_provider(profile)
    runs = [
        event for event in json.loads(profile)
        if event.get('cat') == 'Node' and event['name'].endswith('_kernel_time')
    ]  # fmt: skip
    assert nodes.keys() == {CPU}
    assert 2 * nodes[CPU] == len(runs) > 100


def test_nodes_that_another_provider_runs_are_reported(profile):
    """The same profile, of which every tenth node ran elsewhere."""
    events = json.loads(profile)
    names = sorted({event['name'] for event in events if event.get('args', {}).get('provider')})
    elsewhere = set(names[::10])
    for event in events:
        if event['name'] in elsewhere:
            event['args']['provider'] = CUDA
    nodes = nodes_by_provider(json.dumps(events))
    assert nodes[CUDA] == len(elsewhere)
    assert describe_providers(nodes, [CUDA, CPU]) == (
        f'{CUDA} for {len(elsewhere)} of {len(names)} nodes, {CPU} for {nodes[CPU]}'
    )


@pytest.mark.parametrize(
    ('nodes', 'text'),
    [
        ({CUDA: 220}, CUDA),
        ({CPU: 220, CUDA: 0}, CPU),
        ({CPU: 10, CUDA: 210}, f'{CUDA} for 210 of 220 nodes, {CPU} for 10'),
        ({}, ''),
    ],
)
def test_a_provider_that_runs_all_has_its_plain_name(nodes, text):
    assert describe_providers(Counter(nodes), [CUDA, CPU]) == text


def test_a_model_is_profiled_once_where_others_than_the_cpu_are_asked_for(monkeypatch):
    """The provider of the CPU asked for twice stands for one that is not here."""
    monkeypatch.setattr(inference, '_providers', lambda _: [(CPU, {}), (CPU, {})])
    model = Model(find_model('pose_landmark_lite'), InferenceOptions('cpu'))
    assert model.execution_provider == CPU
    before = set(Path.cwd().iterdir())
    assert model(np.zeros((256, 256, 3), np.uint8))['landmarks'].shape == (195,)
    assert set(Path.cwd().iterdir()) == before
