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

"""A faulty model is reported, and the node works once it is fixed."""

from __future__ import annotations

import os
from pathlib import Path
import shutil

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import onnx
from onnx import helper, numpy_helper, TensorProto
import pose_tracking_ros.msg
import pytest

from pose_tracking_ros.blazepose.models import models_directory
from ros_graph import Graph, image_message, values

# What takes the right to read every file from root, as which tests often run.
WITHOUT_PRIVILEGES = ('setpriv', '--bounding-set=-dac_override,-dac_read_search')


def cannot_be_configured(graph: Graph, path: Path) -> None:
    """Check that the node reports a file that prevents its configuration."""
    assert graph.state() == 'unconfigured'
    status = graph.diagnostics()['node']
    assert status.level == DiagnosticStatus.ERROR
    assert str(path) in status.message


def comes_to_work(graph: Graph, image: np.ndarray) -> None:
    """Check that the node can be configured now."""
    assert graph.transition('configure')
    assert graph.transition('activate')
    assert graph.answer_to(image_message(image))


def wrong_model(folder: Path, fault: str) -> Path:
    """Return the path of a model file with which something is wrong."""
    path = folder / 'model.onnx'
    if fault == 'cut':
        path.write_bytes(b'\x08\x08\x12')
    elif fault == 'of another use':
        path.write_bytes((models_directory() / 'pose_detection.onnx').read_bytes())
    elif fault == 'a folder':
        path.mkdir()
    elif fault == 'a pipe':
        os.mkfifo(path)
    return path


@pytest.mark.parametrize('fault', ['missing', 'cut', 'a folder', 'a pipe', 'of another use'])
def test_a_wrong_model_leaves_a_node_that_can_be_fixed(
    graph, make_node, coffee, tmp_path, capfd, fault
):
    path = wrong_model(tmp_path, fault)
    make_node(landmark_model=str(path))
    log = capfd.readouterr().err
    assert f'Cannot configure: {path}' in log or f'ONNX Runtime cannot load {path}' in log
    assert 'ros2 lifecycle set /pose_tracking configure' in log
    cannot_be_configured(graph, path)
    assert graph.set_parameters(landmark_model='').successful
    comes_to_work(graph, coffee)


def test_a_model_that_may_not_be_read_leaves_a_node_that_can_be_fixed(
    graph, start_node, coffee, tmp_path
):
    path = tmp_path / 'model.onnx'
    shutil.copy(models_directory() / 'pose_landmark_lite.onnx', path)
    shutil.copy(models_directory() / 'pose_landmark_lite.weights', tmp_path)
    path.chmod(0)
    privileged = os.access(path, os.R_OK)
    if privileged and not shutil.which(WITHOUT_PRIVILEGES[0]):
        pytest.skip('root may read every file, and there is no setpriv to take that right')
    node = start_node(
        model_complexity=0, landmark_model=path, through=WITHOUT_PRIVILEGES if privileged else ()
    )
    node.wait_for_log(f'Cannot configure: {path} cannot be read (Permission denied)')
    cannot_be_configured(graph, path)
    path.chmod(0o400)
    comes_to_work(graph, coffee)
    assert node.stop() == 0


@pytest.mark.parametrize('fault', ['altered', 'cut', 'missing'])
def test_a_model_of_the_package_that_is_not_whole_is_found_out(
    graph, start_node, coffee, tmp_path, monkeypatch, fault
):
    """In an installation of its own: a copy that the node imports in place of the other."""
    installed = Path(pose_tracking_ros.msg.__file__).parents[1]
    copy = shutil.copytree(installed, tmp_path / installed.name, symlinks=True)
    monkeypatch.setenv('PYTHONPATH', str(tmp_path), prepend=os.pathsep)
    weights = copy / 'models' / 'pose_landmark_lite.weights'
    whole = weights.read_bytes()
    weights.unlink()
    if fault != 'missing':
        weights.write_bytes(whole[:-1] + (b'\0' if fault == 'altered' else b''))
    node = start_node(model_complexity=0)
    node.wait_for_log('Cannot configure: ')
    assert 'reinstall the package' in node.log
    cannot_be_configured(graph, weights)
    weights.write_bytes(whole)
    comes_to_work(graph, coffee)
    assert node.stop() == 0


def model_that_fails_on_bright_images(path: Path, brightest: float) -> Path:
    """Make the smallest model of the package into one that cannot run on some images."""
    # onnx reads no weights through links, as they are where the package was built in place.
    model = onnx.load((models_directory() / 'pose_landmark_lite.onnx').resolve())
    graph = model.graph
    flag = next(node for node in graph.node if 'pose_flag' in node.output)
    flag.output[list(flag.output).index('pose_flag')] = 'real_pose_flag'
    graph.initializer.extend(
        [
            numpy_helper.from_array(np.float32(brightest), 'brightest'),
            numpy_helper.from_array(np.float32([1]), 'only_one'),
        ]
    )
    graph.node.extend(
        [
            helper.make_node('Cast', ['image'], ['image_as_float'], to=TensorProto.FLOAT),
            helper.make_node('ReduceMean', ['image_as_float'], ['brightness'], keepdims=0),
            helper.make_node('Div', ['brightness', 'brightest'], ['how_bright']),
            helper.make_node('Cast', ['how_bright'], ['index'], to=TensorProto.INT64),
            # There is nothing at the index 1.
            helper.make_node('Gather', ['only_one', 'index'], ['one']),
            helper.make_node('Mul', ['real_pose_flag', 'one'], ['pose_flag']),
        ]
    )
    onnx.save(model, path)
    return path


def test_a_run_that_fails_is_reported_and_the_next_image_is_another_chance(
    graph, start_node, astronaut, tmp_path
):
    """As when a GPU is out of memory: ONNX Runtime itself raises."""
    dim = astronaut // 4
    model = model_that_fails_on_bright_images(tmp_path / 'model.onnx', brightest=60.0)
    node = start_node(model_complexity=0, landmark_model=model)
    assert graph.answer_to(image_message(dim, second=1)).persons
    graph.camera.publish(image_message(astronaut, second=2))
    statuses = graph.diagnostics_until(
        lambda statuses: statuses['tracking'].level == DiagnosticStatus.ERROR
    )
    assert '1 images not processed' in statuses['tracking'].message
    assert 'Gather' in statuses['tracking'].message
    assert graph.answer_to(image_message(dim, second=3)).persons
    assert values(graph.diagnostics()['tracking'])['failed'] == '1'
    assert 2 not in {message.header.stamp.sec for message in graph.landmarks}
    assert node.stop() == 0
    assert 'Image not processed, ' in node.log
