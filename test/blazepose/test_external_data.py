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

"""A model's weights lie beside it: no other file is read as such."""

from __future__ import annotations

from pathlib import Path
import shutil

import pytest

from pose_tracking_ros.blazepose import InferenceOptions, ModelError
from pose_tracking_ros.blazepose.inference import Model
from pose_tracking_ros.blazepose.models import custom_model, find_model

onnx = pytest.importorskip('onnx', reason='needs onnx to change a model')

MODEL = 'pose_landmark_lite'


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Return a copy of a model in a folder, with its weights beside it and above."""
    graph = find_model(MODEL).path
    weights = graph.with_suffix('.weights')
    (tmp_path / 'model').mkdir()
    for place in (tmp_path / 'model' / weights.name, tmp_path / 'above'):
        shutil.copy(weights, place)
    return Path(shutil.copy(graph, tmp_path / 'model'))


def point_to(model: Path, location: str) -> None:
    """Let a model find its weights somewhere else."""
    graph = onnx.load(model, load_external_data=False)
    for tensor in graph.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == 'location':
                entry.value = location
    model.write_bytes(graph.SerializeToString())


def test_weights_beside_a_model_are_read(model: Path) -> None:
    point_to(model, model.with_suffix('.weights').name)
    Model(custom_model(model, MODEL), InferenceOptions('cpu'))


@pytest.mark.parametrize('place', ['../above', 'absolute', 'link'])
def test_weights_elsewhere_are_not_read(place: str, model: Path) -> None:
    above = model.parents[1] / 'above'
    if place == 'link':
        (model.parent / 'link').symlink_to(above)
    point_to(model, str(above) if place == 'absolute' else place)
    with pytest.raises(ModelError, match='outside its folder'):
        Model(custom_model(model, MODEL), InferenceOptions('cpu'))
