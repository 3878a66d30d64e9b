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

from os import sched_getaffinity
from pathlib import Path

import numpy as np
import onnxruntime
from psutil import Process
import pytest

from pose_tracking_ros.blazepose import InferenceOptions, ModelError
from pose_tracking_ros.blazepose.inference import Model
from pose_tracking_ros.blazepose.models import custom_model, find_model


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
