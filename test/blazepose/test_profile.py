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

"""Where the nodes of a model run is read out of a real profile."""

from __future__ import annotations

from collections import Counter
import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from pose_tracking_ros.blazepose import inference, InferenceOptions
from pose_tracking_ros.blazepose.inference import describe_providers, Model, nodes_by_provider
from pose_tracking_ros.blazepose.models import find_model
from pose_tracking_ros.blazepose.session import make_session

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
