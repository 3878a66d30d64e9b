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

"""SECURITY.md states the limits of the code, and the code keeps to it."""

from __future__ import annotations

import os
from pathlib import Path
import re
import subprocess
import sys

from fuzzing import kinds, test_fuzzing
from fuzzing.campaign import MAX_SECONDS
from fuzzing.images import MAX_MEMORY
from pose_tracking_ros.blazepose import models, trial
from pose_tracking_ros.image_decoding import limits
from pose_tracking_ros.replay import (
    frame_loop,
    journal,
    local_processes,
    params_file,
    problems,
    stop_signals,
    summary,
)
from pose_tracking_ros.replay.inputs import bounded_yaml, decompression

TEXT = (Path(__file__).parents[1] / 'SECURITY.md').read_text()


def mebibytes(size: int) -> str:
    assert size % (1 << 20) == 0
    return f'{size >> 20} MiB'


def power_of_two(number: int) -> str:
    assert number.bit_count() == 1
    return f'2^{number.bit_length() - 1}'


LIMITS = {
    'journal': f'{mebibytes(journal._LARGEST_JOB)} for its `job.json`, '
    f'{mebibytes(journal._LARGEST_PART)} for a part',
    '`summary.json` that is read': mebibytes(summary._LARGEST),
    'file of parameters': mebibytes(params_file._LARGEST),
    'reason of a problem in a summary': f'{problems._LONGEST_REASON:,} characters',
    'pixels of an image, or of the frames of a video (`max_image_pixels`, `--max-image-pixels`)':
    f'{power_of_two(limits.MAX_IMAGE_PIXELS)}, by its header',
    'sides of an image': f'{limits.MAX_SIDE:,} pixels',
    'compressed message, chunk': f'{mebibytes(decompression.MAX_MESSAGE)}, '
    f'{mebibytes(decompression.MAX_CHUNK)} decompressed, in pieces',
    'compressed file': f'{decompression.file_limit(0) >> 30} GiB plus '
    f'{decompression.file_limit(1) - decompression.file_limit(0)} times its size',
    '`metadata.yaml`': f'{bounded_yaml._MAX_CHARACTERS >> 20} million characters, '
    f'{bounded_yaml._MAX_DEPTH} levels, no aliases',
    'custom model': f'{mebibytes(models._MAX_CUSTOM_SIZE)}, tried with '
    f'{trial.MAX_MEMORY >> 30} GiB of memory and {trial.MAX_SECONDS:.0f} seconds',
    'images between two threads': f'{frame_loop._WAITING_IMAGES}, and '
    f'{mebibytes(frame_loop._WAITING_BYTES)}',
    'end after SIGINT or SIGTERM': f'{stop_signals.GRACE} seconds, at a second signal at once',
    'recording whose process dies': f'{local_processes._ATTEMPTS} times',
}


def test_limits_are_those_of_the_code():
    section = TEXT.partition('## Limits')[2].partition('\n## ')[0]
    rows = re.findall(r'^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$', section, re.MULTILINE)
    assert dict(rows) == LIMITS


def test_what_the_tests_damage_is_what_they_tell():
    counts = test_fuzzing.COUNTS
    reported = ' '.join(TEXT.split())
    assert f'{MAX_MEMORY / 2**30} GiB of memory and a minute for each' in reported
    assert MAX_SECONDS == 60
    files = counts['pose-bag'] * kinds.RECORDINGS_AT_ONCE
    assert (
        f'{counts["recording"]:,} recordings, {counts["layout"]} of several files, topics or '
        f'killed recorders, {counts["message"]:,} files of damaged messages, '
        f'{counts["image"]:,} images and {counts["video"]} videos, and with {files} recordings '
        'through `pose-bag`'
    ) in reported


def test_onnx_runtime_records_nothing_of_its_use(tmp_path):
    code = (
        'import numpy as np; from pose_tracking_ros.blazepose import PoseTracker\n'
        'PoseTracker().process(np.zeros((64, 64, 3), np.uint8), 1)'
    )
    environment = {**os.environ, 'HOME': str(tmp_path), 'XDG_CACHE_HOME': str(tmp_path)}
    environment.pop('ORT_DISABLE_TELEMETRY', None)
    subprocess.run([sys.executable, '-c', code], env=environment, cwd=tmp_path, check=True)
    assert [path for path in tmp_path.rglob('*') if 'onnx' in path.name.lower()] == []
