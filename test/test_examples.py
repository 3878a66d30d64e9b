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

"""The examples in the documentation run as they stand."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
import re
import textwrap

import cv2
import numpy as np
import pytest

from pose_tracking_ros import blazepose
from pose_tracking_ros.drawing import PoseAnnotator
from pose_tracking_ros.replay.analysis import analyse
from pose_tracking_ros.replay.options import AnalysisOptions, Outputs
from pose_tracking_ros.video.annotated_video import AnnotatedVideo
from pose_tracking_ros.video.source import VideoSource

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(
    # Markdown, and reStructuredText in docstrings.
    r'^```python\n(?P<md>(?:.*\n)*?)```$|'
    r'^(?P<indent> *)\.\. code-block:: python\n\n(?P<rst>(?:(?P=indent) +\S.*\n|\n)+)',
    re.MULTILINE)
# Of a bucket that nobody has; test/replay/test_object_storage.py runs the same.
ELSEWHERE = 's3fs.S3FileSystem()'


def examples() -> list:
    """Return each example, named after its file and its line."""
    files = [
        ROOT / 'README.md', *sorted(ROOT.glob('docs/*.md')),
        *sorted(ROOT.glob('pose_tracking_ros/**/*.py'))]
    found = []
    for path in files:
        text = path.read_text(encoding='utf-8')
        for match in BLOCK.finditer(text):
            code = textwrap.dedent(match['md'] or match['rst'])
            line = text.count('\n', 0, match.start()) + 1
            if ELSEWHERE not in code:
                found.append(pytest.param(code, id=f'{path.relative_to(ROOT)}:{line}'))
    return found


@pytest.fixture
def names(walking_man, tmp_path, monkeypatch) -> dict:
    """Return what a reader of an example has: a video, results of it, images and a tracker."""
    monkeypatch.chdir(tmp_path)
    with VideoSource(walking_man) as clip:
        images = [cv2.resize(frame.image, (360, 640)) for frame in islice(clip, 4)]
    with AnnotatedVideo(tmp_path / 'dance.mp4', 30) as video:
        for index, image in enumerate(images):
            video.write(image, index * 33_000_000)
    outputs = Outputs(csv=False, bag=False, report=False)
    tracker_options = blazepose.PoseTrackerOptions(model_complexity=0)
    analyse(
        tmp_path / 'dance.mp4', tmp_path / 'results' / 'dance',
        AnalysisOptions(tracker=tracker_options, outputs=outputs))
    image = np.ascontiguousarray(images[0][:, :, ::-1])
    return {
        **{name: getattr(blazepose, name) for name in blazepose.__all__},
        'PoseAnnotator': PoseAnnotator,
        'tracker': blazepose.PoseTracker(tracker_options),
        'image': image,
        'stamp_ns': 1_000_000_000,
        'frames': [(index * 33_000_000, image) for index in range(2)],
    }


def test_the_examples_are_found():
    files = {example.id.partition(':')[0] for example in examples()}
    assert files >= {
        'README.md', 'docs/replay.md', 'pose_tracking_ros/blazepose/tracker.py'}


@pytest.mark.parametrize('code', examples())
def test_an_example_runs(code, names, capsys):
    exec(compile(code, 'example', 'exec'), names)
    if 'print(' in code:
        printed = capsys.readouterr().out
        assert printed
        assert 'unknown:' not in printed  # the position of a person
