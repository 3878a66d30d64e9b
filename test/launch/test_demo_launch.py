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

"""The demo plays a video into the node, with nothing set, and ends with the video."""

from __future__ import annotations

import re


def test_the_person_in_the_video_is_found(start_launch, walking_man):
    process = start_launch('demo.launch.py', f'video:={walking_man}', 'model_complexity:=0')
    log, _ = process.communicate(timeout=120)
    assert process.returncode == 0, log
    counts = re.search(r'(\d+) processed: (\d+) with a person', log)
    assert counts, log
    assert int(counts[2]) > 0, log
