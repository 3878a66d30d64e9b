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

"""A model of the user's that is harmful is an error with its name; what was checked is loaded."""

from __future__ import annotations

from pathlib import Path
import shutil
import subprocess
import sys
from threading import Event, Thread

import numpy as np
import onnx
from onnx import helper, numpy_helper, TensorProto
import pytest

from pose_tracking_ros.blazepose import (
    InferenceOptions,
    loading,
    ModelError,
    PoseModels,
    PoseTracker,
    PoseTrackerOptions,
    trial,
)
from pose_tracking_ros.blazepose.external_data import external_files
from pose_tracking_ros.blazepose.inference import Model
from pose_tracking_ros.blazepose.models import custom_model, find_model, models_directory

LITE = 'pose_landmark_lite'
CPU = InferenceOptions('cpu')


def lite_with(path: Path, *nodes: onnx.NodeProto, initializers: dict = {}) -> Path:  # noqa: B006
    """
    Save the smallest model of the package with further nodes.

    They make ``zero`` out of ``image``, a float that is added to the score.
    """
    # onnx reads no weights through links, as they are where the package was built in place.
    model = onnx.load((models_directory() / f'{LITE}.onnx').resolve())
    graph = model.graph
    flag = next(node for node in graph.node if 'pose_flag' in node.output)
    flag.output[list(flag.output).index('pose_flag')] = 'real_pose_flag'
    graph.initializer.extend(
        numpy_helper.from_array(value, name) for name, value in initializers.items()
    )
    graph.node.extend(nodes)
    graph.node.append(helper.make_node('Add', ['real_pose_flag', 'zero'], ['pose_flag']))
    onnx.save(model, path)
    return path


def hungry_model(path: Path) -> Path:
    """Save a model that asks for 40 GB when it runs."""
    return lite_with(
        path,
        helper.make_node('Cast', ['image'], ['image_as_number'], to=TensorProto.INT64),
        helper.make_node('ReduceMax', ['image_as_number'], ['brightest'], keepdims=0),
        helper.make_node('Add', ['brightest', 'many'], ['shape']),
        helper.make_node('ConstantOfShape', ['shape'], ['large']),
        helper.make_node('ReduceSum', ['large'], ['zero'], keepdims=0),
        initializers={'many': np.array([10**10], np.int64)},
    )


def endless_model(path: Path) -> Path:
    """Save a model with a loop that ends after some thousand years."""
    body = helper.make_graph(
        [
            helper.make_node('Identity', ['go_on'], ['goes_on']),
            helper.make_node('Identity', ['before'], ['after']),
        ],
        'body',
        [
            helper.make_tensor_value_info('number', TensorProto.INT64, []),
            helper.make_tensor_value_info('go_on', TensorProto.BOOL, []),
            helper.make_tensor_value_info('before', TensorProto.FLOAT, []),
        ],
        [
            helper.make_tensor_value_info('goes_on', TensorProto.BOOL, []),
            helper.make_tensor_value_info('after', TensorProto.FLOAT, []),
        ],
    )
    return lite_with(
        path,
        helper.make_node('Cast', ['image'], ['image_as_float'], to=TensorProto.FLOAT),
        helper.make_node('ReduceMin', ['image_as_float'], ['darkest'], keepdims=0),
        helper.make_node('Loop', ['times', 'true', 'darkest'], ['zero'], body=body),
        initializers={'times': np.array(2**62, np.int64), 'true': np.array(True)},
    )


def raising_model(path: Path) -> Path:
    """Save a model that fails on every image."""
    return lite_with(
        path,
        helper.make_node('Cast', ['image'], ['image_as_number'], to=TensorProto.INT64),
        helper.make_node('ReduceMax', ['image_as_number'], ['brightest'], keepdims=0),
        helper.make_node('Add', ['brightest', 'five'], ['index']),
        # There is nothing at that index.
        helper.make_node('Gather', ['only_one', 'index'], ['zero']),
        initializers={'five': np.array(5, np.int64), 'only_one': np.float32([0])},
    )


def whole_copy(folder: Path) -> Path:
    for name in (f'{LITE}.onnx', f'{LITE}.weights'):
        shutil.copy(models_directory() / name, folder)
    return folder / f'{LITE}.onnx'


def test_a_model_that_asks_for_too_much_memory_is_named(tmp_path):
    path = hungry_model(tmp_path / 'hungry.onnx')
    with pytest.raises(ModelError, match=r'hungry\.onnx'):
        Model(custom_model(path, LITE), CPU)


def test_a_model_that_does_not_finish_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(trial, 'MAX_SECONDS', 4.0)
    path = endless_model(tmp_path / 'endless.onnx')
    with pytest.raises(ModelError, match=r'endless.onnx (takes longer than 4 s|ends the process)'):
        Model(custom_model(path, LITE), CPU)


def test_a_model_that_raises_is_named(tmp_path):
    path = raising_model(tmp_path / 'raising.onnx')
    with pytest.raises(ModelError, match=r'cannot run .*raising.onnx.*Gather'):
        PoseTracker(PoseTrackerOptions(model_complexity=0, landmark_model=path), CPU)


def test_a_model_that_fails_later_is_named(tmp_path):
    model = Model(custom_model(whole_copy(tmp_path), LITE), CPU)
    with pytest.raises(ModelError, match=rf'cannot run .*{LITE}.onnx'):
        model(np.zeros((7, 7, 3), np.uint8))


def test_a_valid_custom_model_gives_the_same_results(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    expected = Model(find_model(LITE), CPU)(image)
    outputs = Model(custom_model(whole_copy(tmp_path), LITE), CPU)(image)
    assert all(np.array_equal(outputs[name], expected[name]) for name in expected)


@pytest.mark.parametrize('is_custom', [False, True])
def test_the_checked_content_is_loaded_even_if_the_files_change(tmp_path, is_custom):
    path = whole_copy(tmp_path)
    shutil.copy(models_directory() / 'models.yaml', tmp_path)
    file = custom_model(path, LITE) if is_custom else find_model(LITE, tmp_path)
    expected = Model(find_model(LITE), CPU)(np.zeros((256, 256, 3), np.uint8))
    for name in (f'{LITE}.onnx', f'{LITE}.weights'):
        (tmp_path / name).write_bytes(b'something else')
    outputs = Model(file, CPU)(np.zeros((256, 256, 3), np.uint8))
    assert np.array_equal(outputs['landmarks'], expected['landmarks'])


def test_weights_in_files_are_loaded_where_memory_is_not_taken(tmp_path, monkeypatch):
    """As before ONNX Runtime 1.24."""
    name = 'add_external_initializers_from_files_in_memory'
    from onnxruntime import SessionOptions

    monkeypatch.delattr(SessionOptions, name, raising=False)
    outputs = Model(find_model(LITE), CPU)(np.zeros((256, 256, 3), np.uint8))
    assert outputs['landmarks'].shape == (195,)


def test_the_weights_of_a_custom_model_may_be_links_beside_it(tmp_path):
    """As in the caches of model hubs."""
    blobs, snapshot = tmp_path / 'blobs', tmp_path / 'snapshot'
    blobs.mkdir(), snapshot.mkdir()
    whole_copy(tmp_path)
    for number, name in enumerate((f'{LITE}.onnx', f'{LITE}.weights')):
        (tmp_path / name).rename(blobs / str(number))
        (snapshot / name).symlink_to(blobs / str(number))
    assert len(custom_model(snapshot / f'{LITE}.onnx', LITE).content) == 2


@pytest.mark.parametrize('place', ['../secret', '{0}/secret', 'link', 'folder/../../secret'])
def test_weights_outside_the_folder_of_a_model_are_not_read(tmp_path, place):
    folder = tmp_path / 'model'
    (folder / 'folder').mkdir(parents=True)
    path = whole_copy(folder)
    (tmp_path / 'secret').write_bytes((folder / f'{LITE}.weights').read_bytes())
    (folder / 'link').symlink_to(tmp_path / 'secret')
    model = onnx.load(path, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == 'location':
                entry.value = place.format(tmp_path)
    path.write_bytes(model.SerializeToString())
    assert external_files(path.read_bytes()) == [place.format(tmp_path)]
    with pytest.raises(ModelError, match='outside its folder'):
        custom_model(path, LITE)


def test_a_model_without_its_weights_is_named_with_them(tmp_path):
    path = whole_copy(tmp_path)
    (tmp_path / f'{LITE}.weights').unlink()
    with pytest.raises(ModelError, match=rf'{path} needs its weights: .*{LITE}\.weights'):
        custom_model(path, LITE)


def test_a_file_that_is_too_large_for_a_model_is_not_read(tmp_path):
    path = tmp_path / 'large.onnx'
    with path.open('wb') as file:
        file.truncate(40 * 10**9)
    with pytest.raises(ModelError, match=r'large.onnx has 40000000000 bytes'):
        custom_model(path, LITE)


@pytest.fixture
def endless_load():
    """Return a load that ends only with the test, and whether it was cancelled."""
    end, cancelled = Event(), Event()
    yield (lambda: end.wait()), cancelled
    end.set()
    loading.stop_when(bool)
    assert all(ended.wait(20) for ended in loading._abandoned)


def test_loading_is_given_up_on_a_stop_request(endless_load):
    load, cancelled = endless_load
    loading.stop_when(lambda: True)
    with pytest.raises(ModelError, match='stopped'):
        loading.load_interruptibly(load, cancelled.set)
    assert cancelled.is_set()


def test_a_trial_is_given_up_on_a_stop_request(tmp_path):
    file = custom_model(endless_model(tmp_path / 'endless.onnx'), LITE)
    stop = Event()
    loading.stop_when(stop.is_set)
    errors = []

    def load() -> None:
        try:
            Model(file, CPU)
        except ModelError as error:
            errors.append(str(error))

    thread = Thread(target=load)
    thread.start()
    stop.set()
    thread.join()
    loading.stop_when(bool)
    assert errors == ['stopped while a model was being loaded']


_INTERRUPTED = """
import os, signal, time
from pose_tracking_ros.blazepose.loading import load_interruptibly

def load():
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(3600)

# Where tests run in the background, interrupts are ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
load_interruptibly(load, lambda: None)
"""


def test_ctrl_c_ends_a_program_that_loads():
    done = subprocess.run(
        [sys.executable, '-c', _INTERRUPTED], capture_output=True, text=True, timeout=60
    )
    assert 'KeyboardInterrupt' in done.stderr
    assert done.returncode == 130


def test_another_provider_than_asked_for_is_reported():
    options = PoseTrackerOptions(model_complexity=0)
    told = []
    models = PoseModels.load(options, InferenceOptions('openvino'), told.append)
    running = models.landmark_model.execution_provider
    assert told == [models.provider_problem(InferenceOptions('openvino'))]
    assert 'execution_provider is openvino, but ONNX Runtime cannot use it here' in told[0]
    assert f'runs the models on {running}' in told[0]
    with pytest.warns(RuntimeWarning, match='execution_provider is openvino'):
        PoseTracker(options, InferenceOptions('openvino'))
