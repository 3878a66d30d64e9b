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
Reduce official MediaPipe's recorded answers to the arrays that tests read.

``tools/trim_reference_answers.py FOLDER`` reads the answers in a folder, and writes those on clips
and images that PyPI serves to ``test/data/reference``, without the arrays that no test reads.
"""

from __future__ import annotations

from pathlib import Path
import sys

import numpy as np

from pose_tracking_ros.sample_data import SAMPLES

KEPT = ('landmarks', 'world', 'detected', 'roi', 'frame', 'crc', 'stamp_us', 'size')

TARGET = Path(__file__).parents[1] / 'test' / 'data' / 'reference'


def main() -> None:
    """Trim the answers in the folder that the command line names."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit(f'usage: {sys.argv[0]} FOLDER, with *.npz of recorded answers')
    TARGET.mkdir(parents=True, exist_ok=True)
    names = {Path(name).stem for name in SAMPLES}
    for path in sorted(Path(sys.argv[1]).glob('*.npz')):
        if path.name.split('.')[0] in names:
            with np.load(path) as arrays:
                kept = {name: arrays[name] for name in KEPT if name in arrays}
            np.savez_compressed(TARGET / path.name, **kept)
            print(TARGET / path.name)


if __name__ == '__main__':
    main()
