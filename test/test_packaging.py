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

"""The manifest of the ROS 2 package and the ROS-free package that pip makes of the same files."""

from __future__ import annotations

import ast
import os
from pathlib import Path
import subprocess
import sys

from catkin_pkg.package import Package, parse_package
import pytest

ROOT = Path(__file__).parents[1]
# Names under which rosdep knows what is no ROS package.
ROSDEP_KEYS = {
    'cv2': 'python3-opencv',
    'jinja2': 'python3-jinja2',
    'lz4': 'python3-lz4',
    'numpy': 'python3-numpy',
    'onnxruntime': 'python3-onnxruntime-gpu-pip',
    'rosbags': 'python3-rosbags-pip',
    'tf2_ros': 'tf2_ros_py',
    'tqdm': 'python3-tqdm',
    'yaml': 'python3-yaml',
}
WITHOUT_ROSDEP_KEY = {
    'av', 'backports', 'compression', 'distributed', 'hri_msgs', 'mcap', 'plotly', 'pyarrow',
    'rerun', 'upath',
}
# Only for those who use Foxglove.
OPTIONAL = {'foxglove_msgs'}


@pytest.fixture(scope='module')
def manifest() -> Package:
    return parse_package(ROOT / 'package.xml')


def test_manifest_is_valid(manifest):
    warnings = []
    manifest.validate(warnings=warnings)
    assert warnings == []


def test_manifest_declares_what_the_code_imports(manifest):
    sources = [*ROOT.glob('pose_tracking_ros/**/*.py'), *ROOT.glob('launch/*.py')]
    imported = set().union(*(_imported_modules(source) for source in sources))
    needed = {
        ROSDEP_KEYS.get(module, module) for module in imported
        if module not in {
            *sys.stdlib_module_names, manifest.name, *WITHOUT_ROSDEP_KEY, *OPTIONAL}}
    declared = {dependency.name for dependency in manifest.exec_depends}
    # The generated messages need what the build and the generators' runtime declare.
    assert needed <= declared
    assert declared - needed <= {'geometry_msgs', 'rosidl_default_runtime', 'std_msgs'}


def _imported_modules(source: Path) -> set[str]:
    """Return the top-level names of what a file imports."""
    modules = set()
    for node in ast.walk(ast.parse(source.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            modules |= {name.name.split('.')[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules.add(node.module.split('.')[0])
    return modules


@pytest.fixture(scope='module')
def pip_installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder into which pip installed the package, from a wheel."""
    folder = tmp_path_factory.mktemp('pip')
    source = folder / 'source'
    source.mkdir()
    names = ('models', 'msg', 'package.xml', 'pose_tracking_ros', 'pyproject.toml', 'setup.py')
    for name in names:
        (source / name).symlink_to(ROOT / name)
    _pip('wheel', '--no-build-isolation', '--wheel-dir', folder, source)
    wheel, = folder.glob('*.whl')
    _pip('install', '--no-compile', '--target', folder / 'site', wheel)
    return folder / 'site'


def _pip(command: str, *arguments: object) -> None:
    """Run pip without the network."""
    subprocess.run(
        [sys.executable, '-m', 'pip', command, '--no-deps', '--no-index',
         '--disable-pip-version-check', *map(str, arguments)],
        check=True)


def test_pip_installs_the_version_of_the_manifest_without_the_ros_parts(pip_installed, manifest):
    assert (pip_installed / f'{manifest.name}-{manifest.version}.dist-info').is_dir()
    assert (pip_installed / manifest.name / 'blazepose' / 'tracker.py').is_file()
    assert (pip_installed / manifest.name / 'py.typed').is_file()
    assert not (pip_installed / manifest.name / 'node').exists()
    assert not (pip_installed / manifest.name / 'demo').exists()


def test_pip_installed_tracker_runs_without_ros(pip_installed, tmp_path):
    code = """
import sys
sys.modules['rclpy'] = None
import numpy as np
import pose_tracking_ros
from pose_tracking_ros.blazepose import InferenceOptions, PoseTracker, PoseTrackerOptions
tracker = PoseTracker(PoseTrackerOptions(), InferenceOptions(execution_provider='cpu'))
print(pose_tracking_ros.__file__)
print(tracker.process(np.zeros((240, 320, 3), np.uint8), 0).poses)
"""
    result = _run([sys.executable, '-c', code], pip_installed, tmp_path)
    assert result.stdout.splitlines() == [
        str(pip_installed / 'pose_tracking_ros' / '__init__.py'), '()']


def test_pip_installed_exercises_are_checked(pip_installed, tmp_path):
    result = _run([pip_installed / 'bin' / 'pose-classes', 'check'], pip_installed, tmp_path)
    assert 'exercise squats: up -> down -> up' in result.stdout


@pytest.mark.parametrize('command', ['pose-bag', 'pose-video'])
def test_pip_installs_the_commands(command, pip_installed, tmp_path):
    result = _run([pip_installed / 'bin' / command, '--help'], pip_installed, tmp_path)
    assert '--output' in result.stdout


def test_pip_installed_pose_bag_analyses_without_ros(pip_installed, tmp_path):
    code = """
import sys
sys.modules['rclpy'] = None
import numpy as np
from pose_tracking_ros.command_line.pose_bag import main
from pose_tracking_ros.video.annotated_video import AnnotatedVideo
with AnnotatedVideo('grey.mp4', 30) as video:
    for index in range(3):
        video.write(np.full((48, 64, 3), 128, np.uint8), index * 33_000_000)
sys.exit(main(['grey.mp4', '--output', 'out', '--model-complexity', '0']))
"""
    _run([sys.executable, '-c', code], pip_installed, tmp_path)
    assert (tmp_path / 'out' / 'report.html').stat().st_size > 1_000_000
    assert (tmp_path / 'out' / 'bag' / 'metadata.yaml').is_file()


def test_core_imports_nothing_of_what_only_the_analysis_of_recordings_needs():
    code = """
import sys
import pose_tracking_ros.blazepose
heavy = {'av', 'distributed', 'mcap', 'plotly', 'pyarrow', 'rclpy', 'rosbags', 'tqdm'}
print(sorted(heavy & set(sys.modules)))
"""
    result = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == '[]'


def _run(command: list, site: Path, folder: Path) -> subprocess.CompletedProcess:
    """Run a command that finds what pip installed before anything else."""
    result = subprocess.run(
        command, env={**os.environ, 'PYTHONPATH': str(site)}, cwd=folder, capture_output=True,
        text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result
