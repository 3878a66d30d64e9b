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

# Puts a bash or zsh shell into the environment that `make setup` made:
#     source tools/environment.sh
# ROS_WHEELS chooses the environment, as it does for make.

if [ -n "${BASH_SOURCE:-}" ]; then _source="${BASH_SOURCE[0]}"; else _source="$0"; fi
_root="$(cd "$(dirname "$_source")/.." && pwd)"
_folder="$(ROS_DISTRO="${ROS_DISTRO:-}" ROS_WHEELS="${ROS_WHEELS:-}" \
  "${PYTHON:-python3}" "$_root/tools/setup_environment.py" --print-folder)" || return 1

if [ ! -f "$_folder/local_setup.sh" ]; then
  echo "There is nothing in $_folder yet: run 'make setup' first." >&2
  unset _source _root _folder
  return 1
fi

if [ -z "${ROS_DISTRO:-}" ]; then
  # The wheels make the virtual environment a prefix as /opt/ros/<distribution> is one.
  export AMENT_PREFIX_PATH="$_folder"
  export LD_LIBRARY_PATH="$_folder/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  # The Python of the wheels sets the last one once LD_LIBRARY_PATH is complete.
  unset CMAKE_PREFIX_PATH COLCON_PREFIX_PATH PYTHONPATH _ROS_WHEELS_BOOTSTRAP_COMPLETE
fi
. "$_folder/bin/activate"
if [ -n "${ZSH_VERSION:-}" ]; then
  . "$_folder/local_setup.zsh"
else
  . "$_folder/local_setup.bash"
fi
# The wheels have no `ros2 run`: put the executables on the PATH.
export PATH="$_folder/lib/pose_tracking_ros:$PATH"

# Images must not be cut into UDP fragments; see the file itself. A transport or a middleware of
# the user's choice stays.
case "${RMW_IMPLEMENTATION:-rmw_fastrtps_cpp}" in rmw_fastrtps_*)
  if [ -z "${FASTDDS_BUILTIN_TRANSPORTS:-}${FASTDDS_DEFAULT_PROFILES_FILE:-}" ] &&
     [ -z "${FASTRTPS_DEFAULT_PROFILES_FILE:-}" ]; then
    case "${ROS_DISTRO:-${ROS_WHEELS:-kilted}}" in
      humble|jazzy) export FASTRTPS_DEFAULT_PROFILES_FILE="$_root/config/fastdds.xml" ;;
      *) export FASTDDS_DEFAULT_PROFILES_FILE="$_root/config/fastdds.xml" ;;
    esac
  fi
esac
# Disable the telemetry of ONNX Runtime.
export ORT_DISABLE_TELEMETRY="${ORT_DISABLE_TELEMETRY:-1}"
# Stay on this machine.
if [ "${ROS_DISTRO:-}" = humble ]; then
  export ROS_LOCALHOST_ONLY="${ROS_LOCALHOST_ONLY:-1}"
else
  export ROS_AUTOMATIC_DISCOVERY_RANGE="${ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST}"
fi
unset _source _root _folder
