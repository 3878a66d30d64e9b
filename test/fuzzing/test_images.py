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


"""Whatever is wrong with an image message, it is decoded or refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path
import subprocess
import sys

from fuzzing.images import image_message, MAX_MEMORY

_COUNT = 2000


def test_mutated_images_are_decoded_or_refused_with_little_memory():
    program = Path(__file__).with_name('images.py')
    done = subprocess.run(
        [sys.executable, program, '0', str(_COUNT)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert sum(told['ends'].values()) == _COUNT
    # They reach what is behind the first check.
    assert told['ends'].keys() >= {'decoded', 'cut off', 'too large', 'not an image', 'encoding'}
    assert told['peak'] < MAX_MEMORY


def test_the_same_seed_makes_the_same_image():
    assert [image_message(seed) for seed in range(50)] == [
        image_message(seed) for seed in range(50)
    ]
