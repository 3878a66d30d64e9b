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
Official MediaPipe's recorded answers, and the clips and images they belong to.

``test/data`` holds the answers on samples that PyPI serves. A folder with more of them, named by
``POSE_TRACKING_TEST_DATA`` or lying at ``../shared/data``, is used as well. What cannot be had is
reported with ``SkipTest``, by which pytest skips a test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import os
from pathlib import Path
from unittest import SkipTest
from zlib import crc32

import cv2
import numpy as np

from pose_tracking_ros.sample_data import sample_path, SampleError, SAMPLES

# Packages that could not be had, and why.
_unavailable: dict[str, str] = {}

_ROOT = Path(__file__).parents[1]
_TRIMMED = _ROOT / 'test' / 'data' / 'reference'
_MORE = Path(os.environ.get('POSE_TRACKING_TEST_DATA') or _ROOT.parent / 'shared' / 'data')

# How far the official pipeline is from itself, in pixels, when each pixel of its input carries
# one grey level of noise: median and 95th percentile over frames and landmarks, full model.
NOISE_FLOOR_PX = {
    'pose2sim_cam01': (0.507, 1.955),
    'pose2sim_cam02': (0.952, 13.495),
    'sports2d_demo': (0.932, 12.978),
    'pose_1': (0.176, 0.782),
    'asl_again': (0.228, 1.4),
}


@dataclass(frozen=True)
class Reference:
    """The answers of one configuration of the official pipeline on one clip or image."""

    name: str
    configuration: str
    path: Path

    def __str__(self) -> str:
        """Return the name of the test case."""
        return f'{self.name}-{self.configuration}'

    def load(self) -> dict[str, np.ndarray]:
        """Return the recorded arrays."""
        with np.load(self.path) as arrays:
            return dict(arrays)

    def frames(self) -> Iterator[tuple[int, np.ndarray]]:
        """
        Yield the index and image (RGB) of each recorded frame, after checking its pixels.

        :raises SkipTest: when the clip cannot be had, or this OpenCV decodes it to other pixels
        """
        answers = self.load()
        expected = dict(zip(answers['frame'].tolist(), answers['crc'].tolist()))
        for index, image in enumerate(_decode(self._media())):
            if index in expected:
                rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
                # A version that decodes differently does so on all frames.
                if index % 10 == 0 and crc32(rgb) != expected[index]:
                    raise SkipTest(
                        f'OpenCV {cv2.__version__} decodes frame {index} of {self.name} to other '
                        'pixels than those of the recorded answers'
                    )
                yield index, rgb
                del expected[index]
        assert not expected, f'{self.name} has no frames {list(expected)}'

    def _media(self) -> Path:
        for path in _MORE.glob(f'{self.name}.*'):
            return path
        return sample_or_skip(next(name for name in SAMPLES if Path(name).stem == self.name))


def sample_or_skip(name: str) -> Path:
    """
    Return the path of a sample; a package that could not be had is not asked for again.

    :raises SkipTest: when the sample cannot be had
    """
    requirement = SAMPLES[name].requirement
    if requirement not in _unavailable:
        try:
            return sample_path(name)
        except SampleError as error:
            _unavailable[requirement] = str(error)
    raise SkipTest(f'needs the network once: {_unavailable[requirement]}')


def references(*configurations: str) -> list[Reference]:
    """Return all recorded answers of some configurations."""
    folders = [_MORE / 'reference', _TRIMMED]
    found = {}
    for folder in folders:
        for path in sorted(folder.glob('*.npz')):
            name, configuration = path.stem.split('.')
            if configuration in configurations:
                found.setdefault(path.stem, Reference(name, configuration, path))
    return list(found.values())


def _decode(path: Path) -> Iterator[np.ndarray]:
    if path.suffix in ('.jpg', '.png'):
        yield cv2.imread(str(path))
        return
    video = cv2.VideoCapture(str(path))
    while True:
        read, image = video.read()
        if not read:
            return
        yield image
