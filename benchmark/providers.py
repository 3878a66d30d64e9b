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
Compare an execution provider with the CPU: the time of an image, and the landmarks.

``python benchmark/providers.py cuda`` needs the environment of ``source tools/environment.sh`` on
a machine with a GPU, and the network once. Both trackers process the same regions, in turns.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
import tempfile
import time

from frames import prepare
import numpy as np
from page import markdown_table, measured_with

from pose_tracking_ros.blazepose import (
    EXECUTION_PROVIDERS,
    InferenceOptions,
    PoseTracker,
    PoseTrackerOptions,
)
from pose_tracking_ros.sample_data import sample_path

CLIP = 'pose2sim_cam01.mp4'
PERIOD_NS = 33_333_333

OPTIONS = {
    'lite': {'model_complexity': 0},
    'full': {'model_complexity': 1},
    'heavy': {'model_complexity': 2},
    'upper body': {'upper_body_only': True},
}
HEADER = (
    'model', 'runs on', 'load s', 'first image s', 'image ms', '95 %', 'CPU image ms', '95 %',
    'landmarks differ by px', 'at most', 'visibility at most',
)  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """
    A tracker beside one on the CPU, on the same images.

    :param provider: that actually runs the landmark model
    :param loading: seconds to create the tracker
    :param times: (frames, 2): seconds for each image, on the provider and on the CPU
    :param distances_px: (frames, landmarks): distances of the landmarks
    :param visibility: (frames, landmarks): differences of their visibility
    """

    provider: str
    loading: float
    times: np.ndarray
    distances_px: np.ndarray
    visibility: np.ndarray

    def row(self, name: str) -> list[str]:
        """Return the row of the table."""
        # The first two images include initialisation.
        milliseconds = 1e3 * self.times[2:]
        middle, late = np.median(milliseconds, axis=0), np.percentile(milliseconds, 95, axis=0)
        return [
            name, self.provider, f'{self.loading:.2f}', f'{self.times[0, 0]:.2f}',
            f'{middle[0]:.2f}', f'{late[0]:.2f}', f'{middle[1]:.2f}', f'{late[1]:.2f}',
            f'{self.distances_px.mean():.5f}', f'{self.distances_px.max():.4f}',
            f'{self.visibility.max():.6f}',
        ]  # fmt: skip


def main() -> None:
    """Compare with all models, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('provider', choices=EXECUTION_PROVIDERS, help='what is compared')
    parser.add_argument('--frames', type=int, default=100, help='of the clip (100)')
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        images = prepare(sample_path(CLIP), arguments.frames, None, Path(folder)).load()
    rows = [
        compare(images, PoseTrackerOptions(**options), arguments.provider).row(name)
        for name, options in OPTIONS.items()
    ]
    print(markdown_table(HEADER, rows))
    print(measured_with())


def compare(images: np.ndarray, options: PoseTrackerOptions, provider: str) -> Comparison:
    """
    Return the comparison on some images.

    :param images: uint8 (count, H, W, 3), RGB
    :param options: of both trackers
    :param provider: one of ``EXECUTION_PROVIDERS``
    """
    reference = PoseTracker(options, InferenceOptions('cpu'))
    begun = time.perf_counter()
    tracker = PoseTracker(options, InferenceOptions(provider))
    loading = time.perf_counter() - begun
    size = images.shape[2:0:-1]
    times, distances, visibility = [], [], []
    for number, image in enumerate(images):
        stamp_ns = number * PERIOD_NS
        begun = time.perf_counter()
        expected = reference.process(image, stamp_ns).poses
        turned = time.perf_counter()
        found = tracker.process(image, stamp_ns, expected[0].roi if expected else None).poses
        times.append((time.perf_counter() - turned, turned - begun))
        if expected and found:
            difference = found[0].landmarks - expected[0].landmarks
            distances.append(np.linalg.norm(difference[:, :2] * size, axis=1))
            visibility.append(np.abs(difference[:, 3]))
    return Comparison(
        tracker.execution_provider,
        loading,
        np.array(times),
        np.array(distances),
        np.array(visibility),
    )


if __name__ == '__main__':
    main()
