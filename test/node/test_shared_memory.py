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

"""Shared memory that a killed process leaves behind is noticed, that of the living is not."""

from __future__ import annotations

import os
from pathlib import Path
import signal

import pytest
from rclpy.qos import qos_profile_sensor_data
from rclpy.utilities import get_rmw_implementation_identifier
from sensor_msgs.msg import Image

from pose_tracking_ros.transport import segments_left_behind
from ros_graph import NodeProcess


def locks_of(pid: int) -> set[Path]:
    """Return the files beside segments that a process has open."""
    opened = {Path(os.readlink(link)) for link in Path(f'/proc/{pid}/fd').iterdir()}
    return {file for file in opened if file.name.endswith('_el') and 'port' not in file.name}


@pytest.mark.parametrize('signal_number', [signal.SIGINT, signal.SIGKILL], ids=lambda s: s.name)
def test_what_a_killed_camera_leaves_is_counted(
    graph, walking_man, tmp_path, signal_number
):
    if 'fastrtps' not in get_rmw_implementation_identifier():
        pytest.skip('another middleware than Fast DDS')
    images = []
    graph.subscribe(Image, 'image', images.append, qos_profile_sensor_data)
    arguments = ['--ros-args', '-p', f'video:={walking_man}', '-p', 'repeat:=100']
    camera = NodeProcess(tmp_path / 'camera.log', arguments, 'video_publisher')
    own = tmp_path / 'shm'
    own.mkdir()
    segments = set()
    try:
        graph.spin_until(lambda: images)
        locks = locks_of(camera.pid)
        assert locks
        segments = {lock.with_name(lock.name.removesuffix('_el')) for lock in locks}
        for lock in locks:
            (own / lock.name).symlink_to(lock)
        assert segments_left_behind(own) == 0
        camera.stop(signal_number)
        killed = signal_number == signal.SIGKILL
        assert {file.exists() for file in segments} == {killed}
        assert segments_left_behind(own) == (len(locks) if killed else 0)
    finally:
        camera.close()
        for file in segments:
            for left in (file, file.with_name(f'{file.name}_el')):
                left.unlink(missing_ok=True)


def test_a_system_without_such_files_has_none(tmp_path):
    assert segments_left_behind(tmp_path / 'missing') == 0
    assert segments_left_behind(tmp_path, tmp_path / 'missing') == 0
