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
Set up a copy of the package for real, with ROS 2 from the environment that runs the tests.

To the copy, that environment is what a sourced distribution is to a user: ``ROS_DISTRO`` is set,
and the search paths lead to it.
"""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import re
import shutil
import signal
import subprocess
import sys
import zipfile

import pytest

from environment_setup.environment import ROOT
from environment_setup.steps import exclusive_lock

COPIED = (
    'CMakeLists.txt', 'LICENSE', 'Makefile', 'config', 'launch', 'msg', 'package.xml',
    'pose_tracking_ros', 'requirements', 'scripts', 'tools')
SETUP = ('tools', 'setup_environment.py')
UP_TO_DATE = 'is up to date'

pytestmark = pytest.mark.timeout(600)


def wheel(folder: Path, name: str) -> Path:
    """Return a wheel with one empty module."""
    path, info = folder / f'{name}-1.0-py3-none-any.whl', f'{name}-1.0.dist-info'
    files = {
        f'{name}.py': '',
        f'{info}/METADATA': f'Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n',
        f'{info}/WHEEL': 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    }
    files[f'{info}/RECORD'] = ''.join(f'{file},,\n' for file in files)
    with zipfile.ZipFile(path, 'w') as archive:
        for file, content in files.items():
            archive.writestr(file, content)
    return path


class Checkout:
    """A copy of this package, and the set-up in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.variables = {**os.environ, 'ROS_DISTRO': os.environ.get('ROS_DISTRO') or 'wheels'}
        self.environment = folder / f'.venv-ros-{self.variables["ROS_DISTRO"]}'
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)
        # One message is built as many are, in a fraction of the time.
        recipe = folder / 'CMakeLists.txt'
        recipe.write_text(re.sub(
            r'(?<=rosidl_generate_interfaces\(\${PROJECT_NAME}\n)(  msg/.*\n)+',
            '  msg/NormalizedRect.msg\n', recipe.read_text()))
        # The weights of the models are nothing to the set-up.
        (folder / 'models').mkdir()
        shutil.copy(ROOT / 'models' / 'models.yaml', folder / 'models')
        # Everything else that pip would install is in the environment of the tests already.
        requirements = folder / 'requirements'
        pins = (requirements / 'distribution.txt').read_text().splitlines()
        to_run = [next(pin for pin in pins if pin.startswith('uv==')), wheel(folder, 'to_run')]
        to_test = [*to_run, wheel(folder, 'to_test')]
        (requirements / 'distribution.txt').write_text('\n'.join(map(str, to_run)))
        (requirements / 'distribution-test.txt').write_text('\n'.join(map(str, to_test)))

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen:
        """Start a set-up in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, str(self.folder.joinpath(*SETUP)), *arguments],
            env={**self.variables, **variables}, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True)

    def set_up(self, *arguments: str) -> str:
        """Return the output of a set-up that succeeds."""
        process = self.start(*arguments)
        output, _ = process.communicate()
        assert process.returncode == 0, output
        return output

    def run(self, code: str) -> subprocess.CompletedProcess:
        """Run Python code in a shell that has sourced the environment."""
        return subprocess.run(
            ['bash', '-c', '. "$0" && python -c "$1"',
             str(self.folder / 'tools' / 'environment.sh'), code],
            env={**self.variables, 'PYTHON': sys.executable}, cwd=self.folder.parent,
            capture_output=True, text=True, check=False)


@pytest.fixture(scope='module')
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """Give a copy in which a set-up was killed in the middle and another one came after it."""
    checkout = Checkout(tmp_path_factory.mktemp('checkout'))
    process = checkout.start('--without-tests')
    for line in process.stdout:
        if 'building the package' in line:
            os.killpg(process.pid, signal.SIGKILL)
            break
    assert process.wait() == -signal.SIGKILL
    assert UP_TO_DATE not in checkout.set_up('--without-tests')
    yield checkout
    shutil.rmtree(checkout.folder)


def test_takes_up_a_killed_set_up(checkout):
    result = checkout.run(
        'import pose_tracking_ros.msg; print(pose_tracking_ros.msg.__file__)')
    assert result.returncode == 0, result.stderr
    assert Path(result.stdout.strip()).is_relative_to(checkout.environment)


def test_packages_of_the_tests_are_installed_only_for_them_and_without_a_build(checkout):
    script = checkout.environment / 'local_setup.sh'
    built = script.stat().st_mtime_ns
    assert checkout.run('import to_run').returncode == 0
    assert 'ModuleNotFoundError' in checkout.run('import to_test').stderr
    assert 'for the tests' in checkout.set_up()
    assert checkout.run('import to_run, to_test').returncode == 0
    assert script.stat().st_mtime_ns == built
    assert UP_TO_DATE in checkout.set_up('--without-tests')


def test_installs_with_pip_what_uv_cannot_install(checkout):
    (checkout.environment / 'test-packages.stamp').unlink()
    process = checkout.start(UV_CONCURRENT_DOWNLOADS='0')
    output, _ = process.communicate()
    assert process.returncode == 0, output
    assert 'uv failed: trying pip' in output
    assert checkout.run('import to_run, to_test').returncode == 0


def test_does_nothing_when_nothing_changed(checkout):
    made = (checkout.environment / 'pyvenv.cfg', checkout.environment / 'local_setup.sh')
    before = [path.stat().st_mtime_ns for path in made]
    assert UP_TO_DATE in checkout.set_up()
    assert [path.stat().st_mtime_ns for path in made] == before


def test_installs_a_new_module_and_removes_one_that_is_gone(checkout):
    module = checkout.folder / 'pose_tracking_ros' / 'of_this_test.py'
    module.write_text('ANSWER = 42\n')
    assert UP_TO_DATE not in checkout.set_up()
    module.write_text('ANSWER = 43\n')
    assert UP_TO_DATE in checkout.set_up()
    assert checkout.run('from pose_tracking_ros.of_this_test import *; print(ANSWER)').stdout \
        == '43\n'
    module.unlink()
    assert UP_TO_DATE not in checkout.set_up()
    assert 'ModuleNotFoundError' in checkout.run('import pose_tracking_ros.of_this_test').stderr


def test_replaces_a_broken_environment(checkout):
    (checkout.environment / 'bin' / 'python').unlink()
    assert UP_TO_DATE not in checkout.set_up()
    assert checkout.run('import pose_tracking_ros.msg').returncode == 0


def test_works_in_a_shell_that_has_sourced_the_environment(checkout):
    set_up = checkout.folder.joinpath(*SETUP)
    code = f'import runpy, sys; sys.path.insert(0, {str(set_up.parent)!r}); ' \
        f'runpy.run_path({str(set_up)!r}, run_name="__main__")'
    assert UP_TO_DATE in checkout.run(code).stdout
    (checkout.environment / 'packages.stamp').unlink()
    result = checkout.run(code)
    assert result.returncode == 0, result.stdout + result.stderr
    assert UP_TO_DATE not in result.stdout


def test_waits_for_another_set_up(checkout):
    with exclusive_lock(checkout.folder):
        process = checkout.start()
        assert 'Waiting for another set-up' in process.stdout.readline()
        assert process.poll() is None
    assert UP_TO_DATE in process.communicate()[0]


def test_says_everything_that_the_machine_lacks(checkout, tmp_path):
    process = checkout.start(ROS_DISTRO='', PATH=str(tmp_path), CC='', CXX='')
    output, _ = process.communicate()
    assert process.returncode == 1
    for advice in ('CMake: sudo apt', 'make: sudo apt', 'C compiler: sudo', 'C++ compiler: sudo'):
        assert advice in output


def test_says_what_to_do_without_a_package_index(checkout):
    output, _ = (process := checkout.start(
        ROS_DISTRO='', ROS_WHEELS='jazzy', PIP_CONFIG_FILE='/dev/null', PIP_FIND_LINKS='',
        PIP_INDEX_URL='http://127.0.0.1:9', PIP_RETRIES='0')).communicate()
    assert process.returncode == 1
    assert 'check that this machine reaches its Python package index' in output
    log = checkout.folder / '.venv-jazzy.log'
    assert str(log) in output
    assert '127.0.0.1' in log.read_text()


def test_says_which_wheels_there_are(checkout):
    output, _ = (process := checkout.start(ROS_DISTRO='', ROS_WHEELS='foxy')).communicate()
    assert process.returncode == 1
    assert "'foxy'" in output
    assert 'kilted and jazzy' in output
