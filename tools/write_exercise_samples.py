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
Write models/exercises.csv: the samples of squats and push-ups in the package.

They come from Google's ML Kit, see NOTICE. The landmarks are kept; their origin becomes mid-hips
and their unit the size of the body, as :func:`embedding` measures it. The video or the series of
screenshots of a sample becomes its recording.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
import re
import sys
from urllib.request import urlopen

import numpy as np

from pose_tracking_ros.activities.pose_classes import body_size, PoseClasses, PoseSample, SHIPPED
from pose_tracking_ros.blazepose import PoseLandmark

SOURCE = (
    'https://raw.githubusercontent.com/googlesamples/mlkit/'
    'f1047837fe1e02d58063bfc30b830fad23ffbc35/android/vision-quickstart/app/src/main/assets/pose/'
    'fitness_pose_samples.csv'
)
TARGET = Path(__file__).parents[1] / 'models' / SHIPPED
HIPS = [PoseLandmark.LEFT_HIP, PoseLandmark.RIGHT_HIP]
# Screenshots at most so many seconds apart count as one recording.
SERIES_SECONDS = 60


def main() -> None:
    """Read the source, a path on the command line or else the address above, and write."""
    if len(sys.argv) > 1:
        text = Path(sys.argv[1]).read_text()
    else:
        with urlopen(SOURCE) as answer:
            text = answer.read().decode()
    rows = list(csv.reader(io.StringIO(text)))
    recordings = recordings_of([row[0] for row in rows])
    samples = []
    for row, recording in zip(rows, recordings):
        points = np.array(row[2:], np.float64).reshape(len(PoseLandmark), 3)
        points = (points - points[HIPS].mean(axis=0)) / body_size(points)
        samples.append(PoseSample(recording, row[1], points.round(4)))
    # The phase of rest of each exercise first.
    samples.sort(key=lambda sample: (not sample.name.startswith('squats'), sample.name[::-1]))
    TARGET.write_text(PoseClasses(samples).text())
    print(f'{TARGET}: {len(samples)} samples of {len(set(recordings))} recordings')


def recordings_of(names: list[str]) -> list[str]:
    """Return the source of each image: the id of a video, or a series of screenshots."""
    taken = {}
    recordings = {}
    for name in names:
        if frame := re.match(r'frame__(.+)__\d+\.', name):
            recordings[name] = frame[1]
        else:
            day, hour, minute, second = re.match(
                r'Screenshot_([\d-]+)[ _]at[ _](\d+)\.(\d+)\.(\d+)', name
            ).groups()
            taken[name] = day, int(hour) * 3600 + int(minute) * 60 + int(second)
    latest, series = ('', 0), 0
    for name, moment in sorted(taken.items(), key=lambda item: item[1]):
        series += moment[0] != latest[0] or moment[1] - latest[1] > SERIES_SECONDS
        recordings[name] = f'screenshots {series}'
        latest = moment
    return [recordings[name] for name in names]


if __name__ == '__main__':
    main()
