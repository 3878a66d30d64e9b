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

"""
The environment of official MediaPipe for comparisons.

It is a separate virtual environment, ``.venv-mediapipe``, since MediaPipe needs an older numpy. It
contains ROS 2 as well, for a node that uses MediaPipe.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import distributions
import os
from pathlib import Path
import shutil
import sys

from page import ROOT
import yaml

sys.path.insert(0, str(ROOT / 'tools'))

from environment_setup.steps import digest, exclusive_lock, Log, SetupError, Stamp
from model_conversion.sources import default_cache, Package, PublishedFile, read

FOLDER = ROOT / '.venv-mediapipe'
PYTHON = FOLDER / 'bin' / 'python'

_REQUIREMENTS = ROOT / 'requirements' / 'mediapipe.txt'

# The package contains the full model only, and its download addresses of the others are outdated.
_ADDED_MODELS = ('pose_landmark_lite', 'pose_landmark_heavy')


def make_environment() -> None:
    """
    Make the environment if it does not exist.

    :raises SetupError: when that fails
    """
    stamp = Stamp(FOLDER / 'packages.stamp', digest(_REQUIREMENTS.read_bytes(), sys.version))
    with exclusive_lock(ROOT) as lock:
        if stamp.is_current():
            return
        if sys.version_info >= (3, 13):
            raise SetupError(
                'MediaPipe 0.10.21 has no wheel for Python '
                f'{sys.version_info.major}.{sys.version_info.minor}: run the benchmarks in an '
                'environment made by "make setup PYTHON=python3.12"'
            )
        print('Official MediaPipe, for comparison:', flush=True)
        _install(Log(FOLDER.with_suffix('.log'), lock))
        stamp.write()


def _install(log: Log) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    log.step(f'making a virtual environment in {FOLDER.name}')
    log.run([sys.executable, '-m', 'venv', str(FOLDER)], os.environ, '', ROOT)
    log.step('installing its packages (1.2 GB on the disk; this takes a minute or more)')
    pip = (str(PYTHON), '-m', 'pip', 'install', '--no-input', '--disable-pip-version-check')
    log.run(
        [*pip, '--no-deps', '--requirement', str(_REQUIREMENTS)],
        variables(os.environ),
        'If a download failed, run the same command again.',
        ROOT,
    )
    log.step('adding the lite and heavy models')
    (modules,) = FOLDER.glob('lib/python3*/site-packages/mediapipe/modules/pose_landmark')
    for name in _ADDED_MODELS:
        source = _source(name)
        (modules / Path(source.path).name).write_bytes(read(source, default_cache()))


def _source(model: str) -> PublishedFile:
    """Return the address of the weights of a model."""
    catalogue = yaml.safe_load((ROOT / 'models' / 'models.yaml').read_text())
    source = catalogue['models'][model]['source']
    package = Package(source['registry'], source['package'], source['version'])
    return PublishedFile(package, source['file'], source['sha256'])


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """
    Return the environment variables of a process in it.

    :param environment: those of a process in the environment of this package
    """
    own = ('PYTHONPATH', 'VIRTUAL_ENV', '_ROS_WHEELS_BOOTSTRAP_COMPLETE')
    result = {name: value for name, value in environment.items() if name not in own}
    result['AMENT_PREFIX_PATH'] = str(FOLDER)
    result['LD_LIBRARY_PATH'] = str(FOLDER / 'lib')
    return result


def versions() -> str:
    """Return the versions of official MediaPipe and NumPy, as a sentence."""
    (folder,) = FOLDER.glob('lib/python3*/site-packages')
    named = {found.name: found.version for found in distributions(path=[str(folder)])}
    return f'Official: MediaPipe {named["mediapipe"]}, NumPy {named["numpy"]}.'
