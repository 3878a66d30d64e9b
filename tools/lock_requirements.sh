#!/usr/bin/env bash
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

# Writes requirements/*.txt, the versions of everything for Python 3.10 to 3.14, from
# requirements/*.in. The ROS 2 wheels exist for CPython on x86_64 Linux only: there, that goes
# without saying in every line.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

linux="platform_machine == 'x86_64' and platform_python_implementation == 'CPython'"
linux="$linux and sys_platform == 'linux'"
compile() {
  name=$1
  shift
  uv pip compile --quiet --upgrade "$@" "requirements/$name.in" |
    sed -E "s/ (and|;) (python_full_version < '3.15' and )?$linux$//" \
      > "requirements/$name.txt.new"
  mv "requirements/$name.txt.new" "requirements/$name.txt"
}
# The same versions with and without the packages of the tests.
lock() {
  compile "$1-test" "${@:2}"
  compile "$1" --constraint "requirements/$1-test.txt" "${@:2}"
}

compile mediapipe
lock kilted
lock jazzy
# Without the packages of the distribution, and those of other systems.
lock distribution --no-config --universal --python-version 3.10 --no-annotate --no-header \
  --no-emit-package numpy --no-emit-package opencv-python-headless --no-emit-package pyyaml \
  --no-emit-package setuptools --no-emit-package catkin-pkg --no-emit-package empy \
  --no-emit-package colorama --no-emit-package pyreadline3 --no-emit-package pywin32
